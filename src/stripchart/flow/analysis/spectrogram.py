"""What frequencies a signal is made of, as time goes on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.errors import ConfigError
from stripchart.flow.analysis.window import cut, power_of_two

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripchart.flow.analysis.sampling import Even

MOST_ROWS: Final = 256
MOST_COLUMNS: Final = 600
LENGTHS: Final = (16, 512)
FLOOR_DB: Final = -300.0
"""Level of silence."""
_BLOCK: Final = 1 << 18
"""Samples that are transformed at once, so that memory stays small whatever the overlap."""


class Spectrogram(NamedTuple):
    """A picture of power by time and frequency."""

    time_ns: NDArray[np.int64]
    """Shape (columns,): the middle of each column, evenly apart."""
    frequency: NDArray[np.float64]
    """Shape (rows,), Hz: the middle of each row, evenly apart but for the last."""
    level_db: NDArray[np.float32]
    """Shape (rows, columns): 10 log10 of the power density; 0 dB is 1 unit²/Hz."""


def spectrogram(
    even: Even,
    window: str = "hann",
    length: int | None = None,
    overlap: float = 0.5,
    max_columns: int = MOST_COLUMNS,
) -> Spectrogram:
    """Average the spectra of successive segments into the columns of a picture.

    The short-time Fourier transform (Allen and Rabiner, "A unified approach to short-time Fourier analysis and
    synthesis", Proc. IEEE 65, 1977). Of more segments than columns each column has the mean power of the same number,
    likewise each row that of the same number of frequencies, ``MOST_ROWS`` rows at most. The columns end with the
    newest sample: up to one column of the oldest is left out. Half the sampling rate is no row: so a power of two of
    samples gives one of rows.

    Parameters
    ----------
    window, overlap
        As for ``spectrum``.
    length
        Samples of a segment, at most those there are. If None, a power of two from 16 to 512 that gives the picture
        about as many rows as columns.

    Raises
    ------
    ConfigError
        If an argument cannot be, or SciPy is not installed.
    """
    if max_columns < 1:
        raise ConfigError(f"spectrogram: max_columns: expected 1 or more, got {max_columns}")
    samples = len(even.value)
    if length is None:
        length = power_of_two(math.sqrt(2 * samples), *LENGTHS)
    weights, hop = cut(samples, window, length, overlap)
    size = len(weights)
    segments = np.lib.stride_tricks.sliding_window_view(even.value, size)[(samples - size) % hop :: hop]
    together = math.ceil(len(segments) / max_columns)
    segments = segments[len(segments) % together :]
    firsts = np.arange(0, size // 2, math.ceil(size // 2 / MOST_ROWS))  # frequencies at which a row begins
    sizes = np.diff(firsts, append=size // 2)
    columns = len(segments) // together
    level = np.empty((len(firsts), columns), np.float32)
    block = max(1, _BLOCK // (size * together))
    scale = 2 / (even.rate_hz * float(weights @ weights))
    for start in range(0, columns, block):
        part = segments[start * together : (start + block) * together]
        power = np.abs(np.fft.rfft((part - part.mean(1, keepdims=True)) * weights)[:, : size // 2]) ** 2
        power = power.reshape(-1, together, size // 2).mean(1)
        density = np.add.reduceat(power, firsts, axis=1).T * (scale / sizes[:, np.newaxis])
        level[:, start : start + block] = 10 * np.log10(np.maximum(density, 10 ** (FLOOR_DB / 10)))
    middle = samples - (size + 1) / 2 - np.arange(columns)[::-1] * (hop * together) - (together - 1) * hop / 2
    return Spectrogram(
        time_ns=even.start_ns + np.round(middle * (1e9 / even.rate_hz)).astype(np.int64),
        frequency=(firsts + (sizes - 1) / 2) * even.rate_hz / size,
        level_db=level,
    )
