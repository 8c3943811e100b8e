"""Sentences of one type to rows, many at once."""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import numpy as np

from stripchart.decoders.cells import NOT_A_NUMBER, FrameError
from stripchart.decoders.nmea.clock import seconds
from stripchart.decoders.rows import ChannelCache
from stripchart.flow.records import Channel, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.nmea.forms import Column, Form
    from stripchart.decoders.rows import BatchBuilder, Shape
    from stripchart.flow.records import Tally

T = TypeVar("T")

TIME: Final = Channel("time", "s", Kind.TIME)
FIX: Final = Channel("fix", kind=Kind.STATE)
_PLAIN: Final = b"0123456789.+-"


Sentence: TypeAlias = tuple[list[bytes], int, float | None, bytes]
"""A sentence that has a form, as a plain tuple, since a named one costs a tenth of all the time that a sentence takes:

- its fields, of which the address is the first;
- when it came, in nanoseconds since the epoch;
- when the day of the time that it tells begins, in seconds since the epoch; None if it tells no instant;
- all of it, as received.
"""


class _Mixed(Exception):  # noqa: N818 - no error: they are read apart then
    """Some of the sentences have what others have not."""


class TableRows:
    """Turns runs of sentences into rows.

    Parameters
    ----------
    tally
        Where sentences are counted as decoded or rejected.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._channels = ChannelCache(_as_they_are)

    def add(self, form: Form, sentences: Sequence[Sentence], builder: BatchBuilder) -> None:
        """Add the rows of consecutive sentences of a stream.

        They are read together if all have the same fields and none is bad; else each half is, and so on.
        """
        fields, times, days, texts = zip(*sentences, strict=True)
        try:
            channels, columns = _read(form, list(zip_longest(*fields, fillvalue=b"")), days)
        except (_Mixed, FrameError) as reason:
            if len(sentences) == 1:
                self._tally.reject(times[0], str(reason), texts[0])
                return
            middle = len(sentences) // 2
            self.add(form, sentences[:middle], builder)
            self.add(form, sentences[middle:], builder)
            return
        self._tally.decoded += len(sentences)
        if channels:
            values = np.array(columns) + 0.0  # there is no negative zero
            builder.block(self._channels[channels], np.array(times, np.int64), tuple(values))


def _read(
    form: Form, fields: Sequence[Sequence[bytes]], days: Sequence[float | None]
) -> tuple[tuple[Channel, ...], list[Sequence[float]]]:
    """Return the channels of sentences that all have the same ones, and the values of each.

    Raises
    ------
    FrameError
        If a field cannot be read.
    _Mixed
        If the sentences differ in what they have.
    """
    count = len(days)
    valid = _is_valid(form, fields)
    columns: dict[str, Column] = {}
    for column in form.columns:
        if (valid or not column.of_fix) and column.channel.name not in columns and _has(column, fields):
            columns[column.channel.name] = column
    places = [column.place for column in columns.values()]
    if form.time is not None and _same([day is not None for day in days]):
        places.append(form.time)
    elif not places and valid and any(cell[:1].isdigit() for cell in chain.from_iterable(fields[1:])):
        raise FrameError("unexpected form")
    numbers = to_numbers(list(chain.from_iterable([fields[place] for place in places])))
    parts = [numbers[start : start + count] for start in range(0, len(numbers), count)]
    channels = [column.channel for column in columns.values()]
    values: list[Sequence[float]] = [
        _turned(column, part, fields) for column, part in zip(columns.values(), parts, strict=False)
    ]
    if form.tells_fix:
        channels.append(FIX)
        values.append([float(valid)] * count)
    if len(parts) > len(columns):
        channels.append(TIME)
        values.append([day + second for day, second in zip(days, seconds(parts[-1]), strict=True) if day is not None])
    return tuple(channels), values


def to_numbers(cells: Sequence[bytes]) -> list[float]:
    """Read plain decimal numbers; FrameError if one is none."""
    try:
        if not b"".join(cells).translate(None, _PLAIN):
            return list(map(float, cells))
    except ValueError:
        pass
    raise FrameError(NOT_A_NUMBER)


def _same(values: Sequence[T]) -> T:
    """Return what all values are; _Mixed if they differ."""
    if values.count(values[0]) != len(values):
        raise _Mixed
    return values[0]


def _is_valid(form: Form, fields: Sequence[Sequence[bytes]]) -> bool:
    """Say whether sentences are valid, as ``Form.is_valid`` does of one; _Mixed if only some are."""
    places = [place for place in (form.status, form.void and form.void[0]) if place is not None and place < len(fields)]
    if all(fields[place].count(fields[place][0]) == len(fields[place]) for place in places):
        return form.is_valid([cells[0] for cells in fields])
    return _same([form.is_valid(row) for row in zip(*fields, strict=True)])


def _has(column: Column, fields: Sequence[Sequence[bytes]]) -> bool:
    """Say whether sentences have what a column needs; _Mixed if only some do."""
    if column.mark is not None:
        place, mark = column.mark
        if place >= len(fields) or not _same([cell == mark for cell in fields[place]]):
            return False
    return all(
        place < len(fields) and (b"" not in fields[place] or _same([cell != b"" for cell in fields[place]]))
        for place in (column.place, column.direction)
        if place is not None
    )


def _turned(column: Column, numbers: list[float], fields: Sequence[Sequence[bytes]]) -> list[float]:
    if column.turn is not None and column.direction is not None:
        return column.turn(numbers, fields[column.direction])
    return numbers if column.factor == 1 else [number * column.factor for number in numbers]


def _as_they_are(channels: Shape) -> tuple[Channel, ...]:
    return channels
