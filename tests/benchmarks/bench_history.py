"""A picture of 100 million recorded samples, in processes that are new: 1,000 buckets of one channel of eight.

The peers are asked for the minimum and maximum of the same buckets of the same data, in the same run.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stripchart.flow.records import Batch, Channel
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer
from tests.benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANNELS: Final = 8
ROWS: Final = 12_500_000
STEP: Final = 250_000
START_NS: Final = 1_700_000_000_000_000_000
ROW_NS: Final = 1_000_000
BUCKETS: Final = 1_000
PROCESSES: Final = 50
PEER_PROCESSES: Final = 5
LIMIT_MS: Final = 150.0
SQL: Final = (
    "SELECT (time - {start}) // {bucket} AS b, min(c3), max(c3) FROM {table}"
    " WHERE time >= {start} AND time < {stop} GROUP BY b"
)


def run() -> Iterator[Result]:
    """Show the medians of the whole and of random spans, each by a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        _write(folder)
        rate = CHANNELS * ROWS / (time.perf_counter() - began) / 1e6
        size = (folder / "big.stripchart").stat().st_size / (CHANNELS * ROWS)
        yield Result("history", "100 M samples written three times", rate, rate, "M samples/s", 1.0, "", met=True)
        yield Result("history", "bytes of a sample", size, 8.0, "bytes", size / 8, "", met=True)
        duck = _median(folder, "duckdb", whole=True, count=PEER_PROCESSES)
        parquet = _median(folder, "parquet", whole=True, count=PEER_PROCESSES)
        for case, whole in (("the whole", True), ("a random span", False)):
            ours = _median(folder, "stripchart", whole=whole, count=PROCESSES)
            ratio = ours / LIMIT_MS
            yield Result("history", f"{case}; the limit", ours, LIMIT_MS, "ms", ratio, "<= 1", ratio <= 1)
            for peer, theirs in (("DuckDB scans all", duck), ("Parquet scanned", parquet)):
                ratio = ours / theirs
                yield Result("history", f"{case}; {peer}", ours, theirs, "ms", ratio, "<= 0.02", ratio <= 0.02)


def _write(folder: Path) -> None:
    random = np.random.default_rng(1)
    names = tuple(Channel(f"c{place}", "°C") for place in range(CHANNELS))
    writer = Writer(folder / "big.stripchart")
    database = duckdb.connect(str(folder / "big.duckdb"))
    database.execute(f"CREATE TABLE bench (time BIGINT, {', '.join(f'{each.name} DOUBLE' for each in names)})")
    parquet: pq.ParquetWriter | None = None
    last = np.full((CHANNELS, 1), 20.0)
    for at in range(0, ROWS, STEP):
        times = START_NS + np.arange(at, at + STEP) * ROW_NS
        walk = last + np.cumsum(random.normal(0, 0.02, (CHANNELS, STEP)), axis=1)
        last = walk[:, -1:]
        values = np.round(walk, 2)
        writer.append(Batch("bench", names, times.copy(), tuple(column.copy() for column in values)))
        writer.commit()
        table = pa.table([times, *values], names=["time", *(each.name for each in names)])
        parquet = parquet or pq.ParquetWriter(folder / "big.parquet", table.schema, compression="zstd")
        parquet.write_table(table)
        database.register("piece", table)
        database.execute("INSERT INTO bench SELECT * FROM piece")
        database.unregister("piece")
    writer.close()
    database.close()
    if parquet is not None:
        parquet.close()


def _median(folder: Path, what: str, *, whole: bool, count: int) -> float:
    random = np.random.default_rng(2)
    found = []
    for _ in range(count):
        edges = np.sort(random.integers(0, ROWS, 2)) if not whole else np.array([0, ROWS])
        start, stop = (START_NS + int(edge) * ROW_NS for edge in edges)
        call = [sys.executable, "-m", "tests.benchmarks.bench_history", what, str(folder), str(start), str(stop)]
        answer = subprocess.run(call, check=True, capture_output=True, text=True, timeout=120)
        found.append(float(json.loads(answer.stdout)))
    return statistics.median(found)


def _ask(what: str, folder: Path, start: int, stop: int) -> float:
    """Open and ask once; return milliseconds, imports left out."""
    bucket = max((stop - start) // BUCKETS, 1)
    began = time.perf_counter()
    if what == "stripchart":
        with Recording(folder / "big.stripchart") as recording:
            picture = recording.picture("bench", ["c3"], start, stop, bucket)
        assert sum(int(run.weight.sum()) for run in picture) == -(-(stop - start) // ROW_NS)
    else:
        file = folder / "big.duckdb"
        database = duckdb.connect(str(file), read_only=True) if what == "duckdb" else duckdb.connect()
        table = "bench" if what == "duckdb" else f"read_parquet('{folder / 'big.parquet'}')"
        database.execute(SQL.format(start=start, stop=stop, bucket=bucket, table=table)).fetchall()
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_ask(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
