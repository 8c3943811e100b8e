"""Columns as Arrow has them: what never came is null, and NaN is what a sensor sent."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stripchart.errors import ConfigError
from stripchart.flow.records import is_absent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def import_arrow(module: str = "pyarrow") -> Any:
    """Return pyarrow or a part of it; ConfigError if it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigError(
            "Parquet and Arrow need pyarrow, which is not installed; pip install stripchart[parquet]"
        ) from error


def time_type() -> Any:
    """Return the type of instants: nanoseconds, UTC."""
    return import_arrow().timestamp("ns", tz="UTC")


def to_times(time: NDArray[np.int64]) -> Any:
    """Return times (n,) in nanoseconds since the epoch as an array of instants."""
    return import_arrow().array(time).cast(time_type())


def to_array(column: NDArray[Any]) -> Any:
    """Return the values of a channel: doubles, or strings with ``?`` for lone surrogates."""
    arrow = import_arrow()
    if column.dtype != object:
        return arrow.array(column, mask=is_absent(column))
    texts = column.tolist()
    try:
        return arrow.array([text or None for text in texts], arrow.string())
    except (UnicodeEncodeError, arrow.ArrowInvalid, arrow.ArrowTypeError):
        mended = [str(text).encode("utf-8", "replace").decode() or None for text in texts]
        return arrow.array(mended, arrow.string())
