"""A damaged recording that is continued: what a reader found is still there, once, and what is new comes behind it."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart.errors import ConfigError, DamagedError
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.store.format.codec import unpack
from stripchart.store.format.schema import BLOCK_ROWS, COLUMNS, connect, select
from stripchart.store.reading.reader import Recording
from stripchart.store.reading.rows import held
from stripchart.store.writing import backlog
from stripchart.store.writing.writer import Writer

if TYPE_CHECKING:
    from pathlib import Path

    from stripchart.flow.records import Batch

CHANNELS = (Channel("value"), Channel("spare"))
NEW = 100_000


def rows(first: int, count: int, stream: str = "bench") -> Batch:
    number = np.arange(first, first + count)
    return make_batch(stream, CHANNELS, number, [number, -number])


def door(number: int) -> Batch:
    return make_batch("door", (Channel("value"), Channel("mode", kind=Kind.TEXT)), [number], [[number], ["open"]])


def damage(path: Path, change: str) -> None:
    connection = connect(path, write=True)
    assert connection.execute(change).rowcount == 1
    connection.close()


def values(path: Path, channel: str = "value") -> dict[str, list[float]]:
    with Recording(path) as recording:
        return {
            stream.name: [value for batch in recording.batches(stream.name) for value in batch[channel].tolist()]
            for stream in recording.streams()
            if channel in {each.name for each in stream.channels}
        }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Six commits of two streams, not closed in order: all is in the journal."""
    writer = Writer(tmp_path / "a.stripchart")
    for number in range(6):
        writer.append(rows(10 * number, 10))
        writer.append(door(number))
        writer.commit()
    writer.abandon()
    return writer.path


@pytest.fixture
def blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A block and a half, of which nothing is in the journal, closed in order."""
    monkeypatch.setattr(backlog, "JOURNAL_ROWS", 0)
    writer = Writer(tmp_path / "a.stripchart")
    writer.append(rows(0, 3_000))
    writer.commit()
    writer.close()
    monkeypatch.undo()
    return writer.path


def go_on(path: Path, problem: str = "") -> None:
    """Record on, in runs of which each but the last ends in no order, and see that nothing else changes."""
    before = values(path)
    for run in range(3):
        writer = Writer(path)
        assert run or not problem or any(problem in each for each in writer.problems), writer.problems
        for commit in range(3):
            number = NEW + 100 * run + 10 * commit
            writer.append(rows(number, 10))
            before.setdefault("bench", []).extend(range(number, number + 10))
            writer.commit()
            assert values(path) == before
        if run == 2:
            writer.close()
        else:
            writer.abandon()
        assert values(path) == before


@pytest.mark.parametrize("number", [1, 3, 6])
def test_a_row_of_the_journal(path: Path, number: int) -> None:
    damage(path, f"UPDATE journal SET crc = crc + 1 WHERE id = {number}")  # noqa: S608 - our own number
    go_on(path, f"journal row {number}: damaged; what it held is lost")
    found = values(path)
    assert found["bench"][:50] == [each for each in range(60) if each // 10 != number - 1]
    assert found["door"] == [each for each in range(6) if each != number - 1]


def test_a_block_that_is_not_full(blocks: Path) -> None:
    writer = Writer(blocks)
    writer.append(rows(3_000, 10))
    writer.commit()
    writer.abandon()
    damage(blocks, "UPDATE block SET crc = crc + 1 WHERE number = 1")
    go_on(blocks, "bench: block 1 is damaged; recording goes on with the next one")
    assert values(blocks)["bench"][: BLOCK_ROWS + 11] == [*range(BLOCK_ROWS), *range(3_000, 3_010), NEW]


def test_cells_of_a_block_that_is_not_full(blocks: Path) -> None:
    damage(blocks, "UPDATE cells SET crc = crc + 1 WHERE number = 1 AND channel = 2")
    before = values(blocks)["bench"]
    assert before == list(range(3_000)), "the other channel is there"
    go_on(blocks, "bench: block 1 is damaged; recording goes on with the next one")
    with Recording(blocks) as recording:
        assert any("channel 2: block 1 is damaged" in problem for problem in recording.check())


def test_a_block_that_is_gone(blocks: Path) -> None:
    damage(blocks, "DELETE FROM block WHERE number = 1")
    go_on(blocks)
    assert values(blocks)["bench"][:3_000] == list(range(3_000)), "the journal still had it"


def test_a_block_that_is_gone_for_good(blocks: Path) -> None:
    damage(blocks, "DELETE FROM block WHERE number = 1")
    damage(blocks, "DELETE FROM journal")
    go_on(blocks, "bench: rows 2,048 to 2,999 are missing")
    with Recording(blocks) as recording:
        assert [batch.first for batch in recording.batches("bench") if batch.gap] == [2 * BLOCK_ROWS]


@pytest.mark.parametrize(
    "change",
    ["UPDATE stream SET crc = crc + 1 WHERE id = 1", "DELETE FROM stream WHERE id = 1"],
    ids=["damaged", "gone"],
)
def test_the_name_of_a_stream(path: Path, change: str) -> None:
    damage(path, change)
    go_on(path, "stream 1: its name is ")
    assert sorted(values(path)) == ["bench", "damaged 1", "door"]
    assert values(path)["damaged 1"] == list(range(60))
    with Recording(path) as recording:
        assert recording.check() == []


def test_the_description_of_a_channel(path: Path) -> None:
    damage(path, "UPDATE channel SET crc = crc + 1 WHERE id = 2")
    assert values(path)["bench"] == list(range(60))
    go_on(path, "channel 2: its description is damaged; its values are left out")
    assert values(path, "spare")["bench"][-90:] == [-each for each in values(path)["bench"][-90:]]


def test_the_values_of_a_channel_without_a_name_are_not_thrown_away(
    blocks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(blocks, "UPDATE channel SET crc = crc + 1 WHERE id = 2")
    connection = connect(blocks, write=False)
    (before,) = select(connection, "cells", "WHERE channel = 2 AND number = 1")
    monkeypatch.setattr(backlog, "JOURNAL_ROWS", 0)
    go_on(blocks, "channel 2: its description is damaged; its values are left out")
    (after,) = select(connection, "cells", "WHERE channel = 2 AND number = 1")
    connection.close()
    assert unpack(before[2], 952).tolist() == unpack(after[2], 1_042).tolist()[:952]


@pytest.mark.parametrize(
    "change", ["UPDATE channel SET kind = 'tixt' WHERE id = 4", "DELETE FROM channel WHERE id = 4"]
)
def test_a_channel_of_which_nothing_is_known(path: Path, change: str) -> None:
    damage(path, change)
    go_on(path, "door: values that stood in the journal are lost, for they have no name any more")
    assert values(path)["bench"][:60] == list(range(60))
    with Recording(path) as recording:
        assert {channel for stream in recording.streams() for channel in stream.channels} == {*CHANNELS}


def test_the_number_of_what_lost_its_name_is_not_used_again(blocks: Path) -> None:
    connection = connect(blocks, write=True)
    connection.executescript("DELETE FROM stream; DELETE FROM channel")
    connection.close()
    writer = Writer(blocks)
    writer.append(rows(NEW, 10))
    writer.close()
    assert values(blocks) == {"bench": list(range(NEW, NEW + 10))}
    connection = connect(blocks, write=False)
    assert [row[0] for row in select(connection, "channel")] == [3, 4]
    connection.close()


@pytest.mark.parametrize("seed", range(25))
def test_any_rows_of_any_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(backlog, "JOURNAL_ROWS", chance.choice([0, 1, 3, 300]))
    path = tmp_path / "a.stripchart"
    record_some(path, chance, 0)
    for turn in (1, 2):
        damage_some(path, chance)
        there = all_rows(path)
        for run in range(3):
            there += record_some(path, chance, 10 * turn + run)
            found = all_rows(path)
            assert there <= found
            assert max(found.values()) == 1, "no row comes twice"
            there = found


def record_some(path: Path, chance: random.Random, turn: int) -> Counter[tuple[int, float]]:
    """Record rows of three streams, whose times nobody else has; return them."""
    writer = Writer(path)
    added: Counter[tuple[int, float]] = Counter()
    number = 1_000_000 * turn
    for _ in range(chance.randint(1, 4)):
        for stream in chance.sample("abc", chance.randint(1, 3)):
            count = chance.choice([1, 5, 40, 700, 2_048, 3_000])
            writer.append(rows(number, count, stream))
            added.update((each, each) for each in range(number, number + count))
            number += count
        writer.commit()
    chance.choice([writer.close, writer.abandon])()
    return added


def damage_some(path: Path, chance: random.Random) -> None:
    for table in chance.sample([*COLUMNS], 4):
        connection = connect(path, write=True)
        numbers = [number for (number,) in connection.execute(f"SELECT rowid FROM {table}")]  # noqa: S608 - our own names
        connection.close()
        if numbers:
            change = chance.choice([f"DELETE FROM {table}", f"UPDATE {table} SET crc = crc + 1"])  # noqa: S608 - likewise
            damage(path, f"{change} WHERE rowid = {chance.choice(numbers)}")


def all_rows(path: Path) -> Counter[tuple[int, float]]:
    found: Counter[tuple[int, float]] = Counter()
    with Recording(path) as recording:
        for stream in recording.streams():
            for batch in recording.batches(stream.name):
                if "value" in {channel.name for channel in batch.channels}:
                    shown = held(batch["value"])
                    found.update(zip(batch.time[shown].tolist(), batch["value"][shown].tolist(), strict=True))
    return found


def test_an_index_that_gives_what_no_writer_wrote(blocks: Path) -> None:
    damage(blocks, "UPDATE block SET number = 'x' WHERE number = 1")
    with pytest.raises(DamagedError, match="an index gives 'x' for a whole number"):
        Writer(blocks)
    with Recording(blocks) as recording:
        with pytest.raises(DamagedError, match="an index gives 'x'"):
            recording.streams()
        assert recording.problems


def test_a_table_that_is_described_otherwise(blocks: Path) -> None:
    connection = connect(blocks, write=True)
    connection.execute("ALTER TABLE stream RENAME COLUMN name TO nome")
    connection.close()
    with pytest.raises(DamagedError, match="the description of stream is damaged"):
        Writer(blocks)
    with pytest.raises(ConfigError, match="the description of stream is damaged"):
        Recording(blocks)


def test_a_table_of_a_later_version_is_left_alone(blocks: Path) -> None:
    connection = connect(blocks, write=True)
    connection.execute("CREATE TABLE later (x)")
    connection.close()
    Writer(blocks).close()
    assert values(blocks)["bench"] == list(range(3_000))
