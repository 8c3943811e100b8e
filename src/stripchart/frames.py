"""A batch as the data frame that a user works with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripchart.flow.records import Batch

Frame: TypeAlias = "dict[str, NDArray[Any]] | Any"
"""A dict of NumPy arrays, or a pandas or polars DataFrame."""


def to_frame(batch: Batch, kind: str) -> Frame:
    """Turn a batch into columns; see ``Monitor.frame``.

    Raises
    ------
    ConfigError
        If the kind is unknown or its package is not installed.
    """
    columns: dict[str, Any] = {"time": batch.time.view("datetime64[ns]")}
    columns.update((channel.name, values) for channel, values in zip(batch.channels, batch.values, strict=True))
    if kind == "numpy":
        return columns
    if kind == "pandas":
        pandas = _import("pandas")
        time = pandas.DatetimeIndex(columns.pop("time"), tz="UTC", name="time")
        return pandas.DataFrame(columns, index=time)
    if kind == "polars":
        polars = _import("polars")
        return polars.DataFrame(columns).with_columns(polars.col("time").dt.replace_time_zone("UTC"))
    raise ConfigError(f"frame: kind: expected 'numpy', 'pandas' or 'polars', got {kind!r}")


def _import(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(f"frame: {name} is not installed; pip install stripchart[{name}]") from error
