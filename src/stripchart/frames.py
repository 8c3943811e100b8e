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
    """Turn a batch into columns; see ``Monitor.frame``. A name that is taken gets its kind behind it: ``level (text)``.

    Raises
    ------
    ConfigError
        If the kind is unknown or its package is not installed.
    """
    columns: dict[str, Any] = {"time": batch.time.view("datetime64[ns]")}
    for channel, values in zip(batch.channels, batch.values, strict=True):
        # A channel may be called "time", and one that sent numbers and text is two.
        name = f"{channel.name} ({channel.kind})" if channel.name in columns else channel.name
        columns[name] = values
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
    raise ConfigError(f"frame: kind: expected 'numpy', 'pandas' or 'polars', got {kind!r}")


def _import(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(f"frame: {name} is not installed; pip install stripchart[{name}]") from error
