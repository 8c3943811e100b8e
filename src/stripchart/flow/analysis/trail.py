"""One channel over another: pairs of values, and fewer of them for the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.flow.analysis.samples import GAP_STEPS, is_number, typical_step
from stripchart.flow.records import is_absent

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_POINTS: Final = 4000
HELD_STEPS: Final = 3.0
"""So many typical steps of its own a value of x holds, if no newer one comes."""
HELD_NS: Final = 1_000_000_000
"""For how long it holds where it has no step to learn from."""
PIXELS: Final = 1000
"""Across the picture; what moves less does not count as a way, so that a vehicle may rest without using up points."""
_ENDS: Final = 5
"""Points kept beside two a bucket: the last, and the extremes of x and y."""


class Trail(NamedTuple):
    """Points in the order in which a line is drawn through them; a NaN in x and y is a gap in it."""

    time: NDArray[np.int64]
    """Shape (m,), ns: when y was."""
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    """Shape (m,)."""


def pair(
    time_x: NDArray[np.int64],
    x: NDArray[np.float64],
    time_y: NDArray[np.int64],
    y: NDArray[np.float64],
    most: int = MOST_POINTS,
    *,
    held_ns: int | None = None,
) -> Trail:
    """Pair the values of two channels and keep ``most`` points of the line through them.

    Rows of one stream (equal times) that hold both values are the pairs. Otherwise each y gets the newest x at or
    before it, unless that is older than ``held_ns``, or was no number. Points that are further apart than five typical
    steps are separated by a gap.

    Parameters
    ----------
    time_x, x, time_y, y
        Shapes (n,) and (k,), ns; rows of one stream in order of arrival, those of two in any order.
    most
        Points and gaps together, at least 16.
    held_ns
        How long a value of x holds; three typical steps of x if None.
    """
    time, x, y = _of_one_stream(time_x, x, time_y, y) or _of_two(time_x, x, time_y, y, held_ns)
    gaps = _gaps(time, max(most, 16) // 4)
    kept = thin(x, y, max(most, 16) - int(gaps.sum()))
    torn = np.flatnonzero(np.diff(np.cumsum(gaps)[kept])) + 1
    time, x, y = time[kept], x[kept], y[kept]
    return Trail(np.insert(time, torn, time[torn - 1]), np.insert(x, torn, np.nan), np.insert(y, torn, np.nan))


def _of_one_stream(
    time_x: NDArray[np.int64], x: NDArray[np.float64], time_y: NDArray[np.int64], y: NDArray[np.float64]
) -> Trail | None:
    """Return the rows that hold both, None if there are none: channels that come in turns have rows of their own."""
    if time_x is not time_y and not np.array_equal(time_x, time_y):
        return None
    both = is_number(x) & is_number(y)
    return Trail(time_x[both], x[both], y[both]) if both.any() else None


def _of_two(
    time_x: NDArray[np.int64],
    x: NDArray[np.float64],
    time_y: NDArray[np.int64],
    y: NDArray[np.float64],
    held_ns: int | None,
) -> Trail:
    """Return each y with the newest x."""
    came, number = ~is_absent(x), is_number(y)
    time_x, x = _in_order(time_x[came], x[came])
    time_y, y = _in_order(time_y[number], y[number])
    if held_ns is None:
        held_ns = round(HELD_STEPS * typical_step(time_x)) or HELD_NS
    if not len(x):
        return Trail(time_y[:0], x, y[:0])
    newest = np.searchsorted(time_x, time_y, "right") - 1
    held = (newest >= 0) & (time_y - time_x[newest] <= held_ns) & is_number(x[newest])
    return Trail(time_y[held], x[newest[held]], y[held])


def _in_order(time: NDArray[np.int64], value: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Sort by time; rows of one instant stay as they came."""
    if (time[1:] >= time[:-1]).all():
        return time, value
    order = np.argsort(time, kind="stable")
    return time[order], value[order]


def _gaps(time: NDArray[np.int64], most: int) -> NDArray[np.bool_]:
    """Return before which rows, shape (n,), there is a gap: the ``most`` widest at most."""
    gaps = np.zeros(len(time), bool)
    steps = np.abs(np.diff(time))
    wide = steps > GAP_STEPS * typical_step(time)
    if np.count_nonzero(wide) > most:
        wide &= steps > np.partition(steps, -most - 1)[-most - 1]
    gaps[1:] = wide
    return gaps


def thin(x: NDArray[np.float64], y: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """Choose at most ``most`` points, 8 or more, of a line, so that it looks the same; returns their places, in order.

    The line is cut into pieces of the same length on the screen. Of each piece its first point is kept, and the one
    whose detour from there to the next piece is the longest: the corner, or the tip. The extremes of x and y are kept.
    It is one step of Ramer's algorithm ("An iterative procedure for the polygonal approximation of plane curves",
    1972; Douglas and Peucker 1973) in each of many pieces, with the length of the detour for the distance, which also
    finds the tip of a line that goes back on itself.

    Parameters
    ----------
    x, y
        Shape (n,), numbers.
    """
    count = len(x)
    if count <= most:
        return np.arange(count)
    across, up = _in_pixels(x), _in_pixels(y)
    steps = _length(np.diff(np.rint(across)), np.diff(np.rint(up)))
    way = np.concatenate(([0.0], np.cumsum(steps, dtype=np.float64)))
    pieces = (most - _ENDS) // 2
    if way[-1]:
        piece = np.minimum((way * (pieces / way[-1])).astype(np.intp), pieces - 1)
    else:
        piece = np.arange(count) * pieces // count
    first = np.concatenate(([0], np.flatnonzero(np.diff(piece)) + 1))
    sizes = np.diff(first, append=count)
    after = np.append(first[1:], count - 1)
    detour = _length(across - np.repeat(across[first], sizes), up - np.repeat(up[first], sizes))
    detour += _length(across - np.repeat(across[after], sizes), up - np.repeat(up[after], sizes))
    longest = np.flatnonzero(detour == np.repeat(np.maximum.reduceat(detour, first), sizes))
    unique = np.concatenate(([True], np.diff(piece[longest]) > 0))  # of equals the first
    ends = np.array([x.argmin(), x.argmax(), y.argmin(), y.argmax(), count - 1], np.intp)
    return np.unique(np.concatenate((first, longest[unique], ends)))


def _in_pixels(value: NDArray[np.float64]) -> NDArray[np.float32]:
    low = value.min()
    pixels: NDArray[np.float64] = (value - low) * (PIXELS / max(float(value.max() - low), 1e-200))
    return pixels.astype(np.float32)


def _length(across: NDArray[np.float32], up: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return lengths; in half the time of ``hypot``, which takes care of numbers that pixels never are."""
    length: NDArray[np.float32] = np.sqrt(across * across + up * up)
    return length
