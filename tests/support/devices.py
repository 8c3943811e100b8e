"""Rows of devices with clocks of their own, and what a source's clock makes of them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stripchart.flow.clock.source import Clock, ClockOptions
from stripchart.flow.records import Channel, Kind, make_batch
from support.decoding import NOW_NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SECOND = 10**9


def instants(count: int, hz: float = 10.0) -> NDArray[np.int64]:
    """Return when a device took its samples, nanoseconds UTC."""
    return NOW_NS + (np.arange(count) * (SECOND / hz)).astype(np.int64)


def late(true: NDArray[np.int64], seconds: float, seed: int = 1) -> NDArray[np.int64]:
    """Return when they arrive: in order, and late by so much on average, as over a network."""
    delays = np.random.default_rng(seed).exponential(seconds * SECOND, len(true)).astype(np.int64)
    return np.maximum.accumulate(true + delays)


class Reader:
    """A clock, and what it tells."""

    def __init__(self, unit: str = "ms", **options: Any) -> None:
        self.reports: list[tuple[int, str]] = []
        self.clock = Clock(ClockOptions(**options), lambda time_ns, text: self.reports.append((time_ns, text)))
        self.channels = (Channel("clock", unit, Kind.TIME), Channel("value"))

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.reports]

    def read(
        self,
        said: Any,
        arrival: NDArray[np.int64],
        stream: str = "",
        cuts: Iterable[int] = (),
        *,
        retained: bool = False,
    ) -> NDArray[np.int64]:
        """Return the times of rows that come in batches cut at these places."""
        said = np.asarray(said, np.float64)
        edges = [0, *sorted(cuts), len(arrival)]
        parts = [
            self.clock.apply(
                make_batch(
                    stream, self.channels, arrival[begin:end], [said[begin:end], said[begin:end]], retained=retained
                )
            )
            for begin, end in pairwise(edges)
            if begin < end
        ]
        assert all(part.channels == (Channel("value"),) for part in parts)
        values = np.concatenate([part["value"] for part in parts])
        assert np.array_equal(values, said, equal_nan=True)
        return np.concatenate([part.time for part in parts])
