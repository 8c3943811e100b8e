"""The library's face: the sources, data and pages of a monitor. How it starts and stops is in test_monitor_stop.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripchart import Chunk, ConfigError, Monitor, StripchartError, source
from support.loop import no_running_loop
from support.program import fetch
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bokeh.document import Document


@pytest.fixture(autouse=True)
def _as_in_a_script() -> Iterator[None]:
    with no_running_loop():
        yield


class Tape:
    """A source that plays given lines at given times once, and then is silent."""

    url = "tape:"
    default_decoder = "keyvalue"
    status = ""

    def __init__(self, *rows: tuple[int, str]) -> None:
        self._rows = rows

    def open(self) -> None:
        self._chunks = [Chunk(f"{line}\n".encode(), time_ns) for time_ns, line in self._rows]

    def read(self, timeout: float) -> list[Chunk]:
        chunks, self._chunks = self._chunks, []
        if not chunks:
            time.sleep(min(timeout, 0.02))
        return chunks

    def close(self) -> None:
        self._chunks = []


def rows(monitor: Monitor, stream: str) -> int:
    return next((row["samples"] for row in monitor.channels() if row["stream"] == stream), 0)


def test_a_source_is_explained() -> None:
    monitor = Monitor(source(Tape((1, "a=1"), (2, "a=2")), name="tape"))
    assert monitor.explain("tape")["hint"] == "it is idle"
    with pytest.raises(KeyError):
        monitor.explain("nix")


# Sources


def test_sources_may_join_while_it_runs():
    with Monitor("sim:") as monitor:
        name = monitor.add(source("sim:sine?rate=100", name="late"))
        assert name == "late"
        until(lambda: rows(monitor, "late"))
        assert set(monitor.ledger()["sources"]) == {"sim", "late"}
    with pytest.raises(StripchartError, match="was stopped"):
        monitor.add("sim:")


def test_a_name_of_its_own_making_gives_way_and_a_given_one_does_not():
    monitor = Monitor("sim:", "sim:", "sim:")
    assert list(monitor.ledger()["sources"]) == ["sim", "sim-2", "sim-3"]
    with pytest.raises(ConfigError, match="source 'sim-2': the name is taken"):
        monitor.add(source("sim:", name="sim-2"))
    assert monitor.add(source("sim:", name="desk")) == "desk"
    assert monitor.add(source("sim:sine")) == "sine"


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        Monitor("sim:?rate=fast", "sim:", "smi:", 17)  # type: ignore[arg-type]
    first, second, third = str(caught.value).splitlines()
    assert "rate" in first
    assert "did you mean 'sim'" in second
    assert "got 17" in third


# The data


@pytest.fixture
def tape() -> Iterator[Monitor]:
    now = time.time_ns()
    played = Tape((now - 100_000_000_000, "level:1"), (now - 1_000_000_000, "level:2"), (now, "level:3"))
    with Monitor(source(played, name="tank")) as monitor:
        until(lambda: rows(monitor, "tank") == 3)
        yield monitor


def test_frame_gives_arrays(tape: Monitor):
    frame = tape.frame("tank")
    assert frame["level"].tolist() == [1, 2, 3]
    assert frame["time"].dtype == "datetime64[ns]"
    assert abs(time.time_ns() - int(frame["time"][-1].astype(np.int64))) < 60e9


@pytest.mark.parametrize("kind", ["numpy", "pandas", "polars"])
def test_frame_gives_the_newest_seconds_only(tape: Monitor, kind: Any):
    assert list(tape.frame("tank", kind=kind)["level"]) == [1, 2, 3]
    assert list(tape.frame("tank", seconds=60, kind=kind)["level"]) == [2, 3]
    assert list(tape.frame("tank", seconds=0, kind=kind)["level"]) == []


def test_frame_names_the_streams_there_are(tape: Monitor):
    with pytest.raises(KeyError, match="no stream 'tonk'; there are: tank"):
        tape.frame("tonk")
    with pytest.raises(KeyError, match="there are: none yet"):
        Monitor().frame("tank")


def test_channels_and_api_tell_the_same(tape: Monitor):
    (channel,) = tape.channels()
    assert (channel["stream"], channel["name"], channel["samples"], channel["last_value"]) == ("tank", "level", 3, 3.0)
    (told,) = json.loads(fetch(f"{tape.url}api/channels"))
    assert told.keys() == channel.keys()
    assert told["first_time_ns"] == channel["first_time_ns"]


def test_events_and_api_tell_the_same(tape: Monitor):
    events = tape.events()
    assert [(event.kind, event.source) for event in events[:2]] == [("waiting", "tank"), ("connected", "tank")]
    assert tape.events(after=events[0].number)[0] == events[1]
    told = json.loads(fetch(f"{tape.url}api/events"))["events"]
    assert told[: len(events)] == [event._asdict() for event in events]


def test_a_program_may_subscribe(tape: Monitor):
    past = tape.subscribe("tank", backfill=10)
    assert [batch["level"].tolist() for batch in past.drain().batches] == [[1, 2, 3]]
    with tape.subscribe(["sim/*", "sim"], name="mine") as mine:
        tape.add("sim:sine?rate=100")
        tape.add(source("sim:walk?rate=100", name="sim"))
        until(lambda: rows(tape, "sine") and mine.counts().queued)
        assert {batch.stream for batch in mine.drain().batches} == {"sim"}
        account = tape.ledger()["subscriptions"]["mine"]
        assert account["published"] == account["delivered"] + account["lost"] + account["queued"]
        assert account["delivered"]


def test_the_ledger_balances_at_every_moment():
    with Monitor("sim:walk?channels=8&rate=1000", "sim:noise?rate=500") as monitor, monitor.subscribe(capacity=64):
        until(lambda: rows(monitor, "walk") > 500)
        for _ in range(50):
            assert monitor.ledger()["balanced"]
        assert next(iter(monitor.ledger()["subscriptions"].values()))["lost"] > 0
    assert monitor.ledger()["balanced"]


# Pages


def test_pages_need_no_source():
    def fill(doc: Document) -> None:
        doc.title = "Nothing but a title"

    with Monitor(title="Only pages", pages={"/own": fill}) as monitor:
        assert monitor.page_url("/own") == f"http://127.0.0.1:{monitor.port}/own"
        assert "<title>Nothing but a title</title>" in fetch(monitor.page_url("/own"))
        assert "<title>Only pages</title>" in fetch(monitor.url)
        with pytest.raises(KeyError, match="no page '/ovn'; there are: /, /own"):
            monitor.page_url("/ovn")


def test_show_opens_the_browser_outside_a_notebook(tmp_path: Path):
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    code = "import stripchart\nwith stripchart.Monitor() as monitor:\n    print(monitor.url, monitor.show())"
    environment = {**os.environ, "BROWSER": f"{browser} %s"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=50
    )
    assert run.stdout == f"{opened.read_text().strip()} None\n"
