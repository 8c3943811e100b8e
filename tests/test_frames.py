from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

from stripchart.errors import ConfigError
from stripchart.flow.records import ABSENT, Batch, Channel, Kind, make_batch
from stripchart.frames import to_frame

START_NS = 1_700_000_000_123_456_789
TIMES = START_NS + np.arange(3) * 1_000
CHANNELS = (Channel("temp", "°C"), Channel("door", kind=Kind.STATE), Channel("note", kind=Kind.TEXT))
VALUES = ([20.5, np.nan, -0.0], [0, 1, 1], ["", "ön", "x" * 300])


@pytest.fixture
def batch() -> Batch:
    return make_batch("desk", CHANNELS, TIMES, VALUES)


def test_numpy_has_a_column_for_the_time_and_each_channel(batch: Batch):
    frame = to_frame(batch, "numpy")
    assert list(frame) == ["time", "temp", "door", "note"]
    assert frame["time"].dtype == "datetime64[ns]"
    assert frame["time"].astype(np.int64).tolist() == TIMES.tolist()
    np.testing.assert_array_equal(frame["temp"], VALUES[0])
    assert np.signbit(frame["temp"][2])
    assert frame["door"].dtype == np.float64
    assert frame["note"].tolist() == VALUES[2]


def test_pandas_is_indexed_by_utc_to_the_nanosecond(batch: Batch):
    frame = to_frame(batch, "pandas")
    assert list(frame.columns) == ["temp", "door", "note"]
    assert str(frame.index.tz) == "UTC"
    assert frame.index.name == "time"
    assert frame.index.as_unit("ns").asi8.tolist() == TIMES.tolist()
    assert frame.index[0] == pd.Timestamp(START_NS, tz="UTC")
    np.testing.assert_array_equal(frame["temp"], VALUES[0])
    assert frame["note"].tolist() == VALUES[2]
    frame.loc[frame.index[0], "temp"] = 1.0  # the frame is the caller's own
    assert batch["temp"][0] == 20.5


def test_polars_has_utc_times_to_the_nanosecond(batch: Batch):
    frame = to_frame(batch, "polars")
    assert dict(frame.schema) == {
        "time": pl.Datetime("ns", "UTC"),
        "temp": pl.Float64,
        "door": pl.Float64,
        "note": pl.String,
    }
    assert frame["time"].to_physical().to_list() == TIMES.tolist()
    np.testing.assert_array_equal(frame["temp"].to_numpy(), VALUES[0])
    assert frame["note"].to_list() == VALUES[2]


def test_arrow_tells_what_never_came_from_nan():
    values = ([20.5, np.nan, ABSENT], [0, ABSENT, 1], ["", "ön", "x"])
    table = to_frame(make_batch("desk", CHANNELS, TIMES, values), "arrow")
    assert {field.name: str(field.type) for field in table.schema} == {
        "time": "timestamp[ns, tz=UTC]",
        "temp": "double",
        "door": "double",
        "note": "string",
    }
    assert table["time"].cast("int64").to_pylist() == TIMES.tolist()
    assert table["temp"].null_count == 1
    assert np.isnan(table["temp"].to_pylist()[1])
    assert table["door"].to_pylist() == [0, None, 1]
    assert table["note"].to_pylist() == [None, "ön", "x"]


def test_a_text_column_without_rows_is_text_to_polars():
    assert to_frame(make_batch("desk", CHANNELS, [], [[], [], []]), "polars").schema["note"] == pl.String


@pytest.mark.parametrize("kind", ["numpy", "pandas", "polars", "arrow"])
def test_no_rows_are_an_empty_frame_with_all_columns(kind: str):
    frame = to_frame(make_batch("desk", CHANNELS, [], [[], [], []]), kind)
    names = frame if kind == "numpy" else frame.column_names if kind == "arrow" else frame.columns
    assert {"temp", "door", "note"} <= set(names)
    assert len(frame["temp"]) == 0


@pytest.mark.parametrize("kind", ["numpy", "pandas", "polars"])
def test_a_name_that_is_taken_gets_the_kind_behind_it(kind: str):
    channels = (Channel("time"), Channel("level"), Channel("level", kind=Kind.TEXT))
    frame = to_frame(make_batch("tank", channels, TIMES, [[1, 2, 3], [4, 5, 6], ["low", "low", "high"]]), kind)
    assert list(frame["time (number)"]) == [1, 2, 3]
    assert list(frame["level"]) == [4, 5, 6]
    assert list(frame["level (text)"]) == ["low", "low", "high"]


def test_no_column_is_lost_to_a_name():
    channels = (Channel("time"), Channel("time (number)"), Channel("level (text)"))
    channels += (Channel("level"), Channel("level", kind=Kind.TEXT))
    frame = to_frame(make_batch("tank", channels, TIMES, [[1, 2, 3]] * 4 + [["a", "b", "c"]]), "numpy")
    assert len(frame) == 6


def test_an_unknown_kind_is_refused(batch: Batch):
    with pytest.raises(ConfigError, match="expected 'numpy', 'pandas', 'polars' or 'arrow', got 'R'"):
        to_frame(batch, "R")


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_package_that_is_missing_is_named(batch: Batch, kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, kind, None)  # as Python itself marks a module that cannot be imported
    with pytest.raises(ConfigError, match=rf"{kind} is not installed; pip install stripchart\[{kind}\]"):
        to_frame(batch, kind)


def test_arrow_without_pyarrow_says_what_to_do(batch: Batch, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"pip install stripchart\[parquet\]"):
        to_frame(batch, "arrow")
