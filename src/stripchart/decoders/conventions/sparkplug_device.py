"""What is known of an edge node of Sparkplug B, or of a device of one, and how its metrics become rows."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from stripchart.decoders.cells import FrameError, is_name
from stripchart.decoders.conventions.sparkplug_payload import read_members
from stripchart.decoders.conventions.sparkplug_values import Datatype, UnbornError, read_table, read_values
from stripchart.flow.records import Channel, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stripchart.decoders.conventions.sparkplug_payload import Metric, Payload

MAX_METRICS: Final = 10_000
"""Values of one message, and names that a node or a device may have."""
MAX_DEPTH: Final = 16
"""Levels of templates within templates."""
TOO_MANY_METRICS: Final = "too many metrics"
BD_SEQ: Final = "bdSeq"
ONLINE: Final = Channel("online", kind=Kind.STATE)
TIME: Final = Channel("time", "ms", Kind.TIME)
_CONTROLS: Final = (BD_SEQ, "Node Control/", "Device Control/")
"""How the names of metrics begin that only serve commands."""

K = TypeVar("K")
V = TypeVar("V")
Cell: TypeAlias = tuple[Channel, float | str]


class Known(NamedTuple):
    """What a metric said of itself when it had its name."""

    datatype: int = 0
    unit: str = ""


class Row(NamedTuple):
    """A row of the device's stream, or of one below it."""

    channels: tuple[Channel, ...]
    values: tuple[float | str, ...]
    historical: bool = False
    below: str = ""
    """What comes after the name of the device's stream."""


class _Table(NamedTuple):
    """A DataSet, not yet read."""

    name: str
    time_ms: int
    data: bytes


class Device:
    """An edge node or a device of one.

    Attributes
    ----------
    alive
        Whether it was heard, and its death not since.
    historical
        Whether its newest row was an old one, sent late.
    gap
        Whether something is missing before its next row.
    """

    def __init__(self) -> None:
        self.alive = self.historical = self.gap = False
        self._names: dict[int, str] = {}  # by alias
        self._known: dict[str, Known] = {}  # by name
        self._channels: dict[str, Channel] = {}  # by name; of arrays and templates there are several a metric

    @property
    def size(self) -> int:
        """How many names it remembers."""
        return len(self._names) + len(self._known) + len(self._channels)

    def forget_aliases(self) -> None:
        """Await a birth: an alias may stand for another name from now on."""
        self._names.clear()

    def read(self, payload: Payload, *, birth: bool) -> list[Row]:
        """Return the rows of a message: what was sent late first, then by time.

        Raises
        ------
        UnbornError
            If it takes a birth to read it.
        FrameError
            If a value cannot be read or a name not be shown, or there are too many.
        """
        if birth:
            self._names.clear()
        tables: list[_Table] = []
        cells: dict[tuple[bool, int, int], list[Cell]] = defaultdict(list)
        times: Counter[tuple[bool, int, str]] = Counter()

        def put(cell: Cell, time_ms: int, live: bool = True) -> None:
            again = times[live, time_ms, cell[0].name]  # what comes again at the same time begins another row
            cells[live, time_ms, again].append(cell)
            times[live, time_ms, cell[0].name] += 1
            if len(times) > MAX_METRICS:
                raise FrameError(TOO_MANY_METRICS)

        for metric in payload.metrics:
            timed = metric._replace(time_ms=metric.time_ms or payload.time_ms)
            for cell in self._cells(timed, "", tables):
                put(cell, timed.time_ms, not timed.historical)
        if birth and ONLINE.name not in self._known:  # else it is a metric's
            put((self._channel(ONLINE), 1.0), payload.time_ms)
        rows = [_row(cells[key], key[1], historical=not key[0]) for key in sorted(cells)]
        return rows + [row for table in tables for row in _table_rows(table)]

    def end(self, time_ms: int) -> Row:
        """Return the row of its death: nothing is known any more."""
        mine = ONLINE.name not in self._known  # else it is a metric's
        if mine:
            self._channel(ONLINE)
        nothing = {channel: "" if channel.kind is Kind.TEXT else math.nan for channel in self._channels.values()}
        return _row([*{**nothing, **({ONLINE: 0.0} if mine else {})}.items()], time_ms)

    def _cells(self, metric: Metric, prefix: str, tables: list[_Table], depth: int = 0) -> Iterator[Cell]:
        """Yield what a metric says, and put DataSets aside."""
        name, known = self._look_up(metric, prefix)
        if not prefix and name.startswith(_CONTROLS):
            return
        if (template := metric.body.part(18)) is not None:
            if depth >= MAX_DEPTH:
                raise FrameError("nested too deeply")
            for member in read_members(template):
                yield from self._cells(member, f"{name}/", tables, depth + 1)
        elif (table := metric.body.part(17)) is not None:
            tables.append(_Table(name, metric.time_ms, table))
        else:
            for value in read_values(metric.body, known.datatype, null=metric.null):
                yield self._channel(Channel(f"{name}{value.place}", known.unit, value.kind)), value.value

    def _look_up(self, metric: Metric, prefix: str) -> tuple[str, Known]:
        """Return the name of a metric and what is known of it; what it says is remembered."""
        if metric.name:
            name = f"{prefix}{metric.name}"
            if metric.alias is not None:
                _remember(self._names, metric.alias, name)
        elif metric.alias is None:
            raise FrameError("metric without a name")
        elif metric.alias in self._names:
            name = self._names[metric.alias]
        else:
            raise UnbornError("unknown alias")
        before = self._known.get(name, Known())
        known = Known(metric.datatype or before.datatype, metric.unit or before.unit)
        _remember(self._known, name, known)
        return name, known

    def _channel(self, channel: Channel) -> Channel:
        if self._channels.get(channel.name) != channel:
            if not is_name(channel.name):
                raise FrameError("bad name")
            _remember(self._channels, channel.name, channel)
        return channel


def _remember(table: dict[K, V], key: K, value: V) -> None:
    if key not in table and len(table) >= MAX_METRICS:
        raise FrameError(TOO_MANY_METRICS)
    table[key] = value


def _row(cells: Sequence[Cell], time_ms: float, *, historical: bool = False, below: str = "") -> Row:
    channels, values = zip(*cells, strict=True)
    if time_ms:
        name = TIME.name if all(channel.name != TIME.name for channel in channels) else f"{TIME.name} 2"
        channels, values = (*channels, TIME._replace(name=name)), (*values, float(time_ms))
    return Row(channels, values, historical, below)


def _table_rows(table: _Table) -> Iterator[Row]:
    """Yield the rows of a DataSet; a column of dates is their time."""
    columns, rows = read_table(table.data)
    times = [place for place, column in enumerate(columns) if column.datatype == Datatype.DATETIME][:1]
    for values in rows:
        cells = [
            (Channel(column.name, kind=column.kind), value)
            for place, (column, value) in enumerate(zip(columns, values, strict=True))
            if place not in times
        ]
        time_ms = float(values[times[0]]) if times else table.time_ms
        if cells:
            yield _row(cells, time_ms, below=f"/{table.name}")
