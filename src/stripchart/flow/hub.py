"""Fan-out: pumps publish batches here, and every subscription takes them at its own pace."""

from __future__ import annotations

import threading
import time
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from stripchart.flow.history import Budget, StreamHistory
from stripchart.flow.records import Batch
from stripchart.flow.subscription import Counts, Delivery, Log, Overflow, Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from stripchart.flow.history import View
    from stripchart.flow.rate import Rate
    from stripchart.flow.records import Channel

__all__ = ["Counts", "Delivery", "Held", "Hub", "Overflow", "StreamInfo", "Subscription"]

MAX_CHANNELS: Final = 5_000
HISTORY_BYTES: Final = 256 << 20
HISTORY_ROWS: Final = 1 << 20
"""Rows kept of one stream: 17 minutes at 1,000 rows a second, 12 days at one."""


class StreamInfo(NamedTuple):
    """A stream as the hub knows it."""

    name: str
    channels: tuple[Channel, ...]
    groups: tuple[int, ...]
    """A number for each channel: those with the same one have always come together."""
    counts: tuple[int, ...]
    """Samples of each channel."""
    first_ns: int
    last_ns: int
    """Times of the first and of the newest row."""
    last_values: tuple[Any, ...]
    """The newest value of each channel."""
    rate: Rate


class Held(NamedTuple):
    """What memory holds of a stream."""

    first: int
    """Number of the oldest row."""
    stop: int
    """Number of the row after the newest."""
    start_ns: int
    """Time of the oldest row."""


class _Stream(NamedTuple):
    history: StreamHistory
    logs: list[Log]


class Hub:
    """Where pumps publish and sessions, recorders and programs subscribe. Safe from any thread.

    Parameters
    ----------
    max_channels
        Channels that it takes; the columns of others are refused and counted.
    history_rows, history_bytes
        Rows kept of one stream (as many, or up to two blocks more), and bytes of all streams together.

    Attributes
    ----------
    channels
        How many channels there are. It only grows: while it stays, no stream has a new one.
    published, refused
        Samples taken, and samples of channels beyond the limit.
    lock, changed
        Guard all of it; for subscriptions only.
    """

    def __init__(
        self,
        *,
        max_channels: int = MAX_CHANNELS,
        history_rows: int = HISTORY_ROWS,
        history_bytes: int = HISTORY_BYTES,
    ) -> None:
        self.max_channels = max_channels
        self.channels = 0
        self.published = 0
        self.refused = 0
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.budget = Budget(history_bytes)
        self._history_rows = history_rows
        self._streams: dict[str, _Stream] = {}
        self._logs: dict[tuple[str, ...] | None, Log] = {}
        self._blocking: list[Subscription] = []

    def publish(self, batch: Batch) -> int:
        """Take a batch: number its rows, remember them, and queue them for every subscription that wants them.

        Returns
        -------
        How many samples were refused: those of channels beyond the limit.
        """
        samples = batch.samples
        if not samples:
            return 0
        with self.lock:
            if self._blocking:
                self._wait_for_room(batch.stream, samples)
            stream = self._streams.get(batch.stream) or self._stream(batch.stream)
            history, logs = stream
            fresh = history.fresh(batch.channels)
            if fresh:
                batch = self._within_limit(batch, fresh)
                if not batch.channels:
                    self.refused += samples
                    return samples
                self._streams[batch.stream] = stream
            batch = batch.labelled(batch.stream, gap=batch.gap, first=history.rows)
            history.append(batch, time.time_ns())
            for log in logs:
                log.append(batch)
            taken = batch.samples
            self.published += taken
            self.refused += samples - taken
        return samples - taken

    def subscribe(
        self,
        streams: Iterable[str] | None = None,
        *,
        capacity: int = 1_000_000,
        overflow: Overflow = Overflow.DROP_OLDEST,
        backfill: int = 0,
        patience: float = 5.0,
        name: str = "",
    ) -> Subscription:
        """Begin to queue batches.

        Parameters
        ----------
        streams
            Names or shell patterns (``greenhouse/*``); all streams if not given.
        capacity
            Samples it may fall behind, at least 1; the newest batch is always kept.
        overflow, patience
            What happens beyond that; see ``Overflow``.
        backfill
            Rows of each stream's recent past that come first, not counted as published to it.
        name
            What it is called in the ledger, with a number behind it where the name is taken.
        """
        if capacity < 1:
            raise ValueError(f"capacity: expected at least 1 sample, got {capacity}")
        if isinstance(streams, str):
            streams = (streams,)
        patterns = None if streams is None else tuple(sorted(set(streams)))
        with self.lock:
            log = self._logs.get(patterns)
            if log is None:
                log = self._logs[patterns] = Log(patterns)
                for stream, (_, logs) in self._streams.items():
                    if log.matches(stream):
                        logs.append(log)
            past = [history.view(backfill) for history, logs in self._streams.values() if backfill and log in logs]
            subscription = Subscription(
                self,
                log,
                self._free_name(name or "program"),
                capacity=capacity,
                overflow=overflow,
                patience=patience,
                past=past,
            )
            log.subscriptions.append(subscription)
            if overflow is Overflow.BLOCK:
                self._blocking.append(subscription)
        return subscription

    def forget(self, subscription: Subscription, log: Log) -> None:
        """Drop a subscription, and its log if nobody else reads that (called under the lock)."""
        log.subscriptions.remove(subscription)
        if subscription in self._blocking:
            self._blocking.remove(subscription)
            self.changed.notify_all()
        log.trim()  # what was kept for this one alone can go
        if not log.subscriptions:
            del self._logs[log.patterns]
            for _, logs in self._streams.values():
                if log in logs:
                    logs.remove(log)

    def subscriptions(self) -> list[Subscription]:
        """Return the open subscriptions."""
        with self.lock:
            return [subscription for log in self._logs.values() for subscription in log.subscriptions]

    def streams(self) -> list[StreamInfo]:
        """Describe every stream seen so far, in order of appearance."""
        with self.lock:
            streams = list(self._streams.items())
        return [self._describe(name, stream.history) for name, stream in streams]

    def read(self, stream: str, start_ns: int = 0, stop_ns: int = 1 << 62) -> tuple[Batch, NDArray[np.intp]]:
        """Return the rows of a stream in a span of time that memory still holds, and which begin after a gap.

        Rows stand in order of arrival; where a clock stepped back, some just outside the span come along.

        Raises
        ------
        KeyError
            If there is no such stream.
        """
        with self.lock:
            view = self._streams[stream].history.view()
        batch = view.between(start_ns, stop_ns)
        gaps = np.array(view.gaps, np.intp) - batch.first
        return batch, gaps[(gaps >= 0) & (gaps < len(batch))]

    def view(self, stream: str) -> View:
        """Return what memory holds of a stream now; it is copied only where it is read. KeyError if there is none."""
        with self.lock:
            return self._streams[stream].history.view()

    def held(self, stream: str) -> Held:
        """Tell which rows of a stream memory still holds, at least one; KeyError if there is no such stream."""
        with self.lock:
            view = self._streams[stream].history.view()
            oldest = view.blocks[0]
            return Held(view.first, view.stop, int(oldest.time[view.first - oldest.first]))

    def since(self, stream: str, row: int) -> list[Batch]:
        """Return the rows from a number on that memory still holds, cut where something is missing.

        Raises
        ------
        KeyError
            If there is no such stream.
        """
        with self.lock:
            view = self._streams[stream].history.view()
        return view._replace(first=max(row, view.first)).batches()

    def _stream(self, name: str) -> _Stream:
        history = StreamHistory(name, self._history_rows, self.budget)
        return _Stream(history, [log for log in self._logs.values() if log.matches(name)])

    def _within_limit(self, batch: Batch, fresh: list[Channel]) -> Batch:
        """Count new channels, and leave out the columns of those that would be too many."""
        room = self.max_channels - self.channels
        self.channels += min(len(fresh), room)
        refused = set(fresh[room:])
        if not refused:
            return batch
        kept = [place for place, channel in enumerate(batch.channels) if channel not in refused]
        channels = tuple(batch.channels[place] for place in kept)
        values = tuple(batch.values[place] for place in kept)
        return Batch(batch.stream, channels, batch.time, values, batch.gap, batch.retained)

    def _wait_for_room(self, stream: str, samples: int) -> None:
        """Wait until no blocking subscription is full; the lock is released meanwhile, so all are asked again."""

        def full() -> Subscription | None:
            return next((s for s in self._blocking if s.wants(stream) and s.full_for(samples)), None)

        while blocked := full():
            if not self.changed.wait_for(lambda: not blocked.full_for(samples), blocked.patience):
                blocked.overdue = True

    def _free_name(self, name: str) -> str:
        taken = {subscription.name for subscription in self.subscriptions()}
        numbered = (f"{name} {number}" for number in count(2))
        return name if name not in taken else next(free for free in numbered if free not in taken)

    def _describe(self, name: str, history: StreamHistory) -> StreamInfo:
        with self.lock:
            return StreamInfo(
                name,
                history.channels,
                history.groups,
                tuple(history.counts),
                history.first_ns,
                history.last_ns,
                tuple(history.last_values),
                history.rate,
            )
