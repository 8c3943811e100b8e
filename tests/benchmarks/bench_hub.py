"""The hub, which keeps the history too, against a ``queue.Queue`` for each session.

A batch holds 100 rows of one channel. Pages drain once a tick, so several batches at a time; one by one is the worst
that can happen to the hub, which then hands over a delivery for each batch.
"""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, make_batch
from tests.benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS: Final = 100
BATCHES: Final = 400
REPEATS: Final = 7
BATCH: Final = make_batch("bench", (Channel("value"),), np.arange(ROWS), [np.arange(ROWS)])


def run() -> Iterator[Result]:
    """Compare nanoseconds a sample, put and taken by all sessions."""
    for sessions in (1, 100):
        for at_once in (1, 10, 20):
            ours, peer = _best(_hub(sessions, at_once), _queues(sessions, at_once))
            ratio = ours / peer
            target = "<= 0.15" if sessions == 100 and at_once > 1 else ""
            case = f"{sessions} session{'s' * (sessions > 1)}, {at_once} in a drain"
            yield Result("hub", case, ours, peer, "ns/sample", ratio, target, not target or ratio <= 0.15)


def _hub(sessions: int, at_once: int) -> Callable[[], None]:
    hub = Hub()
    subscriptions = [hub.subscribe() for _ in range(sessions)]

    def work() -> None:
        for _ in range(BATCHES // at_once):
            for _ in range(at_once):
                hub.publish(BATCH)
            for subscription in subscriptions:
                subscription.drain()

    return work


def _queues(sessions: int, at_once: int) -> Callable[[], None]:
    queues: list[queue.Queue[object]] = [queue.Queue() for _ in range(sessions)]

    def work() -> None:
        for _ in range(BATCHES // at_once):
            for _ in range(at_once):
                for each in queues:
                    each.put(BATCH)
            for each in queues:
                for _ in range(at_once):
                    each.get()

    return work


def _best(*contenders: Callable[[], None]) -> list[float]:
    """Return the best time of each, in nanoseconds a sample; they take turns, so that a busy machine harms both."""
    best = [float("inf")] * len(contenders)
    for _ in range(REPEATS):
        for place, work in enumerate(contenders):
            start = time.perf_counter_ns()
            work()
            best[place] = min(best[place], (time.perf_counter_ns() - start) / (BATCHES * ROWS))
    return best
