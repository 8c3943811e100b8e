"""Columns of a recording as bytes, and back, to the bit; see docs/recording-format.md, "A column".

Sensors send numbers of few digits. As whole numbers their differences are small: a byte or two, most of them alike.
Floats of another kind are only shuffled: their upper bytes are alike. zlib does the rest.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.flow.records import is_absent
from stripchart.store.format.codec_text import LONG_TEXT, TEXT, pack_texts, unpack_texts
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

__all__ = ["MAX_ROWS", "CodecError", "decimals", "pack", "pack_ints", "unpack", "unpack_ints"]

DECIMAL: Final = b"\4"
SPARSE: Final = b"\5"

MAX_DIGITS: Final = 12
MAX_SPARSE: Final = 4
"""Values that are kept apart one after the other: say ABSENT, NaN, -0.0 and an infinity."""

_POWERS: Final = [10.0**digits for digits in range(MAX_DIGITS + 1)]
_MAX_WHOLE: Final = 2.0**53
"""Up to here each whole number is a float64."""
_LOOKS: Final = 16
"""Values that are looked at before all of them are."""
_LENGTH_BYTES: Final = 4


def pack(column: NDArray[Any]) -> bytes:
    """Return the bytes of a column, shape (n,), of float64 or, as objects, of ``str``; n is at most ``MAX_ROWS``."""
    if len(column) > MAX_ROWS:
        raise ValueError(f"a column of {len(column):,} values, expected at most {MAX_ROWS:,}")
    if column.dtype == object:
        return pack_texts(column)
    return _pack_floats(np.ascontiguousarray(column, np.float64), MAX_SPARSE)


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


def decimals(column: NDArray[np.float64]) -> int | None:
    """Return how many digits after the point a column's values have.

    Returns
    -------
    The smallest number of 0 to ``MAX_DIGITS`` by which every value, NaN left out, is exactly ``i / 10**digits`` in
    float64 with a whole number ``abs(i) < 2**53``. None if there is none, as with -0.0 and infinities.
    """
    found = _as_decimals(column)
    if found is None:
        return None
    digits, _, fits = found
    return digits if np.isnan(column[~fits]).all() else None


def pack_quickly(column: NDArray[Any]) -> bytes:
    """Return the bytes of a column of numbers that will soon be packed anew, with others: in a tenth of the time."""
    same = len(column) > 0 and are_same(column.view(np.uint64))
    return CONSTANT + pack_plain(column[:1]) if same else PLAIN + pack_plain(column)


def _pack_floats(column: NDArray[np.float64], layers: int) -> bytes:
    """Pack a column, of which the cells of ``layers`` more values may be kept apart."""
    bits = column.view(np.uint64)
    if not len(column):
        return PLAIN
    if are_same(bits):
        return CONSTANT + pack_plain(column[:1])
    apart = is_absent(column)
    if not apart.any():
        found = _as_decimals(column)
        if found is not None:
            digits, whole, fits = found
            if fits.all():
                return DECIMAL + bytes([digits]) + pack_ints(whole.astype(np.int64))
            apart = bits == bits[np.argmin(fits)]
    if layers and apart.any():
        return _pack_sparse(column, apart, layers)
    packed = pack_planes(bits, VALUE_BYTES)
    return SHUFFLED + packed if len(packed) < column.nbytes else PLAIN + pack_plain(column)


def _pack_sparse(column: NDArray[np.float64], apart: NDArray[np.bool_], layers: int) -> bytes:
    """Keep the cells of one value apart from the others."""
    value = pack_plain(column[apart][:1])
    mask = compress(np.packbits(apart).tobytes())
    length = len(mask).to_bytes(_LENGTH_BYTES, "little")
    return b"".join([SPARSE, value, length, mask, _pack_floats(column[~apart], layers - 1)])


def _as_decimals(column: NDArray[np.float64]) -> tuple[int, NDArray[np.float64], NDArray[np.bool_]] | None:
    """Look for the number of digits by which all values are decimals, except NaN, infinities and -0.0.

    Returns
    -------
    The digits, the whole numbers, and for which values these are right; None if some finite value is no decimal.
    """
    digits = _fewest_digits(column[:: len(column) // _LOOKS + 1])
    while digits is not None:
        whole, fits = _scale(column, _POWERS[digits])
        if fits.all():
            return digits, whole, fits
        others = column[~fits]
        others = others[np.isfinite(others) & (others != 0)]
        if not len(others):
            return digits, whole, fits
        more = _fewest_digits(others[:_LOOKS])
        digits = more if more is not None and more > digits else None
    return None


def _fewest_digits(few: NDArray[np.float64]) -> int | None:
    """Return how many digits a few values have, as ``_as_decimals`` does for all; so few are faster without NumPy."""
    digits = 0
    for value in few.tolist():
        if value == 0 or not math.isfinite(value):
            continue
        while True:
            scaled = value * _POWERS[digits]
            if not abs(scaled) < _MAX_WHOLE:
                return None
            if round(scaled) / _POWERS[digits] == value:
                break
            digits += 1
            if digits > MAX_DIGITS:
                return None
    return digits


def _scale(column: NDArray[np.float64], power: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the nearest whole numbers of values times a power of ten, and which of them give the value back."""
    with np.errstate(over="ignore", invalid="ignore"):  # what is too great does not fit
        whole = np.rint(column * power)
        whole += 0.0  # -0.0 becomes 0.0
        back = whole / power
    fits = back.view(np.uint64) == column.view(np.uint64)
    fits &= np.abs(whole) < _MAX_WHOLE
    return whole, fits


def _unpack_floats(data: bytes, rows: int, layers: int) -> NDArray[np.float64]:
    kind, body = data[:1], data[1:]
    if kind == DECIMAL:
        if not body or body[0] > MAX_DIGITS:
            raise CodecError(f"decimal: expected 0 to {MAX_DIGITS} digits, found {body[:1]!r}")
        floats: NDArray[np.float64] = unpack_ints(body[1:], rows) / _POWERS[body[0]]
        return floats
    if kind == SPARSE:
        if not layers:
            raise CodecError(f"sparse: more than {MAX_SPARSE} in one another")
        return _unpack_sparse(body, rows, layers)
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
