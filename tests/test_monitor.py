"""The library's face: what a program does with a monitor, in a script and in a loop that already runs."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

from stripchart import Chunk, ConfigError, Monitor, StripchartError, source
from support.loop import no_running_loop
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bokeh.document import Document
    from tornado.websocket import WebSocketClientConnection

PAGE_THREAD = "stripchart-page"


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


class Sluggish(Tape):
    """Takes until it is released to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opening = threading.Event()
        self.release = threading.Event()

    def open(self) -> None:
        self.opening.set()
        self.release.wait(20)
        super().open()


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own server
        return answer.read().decode()


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 5):
            return True
    except ConnectionRefusedError:
        return False


def threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("stripchart"))


def rows(monitor: Monitor, stream: str) -> int:
    return next((row["samples"] for row in monitor.channels() if row["stream"] == stream), 0)


# Where the page is served


def test_in_a_script_the_page_has_a_thread_of_its_own():
    with Monitor("sim:") as monitor:
        assert PAGE_THREAD in threads()
        assert json.loads(fetch(f"{monitor.url}healthz"))["status"] == "ok"
        assert monitor.url == f"http://127.0.0.1:{monitor.port}/"
    assert threads() == []


def test_in_asyncio_the_running_loop_serves_the_page():
    async def program() -> str:
        with Monitor("sim:") as monitor:
            assert PAGE_THREAD not in threads()
            return await asyncio.to_thread(fetch, f"{monitor.url}healthz")

    assert json.loads(asyncio.run(program()))["status"] == "ok"
    assert threads() == []


def test_in_tornado_the_running_loop_serves_the_page():
    async def program() -> bytes:
        with Monitor("sim:") as monitor:
            assert PAGE_THREAD not in threads()
            return (await AsyncHTTPClient().fetch(f"{monitor.url}healthz")).body

    loop = IOLoop(make_current=False)
    try:
        assert json.loads(loop.run_sync(program))["status"] == "ok"
    finally:
        loop.close()


def test_in_asyncio_another_thread_may_stop_it():
    async def program() -> None:
        monitor = Monitor("sim:").start()
        port = monitor.port
        assert await asyncio.to_thread(answers, port)
        await asyncio.to_thread(monitor.stop)
        await asyncio.to_thread(until, lambda: not answers(port))

    asyncio.run(program())


def test_it_can_be_stopped_after_its_loop_has_ended():
    async def program() -> Monitor:
        return Monitor("sim:").start()

    monitor = asyncio.run(program())
    port = monitor.port
    monitor.stop()
    assert not answers(port)
    assert threads() == []


def test_start_does_not_wait_for_a_source():
    slow = Sluggish()
    with Monitor(slow, "sim:") as monitor:
        assert slow.opening.wait(20)
        until(lambda: rows(monitor, "sim"))
        slow.release.set()


# Starting and stopping


def test_it_stops_at_the_end_of_the_block_and_keeps_its_data():
    with Monitor("sim:") as monitor:
        port = monitor.port
        until(lambda: rows(monitor, "sim"))
    assert not answers(port)
    assert len(monitor.frame("sim")["temperature"]) == rows(monitor, "sim")
    assert monitor.ledger()["sources"]["sim"]["state"] == "stopped"
    assert monitor.ledger()["balanced"]


def test_an_error_in_the_block_gets_out_and_stops_it():
    with pytest.raises(ZeroDivisionError), Monitor("sim:"):
        raise ZeroDivisionError
    assert threads() == []


def test_stop_is_safe_at_any_time():
    monitor = Monitor("sim:")
    monitor.stop()
    monitor.stop()
    started = Monitor("sim:").start()
    started.stop()
    started.stop()
    assert threads() == []


def test_start_refuses_to_run_twice():
    with Monitor() as monitor, pytest.raises(StripchartError, match="running already"):
        monitor.start()
    with pytest.raises(StripchartError, match="was stopped; make a new one"):
        monitor.start()
    with pytest.raises(StripchartError, match="was stopped"), monitor:
        pass


def test_a_started_monitor_can_be_given_to_with():
    monitor = Monitor().start()
    with monitor as same:
        assert same is monitor
        assert answers(monitor.port)
    assert threads() == []


# Tornado drops the socket that it could not bind without closing it.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_port_that_is_taken_is_a_configuration_error_and_can_be_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monitor = Monitor("sim:", port=port)
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1 port {port}"):
            monitor.start()
        assert threads() == []
    with monitor:
        assert monitor.port == port
        assert answers(port)


def test_there_is_no_address_before_the_start():
    monitor = Monitor(pages={"/line": lambda _doc: None})
    for ask in (lambda: monitor.url, lambda: monitor.port, lambda: monitor.page_url("/line"), monitor.show):
        with pytest.raises(StripchartError, match=r"not running; call start\(\) first"):
            ask()


def test_wait_ends_with_its_time_or_with_stop():
    with Monitor() as monitor:
        assert monitor.wait(0.01)
        stopper = threading.Thread(target=monitor.stop)
        stopper.start()
        assert not monitor.wait()
        stopper.join()
    assert not monitor.wait(0.01)


def test_wait_will_not_hold_up_a_running_loop():
    async def program() -> None:
        with Monitor() as monitor, pytest.raises(StripchartError, match="would hold up the loop"):
            monitor.wait(0.01)

    asyncio.run(program())


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


# What is left behind


def traces() -> tuple[list[str], int]:
    """Return our threads, and how many descriptors are open."""
    gc.collect()
    return threads(), len(list(Path("/proc/self/fd").iterdir()))


def test_ten_starts_in_a_script_leave_nothing():
    def run() -> weakref.ref[Any]:
        with Monitor("sim:", source("sim:sine", name="b"), pages={"/own": lambda _doc: None}) as monitor:
            fetch(monitor.url)
            fetch(monitor.page_url("/own"))
            return weakref.ref(monitor._server)

    run()
    before = traces()
    servers = [run() for _ in range(10)]
    assert traces() == before
    assert [server() for server in servers] == [None] * 10


def test_ten_starts_in_a_loop_leave_nothing():
    async def run() -> weakref.ref[Any]:
        with Monitor("sim:", pages={"/own": lambda _doc: None}) as monitor:
            await asyncio.to_thread(fetch, monitor.url)
            return weakref.ref(monitor._server)

    async def program() -> None:
        await run()
        await alone()
        before = traces()
        servers = [await run() for _ in range(10)]
        await alone()
        assert traces() == before
        assert [server() for server in servers] == [None] * 10

    asyncio.run(program())


async def alone(seconds: float = 10) -> None:
    """Wait until this is the only task of its loop."""
    deadline = time.monotonic() + seconds
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        assert time.monotonic() < deadline, others
        await asyncio.sleep(0.02)


async def visit(url: str) -> WebSocketClientConnection:
    """Open a page as a browser does: its document first, then the websocket that it names."""
    html = (await AsyncHTTPClient().fetch(url)).body.decode()
    token = re.search(r'"token":"([^"]+)"', html)
    assert token is not None
    return await websocket_connect(f"{url.replace('http', 'ws', 1)}/ws", subprotocols=["bokeh", token[1]])


@pytest.mark.parametrize("by", ["the loop", "a thread"])
def test_pages_that_are_open_at_the_stop_are_closed_and_work_no_more(by: str):
    calls: list[str] = []

    def fill(doc: Document) -> None:
        doc.add_periodic_callback(lambda: calls.append("update"), 20)
        doc.on_session_destroyed(lambda _session: calls.append("end"))

    async def program() -> None:
        monitor = Monitor("sim:", pages={"/own": fill}).start()
        page = await visit(monitor.page_url("/own"))
        await asyncio.to_thread(until, lambda: calls)
        await asyncio.to_thread(monitor.stop) if by == "a thread" else monitor.stop()
        while await page.read_message() is not None:
            pass
        page.close()
        await alone()
        assert calls[-1] == "end"
        seen = len(calls)
        await asyncio.sleep(0.2)  # ten turns of its callback
        assert len(calls) == seen

    asyncio.run(program())
