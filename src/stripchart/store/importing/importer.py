"""Files of other programs, and our own exports, become a recording."""

from __future__ import annotations

import glob
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from stripchart.errors import ConfigError
from stripchart.store.importing import own_csv
from stripchart.store.importing.foreign_csv import ForeignCsv
from stripchart.store.importing.parquet import ParquetReader
from stripchart.store.writing.retention import Limits
from stripchart.store.writing.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo
    from pathlib import Path

    from stripchart.flow.records import Batch

CSV_SUFFIXES: Final = frozenset({".csv", ".tsv", ".txt"})
PARQUET_SUFFIXES: Final = frozenset({".parquet", ".pq"})
COMMIT_SAMPLES: Final = 500_000
"""Samples that wait in memory for the next commit."""


class Options(NamedTuple):
    """What a user says of a file."""

    stream: str = ""
    """Name of the stream; our own files tell theirs, others are called as the file."""
    time_column: str = ""
    """Where a file of another program has its times; found out if not given."""
    zone: tzinfo | None = None
    """Of times that tell none; this machine's if not given."""


class Reader(Protocol):
    """A file that is read."""

    notes: list[str]
    """What became of what is no sample."""
    size: int
    """How much there is to read, as ``progress`` counts it."""

    def batches(self, progress: Callable[[int], None]) -> Iterator[Batch]:
        """Yield its rows, and tell how much more was read."""
        ...


@dataclass
class Report:
    """What was imported."""

    rows: Counter[str] = field(default_factory=Counter)
    """Of each stream."""
    notes: list[str] = field(default_factory=list)


class OurCsv:
    """Our own CSV: what it holds, it tells itself."""

    def __init__(self, path: Path) -> None:
        self.notes: list[str] = []
        self.size = path.stat().st_size
        self._path = path

    def batches(self, progress: Callable[[int], None]) -> Iterator[Batch]:
        """Yield its rows; ConfigError if one is not as we write them."""
        return own_csv.read_ours(self._path, progress)


def import_file(path: Path, into: Path, options: Options, progress: Callable[[float], None] = lambda _: None) -> Report:
    """Put all rows of a file into a recording, or none.

    A new recording appears when it is complete. One that is there is continued; for its sake the file is read twice, so
    that a mistake at its end is known before anything is written.

    Parameters
    ----------
    into
        The recording; made if it is not there.
    progress
        Is told how much more was done, as a part of the whole.

    Raises
    ------
    ConfigError
        If the file is not as it should be, or the recording cannot be written.
    """
    if into.exists():
        half = _scaled(progress, 0.5)
        for _ in _rows(open_file(path, options), path, options, half):
            pass
        return _copy(path, options, into, half)
    part = into.with_name(f"{into.name}.part")
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)  # of an import that was killed
        report = _copy(path, options, part, progress)
        _publish(part, into)
    except OSError as error:
        raise ConfigError(f"{into}: cannot be written: {error.strerror}") from error
    finally:
        for left in part.parent.glob(f"{glob.escape(part.name)}*"):
            left.unlink(missing_ok=True)
    return report


def open_file(path: Path, options: Options) -> Reader:
    """Return what reads a file; ConfigError if it is of no kind that is known."""
    if not path.is_file():
        raise ConfigError(f"{path}: expected a file, found {'a folder' if path.is_dir() else 'none'}")
    suffix = path.suffix.lower()
    if suffix in PARQUET_SUFFIXES:
        return ParquetReader(path, options)
    if suffix in CSV_SUFFIXES:
        return OurCsv(path) if own_csv.is_ours(path) else ForeignCsv(path, options)
    raise ConfigError(f"{path}: expected a file that ends in .csv or .parquet, found {suffix or 'no ending'}")


def _copy(path: Path, options: Options, recording: Path, progress: Callable[[float], None]) -> Report:
    """Append all rows of a file to a recording."""
    reader = open_file(path, options)
    writer = Writer(recording, title=path.name, config={"import": path.name}, limits=Limits())
    report = Report()
    waiting = 0
    try:
        for batch in _rows(reader, path, options, progress):
            writer.append(batch)
            report.rows[batch.stream] += len(batch)
            waiting += batch.samples
            if waiting >= COMMIT_SAMPLES:
                writer.commit()
                waiting = 0
        writer.close()
    except sqlite3.Error as error:
        raise ConfigError(f"{recording}: cannot be written on: {error}; is the disk full?") from error
    finally:
        writer.abandon()
    if not report.rows:
        raise ConfigError(f"{path}: expected rows, found none")
    report.notes += reader.notes
    return report


def _publish(part: Path, into: Path) -> None:
    """Give a complete recording its name, unless another one has come there meanwhile."""
    if into.exists():
        raise ConfigError(f"{into}: has come into being meanwhile; import again to continue that recording")
    part.replace(into)


def _scaled(progress: Callable[[float], None], scale: float) -> Callable[[float], None]:
    return lambda part: progress(part * scale)


def _rows(reader: Reader, path: Path, options: Options, progress: Callable[[float], None]) -> Iterator[Batch]:
    """Yield the rows under the name that the user gave, if any."""
    found, name = "", options.stream
    for batch in reader.batches(_scaled(progress, 1 / max(reader.size, 1))):
        if not name:
            yield batch
            continue
        found = found or batch.stream
        if batch.stream != found:
            raise ConfigError(f"{path}: --stream names one stream, but there are several: {found}, {batch.stream}, ...")
        yield batch.labelled(name, gap=batch.gap, first=0)
