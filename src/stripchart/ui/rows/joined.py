"""All rows there are: those of the record, and then those that only memory holds."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.flow.history import EVER, within
from stripchart.flow.records import channel_key

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    from stripchart.flow.archive import Archive
    from stripchart.flow.history import View
    from stripchart.flow.hub import Hub
    from stripchart.flow.records import Batch, Channel
    from stripchart.flow.reduce import Rows

BATCH_ROWS: Final = 2048
"""Rows of memory that are copied at once."""


class JoinedStream(NamedTuple):
    """A stream with the channels that it has in the record or in memory."""

    name: str
    channels: tuple[Channel, ...]


class Joined:
    """The rows of one moment, oldest first and each once. It reads from a disk: use it in a worker thread.

    What memory holds is taken from there; the record gives what came before.

    Attributes
    ----------
    streams
        Every stream, those in memory first.
    """

    def __init__(self, hub: Hub, archive: Archive | None) -> None:
        self._archive = archive
        # Memory is looked at first: what falls out of it meanwhile stays in these views.
        self._views = {info.name: hub.view(info.name) for info in hub.streams()}
        self._records = {record.name: record for record in (archive.streams() if archive else ())}
        names = dict.fromkeys([*self._views, *self._records])
        self.streams = [JoinedStream(name, self._channels(name)) for name in names]

    def span(self, stream: str) -> tuple[int, int] | None:
        """Return the least and the greatest time of a stream; None if it has no rows."""
        view, record = self._views.get(stream), self._records.get(stream)
        found = [view.span()] if view else []
        found += [(record.start_ns, record.stop_ns)] if record and record.rows > record.first_row else []
        spans = [span for span in found if span]
        return (min(start for start, _ in spans), max(stop for _, stop in spans)) if spans else None

    def older(self, stream: str, start_ns: int) -> int:
        """Return how many rows, at most, the record has from a time on that memory, which begins later, lacks."""
        view, record = self._views.get(stream), self._records.get(stream)
        if record is None:
            return 0
        if view is not None:
            oldest = int(view.blocks[0].time[view.first - view.blocks[0].first])
            if min(oldest, record.stop_ns) <= start_ns or oldest <= record.start_ns:
                return 0
        return record.rows - record.first_row

    def recorded(
        self, stream: str, start_ns: int = -EVER, stop_ns: int = EVER, channels: Sequence[str] | None = None
    ) -> Generator[Batch]:
        """Yield the rows with ``start_ns <= time < stop_ns`` that came before those in memory."""
        if self._archive is not None and stream in self._records:
            before = self._before(stream)
            yield from self._archive.batches(stream, start_ns, stop_ns, channels=channels, before_row=before)

    def remembered(
        self, stream: str, start_ns: int = -EVER, stop_ns: int = EVER, channels: Collection[str] | None = None
    ) -> Iterator[Batch]:
        """Yield the rows that memory holds."""
        view = self._views.get(stream)
        if view is None:
            return
        first, stop = view.rows(start_ns, stop_ns)
        gap = False
        for batch in _slices(view if channels is None else view.only(channels), first, stop):
            gap |= batch.gap
            chosen = within(batch, start_ns, stop_ns)
            if len(chosen):
                yield chosen.labelled(stream, gap=gap, first=0)
                gap = False

    def batches(
        self, stream: str, start_ns: int = -EVER, stop_ns: int = EVER, channels: Sequence[str] | None = None
    ) -> Iterator[Batch]:
        """Yield all rows with ``start_ns <= time < stop_ns``, at most ``BATCH_ROWS`` a batch."""
        yield from self.recorded(stream, start_ns, stop_ns, channels)
        yield from self.remembered(stream, start_ns, stop_ns, channels)

    def picture(self, stream: str, channels: Sequence[str], start_ns: int, stop_ns: int, bucket_ns: int) -> list[Rows]:
        """Return the rows that came before those in memory, reduced; see ``flow.archive``."""
        if self._archive is None or stream not in self._records:
            return []
        before = self._before(stream)
        return self._archive.picture(stream, channels, start_ns, stop_ns, bucket_ns, before_row=before)

    def _before(self, stream: str) -> int | None:
        view = self._views.get(stream)
        return view.first if view else None

    def _channels(self, stream: str) -> tuple[Channel, ...]:
        view, record = self._views.get(stream), self._records.get(stream)
        known = [*(record.channels if record else ()), *(view.channels if view else ())]
        return tuple({channel_key(channel): channel for channel in known}.values())  # the newest unit wins


def _slices(view: View, first: int, stop: int) -> Iterator[Batch]:
    cuts = [first, *(row for row in view.gaps if first < row < stop), stop]
    for begin, end in pairwise(cuts):
        for row in range(begin, end, BATCH_ROWS):
            yield view.batch(row, min(row + BATCH_ROWS, end))
