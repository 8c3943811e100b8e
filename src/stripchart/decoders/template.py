r"""The fast way through lines that differ in their numbers only.

A line is text with numbers in it; what stands between the numbers is its *literals*::

    temp:23.5, hum:40\n        literals "temp:", ", hum:", ""
    1.5,2.5,3.5\n              literals "", ",", ",", ""

Each literal is replaced by one byte, its marker, in all lines at once. Deleting the bytes that numbers are made of then
leaves the markers alone, the *skeleton*. Comparing it with what one line should leave, times the number of lines,
proves that all lines have exactly this form. With the markers turned into commas the whole is one JSON array, which
orjson reads faster than NumPy or a dataframe library reads small text. Numbers that are none in JSON (``+1``, ``007``)
are left to ``float``; lines that do not have the form, or hold anything else (``nan``), to the caller.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NUMBER_BYTES: Final = b"0123456789+-.eE"
_BLANK: Final = b" "
_NEWLINE: Final = ord("\n")


class Template:
    """The fixed parts of a line.

    Parameters
    ----------
    literals
        What stands before the first number, between each two, and after the last one.
    decimal_comma
        A comma within a number is as good as a point. No literal may have one then.

    Raises
    ------
    ValueError
        If there are too many different literals to give each a byte of its own.
    """

    def __init__(self, literals: Sequence[str], *, decimal_comma: bool = False) -> None:
        start, *between, end = [literal.encode() for literal in literals]
        start, end, between = start.rstrip(_BLANK), end if end.strip(_BLANK) else b"", list(map(_trimmed, between))
        free = iter(sorted(set(range(128, 256)) - set(b"".join((start, end, *between)))))
        long = sorted({literal for literal in between if len(literal) > 1}, key=len, reverse=True)
        try:
            markers = {literal: bytes([next(free)]) for literal in long}
            first = bytes([next(free)]) if start else b""
            last = bytes([next(free)]) if end else b""
            alien = bytes([next(free)])
        except StopIteration:
            raise ValueError(f"{len(long)} different literals are too many") from None
        self.columns = len(between) + 1
        self._decimal_comma = decimal_comma
        self._squeeze = _BLANK in between
        # A marker takes the place of a literal together with the separator before it, the first and the last one
        # beside the line end: so no number can hide between a marker and its place.
        self._replacements = [(b"\n" + start, b"\n" + first), (end + b"\n", last + b"\n"), *markers.items()]
        self._replacements = [(old, new) for old, new in self._replacements if old != new]
        self._markers = [marker for marker in (first, last, *markers.values()) if marker]
        taken = b"".join(self._markers)
        self._estrange = bytes.maketrans(taken, alien * len(taken))
        inner = [markers.get(literal, literal) for literal in between]
        self._skeleton = first + b"".join(inner) + last + b"\n"
        self._deleted = NUMBER_BYTES if self._squeeze else NUMBER_BYTES + _BLANK
        commas = b"".join(inner).strip(b",")
        self._to_json = bytes.maketrans(commas + first + last, b"," * len(commas) + b" " * len(first + last))
        self._is_json = not commas + first + last  # but for the line ends

    def read_all(self, data: bytes, rows: int) -> NDArray[np.float64] | None:
        r"""Return the numbers of all lines, if all have the form and are read at once.

        Parameters
        ----------
        data
            Lines, each ended by ``\n``.
        rows
            How many there are.

        Returns
        -------
        float64, shape (columns, rows), or None.
        """
        data = self._mark(data)
        return self._numbers(data) if self._fits(data, rows) else None

    def read(self, data: bytes, rows: int) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
        """Return the numbers of the lines that have the form, and which these are.

        Returns
        -------
        float64, shape (columns, n), and bool, shape (rows,), with n of them true; None if all are.
        """
        data = self._mark(data)
        if self._fits(data, rows):
            numbers = self._numbers(data)
            if numbers is not None:
                return numbers, None
            fits = np.ones(rows, np.bool_)
        else:
            fits = self._which_fit(data)
            data = _compress(data, fits)
            numbers = self._numbers(data)
        if numbers is None:
            numbers, refused = self._numbers_by_line(data)
            fits[np.flatnonzero(fits)[refused]] = False
        return numbers, None if fits.all() else fits

    def _mark(self, data: bytes) -> bytes:
        """Replace the literals by their markers."""
        if self._decimal_comma:
            data = data.replace(b",", b".")
        if not self._replacements and not self._squeeze:
            return data
        if any(marker in data for marker in self._markers):  # as received, it must not pass for a literal
            data = data.translate(self._estrange)
        data = b"\n" + data
        if self._squeeze:
            while b"  " in data:
                data = data.replace(b"  ", b" ")
            data = data.replace(b"\n ", b"\n").replace(b" \n", b"\n")
        for literal, marker in self._replacements:
            data = marker.join(data.split(literal))  # as `replace`, in 70 % of its time: that one counts first
        return data[1:]

    def _fits(self, data: bytes, rows: int) -> bool:
        """Say whether all of these marked lines have the form."""
        return data.translate(None, self._deleted) == self._skeleton * rows

    def _which_fit(self, data: bytes) -> NDArray[np.bool_]:
        """Say of each marked line whether it has the form: bool, shape (lines,)."""
        skeleton = np.frombuffer(data.translate(None, self._deleted), np.uint8)
        length = len(self._skeleton)
        ends = np.flatnonzero(skeleton == _NEWLINE)
        sizes = ends.copy()
        sizes[1:] -= ends[:-1]
        sizes[0] += 1
        fits: NDArray[np.bool_] = sizes == length
        if length > 1:
            left = skeleton[ends[fits, np.newaxis] - np.arange(length)[::-1]]
            fits[fits] = (left == np.frombuffer(self._skeleton, np.uint8)).all(axis=1)
        return fits

    def _to_array(self, data: bytes) -> bytes:
        """Put commas between the numbers of marked lines, but for the line ends."""
        return data if self._is_json else data.translate(self._to_json)

    def _numbers(self, data: bytes) -> NDArray[np.float64] | None:
        """Read marked lines that have the form; None if orjson cannot."""
        data = data[:-1].replace(b"\n", b",")  # in a third of the time that `translate` takes
        try:
            flat = orjson.loads(b"[%b]" % self._to_array(data))
        except orjson.JSONDecodeError:
            return None
        return to_columns(flat, self.columns) if flat else None  # a single cell may be blank

    def _numbers_by_line(self, data: bytes) -> tuple[NDArray[np.float64], list[int]]:
        """Read marked lines that have the form, and return the places of those that cannot be read."""
        numbers: list[float] = []
        refused = []
        for place, line in enumerate(self._to_array(data).split(b"\n")[:-1]):
            try:
                numbers += list(map(float, line.split(b",")))
            except ValueError:
                refused.append(place)
        return to_columns(numbers, self.columns), refused


def to_columns(numbers: Sequence[float], columns: int) -> NDArray[np.float64]:
    """Turn a list of rows, one after the other, into columns: float64, shape (columns, rows)."""
    return np.ascontiguousarray(to_array(numbers).reshape(-1, columns).T)


def to_array(numbers: Sequence[float]) -> NDArray[np.float64]:
    """Turn a list of numbers into an array.

    There is no negative zero in it, as in ``cells.to_number``. To pack a list of numbers takes ``struct`` 40 % of the
    time that ``np.fromiter`` takes.
    """
    return np.frombuffer(struct.pack(f"{len(numbers)}d", *numbers)) + 0.0


def literals_around(text: str, parts: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Return what stands around the numbers of a line; each cell is the end of its part, and the parts are in order."""
    literals, done = [], 0
    for part, cell in zip(parts, cells, strict=True):
        stop = text.index(part, done) + len(part)
        literals.append(text[done : stop - len(cell)])
        done = stop
    return [*literals, text[done:]]


def _compress(data: bytes, kept: NDArray[np.bool_]) -> bytes:
    """Leave out the lines that are not kept."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE) + 1
    edges = [0, *ends[np.flatnonzero(np.diff(kept))].tolist(), len(data)]
    spans = list(pairwise(edges))
    return b"".join([data[start:stop] for start, stop in spans[not kept[0] :: 2]])


def _trimmed(literal: bytes) -> bytes:
    """Take off blanks that may as well be missing: JSON allows them around a number."""
    bare = literal.strip(b" \t")
    if not bare:
        return b"\t" if b"\t" in literal else _BLANK
    if bare[:1] in b",;":
        return bare
    return literal.rstrip(_BLANK)
