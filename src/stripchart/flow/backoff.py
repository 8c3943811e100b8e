"""How long to wait for a source that is away."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Waits between attempts: doubling from ``first`` to ``last`` seconds, less a random part up to half."""

    first: float = 0.1
    last: float = 1.0

    def delay(self, attempt: int) -> float:
        """Return how long to wait after the ``attempt``-th failure in a row, counted from 0."""
        longest = min(self.last, self.first * 2.0 ** min(attempt, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
