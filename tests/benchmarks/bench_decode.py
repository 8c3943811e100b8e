"""Decoding: chunks to batches, against dataframe parsers and against reading line by line, on the same bytes.

A dataframe parser returns its own table; reading line by line, as scripts do, returns an array a column. Ours returns
batches, with a time for each row and every byte accounted for.
"""

from __future__ import annotations

import io
import json
import random
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import polars as pl
from pyarrow import csv as pyarrow_csv

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.csv import CsvDecoder
from stripchart.decoders.detection.auto import AutoDecoder
from stripchart.decoders.json import JsonDecoder
from stripchart.decoders.keyvalue import KeyValueDecoder
from stripchart.decoders.topics import TopicsDecoder
from stripchart.flow.records import Chunk
from tests.benchmarks.result import Result
from tests.benchmarks.rounds import best_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from stripchart.flow.contracts import Decoder

NOW_NS: Final = 1_700_000_000_000_000_000
GARBAGE: Final = b"\x12\xf0#g7,\x00rb!ge"


def run() -> Iterator[Result]:
    """Compare millions of samples a second; contenders take turns, and the best attempt of each counts."""
    for columns in (1, 8):
        for lines in (10, 100, 1000):
            yield from _numbers(lines, columns)
    for columns in (1, 8):
        yield _garbage(1000, columns)
    yield from _other_formats(100, 8)
    yield from _messages(count=320, topics=16)


def _numbers(lines: int, columns: int) -> Iterator[Result]:
    data = b"".join(_rows(lines, columns))
    parsers = {
        "polars": lambda: pl.read_csv(data, has_header=False),
        "pandas": lambda: pd.read_csv(io.BytesIO(data), header=None),
        "pyarrow": lambda: pyarrow_csv.read_csv(io.BytesIO(data), read_options=_NO_HEADER),
        "split + float a line, to arrays": lambda: _by_line(data),
        "split + float a line, to lists": lambda: [list(map(float, row.split(b","))) for row in data.splitlines()],
    }
    targets = {"split + float a line, to arrays": {100: 4.0, 1000: 4.0}}
    if columns > 1:
        targets |= {name: {100: 5.0, 1000: 1.0} for name in ("polars", "pandas", "pyarrow")}
    ours, *rates = _rates(lines * columns, _feeding(CsvDecoder(), data), *parsers.values())
    for name, rate in zip(parsers, rates, strict=True):
        yield _result(f"{lines} x {columns} against {name}", ours, rate, targets.get(name, {}).get(lines))


def _garbage(lines: int, columns: int) -> Result:
    clean = _rows(lines, columns)
    mixed = clean.copy()
    for place in random.Random(1).sample(range(lines), lines // 100):
        mixed[place] = GARBAGE + mixed[place]
    decoders = CsvDecoder(), CsvDecoder()
    steps = [_feeding(decoder, b"".join(rows)) for decoder, rows in zip(decoders, (mixed, clean), strict=True)]
    case = f"{lines} x {columns}, 1 % garbage, against clean"
    return _result(case, *_rates(lines * columns, *steps), 0.5 if columns > 1 else None)


def _other_formats(lines: int, columns: int) -> Iterator[Result]:
    """Show the other formats against plain readers of the same."""
    rows = [row.decode().strip().split(",") for row in _rows(lines, columns)]
    plain = "".join(",".join(row) + "\n" for row in rows).encode()
    labelled = "".join(",".join(f"ch{i}:{cell}" for i, cell in enumerate(row)) + "\n" for row in rows).encode()
    paired = "".join(", ".join(f"T{i}: {cell} C" for i, cell in enumerate(row)) + "\n" for row in rows).encode()
    objects = "".join(json.dumps({f"ch{i}": float(x) for i, x in enumerate(row)}) + "\n" for row in rows).encode()
    contenders: dict[str, tuple[Decoder, bytes, Callable[[], object]]] = {
        "CSV through auto, against split + float": (AutoDecoder(), plain, lambda: _by_line(plain)),
        "label:value, against partition + float": (
            ArduinoDecoder(), labelled,
            lambda: [[float(part.partition(b":")[2]) for part in row.split(b",")] for row in labelled.splitlines()],
        ),
        "key: value unit, against partition + float": (
            KeyValueDecoder(), paired,
            lambda: [[float(part.partition(b":")[2][:-2]) for part in row.split(b",")] for row in paired.splitlines()],
        ),
        "JSON lines, against json.loads": (
            JsonDecoder(), objects, lambda: [list(json.loads(row).values()) for row in objects.splitlines()]
        ),
    }  # fmt: skip
    for name, (decoder, data, peer) in contenders.items():
        yield _result(f"{lines} x {columns} {name}", *_rates(lines * columns, _feeding(decoder, data), peer), None)


def _messages(count: int, topics: int) -> Iterator[Result]:
    """Microseconds a message."""
    chunks = [
        Chunk(b"%.2f" % (20 + number % 1000 / 100), NOW_NS + number, 0, f"bench/room{number % topics}/temperature")
        for number in range(count)
    ]
    decoder = TopicsDecoder()
    ours, peer = _rates(count, lambda: decoder.feed(chunks), lambda: _message_by_message(chunks))
    ours, peer = 1 / ours, 1 / peer
    yield Result("decode", f"{count} messages on {topics} topics, us each", ours, peer, "us", ours, "< 2", ours < 2)


def _rows(lines: int, columns: int) -> list[bytes]:
    chance = random.Random(lines * columns)
    return [b",".join(b"%.2f" % chance.uniform(-100, 100) for _ in range(columns)) + b"\n" for _ in range(lines)]


def _feeding(decoder: Decoder, data: bytes) -> Callable[[], object]:
    """Return a call that decodes the data, all in one chunk, with a decoder that knows its form already."""
    chunks = [Chunk(data, NOW_NS, NOW_NS - 10_000_000)]
    for _ in range(20):
        decoder.feed(chunks)
    return lambda: decoder.feed(chunks)


def _by_line(data: bytes) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Read as a careful script does: what is no row of numbers is passed over, and each row has a time."""
    times, rows = [], []
    for line in data.splitlines():
        text = line.decode(errors="replace").strip()
        try:
            row = [float(cell) for cell in text.split(",")]
        except ValueError:
            continue
        times.append(NOW_NS)
        rows.append(row)
    return np.array(times), np.array(rows).T


def _message_by_message(chunks: Sequence[Chunk]) -> dict[str, list[tuple[int, float]]]:
    values: dict[str, list[tuple[int, float]]] = {}
    for chunk in chunks:
        values.setdefault(chunk.topic, []).append((chunk.time_ns, float(chunk.data)))
    return values


def _rates(samples: int, *steps: Callable[[], object]) -> list[float]:
    """Return the best rate of each step, in millions of samples a second."""
    return [samples / seconds / 1e6 for seconds in best_seconds(*steps)]


def _result(case: str, ours: float, peer: float, target: float | None) -> Result:
    ratio = ours / peer
    wanted = "" if target is None else f">= {target:g}"
    return Result("decode", case, ours, peer, "M samples/s", ratio, wanted, target is None or ratio >= target)


_NO_HEADER: Final = pyarrow_csv.ReadOptions(autogenerate_column_names=True)
