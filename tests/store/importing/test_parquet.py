from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stripchart.errors import ConfigError
from stripchart.flow.records import Channel, Kind
from stripchart.store.exporting.parquet import MARK
from stripchart.store.importing.importer import Options
from stripchart.store.importing.parquet import ParquetReader
from support.tables import plain

if TYPE_CHECKING:
    from pathlib import Path

    from stripchart.flow.records import Batch

ZONE = Options(zone=ZoneInfo("Europe/Berlin"))
MAY = 1_777_629_600_000_000_000
NAIVE = datetime(2026, 5, 1, 12)  # noqa: DTZ001 - of a zone that is not told


def read(folder: Path, columns: dict[str, Any], options: Options = ZONE) -> tuple[list[Batch], list[str]]:
    pq.write_table(pa.table(columns), folder / "a.parquet")
    reader = ParquetReader(folder / "a.parquet", options)
    return list(reader.batches(lambda _: None)), reader.notes


def test_columns_of_every_kind(tmp_path: Path) -> None:
    batches, notes = read(
        tmp_path,
        {
            "n": pa.array([1, None], pa.int16()),
            "when": pa.array([MAY + 1, MAY + 2], pa.timestamp("ns", "UTC")),
            "f": pa.array([0.5, float("nan")], pa.float32()),
            "d": pa.array([Decimal("1.5"), None]),
            "on": [True, False],
            "text": ["a", None],
            "code": pa.array(["x", "y"]).dictionary_encode(),
            "later": pa.array([1, 2], pa.timestamp("s")),
            "list": [[1], [2]],
        },
    )
    assert batches[0].channels == (
        Channel("n"), Channel("f"), Channel("d"), Channel("on", "", Kind.STATE), Channel("text", "", Kind.TEXT),
        Channel("code", "", Kind.TEXT),
    )  # fmt: skip
    rows = plain(batches)
    assert [row.time for row in rows] == [MAY + 1, MAY + 2]
    assert [value for _, value in rows[0].cells.items()] == [
        (1.0).hex(), (0.5).hex(), (1.5).hex(), (1.0).hex(), "a", "x",
    ]  # fmt: skip
    assert rows[1].cells == {("f", False): "nan", ("on", False): (0.0).hex(), ("code", True): "y"}
    assert notes == ["left out, for they are no numbers or texts: later (timestamp[ms]), list (list<element: int64>)"]
    assert batches[0].stream == "a"


def test_times_of_a_zone_that_is_not_told(tmp_path: Path) -> None:
    assert plain(read(tmp_path, {"t": [NAIVE], "v": [1]})[0])[0].time == MAY
    assert (
        plain(read(tmp_path, {"t": [NAIVE], "v": [1]}, Options(zone=ZoneInfo("UTC")))[0])[0].time == MAY + 7200 * 10**9
    )


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_as_numbers_if_named(tmp_path: Path, unit: str) -> None:
    scale = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    columns = {"v": [1, 2], "t": [MAY // scale, MAY // scale + 1]}
    batches, _ = read(tmp_path, columns, Options(time_column="t", stream="mine"))
    assert [row.time for row in plain(batches)] == [MAY, MAY + scale]
    assert batches[0].stream == "mine"


def test_pandas_with_its_index(tmp_path: Path) -> None:
    index = pd.DatetimeIndex([datetime(2026, 5, 1, 10, tzinfo=UTC)], name="time")
    pd.DataFrame({"temp": [21.5]}, index=index).to_parquet(tmp_path / "a.parquet")
    reader = ParquetReader(tmp_path / "a.parquet", ZONE)
    (row,) = plain(reader.batches(lambda _: None))
    assert (row.time, row.cells) == (MAY, {("temp", False): (21.5).hex()})


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"v": [1]}, ZONE, r"expected a column of timestamps, found v \(int64\); name one by --time-column"),
        ({"v": [1]}, Options(time_column="t"), "expected columns t, found v"),
        ({"t": [NAIVE, None], "v": [1, 2]}, ZONE, "row 2: expected a time .* in 't', found nothing"),
        ({"t": [MAY, 5], "v": [1, 2]}, Options(time_column="t"), ""),
        ({"t": ["2026-05-01", "x"], "v": [1, 2]}, Options(time_column="t"), "row 2: expected a time .*, found 'x'"),
        ({"t": [NAIVE]}, ZONE, "expected columns of numbers or texts, found none"),
        ({"t": pa.array([2**62], pa.timestamp("us")), "v": [1]}, ZONE, "rows from 1 on: expected times between"),
    ],
)
def test_a_mistake_is_told_with_its_row(
    tmp_path: Path, columns: dict[str, Any], options: Options, message: str
) -> None:
    if not message:
        assert [row.time for row in plain(read(tmp_path, columns, options)[0])] == [MAY, 5]
        return
    with pytest.raises(ConfigError, match=rf"a\.parquet: {message}"):
        read(tmp_path, columns, options)


def test_ours_with_a_column_taken_out(tmp_path: Path) -> None:
    for layout, found in ((b"wide", "time, stream, gap"), (b"long", "time, stream, row, channel")):
        table = pa.table({"time": [NAIVE], "v": [1]}).replace_schema_metadata({MARK: layout})
        pq.write_table(table, tmp_path / "a.parquet")
        with pytest.raises(ConfigError, match=f"expected columns {found}"):
            ParquetReader(tmp_path / "a.parquet", ZONE)


def test_a_file_that_was_cut(tmp_path: Path) -> None:
    read(tmp_path, {"t": [NAIVE] * 5000, "v": list(range(5000))})
    path = tmp_path / "a.parquet"
    data = bytearray(path.read_bytes())
    data[100:4000] = bytes(3900)
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"a\.parquet: expected a whole Parquet file, found damage"):
        list(ParquetReader(path, ZONE).batches(lambda _: None))
