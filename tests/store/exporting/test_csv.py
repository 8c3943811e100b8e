from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from stripchart.flow.records import ABSENT, Batch, Channel, Kind, make_batch
from stripchart.store.exporting.csv import LONG_HEAD
from stripchart.store.exporting.export import render
from stripchart.store.exporting.formulas import FORMULA
from stripchart.store.reading.rows import Choice
from support.tables import NOW, rows, streams

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANNELS = (Channel("temp", "°C"), Channel("door", "", Kind.STATE), Channel("mode", "", Kind.TEXT))


def written(batches: Sequence[Batch], choices: Sequence[Choice] | None = None) -> str:
    if choices is None:
        choices = [Choice(batches[0].stream, batches[0].channels)]
    of = {choice.stream: [batch for batch in batches if batch.stream == choice.stream] for choice in choices}
    return b"".join(render(choices, "csv", lambda choice: of[choice.stream])).decode()


def test_one_stream_is_a_table() -> None:
    values = [[1.5, np.nan, ABSENT, -0.0], [1, 0, ABSENT, 1], ["run, fast", "", 'a "b"\n', "=1"]]
    batch = make_batch("bench", CHANNELS, [NOW, NOW, NOW + 1, NOW + 2], values)
    assert written([batch]) == (
        "time,stream,temp [°C],door (state),mode (text)\n"
        '2023-11-14T22:13:20.000000123Z,bench,1.5,1.0,"run, fast"\n'
        "2023-11-14T22:13:20.000000123Z,bench,nan,0.0,\n"
        '2023-11-14T22:13:20.000000124Z,bench,,,"a ""b""\n"\n'
        "2023-11-14T22:13:20.000000125Z,bench,-0.0,1.0,'=1\n"
    )


def test_several_streams_are_one_value_a_line() -> None:
    bench = make_batch("bench", CHANNELS, [NOW, NOW], [[1.5, ABSENT], [1, ABSENT], ["x", ""]], gap=True)
    other = make_batch("a,b", (Channel("v"),), [5], [[np.inf]])
    both = [Choice("bench", CHANNELS), Choice("a,b", other.channels)]
    assert written([bench, other], both) == (
        "time,stream,row,channel,unit,kind,value\n"
        "2023-11-14T22:13:20.000000123Z,bench,0,,,gap,\n"
        "2023-11-14T22:13:20.000000123Z,bench,0,temp,°C,number,1.5\n"
        "2023-11-14T22:13:20.000000123Z,bench,0,door,,state,1.0\n"
        "2023-11-14T22:13:20.000000123Z,bench,0,mode,,text,x\n"
        "2023-11-14T22:13:20.000000123Z,bench,1,temp,°C,number,\n"
        '1970-01-01T00:00:00.000000005Z,"a,b",0,v,,number,inf\n'
    )


def test_a_gap_is_an_empty_line() -> None:
    parts = [make_batch("s", (Channel("v"),), [row], [[row]], gap=row == 1) for row in range(3)]
    assert [bool(line) for line in written(parts).splitlines()] == [True, True, False, True, True]


@given(streams())
def test_no_cell_is_a_formula(drawn: list[tuple[Choice, list[Batch]]]) -> None:
    choices = [choice for choice, _ in drawn]
    text = written([batch for _, batches in drawn for batch in batches], choices)
    for cells in csv.reader(io.StringIO(text, newline="")):
        for cell in cells:
            assert not cell.startswith(FORMULA) or float(cell) < 0 or cell[:2] == "-0"


def digits(cell: str) -> object:
    """Return the digits of a number without the noughts around them."""
    return Decimal(cell).normalize().as_tuple().digits


@given(rows("s"))
def test_numbers_have_the_fewest_digits_that_read_back(drawn: tuple[Choice, list[Batch]]) -> None:
    choice, batches = drawn
    table = list(csv.reader(io.StringIO(written(batches, [choice]), newline="")))[1:]
    shown = [cells for cells in table if cells]
    assert len(shown) == sum(map(len, batches))
    for cells in shown:
        for channel, cell in zip(choice.channels, cells[2:], strict=True):
            if channel.kind is not Kind.TEXT and cell:
                assert digits(cell) == digits(repr(float(cell)))


def test_lone_surrogates_leave_valid_text() -> None:
    batch = make_batch("s\ud800", (Channel("c\udfff", kind=Kind.TEXT),), [5], [["x\ud800"]])
    assert written([batch]) == "time,stream,c? (text)\n1970-01-01T00:00:00.000000005Z,s?,x?\n"


def test_pandas_reads_it() -> None:
    batches = [make_batch("s", CHANNELS[:2], [NOW + row, NOW + row + 1], [[1, 2], [0, 1]], gap=True) for row in (0, 5)]
    frame = pd.read_csv(io.StringIO(written(batches)), parse_dates=["time"])
    assert frame["time"].astype("int64").tolist() == [NOW, NOW + 1, NOW + 5, NOW + 6]
    assert frame["temp [°C]"].tolist() == [1, 2, 1, 2]


@pytest.mark.parametrize("name", LONG_HEAD)
def test_a_channel_may_be_called_as_a_column(name: str) -> None:
    assert written([make_batch("s", (Channel(name),), [5], [[1]])]).startswith(f"time,stream,{name}\n")
