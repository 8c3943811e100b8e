"""Rows leave as a file: any rows, in any format, piece by piece, so that none needs more memory than a few blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from stripchart.store.exporting.csv import CsvEncoder
from stripchart.store.exporting.json import JsonEncoder
from stripchart.store.exporting.parquet import ParquetEncoder
from stripchart.store.reading.rows import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from stripchart.flow.records import Batch
    from stripchart.store.reading.rows import Choice

FORMATS: Final[dict[str, Callable[[Sequence[Choice]], Encoder]]] = {
    "csv": CsvEncoder,
    "parquet": ParquetEncoder,
    "json": JsonEncoder,
}
SUFFIXES: Final = {"csv": CsvEncoder.suffix, "parquet": ParquetEncoder.suffix, "json": JsonEncoder.suffix}
MEDIA_TYPES: Final = {
    "csv": CsvEncoder.media_type,
    "parquet": ParquetEncoder.media_type,
    "json": JsonEncoder.media_type,
}
MAX_FILE_NAME: Final = 80
"""Characters of a name that we make, without what tells equal ones apart."""
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")


class Encoder(Protocol):
    """Rows in, bytes out."""

    def begin(self) -> bytes:
        """Return what the file begins with."""
        ...

    def feed(self, batch: Batch) -> bytes:
        """Take some rows, at least one, of one of its choices; return what is ready."""
        ...

    def finish(self) -> bytes:
        """Return what the file ends with."""
        ...


def render(
    choices: Sequence[Choice],
    form: str,
    read: Callable[[Choice], Iterable[Batch]],
    progress: Callable[[int], None] = lambda _: None,
) -> Generator[bytes]:
    """Yield a file, piece by piece.

    Parameters
    ----------
    choices
        What is in it, at least one.
    form
        One of ``FORMATS``.
    read
        Returns the rows of a choice: at most a few thousand a batch, with any of the channels of its stream.
    progress
        Is told how many rows have been read, after each batch.

    Raises
    ------
    ConfigError
        If the format needs a package that is not installed.
    """
    encoder = FORMATS[form](choices)
    yield encoder.begin()
    for choice in choices:
        for batch in Table(choice).feed(_watched(read(choice), progress)):
            yield encoder.feed(batch)
    yield encoder.finish()


def _watched(batches: Iterable[Batch], progress: Callable[[int], None]) -> Iterator[Batch]:
    for batch in batches:
        yield batch
        progress(len(batch))


def file_names(names: Iterable[str], suffix: str) -> list[str]:
    """Make a file's name of each name from outside: plain letters, digits, ``_`` and ``-``, and none twice.

    Nothing in them leads elsewhere, hides a file or means anything to a shell.
    """
    made: list[str] = []
    known: set[str] = set()
    for name in names:
        stem = _UNSAFE.sub("_", name)[:MAX_FILE_NAME].strip("_-") or "stream"
        free, number = stem, 2
        while free.lower() in known:  # some disks do not tell capitals apart
            free, number = f"{stem}_{number}", number + 1
        known.add(free.lower())
        made.append(free + suffix)
    return made
