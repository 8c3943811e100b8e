from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given

from stripchart.flow.records import ABSENT, Batch, Channel, Kind, make_batch
from stripchart.store.reading.rows import Choice, Table, UnknownChannelsError, choose, distinct_names
from support.tables import only, plain, rows

TEMP, HUM, NOTE = Channel("temp", "°C"), Channel("hum", "%"), Channel("note", kind=Kind.TEXT)


class Stream(NamedTuple):
    name: str
    channels: tuple[Channel, ...]


STREAMS = [Stream("bench", (TEMP, HUM)), Stream("a,b", (Channel("c,d"), TEMP)), Stream("bench/hum", (NOTE,))]


class TestChoose:
    def test_everything_if_nothing_is_named(self) -> None:
        assert choose(STREAMS, []) == [Choice(name, channels, whole=True) for name, channels in STREAMS]
        assert choose(STREAMS, ["", ","]) == choose(STREAMS, [])

    def test_streams_and_channels(self) -> None:
        assert choose(STREAMS, ["bench/temp"]) == [Choice("bench", (TEMP,), whole=False)]
        assert choose(STREAMS, ["bench/temp", "a,b/c,d"]) == [
            Choice("bench", (TEMP,), whole=False), Choice("a,b", (Channel("c,d"),), whole=False),
        ]  # fmt: skip
        assert choose(STREAMS, ["bench"]) == [Choice("bench", (TEMP, HUM))]

    def test_a_name_that_is_two_things_is_both(self) -> None:
        assert [choice.stream for choice in choose(STREAMS, ["bench/hum"])] == ["bench", "bench/hum"]

    def test_numbers_and_texts_of_a_name_go_together(self) -> None:
        both = (TEMP, Channel("temp", kind=Kind.TEXT), HUM)
        assert only_choice(choose([Stream("s", both)], ["s/temp"])) == Choice("s", both[:2], whole=False)

    def test_what_is_unknown_is_named(self) -> None:
        with pytest.raises(UnknownChannelsError) as error:
            choose(STREAMS, ["bench/temp,b", "a"])
        assert error.value.args[0] == ["a", "b"]


def only_choice(choices: list[Choice]) -> Choice:
    (choice,) = choices
    return choice


class TestTable:
    def test_cells_that_never_came_are_filled(self) -> None:
        batch = make_batch("s", (HUM,), [1, 2], [[5, 6]])
        found = only(list(Table(Choice("s", (TEMP, HUM, NOTE))).feed([batch])))
        assert found.channels == (TEMP, HUM, NOTE)
        assert found.values[0].view(np.uint64).tolist() == [ABSENT.view(np.uint64)] * 2
        assert found.values[1].tolist() == [5, 6]
        assert found.values[2].tolist() == ["", ""]

    def test_rows_without_what_is_wanted_are_left_out(self) -> None:
        batches = [
            make_batch("s", (TEMP, HUM), [1, 2, 3], [[ABSENT, np.nan, 7], [1, 2, 3]], gap=True),
            make_batch("s", (HUM,), [4, 5], [[1, 2]], gap=True),
            make_batch("s", (TEMP,), [6], [[8]]),
        ]
        found = plain(Table(Choice("s", (TEMP,), whole=False)).feed(batches))
        assert [(row.time, row.gap) for row in found] == [(2, True), (3, False), (6, True)]

    @given(rows("s"))
    def test_a_whole_stream_keeps_every_row(self, drawn: tuple[Choice, list[Batch]]) -> None:
        choice, batches = drawn
        assert plain(Table(choice).feed(batches)) == plain(batches)

    @given(rows("s"))
    def test_a_channel_keeps_every_value(self, drawn: tuple[Choice, list[Batch]]) -> None:
        choice, batches = drawn
        one = choice.channels[0]
        key = one.name, one.kind is Kind.TEXT
        found = plain(Table(Choice("s", (one,), whole=False)).feed(batches))
        wanted = [(row.time, row.cells[key]) for row in plain(batches) if key in row.cells]
        assert [(row.time, row.cells[key]) for row in found] == wanted


def test_names_are_told_apart() -> None:
    channels = [TEMP, Channel("temp", kind=Kind.TEXT), Channel("time"), Channel("time (number)")]
    assert distinct_names(channels, ["time"]) == ["temp", "temp (text)", "time (number)", "time (number) (number)"]
    assert distinct_names([Channel("a (number)"), Channel("a")], ["a"]) == ["a (number)", "a (number) 2"]
