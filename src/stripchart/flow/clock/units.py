"""What a device's clock says, as nanoseconds, and what kind of clock that is.

A number since the epoch is told from one since the device's start by its size: no device runs for the thirty years
from 1970 to 2000, and none lives to see 2100.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from datetime import tzinfo

    from numpy.typing import NDArray

SECOND: Final = 1_000_000_000
UNITS: Final = {"s": SECOND, "ms": 1_000_000, "us": 1_000, "µs": 1_000, "ns": 1}
"""Nanoseconds in one."""
WALL: Final = "wall"
"""Unit of a column in seconds since the epoch, by a clock of unknown zone."""
YEAR_2000: Final = 946_684_800 * SECOND
YEAR_2100: Final = 4_102_444_800 * SECOND
MAX_AHEAD: Final = 86_400 * SECOND
"""How far a clock may be ahead of this machine's: by more than a day it is not set."""
GUESS_AFTER: Final = SECOND
"""A unit is learned from how far the clock runs in this time."""
MAX_AGE: Final = 10 * 366 * MAX_AHEAD
"""A number that would be a time within these ten years is taken for one; ``micros()`` passes there in five minutes."""
QUARTER: Final = 900
"""Seconds of a quarter of an hour: zones change their offset at no other moment."""
HALF_HOUR: Final = 1800 * SECOND
MAX_ZONE: Final = 14 * 3600 * SECOND
SET_WITHIN: Final = 60 * SECOND
"""How well a clock is set whose zone is guessed."""


class Basis(IntEnum):
    """What a row's device time is."""

    NONE = 0
    """There is none."""
    IMPLAUSIBLE = 1
    EPOCH = 2
    START = 3
    """Since the device started."""


def to_ns(values: NDArray[np.float64], unit: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return float64 times (n,) of a unit as int64 nanoseconds, and which of them there are (not NaN, not endless)."""
    size = UNITS.get(unit, SECOND)
    known = np.abs(values) < YEAR_2100 / size
    values = np.where(known, values, 0.0)
    whole = np.floor(values)  # apart, since a float64 of nanoseconds since the epoch is good to 256 of them only
    return whole.astype(np.int64) * size + np.rint((values - whole) * size).astype(np.int64), known


def judge(
    device: NDArray[np.int64], known: NDArray[np.bool_], arrival: NDArray[np.int64], *, counts: bool
) -> NDArray[np.int8]:
    """Return the ``Basis`` of each row; ``counts`` says whether the clock may count since the device's start."""
    since_start = np.int8(Basis.START if counts else Basis.IMPLAUSIBLE)
    basis = np.where(device < YEAR_2000, since_start, np.int8(Basis.EPOCH))
    basis[(device - arrival > MAX_AHEAD) | (device < -YEAR_2000)] = Basis.IMPLAUSIBLE
    basis[~known] = Basis.IMPLAUSIBLE
    return basis


def from_wall(wall: NDArray[np.int64], arrival: NDArray[np.int64], zone: tzinfo | None) -> NDArray[np.int64]:
    """Return the times of a wall clock in a zone (None: this machine's) as UTC.

    Of an hour that comes twice, when summer time ends, the one nearer to the arrival is taken.
    """
    quarters, which = np.unique(wall // (QUARTER * SECOND), return_inverse=True)
    each = [[_utc_offset(quarter, zone, fold) for quarter in quarters.tolist()] for fold in (0, 1)]
    first, second = (wall - np.array(offsets, np.int64)[which] for offsets in each)
    return np.where(np.abs(second - arrival) < np.abs(first - arrival), second, first)


def guess_shift(utc: int, arrival: int) -> int:
    """Return by how many nanoseconds a clock seems to be set to another zone than it was taken for; 0 if it is not.

    So it is when it is off by whole half hours: a server often runs on UTC, and what it listens to does not.
    """
    shift = round((arrival - utc) / HALF_HOUR) * HALF_HOUR
    return shift if abs(shift) <= MAX_ZONE and abs(arrival - utc - shift) <= SET_WITHIN else 0


@lru_cache(maxsize=4096)
def _utc_offset(quarter: int, zone: tzinfo | None, fold: int) -> int:
    """Return the offset of a zone in nanoseconds at the quarter of an hour of a wall clock, numbered from 1970."""
    wall = datetime.fromtimestamp(quarter * QUARTER, UTC).replace(tzinfo=zone, fold=fold)
    offset = (wall if zone else wall.astimezone()).utcoffset()
    return 0 if offset is None else round(offset.total_seconds()) * SECOND


class UnitGuess:
    """Finds the unit of a clock that does not tell it: by its size since the epoch, else by how fast it runs.

    Attributes
    ----------
    unit
        Empty until it is known.
    """

    def __init__(self) -> None:
        self.unit = ""
        self._first: tuple[float, int] | None = None

    def feed(self, values: NDArray[np.float64], arrival: NDArray[np.int64]) -> int:
        """Take rows in order; return with which of them the unit is known (their number if with none)."""
        start = 0
        while not self.unit and start < len(values):
            if self._first is not None:
                ripe = np.abs(arrival[start:] - self._first[1]) >= GUESS_AFTER
                if not ripe.any():
                    return len(values)
                start += int(ripe.argmax())
            self._decide(float(values[start]), int(arrival[start]))
            start += not self.unit
        return start

    def _decide(self, value: float, arrival: int) -> None:
        """Tell the unit by a time near to ours, or by the run since the first row; else this one is the first."""
        first, self._first = self._first, (value, arrival)
        for unit, size in UNITS.items():
            if -MAX_AGE < value * size - arrival < MAX_AHEAD:
                self.unit = unit
                return
        for unit, size in UNITS.items():
            # Units are a thousandfold apart.
            if first is not None and 0.5 < (value - first[0]) * size / (arrival - first[1]) < 2:  # noqa: PLR2004
                self.unit = unit
                return
