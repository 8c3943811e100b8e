"""Rows summed up by time: minimum, maximum, mean and count of each number channel, in spans of equal length.

Each span begins at a multiple of its length since the epoch, and holds ``start <= time < start + length``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.errors import ConfigError
from stripchart.flow.records import ABSENT, Batch, Channel, Kind, channel_key
from stripchart.store.reading.rows import Choice
from stripchart.store.reading.shape import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

MAX_SPANS: Final = 10_000_000
WINDOW_SPANS: Final = 1_000
"""Spans that are asked for at once, unless there are many rows in them."""
WINDOW_ROWS: Final = 200_000
"""Rows that may have to be read at once: a recording reads about a block of them at either end of a span."""
BATCH_ROWS: Final = 2_048
_WHATS: Final = ("min", "max", "mean", "count")


def summed(choice: Choice) -> Choice | None:
    """Return the choice of the rows that ``sums`` gives: four numbers a number channel; None if there is none."""
    channels = [
        Channel(f"{channel.name} {what}", "" if what == "count" else channel.unit)
        for channel in numbers(choice)
        for what in _WHATS
    ]
    return Choice(choice.stream, tuple(channels)) if channels else None


def numbers(choice: Choice) -> tuple[Channel, ...]:
    """Return the channels of a choice that hold numbers."""
    return tuple(channel for channel in choice.channels if channel.kind is not Kind.TEXT)


def check_spans(start_ns: int, stop_ns: int, every_ns: int) -> None:
    """Raise ConfigError if there would be too many spans."""
    count = max(stop_ns - start_ns, 0) // every_ns
    if count > MAX_SPANS:
        raise ConfigError(f"every: expected longer spans of time, at most {MAX_SPANS:,} of them, not {count:,}")


def window_for(rows: int, spans: int) -> int:
    """Return for how many spans a recording is best asked at once, if there are so many rows in so many spans."""
    each = min(max(rows // max(spans, 1), WINDOW_ROWS // WINDOW_SPANS), BATCH_ROWS)
    return WINDOW_ROWS // each


def sums(
    choice: Choice,
    summarise: Callable[[int, int], Summary],
    start_ns: int,
    stop_ns: int,
    every_ns: int,
    *,
    window: int = WINDOW_SPANS,
) -> Iterator[Batch]:
    """Yield a row for each span of time that has rows, as ``summed`` describes them.

    Parameters
    ----------
    summarise
        Returns the sums of the number channels of the choice between two times, for spans of ``every_ns``.
    window
        For how many spans it is asked at once.
    """
    described = summed(choice)
    channels = described.channels if described else ()
    step = window * every_ns
    for begin in range(start_ns // every_ns * every_ns, stop_ns, step):
        summary = summarise(max(begin, start_ns), min(begin + step, stop_ns))
        columns: list[NDArray[np.float64]] = []
        for low, high, mean, many in zip(summary.low, summary.high, summary.mean, summary.held, strict=True):
            columns += [np.where(many > 0, column, ABSENT) for column in (low, high, mean)]
            columns.append(many.astype(np.float64))
        for first in range(0, len(summary.time), BATCH_ROWS):
            rows = slice(first, first + BATCH_ROWS)
            yield Batch(choice.stream, channels, summary.time[rows], tuple(column[rows] for column in columns))


@np.errstate(all="ignore")  # a sum may overflow, and there may be none: such a mean is inf or NaN
def summarise(
    batches: Iterable[Batch], channels: Sequence[Channel], start_ns: int, stop_ns: int, every_ns: int
) -> Summary:
    """Sum up rows that all lie between two times, ``start_ns <= time < stop_ns``; every span in between is held."""
    first = start_ns // every_ns
    size = max((stop_ns - 1) // every_ns - first + 1, 0)
    rows = np.zeros(size, np.int64)
    held = np.zeros((len(channels), size), np.int64)
    total = np.zeros(held.shape)
    low, high = np.full(held.shape, np.nan), np.full(held.shape, np.nan)
    places = {channel_key(channel): place for place, channel in enumerate(channels)}
    for batch in batches:
        span = batch.time // every_ns - first
        np.add.at(rows, span, 1)
        for channel, column in zip(batch.channels, batch.values, strict=True):
            place = places.get(channel_key(channel))
            if place is None:
                continue
            there = ~np.isnan(column)
            where, values = span[there], column[there]
            np.add.at(held[place], where, 1)
            np.add.at(total[place], where, values)
            np.fmin.at(low[place], where, values)
            np.fmax.at(high[place], where, values)
    kept = np.flatnonzero(rows)
    mean = total / held
    return Summary(
        (kept + first) * every_ns, rows[kept],
        *(tuple(part[place][kept] for place in range(len(channels))) for part in (low, high, mean, held)),
    )  # fmt: skip
