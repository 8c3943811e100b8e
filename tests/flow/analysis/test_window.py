from __future__ import annotations

import sys

import numpy as np
import pytest

from stripchart.errors import ConfigError
from stripchart.flow.analysis.window import WINDOWS, cut, power_of_two


@pytest.mark.parametrize("window", WINDOWS)
def test_every_window_has_its_resolution(window: str):
    noise = {"boxcar": 1, "hamming": 1.36, "hann": 1.5, "blackman": 1.73, "blackmanharris": 2.0, "flattop": 3.77}
    assert cut(10_000, window, 1000, 0).resolution * 1000 == pytest.approx(noise[window], rel=0.01)  # Harris, table 1


@pytest.mark.parametrize(
    ("samples", "length", "overlap", "size", "hop"),
    [(100, 20, 0.5, 20, 10), (100, 20, 0, 20, 20), (12, 20, 0.5, 12, 6), (100, 8, 0.9, 8, 1), (100, 11, 0.5, 11, 6)],
)
def test_segments(samples: int, length: int, overlap: float, size: int, hop: int):
    found = cut(samples, "hann", length, overlap)
    assert (found.weights.shape, found.hop) == ((size,), hop)


@pytest.mark.parametrize(
    ("window", "length", "overlap", "message"),
    [
        ("han", 16, 0.5, "spectrum: window: expected one of hann, .*, boxcar, got 'han'"),
        ("hann", 7, 0.5, "spectrum: length: expected 8 samples or more, got 7"),
        ("hann", 16, 1.0, "spectrum: overlap: expected 0 to 0.9, as a part of the length, got 1.0"),
        ("hann", 16, np.nan, "overlap: .*got nan"),
    ],
)
def test_what_cannot_be_asked_for(window: str, length: int, overlap: float, message: str):
    with pytest.raises(ConfigError, match=message):
        cut(100, window, length, overlap)


def test_without_scipy_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "scipy.signal", None)
    with pytest.raises(ConfigError, match=r'SciPy is not installed; pip install "stripchart\[spectrum\]"'):
        cut(100, "hann", 16, 0.5)


@pytest.mark.parametrize(("at_most", "power"), [(0.5, 16), (16, 16), (255.9, 128), (256, 256), (1e9, 512)])
def test_powers_of_two(at_most: float, power: int):
    assert power_of_two(at_most, 16, 512) == power
