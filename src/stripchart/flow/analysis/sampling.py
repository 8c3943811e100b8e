"""From samples with times to a signal at an even rate, which is what a spectrum needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.flow.analysis.samples import GAP_STEPS, known, typical_step
from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_ROWS: Final = 16
MOST_JITTER: Final = 0.5
"""Rows whose times keep so close to an even clock, in its steps (root mean square), are taken as even: a device
samples by a timer, and what moves its times is their way here (USB, a network, whole milliseconds)."""
STEADY: Final = 0.1
"""Half of all steps are this close to the typical one (as parts of it): then a longer one is a lost row."""
LOST: Final = 1.5
"""Typical steps from one row to the next from which on a steady clock has lost some in between."""


class Even(NamedTuple):
    """A signal at an even rate."""

    rate_hz: float
    start_ns: int
    """Time of the first value."""
    value: NDArray[np.float64]
    """Shape (m,), finite."""
    jitter: float
    """How far the times were from an even clock, in its steps, as root mean square."""
    gaps: int
    """Of all rows: gaps, and steps back of their clock. The value is one stretch between two of them."""
    resampled: bool
    """Whether the value lies on straight lines between the samples, in place of the samples themselves."""


class Uneven(NamedTuple):
    """Why samples do not make a signal."""

    reason: str


def evenly(
    time: NDArray[np.int64], value: NDArray[np.float64], kind: Kind = Kind.NUMBER, max_gap: float = GAP_STEPS
) -> Even | Uneven:
    """Find the sampling rate and the newest long stretch without a gap, as an even signal.

    Rows of one instant are taken as spread over the step before, for they came together. The stretch is the newest
    that is at least half as long as the longest. Its samples are taken as they are if their times keep to an even
    clock within ``MOST_JITTER`` and none is lost; the rate is then that of the stretch as a whole. Otherwise they are
    interpolated linearly at the typical step, which weakens what is fast: by (sin πx / πx)² at x = frequency / rate.

    Parameters
    ----------
    time, value
        Shape (n,), ns, in order of arrival. What is no number is left out, as if it was lost.
    max_gap
        Typical steps without a sample that are a gap; shorter ones are bridged.
    """
    if kind is not Kind.NUMBER:
        return Uneven(f"a {kind} channel has no rate: choose a number")
    time, value, _ = known(time, value)
    if len(time) < LEAST_ROWS:
        return Uneven(f"only {len(time)} samples yet: at least {LEAST_ROWS} are needed")
    since = _spread(time)
    step = typical_step(since)
    if not step:
        return Uneven("no two samples are in order of time")
    steps = np.diff(since)
    breaks = np.flatnonzero((steps > max_gap * step) | (steps < 0)) + 1
    rows = _stretch(np.concatenate(([0], breaks, [len(since)])))
    if rows.stop - rows.start < LEAST_ROWS:
        longest = f"the longest stretch without a gap has {rows.stop - rows.start} samples"
        return Uneven(f"{longest}: at least {LEAST_ROWS} are needed")
    start = int(time[0]) + round(float(since[rows.start]))
    return _even(since[rows] - since[rows.start], value[rows], step, start, len(breaks))


def _spread(time: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return times in ns since the first, with rows of one instant spread back to the instant before."""
    since: NDArray[np.float64] = (time - time[0]).astype(np.float64)
    first = np.concatenate(([0], np.flatnonzero(np.diff(time)) + 1))
    if len(first) in (1, len(time)):
        return since
    step = np.diff(since[first], prepend=since[0])
    typical = float(np.median(step[1:][step[1:] > 0])) if (step > 0).any() else 0.0
    step[(step <= 0) | (step > GAP_STEPS * typical)] = typical  # the first, after a step back, after a gap
    sizes = np.diff(first, append=len(time))
    places = np.arange(len(time)) - np.repeat(first, sizes)
    since -= np.repeat(step / sizes, sizes) * (np.repeat(sizes, sizes) - 1 - places)
    return since


def _stretch(bounds: NDArray[np.intp]) -> slice:
    """Return the newest of the stretches between bounds, shape (k + 1,), that has at least half of the most rows."""
    sizes = np.diff(bounds)
    newest = np.flatnonzero(2 * sizes >= sizes.max())[-1]
    return slice(int(bounds[newest]), int(bounds[newest + 1]))


def _even(since: NDArray[np.float64], value: NDArray[np.float64], step: float, start_ns: int, gaps: int) -> Even:
    """Make a stretch even, whose times count from its first row."""
    period = float(since[-1]) / (len(since) - 1)
    jitter = float(np.std(since / period - np.arange(len(since))))
    if jitter <= MOST_JITTER and not _lost(np.diff(since) / step):
        return Even(1e9 / period, start_ns, value, jitter, gaps, resampled=False)
    grid = np.arange(int(since[-1] / step) + 1) * step
    return Even(1e9 / step, start_ns, np.interp(grid, since, value), jitter, gaps, resampled=True)


def _lost(steps: NDArray[np.float64]) -> bool:
    """Say whether a steady clock has lost a row, by its steps as parts of the typical one."""
    return bool(steps.max() > LOST and np.median(np.abs(steps - 1)) <= STEADY)
