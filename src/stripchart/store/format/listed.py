"""Columns of few different values, each kept once: counts times a factor, or float32; see docs/recording-format.md."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.store.format.planes import CodecError
from stripchart.store.format.steps import pack_ints, unpack_ints

if TYPE_CHECKING:
    from numpy.typing import NDArray

LISTED: Final = b"\10"

ROWS_A_VALUE: Final = 2
"""Rows that a value must have on average to be worth its place in a list."""
_LOOKS: Final = 128
"""Values that are looked at before all of them are."""
_HEAD: Final = struct.Struct("<HI")
"""How many values there are, and the bytes of the column that they are."""
_ALL_BUT_SIGN: Final = np.int64((1 << 63) - 1)


def pack_listed(column: NDArray[np.float64]) -> bytes | None:
    """Return the bytes of a column, shape (n,), after the one that says its kind; None if too many values differ."""
    bits = column.view(np.int64)
    few = bits[:: len(bits) // _LOOKS + 1]
    if len(set(few.tolist())) == len(few):
        return None
    order = bits ^ ((bits >> 63) & _ALL_BUT_SIGN)  # as the values are, and no two that differ are one
    values, places = np.unique(order, return_inverse=True)
    if len(values) * ROWS_A_VALUE > len(column):
        return None
    kept = pack_ints(values ^ ((values >> 63) & _ALL_BUT_SIGN))
    return _HEAD.pack(len(values), len(kept)) + kept + pack_ints(places)


def unpack_listed(body: bytes, rows: int) -> NDArray[np.float64]:
    """Return a new array of shape (rows,); CodecError if the bytes are not a column of so many values."""
    if len(body) < _HEAD.size:
        raise CodecError(f"listed: expected {_HEAD.size} bytes at least, found {len(body)}")
    count, size = _HEAD.unpack_from(body)
    end = _HEAD.size + size
    values = unpack_ints(body[_HEAD.size : end], count).view(np.float64)
    places = unpack_ints(body[end:], rows)
    if rows and not 0 <= places.min() <= places.max() < count:
        raise CodecError(f"listed: a place beyond the {count:,} values there are")
    found: NDArray[np.float64] = values[places]
    return found
