"""Spans of time as people write them: ``90``, ``30s``, ``5m``, ``1h``."""

from __future__ import annotations

import re
from typing import Final

from stripchart.errors import ConfigError

_SECONDS: Final = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)", re.ASCII)


def parse_duration(text: str) -> float:
    """Return a span in seconds.

    Raises
    ------
    ConfigError
        If it is none, or not longer than nothing.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    seconds = float(match[1]) * _SECONDS.get(match[2], 0.0) if match else 0.0
    if not 0.0 < seconds < float("inf"):
        raise ConfigError(f"expected a span of time such as 90, 30s, 5m or 1h, got {text!r}")
    return seconds
