from __future__ import annotations

import sqlite3
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.flow.events import EventLog
from stripchart.flow.hub import Hub
from stripchart.flow.records import Chunk
from stripchart.store.reading.reader import Recording
from stripchart.store.recording import recorder as recorder_module
from stripchart.store.recording.opening import RecordOptions
from stripchart.store.recording.recorder import Recorder
from stripchart.store.writing.writer import Writer
from support.tables import numbered, plain
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Told:
    """As much of a pump as a recorder sees."""

    name = "bench"
    source = None

    def __init__(self) -> None:
        self.tap: Any = None
        self.positions: list[int] = []
        self.misses = 0

    def stored(self, position: int) -> None:
        self.positions.append(position)

    def missed(self) -> None:
        self.misses += 1


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set: commits fail as on a full disk."""
    full = threading.Event()
    commit = Writer.commit

    def fail_or_commit(self: Writer) -> None:
        if full.is_set():
            raise sqlite3.OperationalError("database or disk is full")
        commit(self)

    monkeypatch.setattr(Writer, "commit", fail_or_commit)
    monkeypatch.setattr(recorder_module, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(recorder_module, "COMMIT_SECONDS", 0.01)
    yield full
    full.clear()


def rows_of(path: Path) -> list[float]:
    with Recording(path) as recording:
        assert recording.check() == []
        return [value for batch in recording.batches("bench") for value in batch["temp"].tolist()]


def test_the_account_is_right_at_every_instant(tmp_path: Path) -> None:
    hub = Hub()
    recorder = Recorder(hub, tmp_path / "a.stripchart", EventLog())
    pump = Told()
    recorder.watch(pump)  # type: ignore[arg-type]
    recorder.start()

    def publish() -> None:
        for _ in range(1_500):
            hub.publish(numbered(7))

    publisher = threading.Thread(target=publish)
    publisher.start()
    while publisher.is_alive():
        counts = recorder.counts()
        assert counts.published == counts.stored + counts.lost + counts.queued
    publisher.join()
    assert recorder.stop()
    assert recorder.counts() == (21_000, 21_000, 0, 0)
    assert pump.positions == sorted(pump.positions)
    assert pump.positions[-1] == 21_000
    assert len(rows_of(recorder.path)) == 10_500
    assert recorder.state == "stopped"
    assert recorder.alive()


def test_stop_records_all_that_is_queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "TURN_SAMPLES", 10)
    hub = Hub()
    recorder = Recorder(hub, tmp_path / "a.stripchart", EventLog())
    for _ in range(30):
        hub.publish(numbered(4))
    recorder.start()
    assert recorder.stop()
    assert recorder.stop()
    assert len(rows_of(recorder.path)) == 120
    assert recorder.counts() == (240, 240, 0, 0)


def test_what_a_full_queue_loses_is_told(
    tmp_path: Path, blocked: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "QUEUE_SAMPLES", 40)
    monkeypatch.setattr(recorder_module, "PATIENCE", 0.01)
    hub, events, pump = Hub(), EventLog(), Told()
    recorder = Recorder(hub, tmp_path / "a.stripchart", events)
    recorder.watch(pump)  # type: ignore[arg-type]
    blocked.set()
    hub.publish(numbered(5))
    recorder.start()  # what it takes first is that, and it fails with it
    until(lambda: recorder.state == "failing")
    assert not recorder.alive()
    assert "full" in recorder.reason
    for _ in range(20):
        hub.publish(numbered(5))
        counts = recorder.counts()
        assert counts.published == counts.stored + counts.lost + counts.queued
    lost = recorder.counts().lost
    assert lost >= 150
    blocked.clear()
    until(lambda: recorder.state == "recording" and pump.misses == 1)
    hub.publish(numbered(5))
    assert recorder.stop()
    assert recorder.counts() == (220, 220 - lost, lost, 0)
    assert pump.positions[-1] == 220
    texts = [event.text for event in events.events()]
    assert f"{lost} samples could not be recorded" in texts
    assert any(text.startswith("cannot record: database or disk is full") for text in texts)
    with Recording(recorder.path) as recording:
        gaps = [batch.first for batch in recording.batches("bench") if batch.gap]
        assert len(gaps) == 1
        assert sum(map(len, recording.batches("bench"))) == (220 - lost) // 2


def test_nothing_taken_is_lost_when_the_file_is_opened_anew(tmp_path: Path, blocked: threading.Event) -> None:
    hub, events, pump = Hub(), EventLog(), Told()
    recorder = Recorder(hub, tmp_path / "a.stripchart", events, RecordOptions(raw=True))
    recorder.watch(pump)  # type: ignore[arg-type]
    blocked.set()
    hub.publish(numbered(5))
    events.post(1, "bench", "connected", "it is there")
    chunk = Chunk(b"bytes", 2)
    pump.tap("bench", [chunk])
    recorder.start()
    until(lambda: recorder.opened >= 3)
    assert recorder.raw.counts() == (5, 0, 0, 5)
    blocked.clear()
    until(lambda: recorder.state == "recording")
    assert recorder.stop()
    assert rows_of(recorder.path) == [0, 1, 2, 3, 4]
    assert recorder.raw.counts() == (5, 5, 0, 0)
    with Recording(recorder.path) as recording:
        assert list(recording.chunks()) == [("bench", chunk)]
        texts = [event.text for event in recording.events()]
        assert texts.count("it is there") == 1


def test_a_damaged_file_is_moved_aside_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "a.stripchart"
    path.write_bytes(b"this was a recording once" * 1_000)
    hub, events = Hub(), EventLog()
    recorder = Recorder(hub, path, events)
    recorder.start()
    hub.publish(numbered(3))
    assert recorder.stop()
    assert rows_of(path) == [0, 1, 2]
    (moved,) = tmp_path.glob("a.damaged-*.stripchart")
    assert moved.read_bytes().startswith(b"this was")
    assert [event.text for event in events.events()] == [
        f"the recording was damaged; it is now {moved.name}, and a new one is begun"
    ]


def test_a_file_found_damaged_on_the_way_is_moved_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, events = Hub(), EventLog()
    recorder = Recorder(hub, tmp_path / "a.stripchart", events)
    first, commit = recorder._writer, Writer.commit

    def find_damage(self: Writer) -> None:
        if self is first:
            raise sqlite3.DatabaseError("database disk image is malformed")
        commit(self)

    monkeypatch.setattr(Writer, "commit", find_damage)
    hub.publish(numbered(3))
    recorder.start()
    assert recorder.stop()
    assert recorder.counts() == (6, 6, 0, 0)
    assert rows_of(recorder.path) == [0, 1, 2]
    assert len(list(tmp_path.glob("a.damaged-*"))) == 1
    assert "was damaged" in events.events()[0].text


def test_what_one_run_recorded_is_not_joined_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.stripchart"
    for _ in range(2):
        hub = Hub()
        recorder = Recorder(hub, path, EventLog())
        recorder.start()
        hub.publish(numbered(2))
        hub.publish(numbered(2))
        assert recorder.stop()
    with Recording(path) as recording:
        assert [row.gap for row in plain(recording.batches("bench"))] == [False] * 4 + [True] + [False] * 3


def test_the_hubs_rows_are_found_in_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.stripchart"
    writer = Writer(path)
    writer.append(numbered(10))
    writer.close()
    hub = Hub()
    hub.publish(numbered(3))  # before the recorder listens
    recorder = Recorder(hub, path, EventLog())
    recorder.start()
    hub.publish(numbered(4))
    assert recorder.stop()
    assert [recorder.renumbering.row_of("bench", row) for row in (0, 3, 5, 6)] == [10, 10, 12, 13]
    assert recorder.renumbering.row_of("other", 0) is None
    assert recorder.describe()["bytes"] == path.stat().st_size


def test_a_commit_that_failed_and_is_there_after_all_comes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a sync that failed: the journal holds the transaction, and is read when the file is opened anew."""
    monkeypatch.setattr(recorder_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(recorder_module, "COMMIT_SECONDS", 0.01)
    commit, failures = Writer.commit, iter(range(recorder_module.REOPEN_AFTER))

    def commit_and_fail(self: Writer) -> None:
        number = next(failures, None)
        if number in {None, recorder_module.REOPEN_AFTER - 1}:
            commit(self)
        if number is not None:
            raise sqlite3.OperationalError("disk I/O error")

    hub, events = Hub(), EventLog()
    recorder = Recorder(hub, tmp_path / "a.stripchart", events)
    monkeypatch.setattr(Writer, "commit", commit_and_fail)
    hub.publish(numbered(30))
    events.post(1, "bench", "lost", "once")
    recorder.start()
    until(lambda: recorder.counts().stored == 60)
    assert recorder.opened == 2
    hub.publish(numbered(5))
    assert recorder.stop()
    assert recorder.counts() == (70, 70, 0, 0)
    assert rows_of(recorder.path) == [*range(30), *range(5)]
    with Recording(recorder.path) as recording:
        assert [event.text for event in recording.events() if event.source == "bench"] == ["once"]


def test_messages_sent_again_are_counted_once_whatever_befalls_the_file(
    tmp_path: Path, blocked: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()
    recorder = Recorder(hub, tmp_path / "a.stripchart", EventLog())
    source = SimpleNamespace(redelivered=0, durable=False)
    pump = Told()
    monkeypatch.setattr(pump, "source", source)
    recorder.watch(pump)  # type: ignore[arg-type]
    recorder.start()
    source.redelivered = 3
    with Recording(recorder.path) as recording:
        until(lambda: recording.about().runs[-1].redelivered == {"bench": 3})
    blocked.set()
    source.redelivered = 7
    hub.publish(numbered(1))
    until(lambda: recorder.opened > 1)
    blocked.clear()
    until(lambda: recorder.counts().stored == 2)
    source.redelivered = 8
    assert recorder.stop()
    with Recording(recorder.path) as recording:
        counted = [run.redelivered.get("bench", 0) for run in recording.about().runs]
    assert (counted[0], sum(counted)) == (3, 8)
