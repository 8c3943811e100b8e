"""Amounts of data as people write them: ``500MB``, ``10 GB``, ``1048576``."""

from __future__ import annotations

import re
from typing import Final

from stripchart.errors import ConfigError

_BYTES: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
                 "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}  # fmt: skip
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.ASCII)


def parse_size(text: str) -> int:
    """Return an amount in bytes.

    Raises
    ------
    ConfigError
        If it is none, or less than a byte.
    """
    match = _SIZE.fullmatch(text.strip().lower())
    size = int(float(match[1]) * _BYTES.get(match[2], 0)) if match else 0
    if size < 1:
        raise ConfigError(f"expected an amount of data such as 500MB or 10GB, got {text!r}")
    return size
