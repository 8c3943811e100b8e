"""The checksums of NMEA 0183, of many lines at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEWLINE, _STAR, _DOLLAR, _BANG = b"\n*$!"
_SHORTEST: Final = 6
"""Bytes of ``$A*00`` and a line end."""
_NO_DIGIT: Final = 0x100
_DIGITS: Final = np.full(256, _NO_DIGIT, np.uint16)
_DIGITS[list(b"0123456789")] = range(10)
_DIGITS[list(b"ABCDEF")] = _DIGITS[list(b"abcdef")] = range(10, 16)


def verify(data: bytes) -> NDArray[np.bool_]:
    r"""Say which lines are one sentence with the right checksum, and nothing else.

    Parameters
    ----------
    data
        Lines, each ended by ``\n``.

    Returns
    -------
    bool, shape (lines,).
    """
    signs = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(signs == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    if len(data) < _SHORTEST:
        return np.zeros(len(ends), np.bool_)
    first, star = signs[starts], signs[ends - 3]  # of a line that is too short, these are of another one
    high, low = _DIGITS[signs[ends - 2]], _DIGITS[signs[ends - 1]]
    beginnings = (signs == _DOLLAR) | (signs == _BANG)
    found = np.bitwise_xor.reduceat(signs, starts) ^ first ^ _STAR ^ signs[ends - 2] ^ signs[ends - 1] ^ _NEWLINE
    right: NDArray[np.bool_] = (
        (ends - starts >= _SHORTEST - 1)
        & ((first == _DOLLAR) | (first == _BANG))
        & (star == _STAR)
        & (np.add.reduceat(signs == _STAR, starts, dtype=np.intp) == 1)
        & (np.add.reduceat(beginnings, starts, dtype=np.intp) == 1)
        & (found == (high << 4 | low))
    )
    return right


def xor(data: bytes) -> int:
    """Return the XOR of all bytes, by folding them as one number: half the time of a loop."""
    folded = int.from_bytes(data)
    size = 8 << max(0, len(data) - 1).bit_length()
    while size > 8:  # noqa: PLR2004 - bits of a byte
        size >>= 1
        folded = (folded >> size) ^ (folded & ((1 << size) - 1))
    return folded
