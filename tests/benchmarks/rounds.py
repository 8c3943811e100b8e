"""Timing several ways to do the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS: Final = 15
TURN: Final = 0.002
"""Seconds that a turn takes about, so that a busy machine leaves some of them alone."""


def best_seconds(*steps: Callable[[], object]) -> list[float]:
    """Return the best time of each step; they take turns, so that a busy machine harms all."""
    calls = [max(1, int(TURN / _seconds(step, 1))) for step in steps]
    best = [float("inf")] * len(steps)
    for _ in range(ROUNDS):
        for place, step in enumerate(steps):
            best[place] = min(best[place], _seconds(step, calls[place]))
    return best


def _seconds(step: Callable[[], object], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        step()
    return (time.perf_counter() - began) / calls
