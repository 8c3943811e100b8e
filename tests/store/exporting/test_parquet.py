from __future__ import annotations

import io
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from stripchart.errors import ConfigError
from stripchart.flow.records import ABSENT, Batch, Channel, Kind, make_batch
from stripchart.store.exporting import parquet
from stripchart.store.exporting.export import render
from stripchart.store.reading.rows import Choice
from support.tables import NOW, numbered

CHANNELS = (Channel("temp", "°C"), Channel("door", "", Kind.STATE), Channel("temp", "", Kind.TEXT))


def written(batches: list[Batch], choices: list[Choice] | None = None) -> io.BytesIO:
    choices = choices or [Choice(batches[0].stream, batches[0].channels)]
    of = {choice.stream: [batch for batch in batches if batch.stream == choice.stream] for choice in choices}
    return io.BytesIO(b"".join(render(choices, "parquet", lambda choice: of[choice.stream])))


def test_one_stream_is_a_table() -> None:
    batch = make_batch("bench", CHANNELS, [NOW, NOW + 1], [[1.5, np.nan], [ABSENT, 1], ["", "a\ud800"]], gap=True)
    table = pq.read_table(written([batch]))
    assert table.column_names == ["time", "stream", "gap", "temp", "door", "temp (text)"]
    assert str(table.schema.field("time").type) == "timestamp[ns, tz=UTC]"
    assert table["time"].cast("int64").to_pylist() == [NOW, NOW + 1]
    assert table["gap"].to_pylist() == [True, False]
    assert table["temp"].to_pylist()[0] == 1.5
    assert table["temp"].null_count == 0
    assert table["door"].to_pylist() == [None, 1.0]
    assert table["temp (text)"].to_pylist() == [None, "a?"]
    assert table.schema.field("temp").metadata == {b"name": b"temp", b"unit": "°C".encode(), b"kind": b"number"}


def test_several_streams_are_one_value_a_row() -> None:
    bench = make_batch("bench", CHANNELS, [NOW, NOW + 1], [[1.5, ABSENT], [1, ABSENT], ["x", ""]], gap=True)
    other = make_batch("other", (Channel("v"),), [5], [[2]])
    table = pq.read_table(written([bench, other], [Choice("bench", CHANNELS), Choice("other", other.channels)]))
    rows = [tuple(row.values())[1:] for row in table.to_pylist()]
    assert rows == [
        ("bench", 0, "", "", "gap", None, None),
        ("bench", 0, "temp", "°C", "number", 1.5, None),
        ("bench", 0, "door", "", "state", 1.0, None),
        ("bench", 0, "temp", "", "text", None, "x"),
        ("bench", 1, "temp", "°C", "number", None, None),
        ("other", 0, "v", "", "number", 2.0, None),
    ]


def test_rows_are_grouped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP_ROWS", 100)
    parts = [numbered(30, start=NOW + first) for first in range(10)]
    file = pq.ParquetFile(written(parts))
    assert [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)] == [120, 120, 60]


def test_wide_tables_are_grouped_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP_CELLS", 100)
    assert pq.ParquetFile(written([numbered(30), numbered(30)])).num_row_groups == 2


def test_pandas_reads_it() -> None:
    frame = pd.read_parquet(written([numbered(3)]))
    assert frame["temp"].tolist() == [0, 1, 2]
    assert str(frame["time"].dtype) == "datetime64[ns, UTC]"


def test_without_pyarrow_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"pip install stripchart\[parquet\]"):
        written([numbered(1)])
