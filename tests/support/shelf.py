"""An archive in memory: a stand-in for the record with the same promises, slow or failing when a test asks."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stripchart.flow.archive import StreamRecord
from stripchart.flow.records import ABSENT, Batch, Kind, is_absent
from stripchart.flow.reduce import raw_rows, reduce_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stripchart.flow.events import Event
    from stripchart.flow.hub import Hub
    from stripchart.flow.reduce import Rows


class Shelf:
    """Keeps every batch it is given.

    Attributes
    ----------
    delay
        Seconds that each answer takes.
    error
        What it raises instead of an answer.
    asked
        The pictures that were asked for: stream, start, stop, and the thread's name.
    """

    def __init__(self) -> None:
        self.delay = 0.0
        self.error: Exception | None = None
        self.asked: list[tuple[str, int, int, str]] = []
        self.happened: list[Event] = []
        self._batches: dict[str, list[Batch]] = {}
        self._before: dict[str, int] = {}  # rows of earlier runs
        self._lock = threading.Lock()

    def add(self, batch: Batch) -> None:
        with self._lock:
            kept = self._batches.setdefault(batch.stream, [])
            first = sum(map(len, kept))
            new_run = first == self._before.get(batch.stream, 0) > 0
            kept.append(batch.labelled(batch.stream, gap=batch.gap or new_run, first=first))

    def new_run(self) -> None:
        """What comes from now on, a hub that is new too numbers from 0."""
        with self._lock:
            self._before = {stream: sum(map(len, kept)) for stream, kept in self._batches.items()}

    @contextmanager
    def record(self, hub: Hub) -> Iterator[None]:
        """Keep what a new hub takes, a moment later."""
        self.new_run()
        subscription = hub.subscribe(capacity=10_000_000, name="recorder")
        end = threading.Event()

        def run() -> None:
            ended = False
            while not ended:
                ended = end.wait(0.05)
                for batch in subscription.drain().batches:
                    self.add(batch)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join(10)
            subscription.close()

    def rows(self, stream: str, start_ns: int = -(1 << 62), stop_ns: int = 1 << 62) -> int:
        return sum(int(((b.time >= start_ns) & (b.time < stop_ns)).sum()) for b in self._kept(stream))

    def streams(self) -> list[StreamRecord]:
        self._answer()
        with self._lock:
            names = list(self._batches)
        found = []
        for name in names:
            kept = self._kept(name)
            times = np.concatenate([batch.time for batch in kept])
            channels = {(c.name, c.kind is Kind.TEXT): c for batch in kept for c in batch.channels}
            found.append(StreamRecord(name, (*channels.values(),), 0, len(times), int(times.min()), int(times.max())))
        return found

    def picture(
        self, stream: str, channels: Sequence[str], start_ns: int, stop_ns: int, bucket_ns: int, *,
        before_row: int | None = None,
    ) -> list[Rows]:  # fmt: skip
        self.asked.append((stream, start_ns, stop_ns, threading.current_thread().name))
        self._answer()
        kept = list(self.batches(stream, start_ns, stop_ns, before_row=before_row))
        cuts = [0, *(place for place, batch in enumerate(kept) if place and batch.gap), len(kept)]
        runs = []
        for begin, end in pairwise(cuts):
            together = kept[begin:end]
            if together:
                time = np.concatenate([batch.time for batch in together])
                columns = [np.concatenate([_column(batch, name) for batch in together]) for name in channels]
                present = ~np.logical_and.reduce([is_absent(column) for column in columns])
                runs.append(reduce_rows(raw_rows(time, columns).pick(present), bucket_ns))
        return runs

    def batches(
        self, stream: str, start_ns: int, stop_ns: int, *, channels: Sequence[str] | None = None,
        before_row: int | None = None,
    ) -> Iterator[Batch]:  # fmt: skip
        limit = self._before.get(stream, 0) + before_row if before_row is not None else 1 << 62
        gap = False
        for batch in self._kept(stream):
            numbers = batch.first + np.arange(len(batch))
            chosen = (batch.time >= start_ns) & (batch.time < stop_ns) & (numbers < limit)
            gap |= batch.gap
            if chosen.any():
                shown = [place for place, c in enumerate(batch.channels) if channels is None or c.name in channels]
                values = tuple(batch.values[place][chosen] for place in shown)
                names = tuple(batch.channels[place] for place in shown)
                yield Batch(stream, names, batch.time[chosen], values, gap=gap, first=int(numbers[chosen][0]))
                gap = False

    def events(self, start_ns: int, stop_ns: int) -> list[Event]:
        self._answer()
        return [event for event in self.happened if start_ns <= event.time_ns < stop_ns]

    def _kept(self, stream: str) -> list[Batch]:
        with self._lock:
            return list(self._batches.get(stream, []))

    def _answer(self) -> None:
        time.sleep(self.delay)
        if self.error is not None:
            raise self.error


def _column(batch: Batch, name: str) -> Any:
    found = [place for place, c in enumerate(batch.channels) if c.name == name and c.kind is not Kind.TEXT]
    return batch.values[found[0]] if found else np.full(len(batch), ABSENT)
