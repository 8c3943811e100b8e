"""Sensors send numbers of few digits: the whole numbers and the power of ten that make them, to the bit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_DIGITS: Final = 12
POWERS: Final = [10.0**digits for digits in range(MAX_DIGITS + 1)]

_MAX_WHOLE: Final = 2.0**53
"""Up to here each whole number is a float64."""
_LOOKS: Final = 16
"""Values that are looked at before all of them are."""


class Decimals(NamedTuple):
    """Values that are ``whole / 10**digits`` in float64, to the bit, with as few digits as will do."""

    digits: int
    whole: NDArray[np.float64]
    """Whole numbers, ``abs(whole) < 2**53``, shape (n,)."""
    fits: NDArray[np.bool_]
    """For which values they are right; the others are NaN, infinities and -0.0."""
    all_fit: bool


def find_decimals(column: NDArray[np.float64]) -> Decimals | None:
    """Return what the values of a column, shape (n,), are made of; None if some finite value is no decimal."""
    digits = _fewest_digits(column[:: len(column) // _LOOKS + 1])
    while digits is not None:
        whole, fits = _scale(column, POWERS[digits])
        if fits.all():
            return Decimals(digits, whole, fits, all_fit=True)
        others = column[~fits]
        others = others[np.isfinite(others) & (others != 0)]
        if not len(others):
            return Decimals(digits, whole, fits, all_fit=False)
        more = _fewest_digits(others[:_LOOKS])
        digits = more if more is not None and more > digits else None
    return None


def _fewest_digits(few: NDArray[np.float64]) -> int | None:
    """Return how many digits a few values have, as ``find_decimals`` does for all; they are faster without NumPy."""
    digits = 0
    for value in few.tolist():
        if value == 0 or not math.isfinite(value):
            continue
        while True:
            scaled = value * POWERS[digits]
            if not abs(scaled) < _MAX_WHOLE:
                return None
            if round(scaled) / POWERS[digits] == value:
                break
            digits += 1
            if digits > MAX_DIGITS:
                return None
    return digits


def _scale(column: NDArray[np.float64], power: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the nearest whole numbers of values times a power of ten, and which of them give the value back."""
    with np.errstate(over="ignore", invalid="ignore"):  # what is too great does not fit
        whole = column * power
        np.rint(whole, out=whole)
        whole += 0.0  # -0.0 becomes 0.0
        back = whole / power
    fits = back.view(np.uint64) == column.view(np.uint64)
    fits &= np.abs(whole, out=back) < _MAX_WHOLE
    return whole, fits
