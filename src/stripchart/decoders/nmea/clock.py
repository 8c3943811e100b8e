"""The date that some sentences of NMEA 0183 tell, for the times of day in the others."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from stripchart.decoders.cells import FrameError

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY: Final = 86_400
_HALF: Final = 12
"""Hours of half a day."""
_END: Final = 24_00_00
"""The first number ``hhmmss`` that is no time of day."""
_CENTURY_SPLIT: Final = 80
"""Years of two digits from here on are of the last century: the epoch of GPS is 1980."""


class SentenceClock:
    """Knows the day.

    A time of day belongs to the day on which it is nearest to the time before, so midnight does no harm, whether the
    sentence with the date comes before or after it. An instant is told in two parts: when its day begins, in seconds
    since the epoch, which depends on the sentences before; and the time of day.
    """

    def __init__(self) -> None:
        self._day: float | None = None
        self._hour = 0

    def reset(self) -> None:
        """Forget the date."""
        self._day = None

    def tell(self, date: bytes, time_of_day: bytes) -> float | None:
        """Take a date, ``ddmmyy`` or ``ddmmyyyy``, and return when it begins; None if there is no such day or time."""
        day = _day(date)
        if day is None or not time_of_day[:2].isdigit():
            return None
        self._day, self._hour = day, int(time_of_day[:2])
        return day

    def day(self, time_of_day: bytes) -> float | None:
        """Return when the day of a time ``hhmmss.ss`` begins; None while no date is known, or if it is no time."""
        if self._day is None or not time_of_day[:2].isdigit():
            return None
        hour = int(time_of_day[:2])
        if hour - self._hour > _HALF:
            self._day -= DAY
        elif self._hour - hour > _HALF:
            self._day += DAY
        self._hour = hour
        return self._day


def seconds(times: Sequence[float]) -> list[float]:
    """Turn times of day, read as numbers ``hhmmss.ss``, into seconds; FrameError if one is none."""
    if min(times) < 0 or max(times) >= _END:
        raise FrameError("bad time")
    return [time - 40 * (time // 1_00) - 24_00 * (time // 1_00_00) for time in times]


@lru_cache(maxsize=8)
def _day(date: bytes) -> float | None:
    year = date[4:]
    if not date.isdigit() or len(year) not in {2, 4}:
        return None
    if len(year) == 2:  # noqa: PLR2004 - digits
        year = (b"19" if int(year) >= _CENTURY_SPLIT else b"20") + year
    try:
        return datetime(int(year), int(date[2:4]), int(date[:2]), tzinfo=UTC).timestamp()
    except ValueError:
        return None
