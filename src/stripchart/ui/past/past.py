"""The past beyond what memory holds: drawn from the record in a worker thread, and joined to memory without a seam."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.ui.past.marks import merge
from stripchart.ui.view import Picture, Span, draw, memory_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor, Future

    from stripchart.flow.events import Event
    from stripchart.flow.hub import Hub
    from stripchart.flow.records import Channel
    from stripchart.ui.past.record import Record

PATIENCE: Final = 15.0
"""Seconds that a page waits for the record before it says that it has to."""
BUSY_SECONDS: Final = 0.25
RETRY_SECONDS: Final = 5.0


class Wish(NamedTuple):
    """A view that is to be drawn."""

    key: str
    stream: str
    columns: dict[str, Channel]
    span: Span


class Drawn(NamedTuple):
    """What a page gets from the record."""

    pictures: list[tuple[Wish, Picture]]
    """Each with its wish."""
    events: list[Event]
    """What happened in their span."""
    missing: list[Wish]
    """What memory has to do for, as yet."""


class Past:
    """Draws the views of one session: one job at a time, and always what was wished for last.

    Only the session calls it, which is never in two threads at once.

    Attributes
    ----------
    trouble
        Why the picture is not whole, if it is not.
    """

    def __init__(self, hub: Hub, record: Record, workers: Executor) -> None:
        self.trouble = ""
        self._hub = hub
        self._record = record
        self._workers = workers
        self._wanted: dict[str, Wish] = {}
        self._job: Future[Drawn] | None = None
        self._since = self._retry = 0.0

    @property
    def busy(self) -> bool:
        """Whether it takes so long that a viewer would like to know."""
        return bool(self._wanted) and not self.trouble and time.monotonic() - self._since > BUSY_SECONDS

    def want(self, wishes: Iterable[Wish], *, only: bool = False) -> None:
        """Wish for views; with ``only``, and for nothing that was wished for before."""
        if not self._wanted:
            self._since = time.monotonic()
        if only:
            self._wanted = {}
            self.trouble = ""
            self._retry = 0.0
        for wish in wishes:
            before = self._wanted.get(wish.key)
            # Who draws the same already goes on: it will be joined with all that has come until then.
            if before is None or before.columns != wish.columns:
                self._wanted[wish.key] = wish

    def poll(self) -> Drawn | None:
        """Return what has come and is still wanted, and begin with what was wished for since."""
        drawn = None
        now = time.monotonic()
        if self._job is not None and self._job.done():
            job, self._job = self._job, None
            drawn = self._take(job)
        elif self._wanted and not self.trouble and now - self._since > PATIENCE:
            self.trouble = f"no answer for {PATIENCE:.0f} s"
            drawn = Drawn([], [], list(self._wanted.values()))
        if self._job is None and self._wanted and now >= self._retry:
            self._job = self._workers.submit(self._draw, list(self._wanted.values()))
        return drawn

    def _take(self, job: Future[Drawn]) -> Drawn | None:
        error = job.exception()
        if error is not None:
            self.trouble = self._record.failed(error)
            self._retry = time.monotonic() + RETRY_SECONDS
            return Drawn([], [], list(self._wanted.values()))
        self._record.worked()
        self.trouble = ""
        drawn = job.result()
        current = [(wish, picture) for wish, picture in drawn.pictures if self._wanted.get(wish.key) is wish]
        for wish, _ in current:
            del self._wanted[wish.key]
        return Drawn(current, drawn.events, []) if current else None

    def _draw(self, wishes: list[Wish]) -> Drawn:
        """Draw what is still wanted (in a worker thread)."""
        archive, span = self._record.archive, wishes[0].span
        pictures = [(wish, self._picture(wish)) for wish in wishes if self._wanted.get(wish.key) is wish]
        return Drawn(pictures, merge(archive.events(span.start_ns, span.stop_ns)) if pictures else [], [])

    def _picture(self, wish: Wish) -> Picture:
        # Memory is looked at first: what falls out of it while the record is read stays in this view.
        memory = memory_of(self._hub, wish.stream)
        names = [channel.name for channel in wish.columns.values()]
        row = None if memory is None else memory.first
        past = self._record.archive.picture(wish.stream, names, *wish.span, before_row=row)
        self._record.learn(wish.stream, names, past)
        return draw(memory, wish.columns, wish.span, past)
