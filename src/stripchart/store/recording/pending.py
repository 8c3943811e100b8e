"""What a recorder took and has not made safe yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripchart.store.recording.renumbering import Renumbering

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripchart.flow.events import Event
    from stripchart.flow.records import Batch, Chunk
    from stripchart.flow.subscription import Delivery
    from stripchart.store.writing.writer import Writer


class Pending:
    """Rows, events, bytes and counts on their way to a writer; they are kept until a commit has succeeded.

    Attributes
    ----------
    samples, lost
        How many were taken, and how many the queue lost before them.
    renumbering
        Which row of the recording is which of the hub.
    """

    def __init__(self) -> None:
        self.samples = self.lost = 0
        self.renumbering = Renumbering()
        self._batches: list[Batch] = []
        self._events: list[Event] = []
        self._chunks: list[tuple[str, Chunk]] = []
        self._redelivered: Mapping[str, int] = {}
        self._begun: set[str] = set()  # streams recorded in this run

    def __bool__(self) -> bool:
        return bool(self._batches or self._events or self._chunks or self._redelivered)

    @property
    def is_numbered(self) -> bool:
        """Whether a writer's reach tells if it is in the file: bytes are not counted there."""
        return bool(self._batches or self._events)

    def take(self, delivery: Delivery) -> None:
        """Take rows."""
        self._batches = list(delivery.batches)
        self.samples = sum(batch.samples for batch in delivery.batches)
        self.lost += delivery.lost

    def take_beside(self, events: list[Event], chunks: list[tuple[str, Chunk]], redelivered: Mapping[str, int]) -> None:
        """Take what came beside the rows, and how many of the messages were sent again, by source."""
        self._events, self._chunks, self._redelivered = events, chunks, redelivered

    def append_to(self, writer: Writer) -> None:
        """Hand all of it to a writer."""
        for place, batch in enumerate(self._batches):
            follows = self.renumbering.note(batch.stream, batch.first, writer.rows(batch.stream), len(batch))
            if not follows or batch.stream not in self._begun:  # what came between the last run and this is missing
                self._batches[place] = batch.labelled(batch.stream, gap=True, first=batch.first)
                self._begun.add(batch.stream)
            writer.append(self._batches[place])
        for event in self._events:
            writer.event(event)
        for source, chunk in self._chunks:
            writer.chunk(source, chunk)
        writer.redelivered(self._redelivered)

    def clear(self) -> None:
        """Forget it; it is safe."""
        self._batches.clear()
        self._events.clear()
        self._chunks.clear()
        self._redelivered = {}
        self.samples = self.lost = 0
