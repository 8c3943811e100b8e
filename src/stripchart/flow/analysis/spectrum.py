"""What frequencies a signal is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from stripchart.errors import ConfigError
from stripchart.flow.analysis.window import cut, import_signal, power_of_two

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripchart.flow.analysis.sampling import Even

LEAST_SEGMENTS: Final = 4
LENGTHS: Final = (16, 4096)
"""Samples of a segment where nobody said how many."""
_DETREND: Final = {"constant": "constant", "linear": "linear", "none": False}
_SCALING: Final = {"density": "density", "amplitude": "spectrum"}


class Spectrum(NamedTuple):
    """The spectrum of a signal, for frequencies from 0 to half the sampling rate."""

    frequency: NDArray[np.float64]
    """Shape (k,), Hz."""
    level: NDArray[np.float64]
    """Shape (k,)."""
    unit_suffix: str
    """What is put behind the signal's unit for that of the level: "²/Hz", or nothing."""
    segments: int
    """How many segments were averaged."""
    resolution_hz: float
    """Equivalent noise bandwidth: tones that are nearer to each other are one."""


def spectrum(
    even: Even,
    window: str = "hann",
    length: int | None = None,
    overlap: float = 0.5,
    *,
    scaling: Literal["density", "amplitude"] = "density",
    detrend: Literal["constant", "linear", "none"] = "constant",
) -> Spectrum:
    """Average the spectra of overlapping segments of a signal.

    The method is that of Welch, "The use of fast Fourier transform for the estimation of power spectra", IEEE Trans.
    Audio Electroacoustics 15, 1967, by ``scipy.signal.welch``.

    Parameters
    ----------
    window
        One of ``WINDOWS``.
    length
        Samples of a segment, at most those there are. If None, a power of two from 16 to 4096 such that there are four
        segments or more even without overlap.
    overlap
        Of one segment and the next, as a part of the length.
    scaling
        "density": power per Hz, whose sum times the step of frequency is the mean square of what was not taken off as
        trend (Parseval). "amplitude": the peak value of the sine that has the power found, or of the constant at 0 Hz.
    detrend
        What is taken off each segment before.

    Raises
    ------
    ConfigError
        If an argument cannot be, or SciPy is not installed.
    """
    for name, given, known in (("scaling", scaling, _SCALING), ("detrend", detrend, _DETREND)):
        if given not in known:
            raise ConfigError(f"spectrum: {name}: expected one of {', '.join(known)}, got {given!r}")
    samples = len(even.value)
    if length is None:
        length = power_of_two(samples / LEAST_SEGMENTS, *LENGTHS)
    segment = cut(samples, window, length, overlap)
    size = len(segment.weights)
    frequency, level = import_signal().welch(
        even.value,
        even.rate_hz,
        window=segment.weights,
        noverlap=size - segment.hop,
        detrend=_DETREND[detrend],
        scaling=_SCALING[scaling],
    )
    if scaling == "amplitude":
        # The power of a sine is half the square of its peak; of what stands alone, 0 Hz and half the rate, the square.
        alone = [0, -1] if size % 2 == 0 else [0]
        level[alone] /= 2
        level = np.sqrt(2 * level)
    return Spectrum(
        frequency=frequency,
        level=level,
        unit_suffix="²/Hz" if scaling == "density" else "",
        segments=(samples - size) // segment.hop + 1,
        resolution_hz=segment.resolution * even.rate_hz,
    )
