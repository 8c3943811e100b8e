"""The clock of one stream: what its device says row by row, and whether that can be."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.flow.clock.timeline import Starts, Timeline, span, wrap_of
from stripchart.flow.clock.units import UNITS, WALL, Basis, UnitGuess, from_wall, guess_shift, judge, to_ns

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from numpy.typing import NDArray


class ClockReading(NamedTuple):
    """What is known of a source's clock; names as in the public JSON API."""

    note: str
    """Whose time the newest rows have, in words."""
    offset_s: float | None = None
    """Seconds by which rows arrive later than the times given to them, at the least; None while that is not known."""
    drift_ppm: float | None = None
    """Millionths by which the device's clock runs fast."""


NO_CLOCK: Final = ClockReading("time of arrival")
_NOTES: Final = {
    Basis.NONE: NO_CLOCK.note,
    Basis.IMPLAUSIBLE: "time of arrival: the device's clock says what cannot be",
    Basis.EPOCH: "device's clock",
    Basis.START: "device's clock, since its start",
}
_USELESS: Final = "time of arrival: the device's clock does not keep time"
_LEARNING: Final = "time of arrival: the unit of the device's clock is not known (yet); time_unit would tell it"


class StreamClock:
    """Gives the rows of a stream their times.

    Parameters
    ----------
    unit
        Of the device's clock; it is found out if it is none of ``UNITS`` or ``WALL``.
    zone, given
        Zone of a wall clock, None for this machine's; and whether the user said it. Another one is guessed if not.
    starts, report
        See ``Timeline``.
    """

    def __init__(
        self, unit: str, zone: tuple[tzinfo | None, bool], starts: Starts, report: Callable[[int, str], object]
    ) -> None:
        self._unit = unit if unit in UNITS or unit == WALL else ""
        self._guess = UnitGuess()
        self._zone, given = zone
        self._shift = 0 if given or self._unit != WALL else None
        self._basis = Basis.NONE
        self._report = report
        self._epoch = Timeline(report)
        self._starts = starts
        self._start = Timeline(report, starts, wrap_of(self._unit))

    def reading(self) -> ClockReading:
        """Return what is known of it."""
        if not self._unit:
            return ClockReading(_LEARNING)
        timeline = {Basis.EPOCH: self._epoch, Basis.START: self._start}.get(self._basis)
        if timeline is None:
            return ClockReading(_NOTES[self._basis])
        if timeline.useless:
            return ClockReading(_USELESS)
        offset = None if timeline.error is None else round(timeline.error / 1e9, 6) + 0.0  # not -0.0
        drift = None if timeline.drift is None else round(timeline.drift * 1e6, 1) + 0.0
        return ClockReading(_NOTES[self._basis], offset, drift)

    def times(self, said: NDArray[np.float64], arrival: NDArray[np.int64], *, retained: bool) -> NDArray[np.int64]:
        """Return the times of the next rows: int64, shape (n,), nanoseconds since the epoch, UTC.

        Parameters
        ----------
        said
            float64, shape (n,): what the device's clock said, in its unit.
        arrival
            int64, shape (n,): when the rows arrived.
        retained
            They are old: a time since a start that may be long ago tells nothing, and one row nothing of the clock.
        """
        learning = 0
        if not self._unit:
            learning = self._guess.feed(said, arrival)
            if not self._guess.unit:
                return arrival
            self._unit = self._guess.unit
            self._start = Timeline(self._report, self._starts, wrap_of(self._unit))
        device, known = to_ns(said, self._unit)
        basis = judge(device, known, arrival, counts=self._unit != WALL)
        basis[np.isnan(said)] = Basis.NONE
        basis[:learning] = Basis.NONE
        real = basis == Basis.EPOCH
        if self._unit == WALL:
            device[real] = from_wall(device[real], arrival[real], self._zone)
        if retained:
            return np.where(real, device + (self._shift or 0), arrival)
        times = arrival.copy()
        for start, stop in pairwise([0, *(np.flatnonzero(np.diff(basis)) + 1).tolist(), len(basis)]):
            rows = slice(start, stop)
            self._note(Basis(basis[start]), float(said[start]), int(arrival[start]))
            if basis[start] == Basis.EPOCH:
                if self._shift is None:
                    self._shift = self._find_shift(int(device[start]), int(arrival[start]))
                times[rows] = self._epoch.follow(device[rows] + self._shift, arrival[rows])
            elif basis[start] == Basis.START:
                times[rows] = self._start.follow(device[rows], arrival[rows])
        return times

    def _note(self, basis: Basis, said: float, arrival: int) -> None:
        """Report where the clock becomes another kind of clock; a row without a time in between tells nothing."""
        before = self._basis
        if basis in {Basis.NONE, before}:
            return
        self._basis = basis
        if basis is Basis.IMPLAUSIBLE:
            unit = "s since 1970" if self._unit == WALL else self._unit
            self._report(
                arrival, f"the device's clock says {said:.17g} {unit}, which cannot be: rows have the time of arrival"
            )
        elif before is not Basis.NONE:
            self._report(
                arrival, "the device's clock was set" if basis is Basis.EPOCH else "the device's clock lost the date"
            )

    def _find_shift(self, utc: int, arrival: int) -> int:
        """Return by how much a wall clock is set to another zone than this machine's, and tell it."""
        shift = guess_shift(utc, arrival)
        if shift:
            way = "ahead of" if shift < 0 else "behind"
            text = f"the device's clock is {span(abs(shift))} {way} this machine's: taken for another zone"
            self._report(arrival, f"{text}; time_zone would tell it")
        return shift
