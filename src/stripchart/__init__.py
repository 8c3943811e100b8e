"""Stripchart: live strip charts in the browser for serial ports, MQTT topics and your own Python.

>>> import stripchart
>>> with stripchart.Monitor("sim:", port=0) as monitor:
...     print(monitor.url)                                             # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripchart._version import __version__
from stripchart.errors import ConfigError, EndOfSource, NoAnswer, SourceLost, StripchartError

if TYPE_CHECKING:
    import os

    from stripchart.flow.controls import Button
    from stripchart.flow.hub import Overflow
    from stripchart.flow.records import Batch, Channel, Chunk, Kind
    from stripchart.monitor import Monitor, RecordSpec, source
    from stripchart.store.reading.reader import Recording

__all__ = [
    "Batch",
    "Button",
    "Channel",
    "Chunk",
    "ConfigError",
    "EndOfSource",
    "Kind",
    "Monitor",
    "NoAnswer",
    "Overflow",
    "RecordSpec",
    "Recording",
    "SourceLost",
    "StripchartError",
    "__version__",
    "open",
    "source",
]

_LAZY = {
    "Batch": "stripchart.flow.records",
    "Button": "stripchart.flow.controls",
    "Channel": "stripchart.flow.records",
    "Chunk": "stripchart.flow.records",
    "Kind": "stripchart.flow.records",
    "Monitor": "stripchart.monitor",
    "Overflow": "stripchart.flow.hub",
    "RecordSpec": "stripchart.monitor",
    "Recording": "stripchart.store.reading.reader",
    "source": "stripchart.monitor",
}


def open(path: str | os.PathLike[str]) -> Recording:  # noqa: A001 - reads as stripchart.open
    """Open a recording, by its path or by its name in the folder of recordings.

    Raises
    ------
    ConfigError
        If there is none, or it cannot be read.
    """
    from stripchart.store.library.folder import find
    from stripchart.store.reading.reader import Recording

    return Recording(find(path))


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'stripchart' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
