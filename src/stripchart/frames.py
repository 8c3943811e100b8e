"""A batch as the data frame that a user works with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from stripchart.errors import ConfigError
from stripchart.store.reading.rows import distinct_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripchart.flow.records import Batch

Frame: TypeAlias = "dict[str, NDArray[Any]] | Any"
"""A dict of NumPy arrays, a pandas or polars DataFrame, or an Arrow table."""


def to_frame(batch: Batch, kind: str) -> Frame:
    """Turn a batch into columns; see ``Monitor.frame``. A name that is taken gets its kind behind it: ``level (text)``.

    Raises
    ------
    ConfigError
        If the kind is unknown or its package is not installed.
    """
    columns: dict[str, Any] = {"time": batch.time.view("datetime64[ns]")}
    # A channel may be called "time", and one that sent numbers and text is two.
    columns |= zip(distinct_names(batch.channels, columns), batch.values, strict=True)
    if kind == "numpy":
        return columns
    if kind == "pandas":
        pandas = _import("pandas")
        time = pandas.DatetimeIndex(columns.pop("time"), tz="UTC", name="time")
        return pandas.DataFrame(columns, index=time)
    if kind == "polars":
        polars = _import("polars")
        texts = {name: polars.String for name, values in columns.items() if values.dtype == object}
        frame = polars.DataFrame(columns, schema_overrides=texts)
        return frame.with_columns(polars.col("time").dt.replace_time_zone("UTC"))
    if kind == "arrow":
        return _to_arrow(columns)
    raise ConfigError(f"frame: kind: expected 'numpy', 'pandas', 'polars' or 'arrow', got {kind!r}")


def _to_arrow(columns: dict[str, Any]) -> Any:
    """Return a table in which what never came is null: sums in SQL pass over that, but not over NaN."""
    from stripchart.store.reading.arrow import import_arrow, to_array, to_times

    time = to_times(columns.pop("time").view("int64"))
    return import_arrow().table({"time": time, **{name: to_array(values) for name, values in columns.items()}})


def _import(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(f"frame: {name} is not installed; pip install stripchart[{name}]") from error
