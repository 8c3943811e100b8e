r"""The fast way through lines that differ in their numbers only.

A line is text with numbers in it; what stands between the numbers is its *literals*::

    temp:23.5, hum:40\n        literals "temp:", ", hum:", ""
    1.5,2.5,3.5\n              literals "", ",", ",", ""

Each literal is replaced by one byte, its marker, in all lines at once. Deleting the bytes that numbers are made of then
leaves the markers alone, and comparing these with what one line should leave, times the number of lines, proves that
all lines have exactly this form. With the markers turned into commas the whole is one JSON array, which orjson reads
faster than NumPy or a dataframe library reads small text. What orjson refuses (``nan``, ``+1``, ``007``) and what does
not have the form is left to the caller, line by line.
"""

from __future__ import annotations

import struct
from itertools import compress
from operator import not_
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NUMBER: Final = b"0123456789+-.eE"
_BLANK: Final = b" "


class Template:
    """The fixed parts of a line.

    Parameters
    ----------
    literals
        What stands before the first number, between each two, and after the last one.

    Raises
    ------
    ValueError
        If there are too many different literals to give each a byte of its own.
    """

    def __init__(self, literals: Sequence[str]) -> None:
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
        self._squeeze = _BLANK in between
        # A marker takes the place of a literal together with the separator before it, the first and the last one
        # beside the line end: so no number can hide between a marker and its place.
        self._replacements = [(b"\n" + start, b"\n" + first), (end + b"\n", last + b"\n"), *markers.items()]
        self._replacements = [(old, new) for old, new in self._replacements if old != new]
        self._markers = [marker for marker in (first, last, *markers.values()) if marker]
        taken = b"".join(self._markers)
        self._estrange = bytes.maketrans(taken, alien * len(taken))
        inner = [markers.get(literal, literal) for literal in between]
        self._form = first + b"".join(inner) + last
        self._deleted = _NUMBER if self._squeeze else _NUMBER + _BLANK
        commas = b"".join(inner).strip(b",")
        self._to_json = bytes.maketrans(commas + first + last, b"," * len(commas) + b" " * len(first + last))
        self._is_json = not commas + first + last  # but for the line ends

    def read_all(self, data: bytes, rows: int) -> NDArray[np.float64] | None:
        r"""Return the numbers of all lines, if all have the form.

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
        if data.translate(None, self._deleted) != (self._form + b"\n") * rows:
            return None
        return self._numbers(data)

    def read(self, data: bytes, rows: int) -> tuple[NDArray[np.float64], list[int]]:
        """Return the numbers of the lines that have the form, and the indices of those that have not.

        Returns
        -------
        float64, shape (columns, rows - odd), and the ``odd`` indices in order.
        """
        data = self._mark(data)
        skeleton = data.translate(None, self._deleted)
        if skeleton == (self._form + b"\n") * rows:
            numbers = self._numbers(data)
            if numbers is not None:
                return numbers, []
        fits = [left == self._form for left in skeleton.split(b"\n")][:rows]
        odd = list(compress(range(rows), map(not_, fits)))
        blocks, refused = self._search(list(compress(data.split(b"\n"), fits)))
        if refused:
            fitting = list(compress(range(rows), fits))
            odd = sorted(odd + [fitting[place] for place in refused])
        return np.concatenate(blocks, axis=1) if blocks else np.empty((self.columns, 0)), odd

    def _mark(self, data: bytes) -> bytes:
        """Replace the literals by their markers."""
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

    def _numbers(self, data: bytes) -> NDArray[np.float64] | None:
        """Read marked lines that have the form."""
        try:
            data = data[:-1].replace(b"\n", b",")  # in a third of the time that `translate` takes
            flat = orjson.loads(b"[" + (data if self._is_json else data.translate(self._to_json)) + b"]")
        except orjson.JSONDecodeError:
            return None
        return to_columns(flat, self.columns) if flat else None  # a single cell may be blank

    def _search(self, lines: Sequence[bytes]) -> tuple[list[NDArray[np.float64]], list[int]]:
        """Read marked lines that have the form, halving them until those that orjson refuses are alone.

        Returns
        -------
        The numbers in blocks of shape (columns, lines), and the places of the lines refused.
        """
        numbers = self._numbers(b"\n".join(lines) + b"\n") if lines else None
        if numbers is not None:
            return [numbers], []
        if len(lines) < 2:  # noqa: PLR2004 - nothing to halve
            return [], list(range(len(lines)))
        middle = len(lines) // 2
        before, refused = self._search(lines[:middle])
        after, refused_after = self._search(lines[middle:])
        return before + after, refused + [place + middle for place in refused_after]


def to_columns(numbers: Sequence[float], columns: int) -> NDArray[np.float64]:
    """Turn a list of rows, one after the other, into columns: float64, shape (columns, rows).

    There is no negative zero in them, as in ``cells.to_number``. To pack a list of numbers takes ``struct`` 40 % of the
    time that ``np.fromiter`` takes.
    """
    table = np.frombuffer(struct.pack(f"{len(numbers)}d", *numbers)).reshape(-1, columns)
    return np.add(table.T, 0.0, order="C")


def _trimmed(literal: bytes) -> bytes:
    """Take off blanks that may as well be missing: JSON allows them around a number."""
    bare = literal.strip(b" \t")
    if not bare:
        return b"\t" if b"\t" in literal else _BLANK
    if bare[:1] in b",;":
        return bare
    return literal.rstrip(_BLANK)


def literals_around(text: str, parts: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Return what stands around the numbers of a line; each cell is the end of its part, and the parts are in order."""
    literals, done = [], 0
    for part, cell in zip(parts, cells, strict=True):
        stop = text.index(part, done) + len(part)
        literals.append(text[done : stop - len(cell)])
        done = stop
    return [*literals, text[done:]]
