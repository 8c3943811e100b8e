"""Columns out of the hub's memory for other programs: bounded in size, as values for JSON or as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.flow.history import within
from stripchart.flow.records import Kind
from stripchart.flow.reduce import RAW_ROWS, Rows, reduce_rows
from stripchart.ui.readout import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from stripchart.flow.events import EventLog
    from stripchart.flow.hub import Hub
    from stripchart.flow.records import Batch

MAX_POINTS: Final = 100_000
"""Rows of one channel in an answer."""
MAX_VALUES: Final = 500_000
"""Values of all channels together."""
MAX_TEXTS: Final = 1_000
"""Values of a text channel: they cannot be reduced."""
MIN_POINTS: Final = 2 * RAW_ROWS
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
                  "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
"""What a cell begins with that a spreadsheet takes for a formula."""


class UnknownChannelsError(LookupError):
    """Some of the channels asked for do not exist; ``args[0]`` is their names."""


def read_columns(hub: Hub, wanted: Sequence[str], start_ns: int, stop_ns: int, max_points: int) -> list[dict[str, Any]]:
    """Return the rows of channels between two times.

    Parameters
    ----------
    wanted
        Names of channels (``stream/channel``) or of streams, each alone or several with commas between; all there are
        if empty.
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
    streams = {info.name: [f"{info.name}/{channel.name}" for channel in info.channels] for info in hub.streams()}
    known = streams.keys() | {name for names in streams.values() for name in names}
    asked = {name for text in wanted for name in ([text] if text in known else text.split(",")) if name}
    if asked - known:
        raise UnknownChannelsError(sorted(asked - known))
    chosen = {
        stream: [place for place, name in enumerate(names) if not asked or name in asked or stream in asked]
        for stream, names in streams.items()
    }
    count = sum(map(len, chosen.values()))
    points = max(MIN_POINTS, min(max_points, MAX_POINTS, MAX_VALUES // max(count, 1)))
    return [
        column
        for stream, places in chosen.items()
        if places
        for column in _read_stream(within(hub.read(stream, start_ns, stop_ns)[0], start_ns, stop_ns), places, points)
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
        name, values = _defuse(column["channel"]), column["value"]
        cells = values.tolist() if isinstance(values, np.ndarray) else map(_defuse, values)
        writer.writerows((time, name, cell) for time, cell in zip(column["time"].tolist(), cells, strict=True))
    return out.getvalue().encode("utf-8", "replace")


def _read_stream(batch: Batch, places: Sequence[int], points: int) -> Iterable[dict[str, Any]]:
    texts = [place for place in places if batch.channels[place].kind is Kind.TEXT]
    numbers = [place for place in places if batch.channels[place].kind is not Kind.TEXT]
    rows = _at_most(points, batch.time, [batch.values[place] for place in numbers])
    for place, column in zip(numbers, rows.columns, strict=True):
        yield _entry(batch, place, rows.time, column)
    for place in texts:
        held = np.flatnonzero(batch.values[place] != "")[-MAX_TEXTS:]  # a row without this channel holds ""
        yield _entry(batch, place, batch.time[held], [plain(text) for text in batch.values[place][held]])


def _entry(batch: Batch, place: int, time: NDArray[np.int64], value: Any) -> dict[str, Any]:
    channel = batch.channels[place]
    return {"channel": f"{batch.stream}/{channel.name}", "unit": channel.unit, "time": time, "value": value}


def _at_most(points: int, time: NDArray[np.int64], columns: Sequence[NDArray[np.float64]]) -> Rows:
    """Reduce runs of equally many rows, so that the bound holds whatever the clock did."""
    count = len(time)
    numbers = np.arange(count)
    rows = Rows(numbers, np.ones(count, np.int64), tuple(columns))
    if count > points:
        run = max(-(-2 * count // (points - RAW_ROWS)), RAW_ROWS + 1)
        rows = reduce_rows(rows, run)
    return Rows(time[rows.time], rows.weight, rows.columns)


def _defuse(text: str) -> str:
    return "'" + text if text.startswith(FORMULA) else text
