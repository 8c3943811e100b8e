"""JSON values to rows: nested names joined by ``/``, elements of arrays numbered: ``a/b[0]``.

Numbers and numeric strings are numbers, booleans states (0 and 1), other strings text. ``null`` is left out of the row.
An array of objects is a row for each; any other array is one row, ``value[0]``, ``value[1]``, ...

The first of an object's own fields that is named as in ``cells.TIME_NAMES``, and holds ISO 8601 text or a plausible
time since the epoch, is the time by the device's clock, if there are other values too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import orjson

from stripchart.decoders.cells import (
    EPOCH_UNITS,
    MAX_COLUMNS,
    MAX_TEXT,
    TIME_NAMES,
    TOO_MANY_COLUMNS,
    FrameError,
    to_channels,
    to_device_time,
    to_number,
    to_times,
)
from stripchart.decoders.rows import ChannelCache
from stripchart.decoders.template import to_array
from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripchart.decoders.rows import BatchBuilder, Shape
    from stripchart.flow.records import Channel

Cell: TypeAlias = tuple[str, str, Kind]
"""Name, unit and kind of a value."""
Column: TypeAlias = tuple[str, frozenset[type], Sequence[Any]]
"""A name, and what each of several objects has under it: which types there are, and the values."""

MAX_DEPTH: Final = 64
"""Levels of nesting."""
MAX_BYTES: Final = 256 << 10
"""Bytes of one message or object."""
NOT_JSON: Final = "not JSON"
VALUE: Final = "value"
"""Name of what has no name."""


def parse_json(data: bytes) -> Any:
    """Return what a JSON text says; FrameError if it is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raise FrameError(NOT_JSON) from None


class ObjectRows:
    """Turns JSON values into rows of a batch, knowing the channels of each shape: a ``Cell`` for each value."""

    def __init__(self) -> None:
        self._shapes = ChannelCache(_channels)

    def add(self, value: Any, time_ns: int, builder: BatchBuilder, *, retained: bool = False) -> None:
        """Add the rows of a value.

        Raises
        ------
        FrameError
            If it is nested too deeply, has too many values for a row, or a name cannot be shown. Nothing is added then.
        """
        items = value if isinstance(value, list) and all(type(item) is dict for item in value) else [value]
        rows = []
        for item in items:
            cells: list[Cell] = []
            values: list[float | str] = []
            for name, leaf in leaves(item, nulls=False):
                kind, cell = _scalar(leaf)
                cells.append((name, "", kind))
                values.append(cell)
            _find_time(cells, values)
            rows.append((self._shapes[tuple(cells)], values))
        for channels, values in rows:
            builder.row(channels, time_ns, values, retained=retained)

    def add_all(self, objects: Sequence[dict[str, Any]], time: NDArray[np.int64], builder: BatchBuilder) -> bool:
        """Add a row for each object at once, if all hold the same names and, under each, the same kind of value.

        Returns
        -------
        Whether they could be added; if not, ``add`` takes them one by one.
        """
        found = [column for column in split(objects) or () if column[1] != _NULL]
        if not found:
            return False
        cells: list[Cell] = []
        columns: list[NDArray[Any]] = []
        clock = ""
        for name, types, values in found:
            times = None
            if not clock and len(found) > 1 and name.lower() in TIME_NAMES:
                times = to_clock(values)
                if times is None:
                    return False
                clock = times[1]
            kind, column = (Kind.TIME, times[0]) if times and clock else _to_column(types, values)
            if kind is None:
                return False
            cells.append((name, clock if kind is Kind.TIME else "", kind))
            columns.append(np.array(column, object) if kind is Kind.TEXT else to_array(column))
        try:
            channels = self._shapes[tuple(cells)]
        except FrameError:
            return False
        builder.block(channels, time, columns)
        return True


def _channels(shape: Shape) -> tuple[Channel, ...]:
    if not shape:
        return ()
    return to_channels(*zip(*shape, strict=True))


def leaves(value: Any, *, nulls: bool) -> list[tuple[str, Any]]:
    """Return the values within a JSON value with their names; ``null`` among them only if wanted.

    Raises
    ------
    FrameError
        If it is nested too deeply, or there are too many values for a row.
    """
    found: list[tuple[str, Any]] = []
    _gather(value, "", 0, found, nulls)
    return found


def _gather(value: Any, name: str, depth: int, found: list[tuple[str, Any]], nulls: bool) -> None:
    if depth > MAX_DEPTH:
        raise FrameError("nested too deeply")
    if isinstance(value, dict):
        prefix = f"{name}/" if name else ""
        for key, item in value.items():
            _gather(item, prefix + key, depth + 1, found, nulls)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _gather(item, f"{name or VALUE}[{place}]", depth + 1, found, nulls)
    elif nulls or value is not None:
        found.append((name or VALUE, value))
        if len(found) > MAX_COLUMNS:
            raise FrameError(TOO_MANY_COLUMNS)


def _find_time(cells: list[Cell], values: list[float | str]) -> None:
    """Mark the time by the device's clock."""
    for place, (name, _, _) in enumerate(cells):
        found = to_device_time(values[place]) if name.lower() in TIME_NAMES and len(cells) > 1 else None
        if found:
            cells[place] = name, found.unit, Kind.TIME
            values[place] = found.value
            return


def split(objects: Sequence[Any]) -> list[Column] | None:
    """Return the values of all objects by name, named and ordered as in one row; None if objects are not alike.

    The values of a column may differ in their types, and be None.
    """
    columns: list[Column] = []
    return columns if _split(objects, "", 0, columns) else None


def _split(values: Sequence[Any], name: str, depth: int, columns: list[Column]) -> bool:
    """Split what stands under one name, as ``leaves`` does in one object; return whether it could be done."""
    types = frozenset(map(type, values))
    if depth > MAX_DEPTH:
        return False
    parts: Iterable[tuple[str, Sequence[Any]]]
    if types == {dict}:
        if len(set(map(tuple, values))) > 1:
            return False
        prefix = f"{name}/" if name else ""
        parts = zip([prefix + key for key in values[0]], zip(*map(dict.values, values), strict=True), strict=True)
    elif types == {list}:
        if len(set(map(len, values))) > 1:
            return False
        prefix = name or VALUE
        parts = ((f"{prefix}[{place}]", part) for place, part in enumerate(zip(*values, strict=True)))
    else:
        columns.append((name or VALUE, types, values))
        return not types & {dict, list} and len(columns) <= MAX_COLUMNS
    return all(_split(part, inner, depth + 1, columns) for inner, part in parts)


def to_clock(column: Sequence[Any]) -> tuple[Sequence[float], str] | None:
    """Return a column as times and their unit, ``""`` if none is a time; None if that has to be told one by one."""
    types = set(map(type, column))
    if types == {str}:
        times = to_times(column) if all(column) else None
        return times and (times[0].tolist(), times[1])
    if not types <= {int, float}:
        return None
    least, most = to_device_time(min(column)), to_device_time(max(column))
    if least and most and least.unit == most.unit:
        return column, least.unit
    return (column, "") if max(column) < min(EPOCH_UNITS) else None


def _to_column(types: frozenset[type], values: Sequence[Any]) -> tuple[Kind | None, Sequence[Any]]:
    """Return the kind of all values, None if they differ in it, and the values as they are shown."""
    if types != {str}:
        return KINDS.get(types), values
    numbers = list(map(to_number, values))
    if None not in numbers:
        return Kind.NUMBER, numbers
    return (Kind.TEXT if set(numbers) == {None} else None), [value[:MAX_TEXT] for value in values]


def _scalar(value: Any) -> tuple[Kind, float | str]:
    if not isinstance(value, str):
        return to_scalar(value)
    number = to_number(value)
    return (Kind.TEXT, value[:MAX_TEXT]) if number is None else (Kind.NUMBER, number)


def to_scalar(value: float) -> tuple[Kind, float]:
    """Return what a number or a boolean is, and its value."""
    return (Kind.STATE, float(value)) if isinstance(value, bool) else (Kind.NUMBER, float(value) or 0.0)


_NULL: Final = frozenset({type(None)})
KINDS: Final = {
    frozenset({float}): Kind.NUMBER,
    frozenset({int}): Kind.NUMBER,
    frozenset({float, int}): Kind.NUMBER,
    frozenset({bool}): Kind.STATE,
}
"""What values of these types are."""
