"""A subscriber's place in the hub's queue.

Batches are kept once, in a log that all subscriptions with the same patterns share; a subscription is a position in
it. So publishing costs the same for one subscriber as for a hundred, a subscriber that stalls costs nothing, and
what it missed is known from two positions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from enum import Enum, auto
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from stripchart.flow.history import View
    from stripchart.flow.hub import Hub
    from stripchart.flow.records import Batch

MAX_LOG_BATCHES: Final = 100_000
"""Batches a log may hold: a batch of one sample still costs about 500 bytes."""
TRIM_BATCHES: Final = 256
TRIM_SAMPLES: Final = 1 << 16
"""A log is trimmed whenever it has grown by so much."""


class Overflow(Enum):
    """What happens when a subscription's queue is full."""

    DROP_OLDEST = auto()
    """It misses the oldest batches; they are counted as lost."""
    BLOCK = auto()
    """The publisher waits, at most ``patience`` seconds; then as above, until the subscription drains again."""


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


class Log:
    """The batches that match one set of patterns, in order; positions count samples. The hub's lock guards it."""

    def __init__(self, patterns: tuple[str, ...] | None, end: int = 0) -> None:
        self.patterns = patterns
        self.batches: list[Batch] = []
        self.starts: list[int] = []  # position of each batch
        self.first = 0  # sequence number of batches[0]
        self.end = end  # position of the next batch
        self.subscriptions: list[Subscription] = []
        self._trim_at = (TRIM_BATCHES, end + TRIM_SAMPLES)

    def matches(self, stream: str) -> bool:
        """Say whether a stream belongs here: by its very name (which may hold brackets), or by a shell pattern."""
        patterns = self.patterns
        return patterns is None or stream in patterns or any(fnmatchcase(stream, pattern) for pattern in patterns)

    def append(self, batch: Batch) -> None:
        """Queue a batch for all subscriptions."""
        self.batches.append(batch)
        self.starts.append(self.end)
        self.end += batch.samples
        batches, end = self._trim_at
        if len(self.batches) >= batches or self.end >= end:
            self.trim()

    def trim(self) -> None:
        """Forget what every subscription has taken, or is too late to take."""
        keep = min((subscription.next_index() for subscription in self.subscriptions), default=len(self.batches))
        keep = max(keep, len(self.batches) - MAX_LOG_BATCHES)
        del self.batches[:keep], self.starts[:keep]
        self.first += keep
        self._trim_at = len(self.batches) + TRIM_BATCHES, self.end + TRIM_SAMPLES


class Subscription:
    """A place in the hub's queue. Only its owner drains it; any thread may read its counts."""

    def __init__(
        self,
        hub: Hub,
        log: Log,
        name: str,
        *,
        capacity: int,
        overflow: Overflow,
        patience: float,
        past: list[View],
    ) -> None:
        self.name = name
        self.capacity = capacity
        self.overflow = overflow
        self.patience = patience
        self.overdue = False  # the publisher has waited for it in vain
        self._hub = hub
        self._lock = hub.lock
        self._log = log
        self._past = past
        self._next = log.first + len(log.batches)
        self._origin = self._position = log.end
        self._delivered = self._lost = self._lost_told = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def drain(self, max_samples: int = 1 << 62) -> Delivery:
        """Take what is queued, in order: whole batches of at most ``max_samples`` together, but at least one batch."""
        with self._lock:
            log = self._log
            index = self._catch_up()
            stop, position = len(log.batches), log.end
            if position - self._position > max_samples:
                stop = max(index + 1, bisect_right(log.starts, self._position + max_samples, index) - 1)
                position = log.starts[stop] if stop < len(log.starts) else log.end
            batches = tuple(log.batches[index:stop])
            self._delivered += position - self._position
            self._next, self._position = log.first + stop, position
            past = self._past
            if past:
                self._past = []
            if self.overflow is Overflow.BLOCK:
                self.overdue = False
                self._hub.changed.notify_all()
            lost = self._lost - self._lost_told
            self._lost_told = self._lost
        if past:
            batches = tuple(batch for view in past for batch in view.batches()) + batches
        return Delivery(batches, lost)

    def counts(self) -> Counts:
        """Return its account."""
        with self._lock:
            self._catch_up()
            end = self._log.end
            return Counts(end - self._origin, self._delivered, self._lost, end - self._position)

    def close(self) -> None:
        """Leave; safe twice. What was queued is lost, and nothing more is published to it."""
        with self._lock:
            log = self._log
            if self not in log.subscriptions:
                return
            self._catch_up()
            self._lost += log.end - self._position
            self._log, self._past = Log(None, log.end), []
            self._next, self._position = 0, log.end
            self._hub.forget(self, log)

    def next_index(self) -> int:
        """Return where its next batch is in the log, past those it is too late for (called under the lock)."""
        log = self._log
        index = max(self._next - log.first, 0)
        oldest = log.end - self.capacity
        if index < len(log.starts) and log.starts[index] < oldest:
            # The newest batch is always delivered, even one larger than the whole capacity.
            index = min(bisect_left(log.starts, oldest, index), len(log.starts) - 1)
        return index

    def wants(self, stream: str) -> bool:
        """Say whether batches of a stream are queued for it."""
        return self._log.matches(stream)

    def full_for(self, samples: int) -> bool:
        """Say whether a publisher has to wait before it adds so many samples (called under the lock)."""
        log = self._log
        queued = log.end - self._position
        if not queued or self.overdue:
            return False
        return queued + samples > self.capacity or log.first + len(log.batches) - self._next >= MAX_LOG_BATCHES

    def _catch_up(self) -> int:
        """Count what it is too late for as lost, and return where its next batch is in the log."""
        log = self._log
        index = self._next - log.first
        if index < 0 or log.end - self._position > self.capacity:
            index = self.next_index()
            position = log.starts[index] if index < len(log.starts) else log.end
            self._lost += position - self._position
            self._next, self._position = log.first + index, position
        return index
