"""Fan-out: pumps publish batches here, and every subscription takes them at its own pace.

Batches are kept once, in a shared log; a subscription is a position in it. So publishing costs the same for one
subscriber as for a hundred, a subscriber that stalls costs nothing, and what it missed is known from two positions.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import replace
from enum import Enum, auto
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripchart.flow.history import Budget, Rate, StreamHistory

if TYPE_CHECKING:
    import numpy as np
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    from stripchart.flow.records import Batch, Channel

MAX_CHANNELS: Final = 5_000
MAX_LOG_BATCHES: Final = 100_000
"""Batches a log may hold: a batch of one sample still costs about 500 bytes."""
HISTORY_BYTES: Final = 256 << 20
HISTORY_ROWS: Final = 1 << 20
"""Rows kept of one stream: 17 minutes at 1,000 rows a second, 12 days at one."""
TRIM_EVERY: Final = 256


class Overflow(Enum):
    """What happens when a subscription's queue is full."""

    DROP_OLDEST = auto()
    """It misses the oldest batches; they are counted as lost."""
    BLOCK = auto()
    """The publisher waits, at most ``patience`` seconds; then as above."""


class Delivery(NamedTuple):
    """What a subscription hands over at once."""

    batches: tuple[Batch, ...]
    lost: int
    """Samples that were dropped between the previous delivery and this one."""


class Counts(NamedTuple):
    """A subscription's account in samples: ``published = delivered + lost + queued``."""

    published: int
    delivered: int
    lost: int
    queued: int


class StreamInfo(NamedTuple):
    """A stream as the hub knows it."""

    name: str
    channels: tuple[Channel, ...]
    counts: tuple[int, ...]
    first_ns: int
    last_ns: int
    last_values: tuple[Any, ...]
    rate: Rate


class _Log:
    """The batches that match one set of patterns, in order; positions count samples."""

    def __init__(self, patterns: tuple[str, ...] | None) -> None:
        self.patterns = patterns
        self.batches: list[Batch] = []
        self.starts: list[int] = []
        self.first = 0  # sequence number of batches[0]
        self.end = 0  # samples ever appended
        self.subscriptions: list[Subscription] = []

    def matches(self, stream: str) -> bool:
        return self.patterns is None or any(fnmatchcase(stream, pattern) for pattern in self.patterns)

    def append(self, batch: Batch) -> None:
        self.batches.append(batch)
        self.starts.append(self.end)
        self.end += batch.samples
        if len(self.batches) % TRIM_EVERY == 0:
            self.trim()

    def trim(self) -> None:
        """Forget what every subscription has taken, or is too late to take."""
        keep = min((s.next_index() for s in self.subscriptions), default=len(self.batches))
        keep = max(keep, len(self.batches) - MAX_LOG_BATCHES)
        del self.batches[:keep], self.starts[:keep]
        self.first += keep


class Subscription:
    """A place in the hub's queue. Only its owner drains it; any thread may read its counts."""

    def __init__(self, hub: Hub, log: _Log, name: str, capacity: int, overflow: Overflow, patience: float) -> None:
        self.name = name
        self.capacity = capacity
        self.overflow = overflow
        self.patience = patience
        self.backfill: tuple[Batch, ...] = ()
        self.delivered = 0
        self.lost = 0
        self._hub = hub
        self._log = log
        self._next = log.first + len(log.batches)
        self._origin = self._position = log.end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def next_index(self) -> int:
        """Return where its next batch is in the log, past those it is too late for (called under the lock)."""
        log = self._log
        index = max(self._next - log.first, 0)
        oldest = log.end - self.capacity
        if index < len(log.starts) and log.starts[index] < oldest:
            # The newest batch is always delivered, even one larger than the whole capacity.
            index = min(bisect_left(log.starts, oldest, index), len(log.starts) - 1)
        return index

    def full_for(self, samples: int) -> bool:
        """Say whether that many more samples would make it lose some (called under the lock)."""
        queued = self._log.end - self._position
        return queued > 0 and queued + samples > self.capacity

    def drain(self, max_samples: int = 1 << 62) -> Delivery:
        """Take what is queued, in order: whole batches, at least one if there is any, about ``max_samples``."""
        with self._hub.changed:
            log = self._log
            lost = self._skip_late()
            index = self._next - log.first
            stop = len(log.batches)
            if log.end - self._position > max_samples:
                stop = max(index + 1, bisect_left(log.starts, self._position + max_samples, index))
            batches = tuple(log.batches[index:stop])
            taken = sum(batch.samples for batch in batches)
            self._next += len(batches)
            self._position += taken
            self.delivered += taken
            backfill, self.backfill = self.backfill, ()
            if self.overflow is Overflow.BLOCK:
                self._hub.changed.notify_all()
        return Delivery(backfill + batches, lost)

    def counts(self) -> Counts:
        """Return its account."""
        with self._hub.changed:
            self._skip_late()
            log = self._log
            queued = sum(batch.samples for batch in log.batches[self._next - log.first :])
            return Counts(log.end - self._origin, self.delivered, self.lost, queued)

    def close(self) -> None:
        """Leave; safe twice. What was queued goes with it."""
        with self._hub.changed:
            if self in self._log.subscriptions:
                self._log.subscriptions.remove(self)
                self._hub.forget(self._log)
            self._hub.changed.notify_all()

    def _skip_late(self) -> int:
        log = self._log
        index = self.next_index()
        position = log.starts[index] if index < len(log.starts) else log.end
        lost = position - self._position
        self._next, self._position = log.first + index, position
        self.lost += lost
        return lost


class Hub:
    """Where pumps publish and sessions, recorders and programs subscribe. Safe from any thread."""

    def __init__(
        self,
        *,
        max_channels: int = MAX_CHANNELS,
        history_rows: int = HISTORY_ROWS,
        history_bytes: int = HISTORY_BYTES,
    ) -> None:
        self.max_channels = max_channels
        self.refused = 0
        self.published = 0
        self.changed = threading.Condition()
        self.budget = Budget(history_bytes)
        self._history_rows = history_rows
        self._logs: dict[tuple[str, ...] | None, _Log] = {}
        self._streams: dict[str, tuple[StreamHistory, list[_Log]]] = {}
        self._channels = 0

    def publish(self, batch: Batch) -> int:
        """Number the rows of a batch, remember them, and queue it for every subscription that wants it.

        Returns
        -------
        How many samples were refused: all, when the batch would pass the limit of channels; else 0.
        """
        with self.changed:
            state = self._streams.get(batch.stream) or self._admit(batch)
            if state is None or not self._knows(state[0], batch):
                self.refused += batch.samples
                return batch.samples
            history, logs = state
            for log in logs:
                self._wait_for_room(log, batch.samples)
            if history.rows != batch.first:
                batch = replace(batch, first=history.rows)
            history.append(batch)
            self.published += batch.samples
            for log in logs:
                log.append(batch)
        return 0

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
            Samples it may fall behind; the newest batch is always kept.
        overflow, patience
            What happens beyond that; see ``Overflow``.
        backfill
            Rows of each stream's recent past that come first, not counted as published to it.
        """
        patterns = None if streams is None else tuple(sorted(set(streams)))
        with self.changed:
            log = self._logs.get(patterns)
            if log is None:
                log = self._logs[patterns] = _Log(patterns)
                for stream, (_, logs) in self._streams.items():
                    if log.matches(stream):
                        logs.append(log)
            subscription = Subscription(self, log, name or "program", capacity, overflow, patience)
            if backfill:
                subscription.backfill = tuple(
                    replace(history.take(history.rows - backfill), stream=stream)
                    for stream, (history, logs) in self._streams.items()
                    if log in logs and history.kept
                )
            log.subscriptions.append(subscription)
        return subscription

    def forget(self, log: _Log) -> None:
        """Drop a log that nobody reads (called under the lock)."""
        if not log.subscriptions:
            del self._logs[log.patterns]
            for _, logs in self._streams.values():
                if log in logs:
                    logs.remove(log)

    def subscriptions(self) -> list[Subscription]:
        """Return the open subscriptions."""
        with self.changed:
            return [subscription for log in self._logs.values() for subscription in log.subscriptions]

    def streams(self) -> list[StreamInfo]:
        """Describe every stream seen so far, in order of appearance."""
        with self.changed:
            return [_describe(name, history) for name, (history, _) in self._streams.items()]

    def read(self, stream: str, start_ns: int = 0, stop_ns: int = 1 << 62) -> tuple[Batch, NDArray[np.intp]]:
        """Return the rows of a stream in a span of time that memory still holds, and which begin after a gap.

        Rows stand in order of arrival; where a clock stepped back, some just outside the span come along.

        Raises
        ------
        KeyError
            If there is no such stream.
        """
        with self.changed:
            history = self._streams[stream][0]
            batch = history.read(start_ns, stop_ns)
            gaps = history.gaps(batch.first, len(batch))
        return replace(batch, stream=stream), gaps

    def _admit(self, batch: Batch) -> tuple[StreamHistory, list[_Log]] | None:
        if self._channels + len(batch.channels) > self.max_channels:
            return None
        logs = [log for log in self._logs.values() if log.matches(batch.stream)]
        state = self._streams[batch.stream] = StreamHistory(self._history_rows, self.budget), logs
        return state

    def _knows(self, history: StreamHistory, batch: Batch) -> bool:
        """Make sure that the history has a column for each channel, within the limit."""
        fresh = history.unknown(batch.channels)
        if self._channels + fresh > self.max_channels:
            return False
        self._channels += fresh
        return True

    def _wait_for_room(self, log: _Log, samples: int) -> None:
        for subscription in log.subscriptions:
            if subscription.overflow is Overflow.BLOCK and subscription.full_for(samples):

                def room(blocked: Subscription = subscription) -> bool:
                    return blocked not in log.subscriptions or not blocked.full_for(samples)

                self.changed.wait_for(room, subscription.patience)


def _describe(name: str, history: StreamHistory) -> StreamInfo:
    last_ns, values = history.last()
    return StreamInfo(
        name, history.channels, tuple(history.counts), history.first_ns, last_ns, tuple(values), history.rate()
    )
