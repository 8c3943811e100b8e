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
_MEMORY: Final = 5
"""zlib's ``memLevel``: a new code after each 2,047 bytes, so that each plane of a block has its own. By the default of
16,384, planes that have nothing in common share one: float32 readings take a tenth more, noise a twentieth."""


class CodecError(ValueError):
    """Bytes that are not a column of so many values."""


def compress(data: bytes, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    """Return bytes in zlib's format."""
    squeezer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, _MEMORY, strategy)
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
        found = squeezer.decompress(data, limit + 1)  # one more, since 0 would stand for any number
    except zlib.error as error:
        raise CodecError(f"not zlib's: {error}") from None
    if len(found) > limit:
        raise CodecError(f"expected at most {limit:,} bytes, found more")
    if not squeezer.eof:
        raise CodecError(f"ends too early, after {len(found):,} bytes")
    if squeezer.unused_data:
        raise CodecError(f"followed by {len(squeezer.unused_data):,} bytes that belong to nothing")
    return found


def pack_planes(values: NDArray[np.uint64], width: int) -> bytes:
    """Compress all lowest bytes, then all second ones, and so on: the ``width`` lower bytes of each value.

    Z_RLE looks for runs, not for repetitions, which measurements hardly have: it takes two thirds of the time, and
    up to a fifth less bytes, as no chance matches dilute the code. What repeats exactly, such as a simulated wave,
    takes more: half a byte where it could be none.
    """
    if width == 1:
        planes = values.astype(np.uint8)
    else:
        planes = values.astype("<u8", copy=False).view(np.uint8).reshape(-1, VALUE_BYTES)[:, :width].T
    return compress(planes.tobytes(), zlib.Z_RLE)


def unpack_planes(data: bytes, rows: int, width: int) -> NDArray[np.unsignedinteger[Any]]:
    """Return the values in the narrowest unsigned type that holds them; CodecError if they are not so many."""
    found = expand(data, rows * width)
    if len(found) != rows * width:
        raise CodecError(f"expected {rows} values of {width} bytes, found {len(found):,} bytes")
    planes = np.frombuffer(found, np.uint8).reshape(width, rows)
    if width == 1:
        only: NDArray[np.uint8] = planes[0]
        return only
    room = 1 << (width - 1).bit_length()
    cells = np.zeros((rows, room), np.uint8)
    for place, plane in enumerate(planes):  # faster than to assign all of them, transposed
        cells[:, place] = plane
    return cells.view(f"<u{room}")[:, 0]


def pack_plain(values: NDArray[Any]) -> bytes:
    """Return the 8 bytes of each value as they stand, little-endian."""
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def unpack_plain(data: bytes, rows: int) -> NDArray[np.uint64]:
    """Return the bits of values that are kept as they stand; CodecError if they are not so many."""
    if len(data) != rows * VALUE_BYTES:
        raise CodecError(f"expected {rows} values of {VALUE_BYTES} bytes, found {len(data):,} bytes")
    return np.frombuffer(data, "<u8").astype(np.uint64)


def are_same(bits: NDArray[np.uint64]) -> bool:
    """Tell whether all of one value or more are the same, to the bit."""
    return bool(bits[0] == bits[-1]) and bool((bits == bits[0]).all())
