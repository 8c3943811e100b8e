"""A recorder as small as a pump needs one: it takes what is published, "commits" it, and says so."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from stripchart.flow.hub import Hub
    from stripchart.flow.pump import Pump

EVERY = 0.005


class StandInRecorder:
    """Commits every 5 ms in a thread of its own, while `may_commit` is set. Begin it before anything is published."""

    def __init__(self, hub: Hub, *pumps: Pump) -> None:
        self.numbers: list[int] = []
        self.may_commit = threading.Event()
        self.may_commit.set()
        self._taken: list[int] = []
        self._position = 0
        self._subscription = hub.subscribe(name="recorder")
        self._pumps = pumps
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._subscription.close()

    def lose(self) -> int:
        """Lose what is not committed yet, as a recorder does whose queue is full; return how much that was."""
        with self._lock:
            self._take()
            lost = len(self._taken)
            self._taken.clear()
            for pump in self._pumps:
                pump.missed()
        return lost

    def _run(self) -> None:
        while not self._stopping.wait(EVERY):
            with self._lock:
                self._take()
                if self.may_commit.is_set():
                    self.numbers += self._taken
                    self._taken.clear()
                    for pump in self._pumps:
                        pump.stored(self._position)

    def _take(self) -> None:
        for batch in self._subscription.drain().batches:
            self._position += batch.samples
            self._taken += (int(value) for column in batch.values for value in column)
