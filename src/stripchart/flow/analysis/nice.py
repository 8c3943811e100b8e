"""Round steps, as on the axis of a plot: 1, 2, 2.5 or 5 times a power of ten.

After Heckbert, "Nice Numbers for Graph Labels", Graphics Gems, 1990, with 2.5 added.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DIGITS: Final = (10, 20, 25, 50, 100)


class Step(NamedTuple):
    """``digits * 10**exponent``; kept as two whole numbers, so that three steps of 0.1 are 0.3."""

    digits: int
    exponent: int

    @property
    def size(self) -> float:
        """The step itself."""
        return float(self.multiples(1, 1)[0])

    def multiples(self, first: float, last: float) -> NDArray[np.float64]:
        """Return the multiples of the step from the ``first``-th to the ``last``-th, both whole numbers."""
        whole = np.arange(first, last + 1, dtype=np.float64) * self.digits
        return whole * 10.0**self.exponent if self.exponent >= 0 else whole / 10.0**-self.exponent

    def around(self, low: float, high: float) -> NDArray[np.float64]:
        """Return the fewest successive multiples, at least two, from ``low`` or below to ``high`` or above."""
        first, last = math.floor(low / self.size), math.ceil(high / self.size)
        edges = self.multiples(first - 1, last + 1)  # one more on each side: the division may have been rounded
        start = max(0, int(np.searchsorted(edges, low, "right")) - 1)
        stop = max(start + 2, int(np.searchsorted(edges, high, "left")) + 1)
        return edges[start:stop]


def nice_step(least: float) -> Step:
    """Return the smallest round step that is not below ``least``, which is above 1e-200."""
    exponent = math.floor(math.log10(least)) - 1
    mantissa = least / 10.0**exponent * (1 - 1e-9)
    return Step(next((digits for digits in _DIGITS if digits >= mantissa), _DIGITS[-1]), exponent)
