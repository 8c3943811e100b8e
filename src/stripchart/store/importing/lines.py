"""The lines of a CSV file as cells with their places, and mistakes that tell them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAX_LINE: Final = 4 << 20
"""Bytes of a line; a file without ends of lines must not fill the memory."""
MAX_CELL: Final = 1 << 20
"""Characters of a cell; a quote that is never closed would take the rest of the file."""
BLOCK_ROWS: Final = 2048
_REPORT_BYTES: Final = 1 << 18


class Line(NamedTuple):
    """A row of cells, which may stand on several lines of the file."""

    number: int
    """Of its last line, counted from 1."""
    cells: list[str]
    """None at all on an empty line."""


def mistake(path: Path, line: int, expected: str, found: str) -> ConfigError:
    """Return the error that a place in a file is not as it should be."""
    return ConfigError(f"{path}: line {line:,}: expected {expected}, found {found}")


def read_lines(path: Path, delimiter: str, progress: Callable[[int], None] = lambda _: None) -> Iterator[Line]:
    """Yield the rows of a file.

    Parameters
    ----------
    delimiter
        Between cells; blanks stand for any number of blanks.
    progress
        Is told now and then how many bytes more were read.

    Raises
    ------
    ConfigError
        If it cannot be read, is not UTF-8, or its quotes do not match.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
    reader = csv.reader(_texts(path, progress), delimiter=delimiter, skipinitialspace=delimiter == " ", strict=True)
    try:
        for cells in reader:
            yield Line(reader.line_num, cells)
    except csv.Error as error:
        raise mistake(path, reader.line_num, "cells of CSV, with quotes in pairs", str(error)) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _texts(path: Path, progress: Callable[[int], None]) -> Iterator[str]:
    number = told = read = 0
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE + 1):
            number += 1
            read += len(line)
            if len(line) > MAX_LINE:
                raise mistake(path, number, f"a line of at most {MAX_LINE:,} bytes", "a longer one")
            if read - told >= _REPORT_BYTES:
                progress(read - told)
                told = read
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                found = f"byte 0x{line[error.start]:02x}; perhaps it is Latin-1, which iconv -f LATIN1 -t UTF-8 mends"
                raise mistake(path, number, "UTF-8", found) from error
    progress(read - told)
