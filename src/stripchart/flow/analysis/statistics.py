"""Figures about the samples of a range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stripchart.flow.analysis.samples import known

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a range of one channel holds; NaN where there is no number to tell it from."""

    count: int
    """Samples that are numbers."""
    missing: int
    """Samples that are NaN or infinite. Cells that a row did not have are neither."""
    minimum: float
    maximum: float
    mean: float
    std: float
    """Standard deviation of the samples themselves (divided by n), so that rms² = mean² + std²."""
    rms: float
    first: float
    last: float
    """In order of arrival."""
    span_ns: int
    """From the earliest to the latest number."""
    rate_hz: float
    """Numbers per second over the span, gaps included; 0 if they are all of one instant."""
    slope: float
    """By how much they rise in a second: that of the straight line with the least squares; NaN if there is none."""


def statistics(time: NDArray[np.int64], value: NDArray[np.float64]) -> Statistics:
    """Describe samples; times, ns, and values have the shape (n,) and need no order.

    Deviations are taken from the first value, so an offset costs no digits; then from their mean, in a second pass
    whose rounding errors are taken off (Chan, Golub, LeVeque, "Algorithms for Computing the Sample Variance", The
    American Statistician 37, 1983). NumPy sums pairwise.
    """
    time, value, missing = known(time, value)
    count = len(value)
    if not count:
        nan = math.nan
        return Statistics(0, missing, nan, nan, nan, nan, nan, nan, nan, 0, 0.0, nan)
    low, high, first = float(value.min()), float(value.max()), float(value[0])
    deviation = value - first
    offset = float(deviation.mean())
    deviation -= offset
    rest = float(deviation.mean())
    std = math.sqrt(max(0.0, float(deviation @ deviation) / count - rest * rest))
    mean = min(max(first + (offset + rest), low), high)
    span = int(time.max()) - int(time.min())
    seconds = (time - int(time.min())) / 1e9
    seconds -= seconds.mean()
    return Statistics(
        count=count,
        missing=missing,
        minimum=low,
        maximum=high,
        mean=mean,
        std=std,
        rms=math.hypot(mean, std),
        first=first,
        last=float(value[-1]),
        span_ns=span,
        rate_hz=(count - 1) * 1e9 / span if span else 0.0,
        slope=float(seconds @ deviation) / float(seconds @ seconds) if span else math.nan,
    )
