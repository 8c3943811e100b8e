"""How far a device's clock is off, and how fast it drifts, learned from when its rows arrive.

A row arrives late by the time it spent in buffers and networks, never early. So the least delay of many rows tells the
clock's offset; all other delays tell of the way. The drift is the slope through the least delays of windows of time:
the median of the slopes between any two of them (Theil and Sen), which a few bad windows do not move.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.flow.clock.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW: Final = 10 * SECOND
"""Of arrival; each gives one least delay."""
MARKS: Final = 64
RECENT: Final = 3
"""Windows that tell the offset now: all of them would have to be delayed to hide it."""
BASELINE: Final = 60 * SECOND
"""Less than this tells no drift: a delay of 10 ms in it is 170 ppm."""
MAX_DRIFT: Final = 0.05
"""The worst oscillators of microcontrollers are off by a few per cent."""
REPLAY: Final = 2.0
"""A clock that runs so much faster than ours is not live: a file is read, or what had been stored is sent."""


class _Mark(NamedTuple):
    """The row with the least delay of a window."""

    device: int
    delay: int


class Drift:
    """Watches one clock. All times are nanoseconds; ``device`` counts from anywhere, ``arrival`` is UTC.

    Attributes
    ----------
    slope
        By how much its delay grows in a unit of its time; 0 while it is not known.
    known
        Whether the slope is.
    live
        Whether the last window that ended was about as long by its time as by ours.
    replayed
        Whether that was far longer by its time.
    """

    def __init__(self, device: int, arrival: int) -> None:
        self.slope = 0.0
        self.known = self.live = self.replayed = False
        self._marks: deque[_Mark] = deque(maxlen=MARKS)
        self._best: _Mark
        self._open(device, arrival)

    def ended(self, arrival: int) -> bool:
        """Say whether a row comes after the window; one that comes before it tells that our clock was set back."""
        return not 0 <= arrival - self._arrival < WINDOW

    def take(self, device: NDArray[np.int64], arrival: NDArray[np.int64]) -> int:
        """Take the rows of this window, at least one; return how many they are."""
        outside = (arrival < self._arrival) | (arrival >= self._arrival + WINDOW)
        rows = int(outside.argmax()) if outside.any() else len(arrival)
        delay = arrival[:rows] - device[:rows]
        least = int(delay.argmin())
        if delay[least] < self._best.delay:
            self._best = _Mark(int(device[least]), int(delay[least]))
        return rows

    def close(self, device: int, arrival: int) -> None:
        """End the window with a row that belongs to the next."""
        run, elapsed = device - self._device, arrival - self._arrival
        self.replayed = run > REPLAY * abs(elapsed)
        self.live = not self.replayed and run * REPLAY > elapsed > 0
        if self.replayed or elapsed < 0:
            self._marks.clear()
        else:
            self._marks.append(self._best)
        self._open(device, arrival)
        self._fit()

    def restart(self) -> None:
        """Forget all but the last window: what was before does not go on."""
        marks = list(self._marks)[-1:]
        self._marks.clear()
        self._marks.extend(marks)
        self._fit()

    def delay(self, device: int) -> int:
        """Return the least delay at a time of the device."""
        marks = list(self._marks)[-RECENT:] or [self._best]
        return min(mark.delay + round(self.slope * (device - mark.device)) for mark in marks)

    def _open(self, device: int, arrival: int) -> None:
        self._device, self._arrival = device, arrival
        self._best = _Mark(device, arrival - device)

    def _fit(self) -> None:
        marks = self._marks
        self.known = bool(marks) and marks[-1].device - marks[0].device >= BASELINE
        self.slope = 0.0
        if self.known:
            device, delay = np.array(marks, np.int64).T
            late, early = np.tril_indices(len(marks), -1)
            run = device[late] - device[early]
            slopes = (delay[late] - delay[early])[run > 0] / run[run > 0]
            self.slope = float(np.clip(np.median(slopes), -MAX_DRIFT, MAX_DRIFT))
