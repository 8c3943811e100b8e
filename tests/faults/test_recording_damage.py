"""What a reader and a writer make of a recording that was cut short, or in which a bit flipped."""

from __future__ import annotations

import random
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripchart.errors import ConfigError, DamagedError
from stripchart.flow.events import Event
from stripchart.flow.records import Channel, Chunk, Kind, make_batch
from stripchart.store.reader import Recording
from stripchart.store.schema import PAGE_SIZE
from stripchart.store.setaside import PARTS
from stripchart.store.writer import Writer
from support.tables import NOW, numbered, plain

if TYPE_CHECKING:
    from pathlib import Path

FLIPS = 1_000
EVERY = 97
STEP = 1_000_000
SPAN = (NOW, NOW + 5_000 * STEP)


def record(path: Path) -> bytes:
    """Write two blocks and a half, a few rows of text, events and bytes; return the closed file."""
    writer = Writer(path, title="Bench")
    writer.append(numbered(5_000, step=STEP))
    writer.append(make_batch("text", (Channel("mode", kind=Kind.TEXT),), [NOW, NOW + 1], [["on", "é"]]))
    for number in range(5):
        writer.event(Event(NOW + number, "bench", "lost", f"away {number}", number))
        writer.chunk("bench", Chunk(bytes([number]) * 50, NOW + number))
    writer.commit()
    writer.append(numbered(3, start=NOW + 5_000 * STEP, step=STEP))
    writer.commit()
    writer.close()
    return path.read_bytes()


def read(path: Path, step: str) -> Any:
    """Return what one kind of reading gives, and the problems that it and a check tell of."""
    with Recording(path) as recording:
        if step == "streams":
            found: Any = recording.streams()
        elif step == "batches":
            found = [plain(recording.batches(name)) for name in ("bench", "text")]
        elif step == "picture":
            runs = recording.picture("bench", ["temp", "hum"], *SPAN, 500 * STEP)
            found = [tuple(np.asarray(part).tolist() for part in (run.time, run.weight, *run.columns)) for run in runs]
        elif step == "events":
            found = recording.events()
        else:
            found = list(recording.chunks())
        return found, recording.check()


STEPS = ("streams", "batches", "picture", "events", "chunks")


def is_honest(path: Path, step: str, truth: Any) -> bool:
    """Say whether a reading gives the truth, or says that it does not."""
    try:
        found, problems = read(path, step)
    except (ConfigError, DamagedError):
        return True
    except KeyError:  # the stream's name is damaged: the list of problems says so
        with Recording(path) as recording:
            return bool(recording.check())
    return bool(problems) or found == truth


def go_on(path: Path) -> None:
    """Record on into a damaged file; SQLite may refuse a commit, which the recorder knows how to take."""
    with suppress(ConfigError, DamagedError):
        writer = Writer(path)
        with suppress(sqlite3.DatabaseError):
            writer.append(numbered(3_000, start=NOW + 6_000 * STEP))
            writer.commit()
        writer.abandon()
    for part in PARTS:
        path.with_name(path.name + part).unlink(missing_ok=True)


@pytest.fixture
def truth(tmp_path: Path) -> tuple[bytes, dict[str, Any]]:
    path = tmp_path / "whole.stripchart"
    data = record(path)
    found = {step: read(path, step) for step in STEPS}
    assert all(problems == [] for _, problems in found.values())
    return data, {step: each for step, (each, _) in found.items()}


def test_a_bit_that_flipped_is_never_silent(tmp_path: Path, truth: tuple[bytes, dict[str, Any]]) -> None:
    data, expected = truth
    chance = random.Random(4)
    path = tmp_path / "damaged.stripchart"
    used = [place for place, byte in enumerate(data) if byte]  # most of the file is room that is not used
    silent = []
    for number in range(FLIPS):
        at, bit = chance.choice(used), chance.randrange(8)
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
        step = STEPS[number % len(STEPS)]
        if not is_honest(path, step, expected[step]):
            silent.append((at, bit, step))
        if number % 4 == 0:
            go_on(path)
    assert silent == []


def test_a_file_cut_short_is_never_silent(tmp_path: Path, truth: tuple[bytes, dict[str, Any]]) -> None:
    data, expected = truth
    path = tmp_path / "damaged.stripchart"
    sizes = [*range(200), *range(200, len(data), EVERY), *range(len(data) - 50, len(data))]
    sizes += [edge + more for edge in range(PAGE_SIZE, len(data), PAGE_SIZE) for more in (-1, 0, 1)]
    silent = []
    for number, size in enumerate(sizes):
        path.write_bytes(data[:size])
        step = STEPS[number % len(STEPS)]
        if not is_honest(path, step, expected[step]):
            silent.append((size, step))
        if number % 4 == 0:
            go_on(path)
    assert silent == []
