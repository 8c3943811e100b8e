"""What a reader and a writer make of a recording that was cut short, or in which a bit flipped.

A reader gives what is true, or says what is missing. A writer goes on, and what a reader found before is still there;
or it refuses, and the recorder moves the file aside.
"""

from __future__ import annotations

import random
import sqlite3
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from stripchart.errors import ConfigError, DamagedError
from stripchart.flow.events import Event
from stripchart.flow.records import Channel, Chunk, Kind, make_batch
from stripchart.store.format.parts import PARTS
from stripchart.store.format.schema import PAGE_SIZE
from stripchart.store.reading.reader import Recording
from stripchart.store.reading.rows import held
from stripchart.store.writing.writer import Writer
from support.tables import NOW, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TypeAlias

FLIPS = 1_000
OPEN_FLIPS = 200
EVERY = 1_021
STEP = 1_000_000
SPAN = (NOW, NOW + 3_000 * STEP)
READINGS = ("streams", "cells", "picture", "events", "chunks")
NEW = numbered(2_100, start=NOW + 10_000 * STEP, step=STEP)
"""What is recorded on behind the damage."""

Cells: TypeAlias = "dict[tuple[int, str], float | str]"
"""The cells of all rows by their times, of which no two are the same, and their channels' names."""


NEW_CELLS: Cells = {
    (time, channel.name): value
    for channel, column in zip(NEW.channels, NEW.values, strict=True)
    for time, value in zip(NEW.time.tolist(), column.tolist(), strict=True)
}


class Files(NamedTuple):
    """A recording, as bytes."""

    database: bytes
    wal: bytes = b""

    @classmethod
    def at(cls, path: Path) -> Files:
        wal = _part(path, "-wal")
        return cls(path.read_bytes(), wal.read_bytes() if wal.exists() else b"")

    def put(self, path: Path) -> None:
        """Write it in the place of what is there."""
        for part in PARTS:
            _part(path, part).unlink(missing_ok=True)
        path.write_bytes(self.database)
        if self.wal:
            _part(path, "-wal").write_bytes(self.wal)


class Whole(NamedTuple):
    """A recording without damage, and what readings give after each commit that it still had in its WAL."""

    files: Files
    states: list[dict[str, Any]]

    @property
    def cells(self) -> Cells:
        cells: Cells = self.states[-1]["cells"]
        return cells


def _part(path: Path, part: str) -> Path:
    return path.with_name(path.name + part)


def record(path: Path) -> None:
    """Write a block and a half, a few rows of text, events and bytes."""
    writer = Writer(path, title="Bench")
    writer.append(numbered(3_000, step=STEP))
    writer.append(make_batch("text", (Channel("mode", kind=Kind.TEXT),), [NOW - 2, NOW - 1], [["on", "é"]]))
    for number in range(5):
        writer.event(Event(NOW + number, "bench", "lost", f"away {number}", number))
        writer.chunk("bench", Chunk(bytes([number]) * 50, NOW + number))
    writer.commit()
    writer.append(numbered(3, start=NOW + 3_000 * STEP, step=STEP))
    writer.commit()
    writer.close()


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    path = tmp_path_factory.mktemp("closed") / "a.stripchart"
    record(path)
    return Whole(Files.at(path), [everything(path)])


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """One that is being continued: four commits are in the WAL only, the last of which completes a block."""
    path = tmp_path_factory.mktemp("open") / "a.stripchart"
    record(path)
    states = [everything(path)]
    writer = Writer(path)
    states.append(everything(path))
    for number, rows in enumerate((2, 3, 1_500)):
        writer.append(numbered(rows, start=NOW + (6_000 + 10 * number) * STEP, step=STEP))
        writer.event(Event(NOW + 10 + number, "bench", "lost", f"again {number}", number))
        writer.commit()
        states.append(everything(path))
    files = Files.at(path)
    writer.close()
    return Whole(files, states)


def everything(path: Path) -> dict[str, Any]:
    with Recording(path) as recording:
        found = {reading: read(recording, reading) for reading in READINGS}
        assert recording.check() == []
    return found


def read(recording: Recording, reading: str) -> Any:
    """Return what one kind of reading gives."""
    if reading == "streams":
        return recording.streams()
    if reading == "cells":
        return cells_of(recording)
    if reading == "picture":
        runs = recording.picture("bench", ["temp", "hum"], *SPAN, 500 * STEP)
        return [tuple(np.asarray(part).tolist() for part in (run.time, run.weight, *run.columns)) for run in runs]
    if reading == "events":
        return recording.events()
    return list(recording.chunks())


def cells_of(recording: Recording) -> Cells:
    """Return all cells that can be read."""
    found: Cells = {}
    count = 0
    for stream in recording.streams():
        for batch in recording.batches(stream.name):
            for channel, column in zip(batch.channels, batch.values, strict=True):
                there = held(column)
                times = batch.time[there].tolist()
                found.update(
                    zip(zip(times, [channel.name] * len(times), strict=True), column[there].tolist(), strict=True)
                )
                count += len(times)
    assert count == len(found), "no row comes twice"
    return found


def is_honest(path: Path, reading: str, whole: Whole) -> bool:
    """Say whether a reading gives the truth after some commit, or says that it does not."""
    try:
        with Recording(path) as recording:
            try:
                found = read(recording, reading)
            except KeyError:  # the stream's name is damaged
                found = None
            except DamagedError:
                return bool(recording.problems)
            if reading == "cells" and not found.items() <= whole.cells.items():
                return False
            return any(found == state[reading] for state in whole.states) or bool(recording.check())
    except ConfigError:
        return True


def goes_on(path: Path, whole: Whole) -> bool:
    """Record on into a damaged file; say whether all that could be read is still there, and nothing that is wrong.

    SQLite may refuse it: the recorder then moves the file aside.
    """
    before, _ = readable(path)
    try:
        writer = Writer(path)
    except (ConfigError, DamagedError):
        return True
    try:
        writer.append(NEW)
        writer.commit()
        writer.close()
    except sqlite3.DatabaseError:
        return True
    finally:
        writer.abandon()
    after, is_complete = readable(path)
    if not after.items() <= whole.cells.items() | NEW_CELLS.items():
        return False
    return not is_complete or before.items() | NEW_CELLS.items() <= after.items()


def readable(path: Path) -> tuple[Cells, bool]:
    """Return what can be read, and whether SQLite could follow the file's structure to the end."""
    try:
        with Recording(path) as recording:
            return cells_of(recording), not any("SQLite" in problem for problem in recording.check())
    except (ConfigError, DamagedError):
        return {}, False


def flips(data: bytes, count: int) -> Iterator[bytes]:
    """Yield it with one bit changed; not in the room that is not used, which is most of a file."""
    chance = random.Random(4)
    used = np.flatnonzero(np.frombuffer(data, np.uint8)).tolist()
    for _ in range(count):
        at, bit = chance.choice(used), chance.randrange(8)
        yield data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def sizes(data: bytes) -> Iterator[int]:
    """Yield where to cut: everywhere near the edges of pages, and here and there between them."""
    edges = {edge + more for edge in range(0, len(data), PAGE_SIZE) for more in (-1, 0, 1)}
    yield from sorted({*range(100), *range(0, len(data), EVERY), *range(len(data) - 50, len(data)), *edges} - {-1})


def check(damaged: Iterator[Files], whole: Whole, path: Path, *, every: int = 4) -> None:
    """Read each, and continue one in so many."""
    wrong = []
    for number, files in enumerate(damaged):
        files.put(path)
        reading = READINGS[number % len(READINGS)]
        if not is_honest(path, reading, whole):
            wrong.append((number, reading))
        if number % every == 0:
            files.put(path)
            if not goes_on(path, whole):
                wrong.append((number, "going on"))
    assert wrong == []


@pytest.mark.timeout(300)
def test_a_bit_that_flipped(tmp_path: Path, closed: Whole) -> None:
    check((Files(data) for data in flips(closed.files.database, FLIPS)), closed, tmp_path / "a.stripchart")


@pytest.mark.timeout(300)
def test_a_bit_that_flipped_in_one_that_is_being_written(tmp_path: Path, opened: Whole) -> None:
    database, wal = opened.files
    in_database = (Files(data, wal) for data in flips(database, OPEN_FLIPS))
    in_wal = (Files(database, data) for data in flips(wal, OPEN_FLIPS))
    check(chain(in_database, in_wal), opened, tmp_path / "a.stripchart")


@pytest.mark.timeout(300)
def test_a_file_cut_short(tmp_path: Path, closed: Whole) -> None:
    data = closed.files.database
    check((Files(data[:size]) for size in sizes(data)), closed, tmp_path / "a.stripchart")


@pytest.mark.timeout(300)
def test_one_that_is_being_written_cut_short(tmp_path: Path, opened: Whole) -> None:
    database, wal = opened.files
    cut = (Files(database, wal[:size]) for size in sizes(wal))
    cut_both = (Files(database[:size], wal) for size in sizes(database) if not size % PAGE_SIZE)
    check(chain(cut, cut_both), opened, tmp_path / "a.stripchart")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_file_cut_short_at_every_byte(tmp_path: Path, closed: Whole) -> None:
    data = closed.files.database
    check((Files(data[:size]) for size in range(len(data))), closed, tmp_path / "a.stripchart", every=97)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_one_that_is_being_written_cut_short_at_every_byte(tmp_path: Path, opened: Whole) -> None:
    database, wal = opened.files
    check((Files(database, wal[:size]) for size in range(len(wal))), opened, tmp_path / "a.stripchart", every=97)
