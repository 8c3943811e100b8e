from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from stripchart.errors import ConfigError, DamagedError
from stripchart.flow.events import Event
from stripchart.flow.records import ABSENT, Batch, Channel, Chunk, Kind, make_batch
from stripchart.store.reading.reader import Recording
from stripchart.store.writing import backlog
from stripchart.store.writing.writer import Writer
from support.tables import numbered, plain
from support.truth import Truth, read_back

POOL = (
    Channel("temp", "°C"), Channel("temp", "F"), Channel("temp", kind=Kind.TEXT), Channel("door", kind=Kind.STATE),
    Channel("door"), Channel("mode", kind=Kind.TEXT), Channel("time", "s", expires=3.5),
)  # fmt: skip
SHAPES = st.lists(st.sampled_from(POOL), min_size=1, max_size=4, unique_by=lambda channel: channel.name)
CELLS = st.sampled_from([0.0, -0.0, 1.5, 21.25, float("nan"), float(ABSENT), float("inf"), -float("inf"), 1e300])
TEXTS = st.sampled_from(["", "on", "a\0b", "é\ud800", "long " * 50])


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """A few rows, or a block and more; the clock may stand still or step back."""
    channels = tuple(draw(SHAPES))
    count = draw(st.integers(1, 5) | st.sampled_from([64, 700, 2047, 2048, 2049, 5000]))
    begin = draw(st.integers(-(10**6), 10**18))
    time = begin + np.cumsum(np.resize(draw(st.lists(st.integers(-5, 1000), min_size=1, max_size=7)), count))
    columns = [
        np.resize(np.array(draw(st.lists(_cells(channel), min_size=1, max_size=5)), _type(channel)), count)
        for channel in channels
    ]
    return make_batch(draw(st.sampled_from(["", "a", "b/c"])), channels, time, columns, gap=draw(st.booleans()))


def _cells(channel: Channel) -> st.SearchStrategy[Any]:
    return TEXTS if channel.kind is Kind.TEXT else CELLS


def _type(channel: Channel) -> type:
    return object if channel.kind is Kind.TEXT else float


class WriterMachine(RuleBasedStateMachine):
    """A writer with a short journal, beside a plain list of rows."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.safe = Truth(), Truth()

    @initialize(commits=st.integers(1, 4), most=st.integers(1, 64))
    def open(self, commits: int, most: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "a.stripchart"
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(backlog, "JOURNAL_ROWS", commits)
        self.patch.setattr(backlog, "MOST_FLUSHES", most)
        self.writer = Writer(self.path)

    @rule(taken=st.lists(batches(), min_size=1, max_size=3))
    def append(self, taken: list[Batch]) -> None:
        for batch in taken:
            self.writer.append(batch)
            self.now.append(batch)

    @rule(batch=batches(), commits=st.integers(1, 6))
    def append_and_commit(self, batch: Batch, commits: int) -> None:
        for _ in range(commits):
            self.append([batch])
            self.commit()

    @rule()
    def commit(self) -> None:
        self.writer.commit()
        self.safe = self.now.copy()

    @rule(in_order=st.booleans())
    def open_again(self, in_order: bool) -> None:
        if in_order:
            self.writer.close()
            self.safe = self.now
        else:
            self.writer.abandon()
        self.writer = Writer(self.path)
        assert self.writer.problems == []
        self.now = self.safe.copy()

    @rule()
    def fail_to_commit(self) -> None:
        with sqlite3.connect(self.path, timeout=0) as other:
            other.execute("BEGIN IMMEDIATE")
            self.writer._file.connection.execute("PRAGMA busy_timeout = 0")
            if self.writer._changed:
                with pytest.raises(sqlite3.OperationalError):
                    self.writer.commit()
            other.execute("ROLLBACK")
        other.close()

    @invariant()
    def is_as_it_should_be(self) -> None:
        if hasattr(self, "writer"):
            assert {name: self.writer.rows(name) for name in self.now.rows} == {
                name: len(rows) for name, rows in self.now.rows.items()
            }
            with Recording(self.path) as recording:
                self.safe.check(recording)

    def teardown(self) -> None:
        if not hasattr(self, "writer"):
            return
        self.patch.undo()
        self.writer.close()
        with Recording(self.path) as recording:
            self.now.check(recording)
            assert recording.check() == []
        self.folder.cleanup()


TestWriter = WriterMachine.TestCase
TestWriter.settings = settings(max_examples=15, stateful_step_count=10, deadline=None)


@settings(max_examples=15)
@given(taken=st.lists(batches(), min_size=1, max_size=40), every=st.integers(1, 5))
def test_what_is_written_is_read(taken: list[Batch], every: int) -> None:
    truth = Truth()
    with tempfile.TemporaryDirectory() as folder:
        writer = Writer(Path(folder) / "a.stripchart")
        for place, batch in enumerate(taken):
            writer.append(batch)
            truth.append(batch)
            if place % every == 0:
                writer.commit()
        writer.close()
        with Recording(writer.path) as recording:
            truth.check(recording)


def test_a_thousand_streams_share_a_journal_row(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a.stripchart")
    for _ in range(3):
        for number in range(1000):
            writer.append(numbered(1, stream=f"s{number}"))
        writer.commit()
    assert writer._file.connection.execute("SELECT count(*) FROM journal").fetchone() == (3,)
    writer.close()
    with Recording(writer.path) as recording:
        assert all(stream.rows == 3 for stream in recording.streams())
        assert len(recording.streams()) == 1000


def test_events_and_bytes_survive(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a.stripchart")
    chunks = [
        Chunk(bytes([number]) * 9, number, number - 1, f"t/{number}", retained=number == 3) for number in range(9)
    ]
    for number, chunk in enumerate(chunks):
        writer.event(Event(100 - number, "bench", "lost", f"gone \ud800 {number}", number))
        writer.chunk("bench" if number % 2 else "garden", chunk)
        writer.commit()
    writer.abandon()
    with Recording(writer.path) as recording:
        assert [event.text for event in recording.events()] == [f"gone ? {number}" for number in reversed(range(9))]
        assert [event.time_ns for event in recording.events(95, 97)] == [95, 96]
        assert recording.raw_sources() == ["bench", "garden"]
        assert [chunk for _, chunk in recording.chunks("bench")] == chunks[1::2]
        assert sorted(chunk for _, chunk in recording.chunks()) == chunks


def test_runs_title_and_seal(tmp_path: Path) -> None:
    path = tmp_path / "a.stripchart"
    Writer(path, title="Garden", config={"rate": 3}).close()
    writer = Writer(path, title="Another")
    with Recording(path) as recording:
        about = recording.about()
        assert (about.title, about.sealed, len(about.runs)) == ("Garden", False, 2)
        assert about.runs[0].config == {"rate": 3}
        assert about.runs[0].stopped_ns >= about.runs[0].started_ns == about.created_ns
        assert about.runs[1].stopped_ns == 0
        writer.close()
        assert recording.about().sealed
        assert recording.about().runs[1].stopped_ns > 0


def test_a_unit_that_comes_back_is_the_newest(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a.stripchart")
    warm, hot = (Channel("temp", "°C"),), (Channel("temp", "F"),)
    for shape in (warm, hot, warm):
        writer.append(make_batch("s", shape, [1], [[1]]))
        writer.commit()
    writer.close()
    with Recording(writer.path) as recording:
        assert recording.streams()[0].channels == warm


def test_names_that_are_stored_alike_are_one_stream(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a.stripchart")
    for name in ("x?", "x\ud800", "x\udfff"):
        writer.append(numbered(2, stream=name))
    writer.commit()
    writer.close()
    with Recording(writer.path) as recording:
        assert [(stream.name, stream.rows) for stream in recording.streams()] == [("x?", 6)]
        assert recording.check() == []


def test_a_reader_sees_one_moment(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a.stripchart")
    writer.append(numbered(5000))
    writer.commit()
    with Recording(writer.path) as recording:
        reading = recording.batches("bench")
        first = next(reading)
        writer.append(numbered(5000))
        writer.commit()
        assert len(plain([first, *reading])) == 5000
        assert len(read_back(recording, "bench")) == 10_000
    writer.close()


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        Writer(tmp_path / "missing" / "a.stripchart")
    with pytest.raises(ConfigError, match="cannot be written"):
        Writer(tmp_path)
    junk = tmp_path / "b.stripchart"
    junk.write_bytes(b"not a database, and long enough to be looked at" * 400)
    with pytest.raises(DamagedError, match="not a database"):
        Writer(junk)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.stripchart"]
    assert junk.read_bytes().startswith(b"not a database")


def test_closing_twice_is_safe(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a.stripchart")
    writer.append(numbered(3))
    writer.close()
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.stripchart"]
