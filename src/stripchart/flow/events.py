"""What happened besides samples: connections made and lost, clocks that stepped, formats recognised."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_EVENTS: Final = 1_000
BURST: Final = 20
"""Events of one kind that a source may post at once."""
REFILL_NS: Final = 10_000_000_000
"""Nanoseconds after which it may post one more; what comes on top is counted, not kept."""
NOTE: Final = "annotation"
"""The kind of what people write at a time. What is written later at the same time takes its place; an empty text takes
it away. So nothing that was recorded is ever changed."""
MAX_NOTE: Final = 500
"""Characters of a note."""
BY_HAND: Final = {"command": (200, 1_000_000_000), NOTE: (200, 1_000_000_000)}
"""The same two for kinds that people make: none of what a hand does shall be missing."""


class Event(NamedTuple):
    """An instant worth marking; names as in the public JSON API."""

    time_ns: int
    """Nanoseconds since the epoch, UTC, by this machine's clock."""
    source: str
    kind: str
    """A state of the source ("connected", "lost", …), "gap", "clock", "decoder", "limit", "command" or "annotation"."""
    text: str
    number: int
    """Counted from 0 over all sources."""


def join(*logs: Iterable[Event]) -> list[Event]:
    """Return the events of several logs in order of time; one that stands in two is taken once."""
    chosen = {(event.time_ns, event.source, event.kind): event for log in logs for event in log}
    return [chosen[key] for key in sorted(chosen)]


def stands(event: Event) -> bool:
    """Say whether an event tells anything: a note that was taken away does not."""
    return event.kind != NOTE or event.text != ""


def notes(*logs: Iterable[Event]) -> list[Event]:
    """Return the notes that stand, in order of time."""
    return list(filter(stands, join(*((event for event in log if event.kind == NOTE) for log in logs))))


def as_note(time_ns: int, text: str) -> tuple[int, str]:
    """Return time and text of a note: of a whole microsecond, so that a browser can name it again, and of one line.

    Raises
    ------
    ConfigError
        If it is longer than ``MAX_NOTE``.
    """
    text = " ".join(text.split())
    if len(text) > MAX_NOTE:
        raise ConfigError(f"note: expected at most {MAX_NOTE} characters, got {len(text)}")
    return (time_ns + 500) // 1_000 * 1_000, text


class _Allowance:
    """How many events of one kind a source may still post."""

    def __init__(self, kind: str, time_ns: int) -> None:
        self.burst, self.refill_ns = BY_HAND.get(kind, (BURST, REFILL_NS))
        self.left = self.burst
        self.since_ns = time_ns
        self.hidden = 0

    def spend(self, time_ns: int) -> bool:
        earned = abs(time_ns - self.since_ns) // self.refill_ns  # a clock that was set back must not silence it
        if earned:
            self.left = min(self.burst, self.left + earned)
            self.since_ns = time_ns
        if not self.left:
            self.hidden += 1
            return False
        self.left -= 1
        return True


class EventLog:
    """The newest events of all sources. Safe from any thread.

    Attributes
    ----------
    counts
        All that were posted, by source and kind.
    dropped
        Those that are not in the log: they made room for newer ones, or came too fast.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.dropped = 0
        self._number = 0
        self._events: deque[Event] = deque()
        self._allowances: dict[tuple[str, str], _Allowance] = {}
        self._lock = threading.Lock()

    def post(self, time_ns: int, source: str, kind: str, text: str) -> bool:
        """Add an event, unless the source has posted too many of its kind lately: the next one then tells how many.

        Returns
        -------
        Whether it was added.
        """
        with self._lock:
            self.counts[source, kind] += 1
            allowance = self._allowances.setdefault((source, kind), _Allowance(kind, time_ns))
            if not allowance.spend(time_ns):
                self.dropped += 1
                return False
            if allowance.hidden:
                text = f"{text} ({allowance.hidden:,} more of this kind before)"
                allowance.hidden = 0
            if len(self._events) >= MAX_EVENTS:
                self._events.popleft()
                self.dropped += 1
            self._events.append(Event(time_ns, source, kind, text, self._number))
            self._number += 1
            return True

    def events(self, after: int = -1) -> list[Event]:
        """Return those that are kept and have a number above ``after``, oldest first."""
        with self._lock:
            return [event for event in self._events if event.number > after]

    def totals(self) -> dict[tuple[str, str], int]:
        """Return how many were posted, by source and kind."""
        with self._lock:
            return dict(self.counts)
