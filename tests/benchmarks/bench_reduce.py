"""Reduction of a million points to 1,000 buckets of time against tsdownsample's M4, with the same extremes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np
from tsdownsample import M4Downsampler

from stripchart.flow.reduce import raw_rows, reduce_rows
from tests.benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

POINTS: Final = 1_000_000
BUCKETS: Final = 1_000
REPEATS: Final = 30
START_NS: Final = 1_700_000_000_000_000_000
SPAN_NS: Final = 1_000_000_000_000
BUCKET_NS: Final = SPAN_NS // BUCKETS


def run() -> Iterator[Result]:
    """Compare milliseconds for a steady and a jittering clock, and show one that steps back, which M4 cannot take."""
    random = np.random.default_rng(1)
    values = random.normal(size=POINTS).cumsum()
    steady = START_NS + np.arange(POINTS) * (SPAN_NS // POINTS)
    jittering = np.sort(steady + random.integers(0, SPAN_NS // POINTS, POINTS))
    jittering[0], jittering[-1] = START_NS, START_NS + SPAN_NS - 1  # so that M4 has the same buckets
    for case, times in (("steady", steady), ("jittering", jittering)):
        yield _compare(case, times, values)
    stepped = raw_rows(np.concatenate((steady[POINTS // 2 :], steady[: POINTS // 2])), [values])
    ours, peer = _best(lambda: reduce_rows(stepped, BUCKET_NS), lambda: _m4(steady, values))
    yield Result("reduce", "1 M points, the clock steps back", ours, peer, "ms", ours / peer, "", met=True)


def _compare(case: str, times: NDArray[np.int64], values: NDArray[np.float64]) -> Result:
    rows = raw_rows(times, [values])
    ours, peer = _best(lambda: reduce_rows(rows, BUCKET_NS), lambda: _m4(times, values))
    reduced, kept = reduce_rows(rows, BUCKET_NS), _m4(times, values)
    same = _extremes(times[kept], values[kept]) == _extremes(reduced.time, reduced.columns[0])
    case = f"1 M points, {case}, {'same' if same else 'OTHER'} extremes"
    return Result("reduce", case, ours, peer, "ms", ours / peer, "<= 3", same and ours / peer <= 3)


def _m4(times: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.uint64]:
    return M4Downsampler().downsample(times, values, n_out=4 * BUCKETS)


def _extremes(times: NDArray[np.int64], values: NDArray[np.float64]) -> list[tuple[float, float]]:
    bucket = (times - START_NS) // BUCKET_NS
    return [(values[bucket == number].min(), values[bucket == number].max()) for number in range(BUCKETS)]


def _best(*contenders: Callable[[], object]) -> list[float]:
    """Return the best time of each in milliseconds; they take turns, so that a busy machine harms both."""
    best = [float("inf")] * len(contenders)
    for _ in range(REPEATS):
        for place, work in enumerate(contenders):
            start = time.perf_counter_ns()
            work()
            best[place] = min(best[place], (time.perf_counter_ns() - start) / 1e6)
    return best
