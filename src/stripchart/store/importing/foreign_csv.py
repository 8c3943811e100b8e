"""CSV of other programs: a time, and numbers or texts beside it.

- The delimiter is the first of ``;``, ``,``, tab and blanks that makes as many cells in the second line as in the
  first. A decimal comma is read where the delimiter allows one. Empty lines, and lines that begin with ``#``, are
  passed over.
- A first line without any number or time is the head; ``temp [°C]`` is a name with a unit. Without a head the columns
  are ``column 1``, ``column 2``, …
- The time is the first column that holds one; ``times`` says what counts. A date and a time of day may stand in
  two cells. It is as exact as it is written.
- A cell is a number if it reads as one, else a text: a column that holds both is two channels of one name. Words for
  nothing (``NA``, ``null``, …) are nothing.
- A row may be shorter than the head, not longer.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.decoders.cells import TIME_NAMES, counted, distinct, listed
from stripchart.decoders.csv import read_number
from stripchart.errors import ConfigError
from stripchart.flow.records import ABSENT, Batch, Channel, Kind
from stripchart.store.exporting.labels import from_label
from stripchart.store.importing.lines import BLOCK_ROWS, mistake, read_lines
from stripchart.store.importing.times import (
    EXPECTED,
    BadTimeError,
    TimeReader,
    epoch_unit,
    is_clock,
    is_date,
    is_time,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from stripchart.store.importing.importer import Options
    from stripchart.store.importing.lines import Line

NOTHING: Final = frozenset({"", "NA", "N/A", "#N/A", "null", "NULL", "None", "-"})
"""Words for a value that is not there."""
_DELIMITERS: Final = (";", ",", "\t", " ")
_DECIMAL: Final = re.compile(r"[\d.+eE-]+", re.ASCII)


class ForeignCsv:
    """Reads one file.

    Raises
    ------
    ConfigError
        If there is no time in it, or no row.
    """

    def __init__(self, path: Path, options: Options) -> None:
        self.notes: list[str] = []
        self.size = path.stat().st_size
        self._path = path
        self._stream = options.stream or path.stem
        self._delimiter = _find_delimiter(path)
        head, first = self._first_rows()
        self._skipped = head.number if head else 0
        width = len(head.cells if head else first.cells)
        labels = head.cells if head else [f"column {number}" for number in range(1, width + 1)]
        self._head = labels
        self._width = max(width, len(first.cells))
        self._time = self._find_time(options.time_column, labels, first)
        self._reader = TimeReader(options.zone)
        self._columns = self._name_columns(labels)
        self._numeric: set[int] = set()
        self._odd: dict[str, int] = {}

    def batches(self, progress: Callable[[int], None]) -> Iterator[Batch]:
        """Yield the rows; ConfigError if one is not as it should be."""
        rows = (line for line in self._rows(progress) if line.number > self._skipped and line.cells != self._head)
        while block := list(islice(rows, BLOCK_ROWS)):
            yield self._block(block)
        self.notes += [
            f"{name}: no numbers, kept as text: {counted(count, 'cell')}" for name, count in self._odd.items()
        ]

    def _rows(self, progress: Callable[[int], None] = lambda _: None) -> Iterator[Line]:
        """Yield the rows that hold anything, their cells without blanks around them."""
        for line in read_lines(self._path, self._delimiter, progress):
            cells = [cell.strip() for cell in line.cells]
            while cells and not cells[-1]:
                cells.pop()
            if cells and not cells[0].startswith("#"):
                yield line._replace(cells=cells)

    def _first_rows(self) -> tuple[Line | None, Line]:
        """Return the head, if there is one, and the first row of values."""
        rows = self._rows()
        head = next(rows, None)
        if head is None:
            raise ConfigError(f"{self._path}: expected rows of CSV, found none")
        if any(read_number(cell, self._delimiter) is not None or is_time(cell) for cell in head.cells):
            return None, head
        first = next(rows, None)
        if first is None:
            raise ConfigError(f"{self._path}: expected rows of values below the head, found none")
        return head, first

    def _find_time(self, wanted: str, labels: Sequence[str], first: Line) -> list[int]:
        """Return the places of the time: one, or those of the date and of the time of day."""
        names = [from_label(label).name for label in labels]
        cells = [*first.cells, *[""] * (self._width - len(first.cells))]
        if wanted:
            found = [place for place, name in enumerate(names) if wanted in {name, labels[place]}]
            if not found:
                raise ConfigError(f"{self._path}: expected a column {wanted!r}, found {listed(names)}")
            place = found[0]
        else:
            times = [place for place, cell in enumerate(cells) if is_time(cell) and not epoch_unit(cell)]
            times += [
                place
                for place, cell in enumerate(cells)
                if epoch_unit(cell) and (not place or names[place].lower() in TIME_NAMES)
            ]
            if not times:
                shown = ", ".join(f"{name} = {cell!r}" for name, cell in list(zip(names, cells, strict=False))[:4])
                raise mistake(self._path, first.number, f"{EXPECTED} in one of the columns", shown)
            place = times[0]
        if is_date(cells[place]) and place + 1 < len(cells) and is_clock(cells[place + 1]):
            return [place, place + 1]
        return [place]

    def _name_columns(self, labels: Sequence[str]) -> dict[int, Channel]:
        """Return the channel of each column besides the time."""
        channels = {place: from_label(label) for place, label in enumerate(labels) if place not in self._time}
        names = distinct([channel.name or f"column {place + 1}" for place, channel in channels.items()])
        return {
            place: Channel(name, channel.unit) for (place, channel), name in zip(channels.items(), names, strict=True)
        }

    def _block(self, block: Sequence[Line]) -> Batch:
        for line in block:
            if len(line.cells) > len(self._head):
                raise mistake(self._path, line.number, f"at most {len(self._head)} cells", str(len(line.cells)))
            line.cells.extend([""] * (len(self._head) - len(line.cells)))
        columns = list(zip(*(line.cells for line in block), strict=True))
        time = self._times(block, columns)
        channels: list[Channel] = []
        values: list[NDArray[Any]] = []
        for place, channel in self._columns.items():
            numbers, texts = self._column(place, columns[place])
            if numbers is not None:
                channels.append(channel)
                values.append(numbers)
            if texts is not None:
                channels.append(channel._replace(kind=Kind.TEXT))
                values.append(texts)
        return Batch(self._stream, tuple(channels), time, tuple(values))

    def _times(self, block: Sequence[Line], columns: Sequence[Sequence[str]]) -> NDArray[np.int64]:
        cells = [" ".join(each) for each in zip(*(columns[place] for place in self._time), strict=True)]
        try:
            return self._reader.read(cells)
        except BadTimeError as error:
            place = error.args[0]
            raise mistake(self._path, block[place].number, EXPECTED, repr(cells[place])) from None

    def _column(self, place: int, cells: Sequence[str]) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
        """Return the numbers and the texts of a column; None where there is not one of them."""
        numbers, texts = np.full(len(cells), ABSENT), np.full(len(cells), "", object)
        there = words = 0
        for row, cell in enumerate(cells):
            value = _value(cell, self._delimiter)
            if isinstance(value, float):
                numbers[row] = value
                there += 1
            elif value:
                texts[row] = value
                words += 1
        if there:
            self._numeric.add(place)
        if words and place in self._numeric:
            name = self._columns[place].name
            self._odd[name] = self._odd.get(name, 0) + words
        return numbers if there else None, texts if words else None


def _value(cell: str, delimiter: str) -> float | str:
    """Return the number or the text that a cell holds; an empty text if it holds nothing."""
    if _DECIMAL.fullmatch(cell):  # nearly all are: this is the quick way
        try:
            return float(cell)
        except ValueError:
            pass
    if cell in NOTHING:
        return ""
    number = read_number(cell, delimiter)
    return cell if number is None else number


def _find_delimiter(path: Path) -> str:
    """Return what stands between the cells, by the first two lines that are no comments."""
    several = ""
    for delimiter in _DELIMITERS:
        rows = (line.cells for line in read_lines(path, delimiter) if line.cells and line.cells[0][:1] != "#")
        try:
            sizes = [len(cells) for cells in islice(rows, 2)]
        except ConfigError:  # a quote where this delimiter allows none
            continue
        if sizes and sizes[0] > 1 and sizes[0] == sizes[-1]:
            return delimiter
        several = several or (delimiter if any(size > 1 for size in sizes) else "")
    return several or ","
