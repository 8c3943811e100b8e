"""One clock of a device, followed row by row: where it wraps, restarts and steps, and what its rows' times are."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.flow.clock.drift import Drift
from stripchart.flow.clock.units import SECOND, UNITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

COUNTER_BITS: Final = 32
"""Of ``millis()`` and ``micros()``, which begin again at 0 after 49.7 days and 71.6 minutes."""
WRAP_TOLERANCE: Final = 5 * SECOND
"""A counter has wrapped if it then went on for as long as we have waited, give or take delays of this length."""
STEP_BACK: Final = SECOND // 10
"""Rows may overtake one another by so much."""
JUMP: Final = 60 * SECOND
"""A clock that runs as ours does has jumped if it gained more between two rows."""
PARTED: Final = 2 * SECOND
"""An error beyond this is mended by a step, one below it gradually."""
CATCH_UP: Final = 10 * SECOND
MAX_SLEW: Final = 0.05
"""An error is mended within ``CATCH_UP`` of the device's time, stretching it by no more than a twentieth."""
MAX_PARTINGS: Final = 3
"""A clock that parts in so many windows in a row does not keep time: a chip that sleeps may stop its counter."""
SAME_CLOCK: Final = SECOND
"""Two streams of a source whose clocks started together, as nearly as this, have the same one."""


class Starts:
    """When the device of a source started, so that all its streams begin on one line."""

    def __init__(self) -> None:
        self._latest: int | None = None

    def agree(self, start: int) -> tuple[int, bool]:
        """Return the start of the last clock if it is the same one, else the one given; and whether it is the same."""
        if self._latest is not None and abs(start - self._latest) < SAME_CLOCK:
            return self._latest, True
        self._latest = start
        return start, False

    def note(self, start: int) -> None:
        """Take the newest estimate of the last clock that was followed."""
        self._latest = start


class Timeline:
    """The time of a clock's rows: as it says if it counts since the epoch, else as it follows on its first row.

    A clock that counts since its start is anchored at the arrival of its first row, and then led along the least delay
    of its rows: without jumps while it drifts, anew if it has parted. See ``docs/decisions/0005-device-time.md``.

    Parameters
    ----------
    report
        Called with the arrival in nanoseconds and a sentence for everything that a person should know.
    starts
        Shared by the clocks of one source; None for a clock that counts since the epoch.
    wrap
        Nanoseconds after which its counter begins again; 0 if it does not.
    """

    def __init__(self, report: Callable[[int, str], object], starts: Starts | None = None, wrap: int = 0) -> None:
        self.error: int | None = None
        """Nanoseconds by which rows arrive later than the times given them, at the least."""
        self._report = report
        self._starts = starts
        self._wrap = wrap
        self._wrapped = 0
        self._drift: Drift | None = None
        self._device = self._arrival = 0  # of the last row
        self._base_device = self._base = 0  # from where on the times are led
        self._rate, self._slew, self._due = 1.0, 0.0, 0
        self._partings = 0

    @property
    def useless(self) -> bool:
        """Whether it does not keep time, so that rows have the time of arrival."""
        return self._partings >= MAX_PARTINGS

    @property
    def drift(self) -> float | None:
        """By what part of its time the clock runs fast; None while that is not known."""
        drift = self._drift
        return 1 / (1 + drift.slope) - 1 if drift is not None and drift.known else None

    def follow(self, device: NDArray[np.int64], arrival: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the times of rows, at least one, in order of arrival; any split of them gives the same.

        Parameters
        ----------
        device, arrival
            int64, shape (n,), nanoseconds: what the clock said, and the arrival, UTC.
        """
        if self._drift is None:
            self._begin(int(device[0]), int(arrival[0]))
            self._device, self._arrival = int(device[0]), int(arrival[0])
        step = np.diff(device, prepend=self._device)
        lead = step - np.diff(arrival, prepend=self._arrival)
        turns = np.flatnonzero((step < -STEP_BACK) | (lead > JUMP)).tolist()
        times = np.empty_like(device)
        for start, stop in pairwise([0, *turns, len(device)]):
            if start == stop:
                continue
            rows = slice(start, stop)
            if turns and start == turns[0]:
                self._turn(int(device[turns.pop(0)]), int(arrival[start]))
            times[rows] = self._run(device[rows] + self._wrapped, arrival[rows])
            self._device, self._arrival = int(device[stop - 1]), int(arrival[stop - 1])
        return times

    def _begin(self, device: int, arrival: int) -> bool:
        """Begin anew with a row; return whether another clock of the source did so already."""
        self._drift = Drift(device, arrival)
        self._wrapped, self.error = 0, None
        self._rate, self._slew, self._due = 1.0, 0.0, 0
        self._partings = 0
        start, same = self._starts.agree(arrival - device) if self._starts else (0, False)
        self._base_device, self._base = device, device + start
        return same

    def _turn(self, device: int, arrival: int) -> None:
        """Find out what happened where the clock does not simply go on."""
        step, elapsed = device - self._device, arrival - self._arrival
        if self._wrap and abs(step + self._wrap - elapsed) < WRAP_TOLERANCE:
            self._wrapped += self._wrap
            return
        if step > 0 and not (self._drift and self._drift.live):
            return  # stored rows, with a hole between them
        ran = self._device + self._wrapped
        if self._begin(device, arrival):
            return
        if step > 0:
            self._report(arrival, f"the device's clock jumped ahead of its arrival by {span(step - elapsed)}")
        elif self._starts and device < elapsed + WRAP_TOLERANCE:
            self._report(arrival, f"the device restarted, after {span(ran)}")
        else:
            self._report(arrival, f"the device's clock stepped back by {span(elapsed - step)}")

    def _run(self, device: NDArray[np.int64], arrival: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the times of rows between which the clock goes on."""
        assert self._drift is not None  # noqa: S101 - a row has begun it
        times, start = device.copy(), 0
        while start < len(device):
            if self._drift.ended(int(arrival[start])):
                self._correct(self._drift, int(device[start]), int(arrival[start]))
            stop = start + self._drift.take(device[start:], arrival[start:])
            if self.useless:
                times[start:stop] = arrival[start:stop]
            elif self._starts is not None:
                times[start:stop] = self._lead(device[start:stop])
            start = stop
        return times

    def _lead(self, device: NDArray[np.int64]) -> NDArray[np.int64]:
        run = device - self._base_device
        led = np.rint(run * self._rate + np.clip(run * self._slew, -self._due, self._due))
        times: NDArray[np.int64] = self._base + led.astype(np.int64)
        return times

    def _correct(self, drift: Drift, device: int, arrival: int) -> None:
        """Close a window, and lead the times of a clock that counts since its start back to the least delay."""
        drift.close(device, arrival)
        if self._starts is None:
            self.error = drift.delay(device)
            return
        self._base = int(self._lead(np.array([device]))[0])
        self._base_device, self._rate, self._slew = device, 1.0, 0.0
        if drift.replayed:
            self.error = None
            return
        error = drift.delay(device) - (self._base - device)
        if abs(error) > PARTED:
            self._part(arrival, error)
            drift.restart()
            self._base += error
            error = 0
        elif not self.useless:
            self._partings = 0
        self._rate = 1.0 + drift.slope
        self._slew, self._due = min(max(error / CATCH_UP, -MAX_SLEW), MAX_SLEW), abs(error)
        self._starts.note(self._base - device)
        self.error = error

    def _part(self, arrival: int, error: int) -> None:
        """Count and tell that the times led and the arrivals are too far apart."""
        self._partings += 1
        if self._partings < MAX_PARTINGS:
            way = "behind" if error > 0 else "ahead of"
            self._report(arrival, f"the device's clock was {span(abs(error))} {way} its arrival: anchored anew")
        elif self._partings == MAX_PARTINGS:
            self._report(arrival, "the device's clock does not keep time: rows have the time of arrival")


def span(nanoseconds: int) -> str:
    """Return a length of time in words: "0.25 s", "12 min"."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if nanoseconds >= 2 * size * SECOND:
            return f"{nanoseconds / (size * SECOND):.3g} {unit}"
    return f"{nanoseconds / SECOND:.3g} s"


def wrap_of(unit: str) -> int:
    """Return after how many nanoseconds a device's counter in a unit begins again; 0 if it does not."""
    return UNITS[unit] << COUNTER_BITS if unit in {"ms", "us", "µs"} else 0
