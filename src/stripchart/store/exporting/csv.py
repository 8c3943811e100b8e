"""Rows as CSV: UTF-8, commas, lines that end in a line feed, quotes where they are needed (RFC 4180).

One stream is a table with a column for each channel; an empty line says that something is missing there::

    time,stream,temp [°C],door (state),mode (text)
    2026-05-01T10:00:00.000000000Z,bench,21.5,1.0,"run, fast"

    2026-05-01T10:00:07.000000250Z,bench,nan,,idle

Several streams are one value a line, all rows of the first stream before those of the next::

    time,stream,row,channel,unit,kind,value
    2026-05-01T10:00:00.000000000Z,bench,0,temp,°C,number,21.5
    2026-05-01T10:00:00.000000000Z,bench,0,mode,,text,"run, fast"
    2026-05-01T10:00:07.000000250Z,bench,1,,,gap,

- ``time`` is UTC to the nanosecond. The head of a column is told in ``labels``.
- A number has the fewest digits that read back to the bit. ``nan`` is what a sensor sent as such, whatever the bits of
  that NaN; an empty cell came not at all. An empty text is no different from one that never came.
- ``row`` numbers the rows of a stream from 0; a line of kind ``gap`` stands before a row that something is missing
  before. A row that holds nothing is one line with an empty value.
- Names and texts that begin as a formula does, or with an apostrophe, have an apostrophe before them, so that no
  spreadsheet runs them. Lone surrogates, which UTF-8 has not, read ``?``.

``stripchart import`` reads both back exactly.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import orjson

from stripchart.flow.records import Kind, is_absent
from stripchart.store.exporting.formulas import defuse
from stripchart.store.exporting.iso import to_iso
from stripchart.store.exporting.labels import to_label
from stripchart.store.reading.rows import held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.flow.records import Batch, Channel
    from stripchart.store.reading.rows import Choice

WIDE_HEAD: Final = ("time", "stream")
LONG_HEAD: Final = ("time", "stream", "row", "channel", "unit", "kind", "value")
GAP: Final = "gap"
"""Kind of a line that stands for something missing."""
_SPECIAL: Final = re.compile(r'[",\r\n]')


class CsvEncoder:
    """Writes one stream as a table, several as one value a line."""

    suffix: ClassVar[str] = ".csv"
    media_type: ClassVar[str] = "text/csv; charset=utf-8"

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._choices = choices
        self._wide = len(choices) == 1
        self._rows: dict[str, int] = {}

    def begin(self) -> bytes:
        """Return the head line."""
        if not self._wide:
            return _encode([",".join(LONG_HEAD)])
        labels = [_text(to_label(channel)) for channel in self._choices[0].channels]
        return _encode([",".join((*WIDE_HEAD, *labels))])

    def feed(self, batch: Batch) -> bytes:
        """Return the lines of some rows, at least one, as a ``Table`` gave them."""
        return _encode(self._wide_lines(batch) if self._wide else self._long_lines(batch))

    def finish(self) -> bytes:
        """Return what ends the file."""
        return b""

    def _wide_lines(self, batch: Batch) -> list[str]:
        stream = f",{_text(batch.stream)}"
        heads = [time + stream for time in to_iso(batch.time)]
        columns = [_cells(*column) for column in zip(batch.channels, batch.values, strict=True)]
        lines = list(map(",".join, zip(heads, *columns, strict=True)))
        return ["", *lines] if batch.gap else lines

    def _long_lines(self, batch: Batch) -> list[str]:
        first = self._rows.get(batch.stream, 0)
        self._rows[batch.stream] = first + len(batch)
        stream = f",{_text(batch.stream)},"
        heads = [f"{time}{stream}{row}," for row, time in enumerate(to_iso(batch.time), first)]
        lines = np.empty((len(batch), len(batch.channels)), object)
        keep = np.empty(lines.shape, bool)
        for place, (channel, column) in enumerate(zip(batch.channels, batch.values, strict=True)):
            what = f"{_text(channel.name)},{_text(channel.unit)},{channel.kind},"
            lines[:, place] = [head + what + cell for head, cell in zip(heads, _cells(channel, column), strict=True)]
            keep[:, place] = held(column)
        keep[~keep.any(axis=1), 0] = True
        kept: list[str] = lines[keep].tolist()  # row by row
        return [f"{heads[0]},,{GAP},", *kept] if batch.gap else kept


def _cells(channel: Channel, column: NDArray[Any]) -> list[str]:
    if channel.kind is Kind.TEXT:
        return [_text(str(text)) for text in column.tolist()]
    # orjson finds the digits that Python's repr does, in a quarter of the time; what JSON lacks reads "null".
    text = orjson.dumps(np.ascontiguousarray(column), option=orjson.OPT_SERIALIZE_NUMPY).decode()
    cells = text[1:-1].split(",")
    odd = np.flatnonzero(~np.isfinite(column))
    if len(odd):
        empty = is_absent(column)
        for place in odd.tolist():
            cells[place] = "" if empty[place] else repr(float(column[place]))
    return cells


def _text(text: str) -> str:
    cell = defuse(text)
    return '"' + cell.replace('"', '""') + '"' if _SPECIAL.search(cell) else cell


def _encode(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")
