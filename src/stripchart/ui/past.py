"""The past beyond what memory holds: drawn from the record in a worker thread, and joined to memory without a seam."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.ui.marks import merge
from stripchart.ui.view import Picture, Span, draw

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor, Future

    from stripchart.flow.events import Event
    from stripchart.flow.hub import Held, Hub
    from stripchart.flow.records import Channel
    from stripchart.ui.record import Record

MARGIN: Final = 4
"""Memory gives its oldest rows for new ones while the record is read; so it takes over behind one part in so many."""
TRIES: Final = 3
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
        self._wanted |= {wish.key: wish for wish in wishes}

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
        archive, hub, span = self._record.archive, self._hub, wish.span
        names = [channel.name for channel in wish.columns.values()]
        for _ in range(TRIES):
            row = self._seam(wish.stream)
            past = archive.picture(wish.stream, names, *span, before_row=row)
            picture = draw(hub, wish.stream, wish.columns, span, past=past, from_row=row or 0)
            held = self._held(wish.stream)
            if held is None or (row is not None and held.first <= row):
                self._record.learn(wish.stream, names, past)
                return picture
        raise TimeoutError(f"{wish.stream}: memory was overwritten {TRIES} times while the recording was read")

    def _seam(self, stream: str) -> int | None:
        """Return the number of a row that memory will still hold when the record has been read; None if it has none."""
        held = self._held(stream)
        return held and held.first and held.first + (held.stop - held.first) // MARGIN

    def _held(self, stream: str) -> Held | None:
        try:
            return self._hub.held(stream)
        except KeyError:
            return None
