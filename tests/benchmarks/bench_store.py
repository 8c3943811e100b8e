"""Recording beside SQLite rows, DuckDB and Parquet: samples a second, and bytes a sample, of the same data.

Each takes batches as they come from a hub, and commits as often as the recorder does.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stripchart.flow.records import Batch, Channel
from stripchart.store.writing.writer import Writer
from tests.benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

BATCH: Final = 100
BATCHES_A_COMMIT: Final = 10
START_NS: Final = 1_700_000_000_000_000_000
ROUNDS: Final = 3
ROWS: Final = {8: 600_000, 100: 140_000}
"""Enough for tiers to be made."""
SMALL: Final = 8
"""Parts of the data that SQLite rows get: they take so long."""


def run() -> Iterator[Result]:
    """Compare 8 and 100 channels of sensors that wander and are read to two digits."""
    for channels, rows in ROWS.items():
        batches = _batches(channels, rows)
        few = batches[: len(batches) // SMALL]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            ours, our_core, our_bytes = _measure(folder / "ours", batches, _stripchart)
            for peer, work, given, fast, small in (
                ("SQLite rows", _sqlite_rows, few, ">= 15", "<= 0.05"),
                ("DuckDB, buffered", _duckdb, batches, "", ""),
                ("Parquet segments", _parquet, batches, "", ""),
            ):
                theirs, their_core, their_bytes = _measure(folder / peer, given, work)
                case = f"{channels} channels, {peer}"
                ratio = ours / theirs
                yield Result("store", case, ours, theirs, "M samples/s", ratio, fast, not fast or ratio >= 15)
                yield Result("store", case, our_core, their_core, "M/s of a core", our_core / their_core, "", met=True)
                ratio = our_bytes / their_bytes
                yield Result("store", case, our_bytes, their_bytes, "bytes/sample", ratio, small, ratio <= 0.05)


def _batches(channels: int, rows: int) -> list[Batch]:
    random = np.random.default_rng(1)
    names = tuple(Channel(f"c{place}", "°C") for place in range(channels))
    times = START_NS + np.arange(rows) * 1_000_000 + random.integers(0, 50_000, rows)
    values = np.round(20 + np.cumsum(random.normal(0, 0.02, (channels, rows)), axis=1), 2)
    return [
        Batch("bench", names, times[at : at + BATCH].copy(), tuple(column[at : at + BATCH].copy() for column in values))
        for at in range(0, rows, BATCH)
    ]


def _measure(
    folder: Path, batches: Sequence[Batch], work: Callable[[Path, Sequence[Batch]], None]
) -> tuple[float, float, float]:
    """Return the best rates in M samples/s, by the clock and by the time of all cores, and the bytes of a sample."""
    samples = sum(batch.samples for batch in batches)
    best, least, size = float("inf"), float("inf"), 0
    for turn in range(ROUNDS):
        place = folder / str(turn)
        place.mkdir(parents=True)
        began, busy = time.perf_counter(), time.process_time()
        work(place, batches)
        best = min(best, time.perf_counter() - began)
        least = min(least, time.process_time() - busy)
        size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    return samples / best / 1e6, samples / least / 1e6, size / samples


def _stripchart(folder: Path, batches: Sequence[Batch]) -> None:
    writer = Writer(folder / "bench.stripchart")
    for place, batch in enumerate(batches, 1):
        writer.append(batch)
        if place % BATCHES_A_COMMIT == 0:
            writer.commit()
    writer.close()


def _sqlite_rows(folder: Path, batches: Sequence[Batch]) -> None:
    """Keep a row a sample, by channel and time, as most programs do: so a span of one channel is found."""
    database = sqlite3.connect(folder / "rows.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(
        "CREATE TABLE sample (channel INTEGER, time INTEGER, value REAL, PRIMARY KEY (channel, time)) WITHOUT ROWID"
    )
    for at in range(0, len(batches), BATCHES_A_COMMIT):
        database.execute("BEGIN")
        for batch in batches[at : at + BATCHES_A_COMMIT]:
            times = batch.time.tolist()
            for channel, column in enumerate(batch.values):
                rows = ((channel, moment, value) for moment, value in zip(times, column.tolist(), strict=True))
                database.executemany("INSERT INTO sample VALUES (?, ?, ?)", rows)
        database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def _duckdb(folder: Path, batches: Sequence[Batch]) -> None:
    """Gather a hundred commits' rows before each insert: one a commit is far slower."""
    database = duckdb.connect(str(folder / "bench.duckdb"))
    names = ", ".join(f"{channel.name} DOUBLE" for channel in batches[0].channels)
    database.execute(f"CREATE TABLE bench (time BIGINT, {names})")
    for table in _tables(batches):
        database.register("piece", table)
        database.execute("INSERT INTO bench SELECT * FROM piece")
        database.unregister("piece")
    database.close()


def _parquet(folder: Path, batches: Sequence[Batch]) -> None:
    for number, table in enumerate(_tables(batches)):
        pq.write_table(table, folder / f"{number}.parquet", compression="zstd")


def _tables(batches: Sequence[Batch]) -> Iterator[pa.Table]:
    step = 100 * BATCHES_A_COMMIT
    for at in range(0, len(batches), step):
        part = batches[at : at + step]
        columns: list[NDArray[np.int64] | NDArray[np.float64]] = [np.concatenate([batch.time for batch in part])]
        columns += [np.concatenate(column) for column in zip(*(batch.values for batch in part), strict=True)]
        yield pa.table(columns, names=["time", *(channel.name for channel in part[0].channels)])
