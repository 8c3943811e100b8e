"""What counts as a sample, and how far apart samples are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.flow.records import is_absent

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST: Final = 1e100
"""Numbers beyond count as infinite. So sums of squares of a million of the others are finite, and nothing overflows."""
LAG: Final = 16
"""Rows over which a step is averaged."""
MOST_STEPS: Final = 20_000
"""Steps of which a median is taken; of more, each so-many-th."""
GAP_STEPS: Final = 5.0
"""So many typical steps without a sample are a gap, as for ``rate.PERIODS``."""


class Known(NamedTuple):
    """The numbers of a channel."""

    time: NDArray[np.int64]
    """Shape (m,), ns."""
    value: NDArray[np.float64]
    """Shape (m,), finite."""
    missing: int
    """Samples that are none: NaN and infinities, which the sensor sent as such."""


def is_number(value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which values, shape (n,), are numbers to compute with."""
    number: NDArray[np.bool_] = np.abs(value) <= LARGEST
    return number


def known(time: NDArray[np.int64], value: NDArray[np.float64]) -> Known:
    """Pick the numbers of a channel; cells that its rows did not have (``ABSENT``) are no samples, so not missing.

    The arrays, shape (n,), are returned as they are where nothing is to be left out.
    """
    number = is_number(value)
    if number.all():
        return Known(time, value, 0)
    missing = int(np.count_nonzero(~number & ~is_absent(value)))
    return Known(time[number], value[number], missing)


def typical_step(time: NDArray[np.int64] | NDArray[np.float64]) -> float:
    """Return the typical time from one row to the next in ns; 0 if there are no two instants in order.

    It is the median of the steps, each averaged over ``LAG`` rows: gaps do not move it, nor do rows that arrive in
    clumps, nor times that are rounded to milliseconds.
    """
    lag = max(1, min(LAG, len(time) // 4))
    every = len(time) // MOST_STEPS + 1
    steps = time[lag::every] - time[:-lag:every]
    steps = steps[steps > 0]
    return float(np.median(steps)) / lag if len(steps) else 0.0
