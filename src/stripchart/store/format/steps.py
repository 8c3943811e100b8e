"""Columns of whole numbers, by their differences; see docs/recording-format.md, "A column"."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.store.format.planes import (
    MAX_ROWS,
    VALUE_BYTES,
    CodecError,
    are_same,
    pack_plain,
    pack_planes,
    unpack_plain,
    unpack_planes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLAIN: Final = b"\0"
CONSTANT: Final = b"\1"
SHUFFLED: Final = b"\2"
STEPS: Final = b"\3"

_HEAD: Final = struct.Struct("<BBqq")
"""Order, width, unit, first value."""
_FIRST_STEP: Final = struct.Struct("<q")
_FEWEST: Final = 4
"""Values that are worth a head."""
_LOOKS: Final = 16
"""Values that are looked at before all of them are."""
_TOP_BIT: Final = 1 << 63


def pack_ints(column: NDArray[np.int64]) -> bytes:
    """Return the bytes of a column of whole numbers, shape (n,), int64; n is at most ``MAX_ROWS``."""
    if len(column) > MAX_ROWS:
        raise ValueError(f"a column of {len(column):,} values, expected at most {MAX_ROWS:,}")
    column = np.ascontiguousarray(column, np.int64)
    if len(column) and are_same(column.view(np.uint64)):
        return CONSTANT + pack_plain(column[:1])
    if len(column) >= _FEWEST:
        packed = _pack_steps(column)
        if len(packed) < column.nbytes:
            return packed
    return PLAIN + pack_plain(column)


def unpack_ints(data: bytes, rows: int) -> NDArray[np.int64]:
    """Return a new int64 array of shape (rows,).

    Raises
    ------
    CodecError
        If the bytes are not a column of so many whole numbers.
    """
    if not 0 <= rows <= MAX_ROWS:
        raise CodecError(f"expected a column of 0 to {MAX_ROWS:,} values, found {rows:,}")
    kind, body = data[:1], data[1:]
    if kind == STEPS:
        return _unpack_steps(body, rows)
    return unpack_bits(kind, body, rows).view(np.int64)


def unpack_bits(kind: bytes, body: bytes, rows: int) -> NDArray[np.uint64]:
    """Return the bits of values that are kept plain, constant or shuffled; CodecError if they are not."""
    if kind == PLAIN:
        return unpack_plain(body, rows)
    if kind == CONSTANT:
        return np.repeat(unpack_plain(body, 1), rows)
    if kind == SHUFFLED:
        return unpack_planes(body, rows, VALUE_BYTES).astype(np.uint64, copy=False)
    raise CodecError(f"expected a column, found the first byte {kind!r}")


def _pack_steps(column: NDArray[np.int64]) -> bytes:
    steps = column[1:] - column[:-1]
    bends = steps[1:] - steps[:-1]
    second = _is_steady(steps, bends)
    rest = bends if second else steps
    unit = _common_unit(rest)
    if unit != 1:
        rest //= unit
    folded = ((rest << 1) ^ (rest >> 63)).view(np.uint64)  # zigzag: 0, -1, 1, -2, … as 0, 1, 2, 3, …
    width = max((int(folded.max()).bit_length() + 7) // 8, 1)
    head = STEPS + _HEAD.pack(2 if second else 1, width, unit, int(column[0]))
    if second:
        head += _FIRST_STEP.pack(int(steps[0]))
    return head + pack_planes(folded, width)


def _is_steady(steps: NDArray[np.int64], bends: NDArray[np.int64]) -> bool:
    """Tell whether the differences of the differences are smaller than these differ from their mean."""
    some = slice(None, None, len(bends) // 256 + 1)
    near, bent = steps[some].astype(np.float64), bends[some].astype(np.float64)
    near -= near.sum() / len(near)
    return float(np.dot(bent, bent)) < float(np.dot(near, near))


def _common_unit(rest: NDArray[np.int64]) -> int:
    """Return the greatest number that divides them all, below 2**63; 1 if all are 0."""
    unit = math.gcd(*rest[:: len(rest) // _LOOKS + 1].tolist())
    while unit != 1:
        if unit >= _TOP_BIT:
            return 1
        over = rest - rest // unit * unit if unit else rest
        over = over[over != 0]
        if not len(over):
            break
        unit = math.gcd(unit, *over[:_LOOKS].tolist())
    return unit or 1


def _unpack_steps(body: bytes, rows: int) -> NDArray[np.int64]:
    if len(body) < _HEAD.size:
        raise CodecError(f"steps: expected {_HEAD.size} bytes at least, found {len(body)}")
    order, width, unit, first = _HEAD.unpack_from(body)
    size = _HEAD.size + _FIRST_STEP.size * (order - 1)
    if order not in {1, 2} or not 1 <= width <= VALUE_BYTES or rows <= order or len(body) < size:
        raise CodecError(f"steps: {len(body)} bytes for {rows} values, order {order}, width {width}")
    folded = unpack_planes(body[size:], rows - order, width)
    rest = (folded >> 1) ^ -(folded & 1)
    # Room for what comes before the differences: each sum then begins with it.
    column = np.empty(rows, np.int64)
    column[order:] = rest.view(f"i{rest.itemsize}")
    if unit != 1:
        column[order:] *= unit
    if order == 2:  # noqa: PLR2004 - the order is one of two
        (column[1],) = _FIRST_STEP.unpack_from(body, _HEAD.size)
        np.add.accumulate(column[1:], out=column[1:])
    column[0] = first
    return np.add.accumulate(column, out=column)
