"""What panels compute from a million samples, against the plainest ways to do the same."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy import signal

from stripchart.flow.analysis.geo import plain
from stripchart.flow.analysis.histogram import histogram
from stripchart.flow.analysis.runs import runs
from stripchart.flow.analysis.sampling import Even, evenly
from stripchart.flow.analysis.spectrogram import spectrogram
from stripchart.flow.analysis.spectrum import spectrum
from stripchart.flow.analysis.statistics import statistics
from stripchart.flow.analysis.trail import pair
from tests.benchmarks.result import Result
from tests.benchmarks.rounds import best_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS: Final = 1_000_000
RATE: Final = 1000
STEP_NS: Final = 1_000_000_000 // RATE
HELD_NS: Final = 3 * STEP_NS


def run() -> Iterator[Result]:
    """Compare milliseconds a call."""
    chance = np.random.default_rng(1)
    time = np.arange(ROWS) * STEP_NS
    wandering = np.cumsum(chance.integers(STEP_NS // 2, STEP_NS * 3 // 2, ROWS))
    later = time + chance.integers(0, STEP_NS, ROWS)
    noise, walk = chance.normal(size=ROWS), chance.normal(size=ROWS).cumsum()
    even = Even(RATE, 0, noise, 0.0, 0, resampled=False)
    states = np.array(["off", "on", "idle"], object)[chance.integers(0, 3, ROWS)]
    frames = pd.DataFrame({"time": later, "y": noise}), pd.DataFrame({"time": time, "x": walk})
    seconds = np.arange(ROWS) / RATE
    cases: list[tuple[str, Callable[[], object], str, Callable[[], object]]] = [
        ("statistics", lambda: statistics(time, noise), "describe()", pd.Series(noise).describe),
        ("histogram", lambda: histogram(noise), "numpy's", lambda: np.histogram(noise, "fd")),
        ("histogram of whole numbers", lambda: histogram(walk.round()), "numpy's", lambda: np.histogram(walk, "fd")),
        ("an even signal", lambda: evenly(time, noise), "interp", lambda: np.interp(seconds, time / 1e9, noise)),
        ("a wandering clock", lambda: evenly(wandering, noise), "interp", lambda: np.interp(time, wandering, noise)),
        ("spectrum", lambda: spectrum(even), "welch", lambda: signal.welch(noise, RATE, nperseg=4096)),
        ("spectrogram", lambda: spectrogram(even), "scipy's", lambda: _picture(noise)),
        ("trail of two streams", lambda: pair(time, walk, later, noise), "merge_asof", lambda: _join(*frames)),
        ("positions", lambda: plain(noise, walk), "products", lambda: (noise * 111_132.0, walk * 111_132.0)),
        ("runs of texts", lambda: runs(time, states, ROWS * STEP_NS), "groupby", lambda: _grouped(states)),
    ]
    for case, ours, name, peer in cases:
        mine, theirs = (best * 1e3 for best in best_seconds(ours, peer))
        yield Result("analysis", f"{case}; {name}", mine, theirs, "ms", mine / theirs, "", met=True)


def _picture(noise: np.ndarray) -> object:
    return signal.spectrogram(noise, RATE, "hann", 512, 256)


def _join(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    return pd.merge_asof(left, right, on="time", tolerance=HELD_NS)


def _grouped(states: np.ndarray) -> int:
    return sum(1 for _ in groupby(states))
