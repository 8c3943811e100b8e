from __future__ import annotations

from typing import NamedTuple


class Result(NamedTuple):
    """One measured case; ``ours`` and ``peer`` are in ``unit`` and come from the same run."""

    bench: str
    case: str
    ours: float
    peer: float
    unit: str
    ratio: float
    """The figure that the target speaks of, mostly ours divided by the peer's."""
    target: str
    """Such as ``">= 5"``; empty where the case is only shown."""
    met: bool
