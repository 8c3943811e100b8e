"""How often which values occur."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.errors import ConfigError
from stripchart.flow.analysis.nice import nice_step
from stripchart.flow.analysis.samples import LARGEST, is_number
from stripchart.flow.records import is_absent

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_BINS: Final = 10
MOST_BINS: Final = 200
"""Bins where nobody said how many; on a grid there may be fewer."""
LIMIT_BINS: Final = 1000
GRID_VALUES: Final = 10_000
"""Values on a grid finer than this are as good as continuous: a bin holds 50 of them or more."""
OFF_GRID: Final = 0.05
"""Steps by which a value may miss its place on a grid: a converter's steps are often printed with few digits."""
ALIKE_ULPS: Final = 4
"""Numbers that differ by no more than this many units in the last place are one value, computed in two ways."""
FLAT_ULPS: Final = 1000
"""Values that differ by less are all the same, as far as a picture can show."""


class Histogram(NamedTuple):
    """Counts of values; ``counts.sum() + under + over + missing`` is the number of samples."""

    edges: NDArray[np.float64]
    """Shape (b + 1,), rising. A value on an edge is in the bin above it, on the last edge in the last bin."""
    counts: NDArray[np.int64]
    """Shape (b,)."""
    under: int
    """Numbers below the first edge."""
    over: int
    """Numbers above the last edge."""
    missing: int
    """Samples that are NaN or infinite."""


def histogram(
    value: NDArray[np.float64], bins: int | None = None, low: float | None = None, high: float | None = None
) -> Histogram:
    """Count values, shape (n,), in bins of one width.

    Values on a grid (whole numbers, the steps of a converter, states) get bins about its points, the same number of
    points in each: otherwise some bins would hold a point more than their neighbours, and the picture look like a
    comb. Limits then go to the half step beyond the outermost points within them.

    Parameters
    ----------
    bins
        About how many: the edges are round numbers. Exactly so many where both limits are given and there is no grid.
        If None, the width is that of Freedman and Diaconis ("On the histogram as a density estimator: L2 theory",
        1981), 2 IQR n^(-1/3), or the range over 1 + log2(n) (Sturges) where half of all values are the same, in at
        least ``LEAST_BINS`` and at most ``MOST_BINS``.
    low, high
        Limits of the edges; where there is none, all values are in.

    Raises
    ------
    ConfigError
        If ``bins`` is not from 1 to ``LIMIT_BINS``, or ``low`` not below ``high``.
    """
    _check(bins, low, high)
    number = is_number(value)
    ordered = np.sort(value[number])
    missing = len(value) - len(ordered) - int(np.count_nonzero(is_absent(value)))
    edges = _edges(_within(ordered, low, high), bins, low, high)
    places = np.searchsorted(ordered, edges, "left")
    places[-1] = np.searchsorted(ordered, edges[-1], "right")
    return Histogram(edges, np.diff(places), int(places[0]), len(ordered) - int(places[-1]), missing)


def _check(bins: int | None, low: float | None, high: float | None) -> None:
    if bins is not None and not 1 <= bins <= LIMIT_BINS:
        raise ConfigError(f"histogram: bins: expected 1 to {LIMIT_BINS}, got {bins}")
    for name, limit in (("low", low), ("high", high)):
        if limit is not None and not abs(limit) <= LARGEST:
            raise ConfigError(f"histogram: {name}: expected a number, got {limit}")
    if low is not None and high is not None and not low < high:
        raise ConfigError(f"histogram: low: expected a number below high ({high}), got {low}")


def _within(ordered: NDArray[np.float64], low: float | None, high: float | None) -> NDArray[np.float64]:
    start = 0 if low is None else int(np.searchsorted(ordered, low, "left"))
    stop = len(ordered) if high is None else int(np.searchsorted(ordered, high, "right"))
    return ordered[start:stop]


def _edges(inside: NDArray[np.float64], bins: int | None, low: float | None, high: float | None) -> NDArray[np.float64]:
    """Return the edges for values in order, all within the limits."""
    left = low if low is not None else float(inside[0]) if len(inside) else min(0.0, high or 0.0)
    right = high if high is not None else float(inside[-1]) if len(inside) else left
    if right - left <= max(FLAT_ULPS * math.ulp(max(abs(left), abs(right))), 1e-100):
        half = nice_step(max(abs(left) / 10, 1e-100)).size / 2 if left else 0.5
        return np.array([left if low is not None else left - half, right if high is not None else right + half])
    width = (right - left) / bins if bins else _width(inside, right - left)
    grid = _grid(inside)
    if grid and right - left <= grid * GRID_VALUES:
        return _edges_on_grid(float(inside[0]), grid, width / math.sqrt(2), left, right)
    step = nice_step(width / math.sqrt(2))
    round_edges = step.around(left, right)
    if low is None and high is None:
        return round_edges
    left, right = low if low is not None else round_edges[0], high if high is not None else round_edges[-1]
    return np.linspace(left, right, (bins or max(LEAST_BINS, round((right - left) / step.size))) + 1)


def _width(inside: NDArray[np.float64], span: float) -> float:
    """Return the width of bins for values in order.

    Its bounds are such that the round step nearest to it, between 1/√2 and √2 of it, keeps to the numbers of bins.
    """
    count = len(inside)
    spread = float(inside[3 * count // 4] - inside[count // 4]) if count else 0.0
    width = 2 * spread / count ** (1 / 3) if spread else span / (1 + math.log2(max(1, count)))
    return min(max(width, span / (MOST_BINS - 2) * math.sqrt(2)), span / (2 * LEAST_BINS) * math.sqrt(2))


def _grid(ordered: NDArray[np.float64]) -> float:
    """Return the step of the grid on which all the values are, 0 if there is none.

    Euclid's algorithm on the steps between neighbours, with rounding: what a multiple of the smallest step leaves over
    is a smaller one.
    """
    if len(ordered) < 2:  # noqa: PLR2004 - two points make a step
        return 0.0
    steps = np.diff(ordered)
    alike = ALIKE_ULPS * np.spacing(max(abs(ordered[0]), abs(ordered[-1])))
    steps = steps[steps > alike]
    span = float(ordered[-1] - ordered[0])
    if not 0 < len(steps) <= GRID_VALUES:
        return 0.0
    step = float(steps.min())
    while span <= step * GRID_VALUES:
        single = steps[np.rint(steps / step) == 1]
        step = float(single.mean()) if len(single) else step
        times = np.rint(steps / step)
        off = np.abs(steps - times * step)
        if off.max() <= OFF_GRID * step:
            return span / float(times.sum())
        step = float(off[off > OFF_GRID * step].min())
    return 0.0


def _edges_on_grid(first: float, grid: float, least: float, left: float, right: float) -> NDArray[np.float64]:
    """Return edges half a step beside the points of a grid, a round number of points and ``least`` or more apart.

    The grid goes on from ``first``, one of its points, to all of those from ``left`` to ``right``.
    """
    slack = 1e-6  # of a step: the limits are points, too
    below = math.floor((first - left) / grid + slack)
    points = below + math.floor((right - first) / grid + slack) + 1
    first -= below * grid
    together = math.ceil(nice_step(least / grid).size) if least > grid else 1
    # If the grid goes through 0, as whole numbers do, so do the multiples of the bins.
    ahead = round(first / grid) % together if abs(first / grid - round(first / grid)) < OFF_GRID else 0
    places = np.arange(math.ceil((points + ahead) / together) + 1, dtype=np.float64) * together
    edges: NDArray[np.float64] = first + (places - ahead - 0.5) * grid
    return edges
