"""How often a stream ticks, learned from its newest rows, and whether it has fallen silent."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MARKS: Final = 16
MARK_EVERY_NS: Final = 500_000_000
"""A burst of batches counts as one arrival."""
MIN_PATIENCE: Final = 5.0
FIRST_PATIENCE: Final = 60.0
"""Seconds that a stream may be silent before it is stale: at least, and while its habit is unknown."""
PERIODS: Final = 5
"""Periods of silence that make a stream stale."""


class Rate(NamedTuple):
    """A stream's habit."""

    hz: float
    """Rows per second by their own times; 0 if unknown."""
    last_ns: int
    """When its newest batch came in, by the clock of this machine: rows may bear the times of another clock."""
    period: float
    """Seconds from one arrival to the next, on average; 0 if unknown."""

    def stale(self, now_ns: int) -> bool:
        """Say whether it has been silent for far longer than its habit: five periods, at least 5 s."""
        patience = max(MIN_PATIENCE, PERIODS * self.period) if self.period else FIRST_PATIENCE
        return now_ns - self.last_ns > patience * 1e9


class _Mark(NamedTuple):
    rows: int  # up to and with the first row of a batch
    time_ns: int
    arrived_ns: int


class RateMeter:
    """Remembers a few arrivals, at least half a second apart."""

    def __init__(self) -> None:
        self._marks: deque[_Mark] = deque(maxlen=MARKS)
        self._due_ns = 0
        self._last_ns = 0

    def note(self, row: int, time: NDArray[np.int64], now_ns: int) -> None:
        """Take note of a batch that came in at ``now_ns`` and begins with row number ``row``."""
        self._last_ns = now_ns
        # A clock that was set back must not silence the meter until it has caught up.
        if now_ns >= self._due_ns or now_ns < self._due_ns - MARK_EVERY_NS:
            self._due_ns = now_ns + MARK_EVERY_NS
            self._marks.append(_Mark(row + 1, int(time[0]), now_ns))

    def rate(self, rows: int, time_ns: int) -> Rate:
        """Return the rate of a stream that has ``rows`` rows by now, the newest of time ``time_ns``."""
        if not self._marks:
            return Rate(0.0, 0, 0.0)
        oldest, newest = self._marks[0], self._marks[-1]
        span, arrivals = time_ns - oldest.time_ns, len(self._marks) - 1
        hz = (rows - oldest.rows) * 1e9 / span if span > 0 else 0.0
        period = max(0.0, (newest.arrived_ns - oldest.arrived_ns) / 1e9 / arrivals) if arrivals else 0.0
        return Rate(hz, self._last_ns, period)
