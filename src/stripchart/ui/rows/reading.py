"""Columns out of memory and of the record for other programs: bounded in size, as values for JSON or as CSV."""

from __future__ import annotations

import csv
import io
from collections import deque
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.flow.records import Kind
from stripchart.flow.reduce import RAW_ROWS, Rows, join_rows, raw_rows, reduce_rows
from stripchart.store.exporting.formulas import defuse
from stripchart.store.reading.rows import Choice, Table, choose
from stripchart.ui.readout import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from stripchart.flow.events import EventLog
    from stripchart.flow.records import Batch, Channel
    from stripchart.ui.rows.joined import Joined

MAX_POINTS: Final = 100_000
"""Rows of one channel in an answer."""
MAX_VALUES: Final = 500_000
"""Values of all channels together."""
MAX_TEXTS: Final = 1_000
"""Values of a text channel: they cannot be reduced."""
MIN_POINTS: Final = 2 * RAW_ROWS


def read_columns(
    rows: Joined, wanted: Sequence[str], start_ns: int, stop_ns: int, max_points: int
) -> list[dict[str, Any]]:
    """Return the rows of channels between two times.

    Parameters
    ----------
    wanted
        See ``store.rows.choose``.
    max_points
        At most so many rows a channel, and no more than ``MAX_VALUES`` of all together. A number channel with more
        is reduced to the minimum and maximum of runs of rows; of a text channel the newest ``MAX_TEXTS`` are kept.

    Returns
    -------
    For each channel ``{"channel", "unit", "time", "value"}``: times int64 (n,) in nanoseconds, values float64 (n,) or
    a list of texts.

    Raises
    ------
    UnknownChannelsError
        If something wanted does not exist.
    """
    choices = choose(rows.streams, wanted)
    count = sum(len(choice.channels) for choice in choices)
    points = max(MIN_POINTS, min(max_points, MAX_POINTS, MAX_VALUES // max(count, 1)))
    return [
        column
        for choice in choices
        for column in (
            *_number_columns(rows, choice, start_ns, stop_ns, points),
            *_text_columns(rows, choice, start_ns, stop_ns),
        )
    ]


def read_events(log: EventLog, after: int, source: str = "", kind: str = "") -> dict[str, Any]:
    """Return the events with a number above ``after``, oldest first, of one source or kind if they are not empty.

    Returns
    -------
    ``{"events": [{"time_ns", "source", "kind", "text", "number"}], "dropped": n}``: the newest of all, and how many
    are not among them any more.
    """
    events = [
        event._asdict() for event in log.events(after) if source in {"", event.source} and kind in {"", event.kind}
    ]
    return {"events": events, "dropped": log.dropped}


def to_csv(columns: Iterable[dict[str, Any]]) -> bytes:
    """Return the columns as CSV in UTF-8, one value a line; what a spreadsheet takes for a formula is defused."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["time_ns", "channel", "value"])
    for column in columns:
        name, values = defuse(column["channel"]), column["value"]
        cells = values.tolist() if isinstance(values, np.ndarray) else map(defuse, values)
        writer.writerows((time, name, cell) for time, cell in zip(column["time"].tolist(), cells, strict=True))
    return out.getvalue().encode("utf-8", "replace")


def _number_columns(rows: Joined, choice: Choice, start_ns: int, stop_ns: int, points: int) -> Iterator[dict[str, Any]]:
    numbers = tuple(channel for channel in choice.channels if channel.kind is not Kind.TEXT)
    if not numbers:
        return
    only = Choice(choice.stream, numbers)
    parts = _older(rows, only, start_ns, stop_ns, points)
    parts += [
        raw_rows(batch.time, batch.values)
        for batch in Table(only).feed(rows.remembered(choice.stream, start_ns, stop_ns))
    ]
    nothing_there = raw_rows(np.empty(0, np.int64), [np.empty(0)] * len(numbers))
    found = join_rows([nothing_there, *parts])
    found = _at_most(points, found.time, found.columns)
    for channel, column in zip(numbers, found.columns, strict=True):
        yield _entry(choice.stream, channel, found.time, column)


def _older(rows: Joined, choice: Choice, start_ns: int, stop_ns: int, points: int) -> list[Rows]:
    """Return the rows before those in memory: all of them, or their extremes if they are too many."""
    names = [channel.name for channel in choice.channels]
    parts: list[Rows] = []
    count = 0
    with closing(rows.recorded(choice.stream, start_ns, stop_ns, names)) as batches:
        for batch in Table(choice).feed(batches):
            parts.append(raw_rows(batch.time, batch.values))
            count += len(batch)
            if count > points:
                break
        else:
            return parts
    first, last = rows.span(choice.stream) or (0, 0)
    start_ns, stop_ns = max(start_ns, first), min(stop_ns, last + 1)
    bucket = max(RAW_ROWS * (stop_ns - start_ns) // points, 1)  # no bucket has more rows than that
    return rows.picture(choice.stream, names, start_ns, stop_ns, bucket)


def _text_columns(rows: Joined, choice: Choice, start_ns: int, stop_ns: int) -> Iterator[dict[str, Any]]:
    for channel in choice.channels:
        if channel.kind is Kind.TEXT:
            only = Choice(choice.stream, (channel,), whole=False)
            newest = _newest(only, rows.remembered(choice.stream, start_ns, stop_ns), MAX_TEXTS)
            if len(newest) < MAX_TEXTS:
                newest = _older_texts(rows, only, start_ns, stop_ns, MAX_TEXTS - len(newest)) + newest
            time = np.array([time for time, _ in newest], np.int64)
            yield _entry(choice.stream, channel, time, [plain(text) for _, text in newest])


def _older_texts(rows: Joined, choice: Choice, start_ns: int, stop_ns: int, most: int) -> list[tuple[int, Any]]:
    """Return the newest texts before those in memory, at most so many: looked for from the end, ever further back."""
    first, last = rows.span(choice.stream) or (0, -1)
    start, end = max(start_ns, first), min(stop_ns, last + 1)
    width = max((end - start) // 64, 1)
    found: list[tuple[int, Any]] = []
    while start < end and len(found) < most:
        begin = max(start, end - width)
        batches = rows.recorded(choice.stream, begin, end, [choice.channels[0].name])
        found = _newest(choice, batches, most - len(found)) + found
        end, width = begin, 2 * width
    return found


def _newest(choice: Choice, batches: Iterable[Batch], most: int) -> list[tuple[int, Any]]:
    """Return the last rows of a text channel that hold a text, as times and texts."""
    found: deque[tuple[int, Any]] = deque(maxlen=most)
    for batch in Table(choice).feed(batches):
        found.extend(zip(batch.time.tolist(), batch.values[0].tolist(), strict=True))
    return list(found)


def _entry(stream: str, channel: Channel, time: NDArray[np.int64], value: Any) -> dict[str, Any]:
    return {"channel": f"{stream}/{channel.name}", "unit": channel.unit, "time": time, "value": value}


def _at_most(points: int, time: NDArray[np.int64], columns: Sequence[NDArray[np.float64]]) -> Rows:
    """Reduce runs of equally many rows, so that the bound holds whatever the clock did."""
    count = len(time)
    numbers = np.arange(count)
    rows = Rows(numbers, np.ones(count, np.int64), tuple(columns))
    if count > points:
        run = max(-(-2 * count // (points - RAW_ROWS)), RAW_ROWS + 1)
        rows = reduce_rows(rows, run)
    return Rows(time[rows.time], rows.weight, rows.columns)
