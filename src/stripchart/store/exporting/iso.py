"""Times as files have them: ISO 8601, UTC, with nine digits behind the second."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_OURS: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", re.ASCII)


def to_iso(time: NDArray[np.int64]) -> list[str]:
    """Return times (n,) in nanoseconds as texts such as ``2026-01-01T00:00:00.000000000Z``."""
    texts: list[str] = np.datetime_as_string(time.view("datetime64[ns]"), unit="ns").tolist()
    return [text + "Z" for text in texts]


def from_iso(cells: Sequence[str]) -> NDArray[np.int64]:
    """Return the times that ``to_iso`` wrote.

    Raises
    ------
    ValueError
        If one is written in any other way.
    """
    if not all(map(_OURS.fullmatch, cells)):
        raise ValueError("not all are times in UTC with nine digits")
    return np.array([cell[:-1] for cell in cells], "datetime64[ns]").view(np.int64)
