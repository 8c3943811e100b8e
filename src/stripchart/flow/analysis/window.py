"""Segments of a signal, and the windows that weigh them; by SciPy, which is an extra."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOWS: Final = ("hann", "hamming", "blackman", "blackmanharris", "flattop", "boxcar")
"""hann for most, flattop for exact amplitudes, blackmanharris for weak beside strong, boxcar for none."""
LEAST_LENGTH: Final = 8
MOST_OVERLAP: Final = 0.9
"""A tenth of a segment between two of them: more shows nothing new, and costs in proportion."""


class Cut(NamedTuple):
    """How a signal is cut into segments."""

    weights: NDArray[np.float64]
    """Of the window, shape (length,)."""
    hop: int
    """Samples from the start of a segment to the start of the next."""

    @property
    def resolution(self) -> float:
        """Equivalent noise bandwidth, as a part of the sampling rate.

        After Harris, "On the Use of Windows for Harmonic Analysis with the Discrete Fourier Transform", Proc. IEEE 66,
        1978.
        """
        return float(self.weights @ self.weights) / float(self.weights.sum()) ** 2


def import_signal() -> Any:
    """Return ``scipy.signal``; ConfigError if SciPy is not installed. Its first import takes about half a second."""
    try:
        return import_module("scipy.signal")
    except ImportError as error:
        raise ConfigError('spectrum: SciPy is not installed; pip install "stripchart[spectrum]"') from error


def cut(samples: int, window: str, length: int, overlap: float) -> Cut:
    """Check what was asked for and return the cut of so many samples; the length is theirs at most.

    Raises
    ------
    ConfigError
        If there is no such window, the length is below ``LEAST_LENGTH``, the overlap not from 0 to ``MOST_OVERLAP``,
        or SciPy is not installed.
    """
    if window not in WINDOWS:
        raise ConfigError(f"spectrum: window: expected one of {', '.join(WINDOWS)}, got {window!r}")
    if length < LEAST_LENGTH:
        raise ConfigError(f"spectrum: length: expected {LEAST_LENGTH} samples or more, got {length}")
    if not 0 <= overlap <= MOST_OVERLAP:
        raise ConfigError(f"spectrum: overlap: expected 0 to {MOST_OVERLAP}, as a part of the length, got {overlap}")
    length = min(length, samples)
    weights = np.asarray(import_signal().get_window(window, length))
    return Cut(weights, length - min(int(length * overlap), length - 1))


def power_of_two(at_most: float, least: int, most: int) -> int:
    """Return the power of two that is not above a figure, within bounds that are such powers."""
    return min(max(1 << max(0, int(at_most).bit_length() - 1), least), most)
