r"""Lines of cells: CSV as devices write it.

Grammar::

    line   = cell { delimiter cell } end          end = \n, \r\n or \r
    cell   = number | hex | quoted | text | nothing
    header = text { delimiter text }              at any time, or never
    delimiter = the first of ";", "," and tab that the line holds; else blanks

Traps, and what becomes of them:

- A header names the columns from then on; it counts for rows with its delimiter once a row of its length came, and
  between blanks only before the first row. It may come again after a reset of the device. Without one the columns are
  named ``column 1``, ``column 2``, ...
- Rows of varying length: a shorter row has its first columns only; a longer one has further columns ``column N``, but
  is rejected under a header ("unexpected columns": most likely a line end was lost).
- An empty cell is left out of the row; one delimiter at the end of a line means nothing.
- With semicolons, and with tabs if told to be the delimiter, ``1,5`` is a decimal comma.
- ``0x1A`` is a number; so is a quoted one.
- A date with a time of day at the beginning (ISO 8601, ``2025-10-31-18:35:45``, or two cells) is the time by the
  device's clock. Only one of them is skipped, but keeps its place. A number, as of ``millis()``, is a column.
- Text beside numbers makes a text channel, unless its column has held a number before: then the line is rejected ("not
  a number"), since noise looks like that. Between blanks it is prose, and rejected too, unless blanks were asked for.
- ``/*1,2*/``, as programs write for Serial Studio, is the row between the marks.
- Text alone is log text, or taken for a header that never counts.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, ClassVar, Final

from stripchart.decoders.cells import (
    MAX_COLUMNS,
    NOT_A_NUMBER,
    TIME,
    TOO_MANY_COLUMNS,
    WALL,
    FrameError,
    counted,
    is_label,
    is_text,
    to_channels,
    to_number,
    to_text,
    to_time,
)
from stripchart.decoders.headers import Header
from stripchart.decoders.linedecoder import LineDecoder
from stripchart.decoders.rows import Row, Shape
from stripchart.decoders.samples import Sample
from stripchart.decoders.template import literals_around
from stripchart.errors import ConfigError
from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from stripchart.flow.records import Channel, Tally

_NUMBER, _TEXT, _INSTANT, _WALL, _SKIPPED, _NOTHING = "ntsw.-"
_KINDS: Final = {_NUMBER: Kind.NUMBER, _TEXT: Kind.TEXT, _INSTANT: Kind.TIME, _WALL: Kind.TIME}
_UNITS: Final = {_INSTANT: "s", _WALL: WALL}
_DECIMAL_DELIMITERS: Final = frozenset({";", "\t"})
_HEX: Final = re.compile(r"[+-]?0[xX][0-9a-fA-F]{1,16}")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?", re.ASCII)


class CsvDecoder(LineDecoder):
    """Rows of cells; see the module for the grammar.

    Its shapes are ``(delimiter, kinds)``, with one letter for the kind of each cell.
    """

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="CSV with a header",
            recognised="The header may come at any time and again; without one, columns are numbered.",
            data=b"millis,temp,hum\n1000,21.5,40\n1100,21.6,41\n",
            values={"millis": [1000, 1100], "temp": [21.5, 21.6], "hum": [40, 41]},
        ),
        Sample(
            title="CSV with a date and a time",
            recognised="The first column is the time by the device's clock: ISO 8601 or alike, with a zone or without.",
            data=b"time,temp\n2025-10-31T18:35:45Z,21.5\n2025-10-31T18:35:46.5Z,21.6\n",
            values={"time": [1761935745.0, 1761935746.5], "temp": [21.5, 21.6]},
            units={"time": "s"},
        ),
        Sample(
            title="CSV with semicolons and decimal commas",
            recognised="As a spreadsheet writes it in many countries.",
            data=b"21,5;1013,2\n21,6;1013,1\n",
            values={"column 1": [21.5, 21.6], "column 2": [1013.2, 1013.1]},
        ),
        Sample(
            title="CSV with text, quotes and hexadecimal numbers",
            recognised="Text beside numbers is a text channel; an empty cell leaves its channel out.",
            data=b'mode,raw,temp\nidle,0x1A,21.5\n"run, fast",0x1B,\n',
            values={"mode": ["idle", "run, fast"], "raw": [26, 27], "temp": [21.5]},
        ),
        Sample(
            title="CSV between the marks of Serial Studio",
            recognised="`/*` before a row and `*/` behind it are left out.",
            data=b"/*21.5,40*/\n/*21.6,41*/\n",
            values={"column 1": [21.5, 21.6], "column 2": [40, 41]},
        ),
        Sample(
            title="Columns between tabs or blanks",
            recognised="One tab is a delimiter, any number of blanks is one.",
            data=b"1.5\t2.5\n1.6\t2.6\n  1.7    2.7\n",
            values={"column 1": [1.5, 1.6, 1.7], "column 2": [2.5, 2.6, 2.7]},
        ),
    )

    @dataclass(frozen=True, kw_only=True)
    class Options:
        r"""What a user may set.

        Attributes
        ----------
        delimiter
            One character, ``"tab"`` or ``"auto"``: found out line by line.
        columns
            Names of the columns, separated by commas, for a device that sends no header.
        """

        delimiter: str = "auto"
        columns: str = ""

        def __post_init__(self) -> None:
            if self.delimiter not in ("auto", "tab") and (len(self.delimiter) != 1 or self.delimiter in '"\r\n'):
                raise ConfigError(f"csv: delimiter: expected one character, 'tab' or 'auto', got {self.delimiter!r}")

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:
        options = options or self.Options()
        super().__init__(tally, Header.of_user(options.columns))
        self._delimiter = {"auto": "", "tab": "\t"}.get(options.delimiter, options.delimiter)
        self._prose = " " if not self._delimiter else ""
        self._numeric: set[int] = set()
        """Columns that held a number."""
        self._skipped = False  # a time that cannot be used

    def parse(self, line: bytes) -> Row | Header | None:
        """Read a line; see ``LineDecoder``."""
        delimiter, cells = self._split(to_text(line))
        stamp = list(takewhile(TIME.fullmatch, cells))
        kinds = _SKIPPED * len(stamp)
        values: list[float | str] = []
        clock = to_time(" ".join(stamp))
        if clock is not None:
            kinds = (_WALL if clock.unit == WALL else _INSTANT) + kinds[1:]
            values.append(clock.value)
        for cell in cells[len(stamp) :]:
            if not cell:
                kinds += _NOTHING
                continue
            value = read_number(cell, delimiter)
            kinds += _TEXT if value is None else _NUMBER
            values.append(cell if value is None else value)
        if _NUMBER not in kinds:
            if all(map(is_label, cells)):
                return Header(delimiter, tuple(cells))
            raise FrameError(NOT_A_NUMBER)
        for place, cell in enumerate(cells):
            if kinds[place] == _TEXT and (delimiter == self._prose or place in self._numeric or not is_text(cell)):
                raise FrameError(NOT_A_NUMBER)
        if len(cells) > MAX_COLUMNS:
            raise FrameError(TOO_MANY_COLUMNS)
        return Row((delimiter, kinds), values)

    def accept(self, header: Header) -> None:
        """Take a header row: the columns may be others now."""
        before = self.columns.version
        super().accept(header)
        if self.columns.version != before:
            self._numeric.clear()

    def channels(self, shape: Shape) -> tuple[Channel, ...]:
        """Name the columns by header or number."""
        delimiter, kinds = shape
        names = self.columns.names(delimiter, len(kinds), "column")
        self._numeric.update(place for place, kind in enumerate(kinds) if kind == _NUMBER)
        self._skipped = _SKIPPED in kinds and not _UNITS.keys() & set(kinds)
        return to_channels(
            [name for name, kind in zip(names, kinds, strict=True) if kind in _KINDS],
            [_UNITS.get(kind, "") for kind in kinds if kind in _KINDS],
            [_KINDS[kind] for kind in kinds if kind in _KINDS],
        )

    def labels(self, shape: Shape) -> tuple[str, ...]:
        """Return an empty label for each cell."""
        return ("",) * len(shape[1])

    def literals(self, line: bytes) -> list[str] | None:
        """Return the delimiters; None if a cell holds anything but a number."""
        text = line.decode()
        delimiter, cells = self._split(text)
        if '"' in text or any(read_number(cell, delimiter) is None or _HEX.fullmatch(cell) for cell in cells):
            return None
        self.decimal_comma = delimiter == ";" or delimiter == self._delimiter == "\t"
        return literals_around(text, cells, cells)

    def describe(self, channels: tuple[Channel, ...]) -> str:
        """Say how many columns there are."""
        named = ", header" if self.columns.counts else ""
        skipped = "; its time column is not used" if self._skipped else ""
        return f"CSV, {counted(len(channels), 'column')}{named}{skipped}"

    def _split(self, text: str) -> tuple[str, list[str]]:
        """Return the delimiter and the cells; a line of one cell has no delimiter."""
        text = _unframed(text)
        delimiter = self._delimiter or next((mark for mark in ";,\t" if mark in text), " ")
        if '"' in text:
            cells = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True))
        else:
            cells = text.split() if delimiter == " " else text.split(delimiter)
        cells = [cell.strip() for cell in cells]
        if len(cells) > 1 and not cells[-1]:
            del cells[-1]
        return delimiter if len(cells) > 1 else "", cells


def _unframed(text: str) -> str:
    bare = text.strip()
    framed = len(bare) > len("/**/") and bare.startswith("/*") and bare.endswith("*/")
    return bare[2:-2] if framed else text


def read_number(cell: str, delimiter: str) -> float | None:
    """Return the number that a cell holds, with a decimal comma where the delimiter allows one; None if it is none."""
    value = to_number(cell)
    if value is None:
        if _HEX.fullmatch(cell):
            return float(int(cell, 16))
        if delimiter in _DECIMAL_DELIMITERS and _DECIMAL_COMMA.fullmatch(cell):
            return to_number(cell.replace(",", "."))
    return value
