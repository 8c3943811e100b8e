"""A monitor that records, and one that shows a finished recording."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

import stripchart
from stripchart import ConfigError, Monitor, RecordSpec, source
from stripchart.flow.events import notes
from support.loop import no_running_loop
from support.program import fetch
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DURABLE = "mqtt://127.0.0.1:1/%23?qos=1&persistent=true&durable=true&client_id=bench"


@pytest.fixture(autouse=True)
def _as_in_a_script() -> Iterator[None]:
    with no_running_loop():
        yield


def counting(begin: int = 0) -> Callable[[], dict[str, int]]:
    """Return a function that counts."""
    numbers = iter(range(begin, begin + 1_000_000))
    return lambda: {"number": next(numbers)}


def bench(begin: int = 0) -> stripchart.SourceSpec:
    return source(counting(begin), name="bench", interval=0.005)


def test_what_comes_is_recorded_and_accounted_for(tmp_path: Path) -> None:
    path = tmp_path / "bench.stripchart"
    with Monitor(bench(), record=path) as monitor:
        until(lambda: (account := monitor.ledger()["recording"]) and account["stored"] > 50)
        ledger = monitor.ledger()
        assert ledger["balanced"]
        assert ledger["recording"]["path"] == str(path)
        assert ledger["recording"]["state"] == "recording"
        assert ledger["recording"]["bytes"] > 0
        assert json.loads(fetch(monitor.url + "api/ledger"))["recording"]["path"] == str(path)
        assert monitor.recorder is not None
        with stripchart.open(path) as recording:
            assert not recording.about().sealed
            assert len(recording.read("bench")["number"]) >= 50
    account = monitor.ledger()["recording"]
    assert account["state"] == "stopped"
    with stripchart.open(path) as recording:
        assert recording.about().sealed
        numbers = recording.read("bench")["number"].tolist()
        assert numbers == list(range(len(numbers)))
        assert account == {**account, "published": len(numbers), "stored": len(numbers), "lost": 0, "queued": 0}
        assert "connected" in {event.kind for event in recording.events() if event.source == "bench"}
        assert recording.check() == []


def test_the_next_run_continues_it_after_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "bench.stripchart"
    for begin in (0, 1_000_000):
        with Monitor(bench(begin), record=str(path)) as monitor:
            until(lambda: monitor.ledger()["recording"]["stored"] > 20)
    with stripchart.open(path) as recording:
        assert len(recording.about().runs) == 2
        batches = list(recording.batches("bench"))
        gaps = [batch["number"][0] for batch in batches if batch.gap]
        assert gaps[-1] == 1_000_000
        numbers = recording.read("bench")["number"]
        assert sorted(numbers.tolist()) == numbers.tolist()


def test_a_source_that_is_added_while_it_runs_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "bench.stripchart"
    with Monitor(record=RecordSpec(path, raw=True)) as monitor:
        monitor.add(bench())
        until(lambda: monitor.ledger()["recording"]["stored"] > 20)
    with stripchart.open(path) as recording:
        raw = b"".join(chunk.data for _, chunk in recording.chunks("bench"))
        assert raw.startswith(b'{"number":0}\n{"number":1}\n')


def test_without_record_nothing_is_kept(recordings: Path) -> None:
    before = list(recordings.iterdir())
    with Monitor(bench()) as monitor:
        until(lambda: monitor.channels())
        assert monitor.recorder is None
        assert monitor.ledger()["recording"] is None
    assert list(recordings.iterdir()) == before


def test_a_finished_recording_is_shown_alone(tmp_path: Path) -> None:
    path = tmp_path / "bench.stripchart"
    with Monitor(bench(), record=path) as monitor:
        until(lambda: monitor.ledger()["recording"]["stored"] > 20)
    before = path.read_bytes()
    with Monitor(recording=path) as monitor:
        assert "<title>" in fetch(monitor.url)
    assert path.read_bytes() == before
    for wrong in ({"record": tmp_path / "other"}, {}):
        with pytest.raises(ConfigError, match="recording: a finished recording is shown alone"):
            Monitor(*(() if wrong else (bench(),)), recording=path, **wrong)


def test_durable_needs_a_recording() -> None:
    monitor = Monitor(DURABLE)
    with pytest.raises(ConfigError, match=r"127.0.0.1: durable: needs a recording.*record=FILE"):
        monitor.start()
    monitor.stop()


def test_durable_needs_one_that_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("STRIPCHART_RECORDINGS", str(blocked / "folder"))
    monitor = Monitor(DURABLE, record=RecordSpec())
    with pytest.raises(ConfigError, match="nothing can be recorded"):
        monitor.start()
    monitor.stop()


def test_an_address_that_cannot_be_lets_go_of_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "bench.stripchart"
    monitor = Monitor(bench(), port=70_000, record=path)
    with pytest.raises(ConfigError, match="port"):
        monitor.start()
    with Monitor(bench(), record=path) as other:
        until(lambda: other.ledger()["recording"]["stored"] > 5)
    monitor.stop()


def test_two_monitors_cannot_record_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "bench.stripchart"
    with Monitor(bench(), record=path), pytest.raises(ConfigError, match=r"bench.stripchart"):
        Monitor(bench(), record=path).start()


def test_durable_may_not_be_added_to_a_monitor_that_does_not_record() -> None:
    with Monitor() as monitor, pytest.raises(ConfigError, match="durable: needs a recording"):
        monitor.add(DURABLE)


def noted(path: Path) -> list[tuple[int, str]]:
    with stripchart.open(path) as recording:
        assert recording.check() == []
        return [(note.time_ns, note.text) for note in notes(recording.events())]


def test_notes_are_kept_in_the_recording_and_can_be_changed_later(tmp_path: Path) -> None:
    path = tmp_path / "bench.stripchart"
    with Monitor(bench(), record=path) as monitor:
        monitor.note("valve open", "2026-05-01T12:00:00.000001Z")
        monitor.note("cleaned")
        now = time.time_ns()
        with pytest.raises(ConfigError, match="expected an instant"):
            monitor.note("x", "noon")
    first, second = noted(path)
    assert first == (1_777_636_800_000_001_000, "valve open")
    assert abs(second[0] - now) < 5e9
    with Monitor(bench(), record=path) as monitor:  # another run, which changes what was written before
        monitor.note("valve 2 open", first[0])
        monitor.note("", second[0])
    assert noted(path) == [(first[0], "valve 2 open")]
    with Monitor(recording=path) as monitor:  # and who looks at it when it is finished
        monitor.note("first firing", first[0])
        monitor.note("second firing", first[0] + 1_000_000)
        assert noted(path) == [(first[0], "first firing"), (first[0] + 1_000_000, "second firing")]
        assert [event.text for event in monitor.events()] == ["first firing", "second firing"]


def test_a_note_that_would_not_last_is_refused() -> None:
    with Monitor(bench()) as monitor, pytest.raises(ConfigError, match="nothing is recorded here"):
        monitor.note("valve open")
