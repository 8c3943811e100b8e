"""What all kinds of columns are kept by: bytes of like weight side by side, and zlib; see docs/recording-format.md."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_ROWS: Final = 0xFFFF
"""Values that a column can have."""
VALUE_BYTES: Final = 8

_LEVEL: Final = 1
_MEMORY: Final = 6
"""zlib's ``memLevel``: a code for each 4,096 bytes. The default's 16,384 span planes that have nothing in common:
noise takes 3 % more with it, and three times as long to read."""


class CodecError(ValueError):
    """Bytes that are not a column of so many values."""


def compress(data: bytes) -> bytes:
    """Return bytes in zlib's format."""
    squeezer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, _MEMORY)
    return squeezer.compress(data) + squeezer.flush()


def expand(data: bytes, limit: int) -> bytes:
    """Return what was compressed, at most ``limit`` bytes.

    Raises
    ------
    CodecError
        If it is more, or cut short, or followed by something, or not zlib's at all.
    """
    squeezer = zlib.decompressobj()
    try:
        found = squeezer.decompress(data, limit + 1)  # one more, since 0 stands for any number
    except zlib.error as error:
        raise CodecError(f"not zlib's: {error}") from None
    if len(found) > limit:
        raise CodecError(f"expected at most {limit:,} bytes, found more")
    if not squeezer.eof:
        raise CodecError(f"ends too early, after {len(found):,} bytes")
    if squeezer.unused_data:
        raise CodecError(f"followed by {len(squeezer.unused_data):,} bytes that belong to nothing")
    return found


def shuffle(values: NDArray[np.uint64], width: int) -> bytes:
    """Return all lowest bytes, then all second ones, and so on: the ``width`` lower bytes of each value."""
    if width == 1:
        return values.astype(np.uint8).tobytes()
    return values.astype("<u8", copy=False).view(np.uint8).reshape(-1, VALUE_BYTES)[:, :width].T.tobytes()


def unshuffle(data: bytes, rows: int, width: int) -> NDArray[np.unsignedinteger[Any]]:
    """Return shuffled values in the narrowest unsigned type that holds them.

    Raises
    ------
    CodecError
        If there are more bytes or less.
    """
    if len(data) != rows * width:
        raise CodecError(f"expected {rows} values of {width} bytes, found {len(data):,} bytes")
    planes = np.frombuffer(data, np.uint8).reshape(width, rows)
    if width == 1:
        return planes[0]
    room = 1 << (width - 1).bit_length()
    cells = np.zeros((rows, room), np.uint8)
    for place, plane in enumerate(planes):  # faster than to assign all of them, transposed
        cells[:, place] = plane
    return cells.view(f"<u{room}")[:, 0]


def plain_values(data: bytes, rows: int) -> NDArray[np.uint64]:
    """Return the 8 bytes of each value as they stand; CodecError if there are more or less."""
    if len(data) != rows * VALUE_BYTES:
        raise CodecError(f"expected {rows} values of {VALUE_BYTES} bytes, found {len(data):,} bytes")
    return np.frombuffer(data, "<u8").astype(np.uint64)


def same_values(data: bytes, rows: int) -> NDArray[np.uint64]:
    """Return one value of 8 bytes ``rows`` times; CodecError if there are more bytes or less."""
    return np.repeat(plain_values(data, 1), rows)


def are_same(bits: NDArray[np.uint64]) -> bool:
    """Tell whether all of one value or more are the same, to the bit."""
    return bool(bits[0] == bits[-1]) and bool((bits == bits[0]).all())
