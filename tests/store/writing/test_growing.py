from __future__ import annotations

import numpy as np

from stripchart.flow.records import ABSENT, Channel, Kind, is_absent, make_batch
from stripchart.store.format.schema import BLOCK_ROWS
from stripchart.store.writing.growing import MAX_SHAPES, GrowingStream
from support.tables import numbered


def test_rows_fill_blocks() -> None:
    stream = GrowingStream("bench", 1)
    stream.append(numbered(100))
    stream.append(numbered(2 * BLOCK_ROWS))
    assert [(block.number, block.filled) for block in stream.full] == [(0, BLOCK_ROWS), (1, BLOCK_ROWS)]
    assert (stream.block.number, stream.block.filled, stream.rows) == (2, 100, 100 + 2 * BLOCK_ROWS)
    column = np.concatenate([block.column(0) for block in [*stream.full, stream.block]])
    assert column.tolist() == [*range(100), *range(2 * BLOCK_ROWS)]


def test_gaps_are_places_within_the_block() -> None:
    stream = GrowingStream("bench", 1)
    for rows in (3, BLOCK_ROWS - 3, 5, 1):
        batch = numbered(rows)
        stream.append(batch.labelled(batch.stream, gap=True, first=0))
    assert stream.full[0].gaps == [3]  # nothing is missing before the very first row
    assert stream.block.gaps == [0, 5]


def test_cells_of_channels_that_rows_lack() -> None:
    stream = GrowingStream("s", 1)
    number, text, late = Channel("a"), Channel("a", kind=Kind.TEXT), Channel("b")
    stream.append(make_batch("s", (number,), [1, 2], [[5, ABSENT]]))
    stream.append(make_batch("s", (late, text), [3], [[7], ["x"]]))
    block = stream.block
    assert stream.channels == [number, late, text]
    assert is_absent(block.column(0)).tolist() == [False, True, True]
    assert is_absent(block.column(1)).tolist() == [True, True, False]
    assert block.column(2).tolist() == ["", "", "x"]


def test_a_shape_that_comes_back_brings_its_units_back() -> None:
    stream = GrowingStream("s", 1)
    for unit in ("°C", "F", "°C"):
        stream.renewed.clear()
        stream.append(make_batch("s", (Channel("a", unit),), [1], [[1]]))
        assert stream.channels == [Channel("a", unit)]
        assert stream.renewed == {0}


def test_shapes_that_are_remembered_are_bounded() -> None:
    stream = GrowingStream("s", 1)
    for number in range(3 * MAX_SHAPES):
        stream.append(make_batch("s", (Channel(str(number)),), [number], [[number]]))
    assert len(stream._places) <= MAX_SHAPES
    assert len(stream.channels) == 3 * MAX_SHAPES
    assert all(stream.block.column(place)[place] == place for place in range(3 * MAX_SHAPES))


def test_rows_that_are_lost_keep_their_numbers() -> None:
    stream = GrowingStream("bench", 1)
    stream.append(numbered(10))
    stream.begin_at(4)
    assert [block.number for block in stream.full] == [0]
    assert stream.rows == stream.journaled == 4 * BLOCK_ROWS
    stream.append(numbered(2))
    assert (stream.block.number, stream.rows) == (4, 4 * BLOCK_ROWS + 2)
