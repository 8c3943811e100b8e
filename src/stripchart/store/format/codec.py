"""Columns of a recording as bytes, and back, to the bit; see docs/recording-format.md, "A column".

Sensors send numbers of few digits. As whole numbers their differences are small: a byte or two, most of them alike.
Floats of another kind are only shuffled: their upper bytes are alike. zlib does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.flow.records import is_absent
from stripchart.store.format.codec_text import LONG_TEXT, TEXT, pack_texts, unpack_texts
from stripchart.store.format.decimals import MAX_DIGITS, POWERS, Decimals, find_decimals
from stripchart.store.format.listed import LISTED, pack_listed, unpack_listed
from stripchart.store.format.planes import (
    MAX_ROWS,
    VALUE_BYTES,
    CodecError,
    are_same,
    compress,
    expand,
    pack_plain,
    pack_planes,
)
from stripchart.store.format.steps import CONSTANT, PLAIN, SHUFFLED, pack_ints, unpack_bits, unpack_ints

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_ROWS", "CodecError", "pack", "pack_ints", "unpack", "unpack_ints"]

DECIMAL: Final = b"\4"
SPARSE: Final = b"\5"

MAX_SPARSE: Final = 4
"""Values that are kept apart one after the other: say ABSENT, NaN, -0.0 and an infinity."""

_LENGTH_BYTES: Final = 4


def pack(column: NDArray[Any], found: Decimals | None = None) -> bytes:
    """Return the bytes of a column, shape (n,), of float64 or, as objects, of ``str``; n is at most ``MAX_ROWS``.

    Parameters
    ----------
    found
        What ``find_decimals`` finds in it, if that is known already.
    """
    if len(column) > MAX_ROWS:
        raise ValueError(f"a column of {len(column):,} values, expected at most {MAX_ROWS:,}")
    if column.dtype == object:
        return pack_texts(column)
    return _pack_floats(np.ascontiguousarray(column, np.float64), MAX_SPARSE, found)


def unpack(data: bytes, rows: int) -> NDArray[Any]:
    """Return a new array of shape (rows,): float64, or object for text.

    Raises
    ------
    CodecError
        If the bytes are not a column of so many values.
    """
    if not 0 <= rows <= MAX_ROWS:
        raise CodecError(f"expected a column of 0 to {MAX_ROWS:,} values, found {rows:,}")
    if data[:1] in {TEXT, LONG_TEXT}:
        return unpack_texts(data[:1], data[1:], rows)
    return _unpack_floats(data, rows, MAX_SPARSE)


def pack_quickly(column: NDArray[Any]) -> bytes:
    """Return the bytes of a column of numbers that will soon be packed anew, with others: in a tenth of the time."""
    plain = pack_plain(column)
    first = plain[:VALUE_BYTES]
    return CONSTANT + first if first and plain == first * len(column) else PLAIN + plain


def _pack_floats(column: NDArray[np.float64], layers: int, found: Decimals | None = None) -> bytes:
    """Pack a column, of which the cells of ``layers`` more values may be kept apart."""
    bits = column.view(np.uint64)
    if not len(column):
        return PLAIN
    if are_same(bits):
        return CONSTANT + pack_plain(column[:1])
    found = found or find_decimals(column)
    if found is not None and found.all_fit:
        return DECIMAL + bytes([found.digits]) + pack_ints(found.whole.astype(np.int64))
    apart = is_absent(column)
    if found is not None and not apart.any():
        apart = bits == bits[np.argmin(found.fits)]
    if layers and apart.any():
        return _pack_sparse(column, apart, layers)
    packed = pack_planes(bits, VALUE_BYTES)
    listed = pack_listed(column)
    if listed is not None and len(listed) < len(packed):
        return LISTED + listed
    return SHUFFLED + packed if len(packed) < column.nbytes else PLAIN + pack_plain(column)


def _pack_sparse(column: NDArray[np.float64], apart: NDArray[np.bool_], layers: int) -> bytes:
    """Keep the cells of one value apart from the others."""
    value = pack_plain(column[apart][:1])
    mask = compress(np.packbits(apart).tobytes())
    length = len(mask).to_bytes(_LENGTH_BYTES, "little")
    return b"".join([SPARSE, value, length, mask, _pack_floats(column[~apart], layers - 1)])


def _unpack_floats(data: bytes, rows: int, layers: int) -> NDArray[np.float64]:
    kind, body = data[:1], data[1:]
    if kind == DECIMAL:
        if not body or body[0] > MAX_DIGITS:
            raise CodecError(f"decimal: expected 0 to {MAX_DIGITS} digits, found {body[:1]!r}")
        floats: NDArray[np.float64] = unpack_ints(body[1:], rows) / POWERS[body[0]]
        return floats
    if kind == SPARSE:
        if not layers:
            raise CodecError(f"sparse: more than {MAX_SPARSE} in one another")
        return _unpack_sparse(body, rows, layers)
    if kind == LISTED:
        return unpack_listed(body, rows)
    return unpack_bits(kind, body, rows).view(np.float64)


def _unpack_sparse(body: bytes, rows: int, layers: int) -> NDArray[np.float64]:
    start = VALUE_BYTES + _LENGTH_BYTES
    end = start + int.from_bytes(body[VALUE_BYTES:start], "little")
    if len(body) < end:
        raise CodecError(f"sparse: expected {end:,} bytes at least, found {len(body):,}")
    size = (rows + 7) // 8
    mask = expand(body[start:end], size)
    if len(mask) != size:
        raise CodecError(f"sparse: expected a mask of {size} bytes, found {len(mask)}")
    others = np.unpackbits(np.frombuffer(mask, np.uint8), count=rows) == 0
    column = np.repeat(np.frombuffer(body, "<f8", 1), rows).astype(np.float64, copy=False)
    column[others] = _unpack_floats(body[end:], int(np.count_nonzero(others)), layers - 1)
    return column
