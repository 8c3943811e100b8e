"""Times as other programs write them into a column, as nanoseconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.decoders.cells import TIME, WALL, to_device_time, to_time
from stripchart.flow.clock.units import MAX_ZONE, UNITS, from_wall, to_ns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

EXPECTED: Final = "a time such as 2026-05-01T12:00:00 or one since 1970 in s, ms, µs or ns"
_ALIKE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z?)", re.ASCII)
_FRACTION: Final = re.compile(r"(.*:\d\d)[.,](\d+)(.*)", re.ASCII)
_DATE: Final = re.compile(r"\d{4}[-/]\d\d?[-/]\d\d?", re.ASCII)
_MINUTE: Final = re.compile(r"(\d{4}[-/]\d\d?[-/]\d\d?[T _-]\d{1,2}:\d\d)((?:Z|[+-]\d\d:?\d\d)?)", re.ASCII)


class BadTimeError(ValueError):
    """A cell holds no time; ``args[0]`` is its place."""


def is_time(cell: str) -> bool:
    """Say whether a cell holds a time: a date, with or without a time of day, or a number that is one since 1970."""
    return _is_calendar(cell) or epoch_unit(cell) is not None


def is_date(cell: str) -> bool:
    """Say whether a cell is a date without a time of day."""
    return bool(_DATE.fullmatch(cell))


def is_clock(cell: str) -> bool:
    """Say whether a cell is a time of day without a date."""
    return bool(TIME.fullmatch(cell)) and ":" in cell and not _DATE.match(cell)


def epoch_unit(cell: str) -> str | None:
    """Return the unit of a number that is plausible as a time since 1970; None if it is not."""
    try:
        number = float(cell)
    except ValueError:
        return None
    found = to_device_time(number)
    return found.unit if found else None


class TimeReader:
    """Reads a column of times, block by block; they are alike as the first of them is.

    Parameters
    ----------
    zone
        Of times that tell none; this machine's if not given. An hour that comes twice, when summer time ends, is the
        second one from where the times step back on.
    """

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._unit: str | None = None
        self._began = False
        self._newest = np.int64(np.iinfo(np.int64).min)

    def read(self, cells: Sequence[str]) -> NDArray[np.int64]:
        """Return the times of some cells, at least one; BadTimeError if one is none."""
        if not self._began:
            self._began = True
            self._unit = None if _is_calendar(cells[0]) else epoch_unit(cells[0])
        if self._unit is not None:
            return _since_epoch(cells, self._unit)
        return self.from_calendar(*_from_calendar(cells))

    def from_calendar(self, time: NDArray[np.int64], wall: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return times of which some are by a clock of the zone as UTC."""
        if wall.any():
            local = time[wall]
            # The zone's offset is at most MAX_ZONE: so far away lies the first or the second of two such hours nearer.
            first, second = (from_wall(local, local + shift, self._zone) for shift in (-2 * MAX_ZONE, 2 * MAX_ZONE))
            time = time.copy()
            time[wall] = self._in_order(first, second)
        return time

    def _in_order(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first of two times where there are two, or the second where the first would be a step back."""
        newest = np.maximum.accumulate(np.append(self._newest, first))
        latest = self._newest
        chosen = first.copy()
        for place in np.flatnonzero(first != second).tolist():
            latest = max(latest, newest[place])
            if first[place] < latest:
                chosen[place] = second[place]
            latest = max(latest, chosen[place])
        self._newest = max(latest, newest[-1])
        return chosen


def _since_epoch(cells: Sequence[str], unit: str) -> NDArray[np.int64]:
    try:
        return np.array([int(cell) for cell in cells], np.int64) * UNITS[unit]
    except (ValueError, OverflowError):
        pass
    values = np.full(len(cells), np.nan)
    for place, cell in enumerate(cells):
        try:
            values[place] = float(cell)
        except ValueError:
            raise BadTimeError(place) from None
    time, known = to_ns(values, unit)
    if not known.all():
        raise BadTimeError(int(np.flatnonzero(~known)[0]))
    return time


def _from_calendar(cells: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the times as written, and which of them tell no zone."""
    alike = _ALIKE.fullmatch(cells[0])
    if alike and all((found := _ALIKE.fullmatch(cell)) and found[1] == alike[1] for cell in cells):
        bare = [cell[:-1] for cell in cells] if alike[1] else list(cells)
        try:
            return np.array(bare, "datetime64[ns]").view(np.int64), np.full(len(cells), not alike[1])
        except ValueError:  # the 30th of February is among them
            pass
    time, wall = np.empty(len(cells), np.int64), np.empty(len(cells), bool)
    for place, cell in enumerate(cells):
        told = _instant(cell)
        if told is None:
            raise BadTimeError(place)
        time[place], wall[place] = told
    return time, wall


def _is_calendar(cell: str) -> bool:
    return _instant(cell) is not None


def _instant(cell: str) -> tuple[int, bool] | None:
    """Return the nanoseconds that a text tells, and whether it tells no zone."""
    minute = _MINUTE.fullmatch(cell)
    if minute:
        cell = f"{minute[1]}:00{minute[2]}"
    elif is_date(cell):
        cell += " 00:00:00"
    fraction = _FRACTION.fullmatch(cell)
    told = to_time(fraction[1] + fraction[3] if fraction else cell)
    if told is None:
        return None
    nanoseconds = int(fraction[2][:9].ljust(9, "0")) if fraction else 0
    return round(told.value) * UNITS["s"] + nanoseconds, told.unit == WALL
