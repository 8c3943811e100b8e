"""The record as pages know it: asked every few seconds in a worker thread, once for all of them."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.flow.hub import MAX_CHANNELS
from stripchart.flow.records import Kind, is_absent
from stripchart.store.reading.rows import held
from stripchart.ui.past.extent import Extent, find_extent
from stripchart.ui.past.marks import merge
from stripchart.ui.past.overview import COLUMNS, LINES, overview
from stripchart.ui.readout import channel_key, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from concurrent.futures import Executor, Future

    from stripchart.flow.archive import Archive, StreamRecord
    from stripchart.flow.events import Event
    from stripchart.flow.hub import Hub
    from stripchart.flow.records import Channel
    from stripchart.flow.reduce import Rows
    from stripchart.ui.readout import ChannelKey
    from stripchart.ui.view import Span

log = logging.getLogger(__name__)

REFRESH_SECONDS: Final = (5.0, 60.0)
"""Time between two questions: so long that about a column is added to the overview meanwhile, within these bounds."""
REFRESH_PAUSE: Final = 50
"""How many times as long as the answer took it is not asked again."""
MAX_KEYS: Final = 2 * LINES
"""Channels in the overview, of all pages together."""
SOON_SECONDS: Final = 1.0
"""Time after which it is asked again for channels that have just appeared on the page."""
LAST_NS: Final = 60 * 1_000_000_000
"""How long before a stream's end a channel's last value is looked for."""


class RecordedStream(NamedTuple):
    """Channels that are only in the record, as a layout takes streams."""

    name: str
    channels: tuple[Channel, ...]
    groups: tuple[int, ...]
    """Below 0, so that they are none of the hub's."""


class Facts(NamedTuple):
    """What the archive said, all at one time."""

    streams: dict[str, StreamRecord]
    extent: Extent | None
    """The whole of it; None if nothing is recorded."""
    lines: dict[ChannelKey, str]
    """See ``overview``."""
    drawn: tuple[int, int]
    """From when to when the lines are."""
    events: list[Event]


class Last(NamedTuple):
    """A channel's last value in the record, fit for JSON, and its time."""

    value: float | str | None
    time_ns: int


def remembers(hub: Hub, stream: str, span: Span) -> bool:
    """Say whether memory has rows of a stream in a span, or may have."""
    try:
        return hub.held(stream).start_ns < span.stop_ns
    except KeyError:
        return False


class Record:
    """Knows what the archive holds beyond memory. Safe in any thread.

    Attributes
    ----------
    version
        Grows when something else is known.
    facts
        None until the archive was asked for the first time.
    trouble
        Why it could not be read, if it could not.
    """

    def __init__(self, archive: Archive, hub: Hub, workers: Executor) -> None:
        self.archive = archive
        self.version = 0
        self.facts: Facts | None = None
        self.trouble = ""
        self._hub = hub
        self._workers = workers
        self._groups: dict[str, dict[str, int]] = {}
        self._lasts: dict[ChannelKey, tuple[int, Last | None]] = {}  # and how many rows there were
        self._asked: frozenset[ChannelKey] = frozenset()
        self._asked_at = 0.0
        self._due = self._took = 0.0
        self._job: Future[Facts] | None = None
        self._lock = threading.Lock()

    def refresh(self, keys: Collection[ChannelKey]) -> None:
        """Ask anew if it is time to, and take the answer if there is one; ``keys`` are drawn in the overview."""
        with self._lock:
            if self._job is not None:
                if not self._job.done():
                    return
                job, self._job = self._job, None
                self._take(job)
            now = time.monotonic()
            wanted = self._asked.union(keys)
            soon = len(wanted) <= MAX_KEYS and wanted != self._asked and now >= self._asked_at + SOON_SECONDS
            if soon or now >= self._due:
                # Pages may show different channels: the strip of each is made of those that it shares with these.
                self._asked = wanted if len(wanted) <= MAX_KEYS else frozenset(keys)
                self._asked_at = now
                self._job = self._workers.submit(self._ask, self._asked)

    def reaches(self, stream: str, span: Span) -> bool:
        """Say whether the record has rows of a stream in a span that memory does not hold."""
        known = self.facts.streams.get(stream) if self.facts else None
        if known is None or not known.rows or known.start_ns >= span.stop_ns:
            return False
        try:
            held = self._hub.held(stream)
        except KeyError:
            return known.stop_ns >= span.start_ns
        return span.start_ns < held.start_ns and known.start_ns < held.start_ns

    def only_here(self, span: Span) -> list[RecordedStream]:
        """Describe the channels that memory has not, of streams that were there in a span."""
        live = {channel_key(info.name, channel) for info in self._hub.streams() for channel in info.channels}
        room = MAX_CHANNELS
        found = []
        for known in self.facts.streams.values() if self.facts else ():
            if known.rows and known.start_ns < span.stop_ns and known.stop_ns >= span.start_ns:
                channels = tuple(c for c in known.channels if channel_key(known.name, c) not in live)[:room]
                room -= len(channels)
                if channels:
                    groups = self._groups.get(known.name, {})
                    found.append(RecordedStream(known.name, channels, tuple(groups.get(c.name, -1) for c in channels)))
        return found

    def learn(self, stream: str, names: Sequence[str], runs: Sequence[Rows]) -> None:
        """Part channels of a stream that turn out not to come together: a row lacks some and has others."""
        groups = self._groups.get(stream, {})
        if not runs or len(names) == 1 or len({groups.get(name, -1) for name in names}) > 1:
            return
        absent = np.concatenate([np.array([is_absent(column) for column in rows.columns]) for rows in runs], axis=1)
        uneven = absent[:, absent.any(axis=0) & ~absent.all(axis=0)]
        if not uneven.shape[1]:
            return
        alike: dict[bytes, list[str]] = {}
        for name, row in zip(names, uneven, strict=True):
            alike.setdefault(row.tobytes(), []).append(name)
        with self._lock:
            for together in list(alike.values())[1:]:
                groups = groups | dict.fromkeys(together, min(groups.values(), default=-1) - 1)
            self._groups[stream] = groups
            self.version += 1

    def last(self, key: ChannelKey) -> Last | None:
        """Return what a channel said last, from a worker thread; its stream's end without a value if that is long ago.

        Returns
        -------
        None if nothing of it is recorded, as far as is known.
        """
        known = self.facts.streams.get(key[0]) if self.facts else None
        if known is None or not known.rows:
            return None
        rows, last = self._lasts.get(key, (-1, None))
        if rows == known.rows:
            return last
        last = Last(None, known.stop_ns)
        try:
            last = self._find_last(key, known) or last
        except Exception as error:  # noqa: BLE001 - whatever an archive raises is told
            self.failed(error)
        else:
            self._lasts[key] = known.rows, last
        return last

    def _find_last(self, key: ChannelKey, known: StreamRecord) -> Last | None:
        stream, name, is_text = key
        last = None
        for batch in self.archive.batches(stream, known.stop_ns - LAST_NS, known.stop_ns + 1, channels=[name]):
            for channel, column in zip(batch.channels, batch.values, strict=True):
                if (channel.kind is Kind.TEXT) is is_text:
                    places = np.flatnonzero(held(column))
                    if len(places):
                        last = Last(plain(column[places[-1]]), int(batch.time[places[-1]]))
        return last

    def failed(self, error: BaseException) -> str:
        """Say why the archive cannot be read, and log it the first time."""
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if not self.trouble:
            log.warning("the recording cannot be read, so pages show what memory holds: %s", text)
        self.trouble = text
        self._due = min(self._due, time.monotonic() + REFRESH_SECONDS[0])
        return text

    def worked(self) -> None:
        """Note that it can be read."""
        if self.trouble:
            self.trouble = ""
            log.info("the recording can be read again")

    def _ask(self, keys: Collection[ChannelKey]) -> Facts:
        begun = time.monotonic()
        archive = self.archive
        streams = {known.name: known for known in archive.streams()}
        extent = find_extent(archive, streams.values(), time.time_ns())
        lines, events, drawn = {}, [], (0, 0)
        if extent is not None:
            drawn = extent.start_ns, extent.stop_ns + 1
            lines, events = overview(archive, keys, *drawn), merge(archive.events(*drawn))
        self._took = time.monotonic() - begun
        return Facts(streams, extent, lines, drawn, events)

    def _take(self, job: Future[Facts]) -> None:
        error = job.exception()
        least, most = REFRESH_SECONDS
        self._due = time.monotonic() + least
        if error is not None:
            self.failed(error)
            return
        self.worked()
        facts = job.result()
        if facts.extent is not None:
            column = (facts.extent.stop_ns - facts.extent.start_ns) / 1e9 / COLUMNS
            self._due = time.monotonic() + max(min(max(least, column), most), REFRESH_PAUSE * self._took)
        if facts != self.facts:
            self.facts = facts
            self.version += 1
