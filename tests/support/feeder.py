"""Publishes rows straight to a hub, in a thread, at a steady rate, and knows how many."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

import numpy as np

from stripchart.flow.records import Channel, make_batch

if TYPE_CHECKING:
    from types import TracebackType

    from stripchart.flow.hub import Hub


class Feeder:
    """Rows of one stream; channel ``k`` is a slow sine around ``10 * k``."""

    def __init__(self, hub: Hub, stream: str = "bench", rate: float = 50, channels: tuple[Channel, ...] = ()) -> None:
        self.hub = hub
        self.stream = stream
        self.rate = rate
        self.channels = channels or (Channel("temperature", "°C"), Channel("humidity", "%"))
        self.rows = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def publish(self, rows: int, now_ns: int | None = None) -> None:
        now_ns = time.time_ns() if now_ns is None else now_ns
        steps = np.arange(rows)
        times = now_ns - ((rows - 1 - steps) * 1e9 / self.rate).astype(np.int64)
        values = [10 * place + np.sin((self.rows + steps) / self.rate) for place in range(len(self.channels))]
        self.hub.publish(make_batch(self.stream, self.channels, times, values))
        self.rows += rows

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._end.set()
        self._thread.join(5)

    def _run(self) -> None:
        start, start_ns = time.monotonic(), time.time_ns()
        done = 0
        while not self._end.wait(0.02):
            due = int((time.monotonic() - start) * self.rate)
            if due > done:
                self.publish(due - done, start_ns + int(due * 1e9 / self.rate))  # in step, however late it is
                done = due
