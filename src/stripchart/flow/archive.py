"""What the page asks of the record, whatever keeps it: the past beyond what memory holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stripchart.flow.events import Event
    from stripchart.flow.records import Batch, Channel
    from stripchart.flow.reduce import Rows


class StreamRecord(NamedTuple):
    """A stream as the record knows it."""

    name: str
    channels: tuple[Channel, ...]
    first_row: int
    """Number of the oldest row that is kept."""
    rows: int
    """Number of the row after the newest."""
    start_ns: int
    stop_ns: int
    """The least and the greatest time; 0 and 0 if there are no rows."""


class Archive(Protocol):
    """The past, in any detail. Its methods read from a disk: call them in a worker thread, never on the page's loop.

    Rows are numbered as the hub numbers them in this run, so that what memory holds can be left out: ``before_row``.
    Where a stream is not in memory there is no such number (None), and all rows are returned.
    """

    def streams(self) -> Sequence[StreamRecord]:
        """Describe every stream; its numbers are the record's own."""
        ...

    def picture(
        self,
        stream: str,
        channels: Sequence[str],
        start_ns: int,
        stop_ns: int,
        bucket_ns: int,
        *,
        before_row: int | None = None,
    ) -> list[Rows]:
        """Return what there is to draw in a span: for each run of rows without a gap, its extremes in each bucket.

        Rows have a column for each of ``channels``, in that order; one that the stream lacks is NaN throughout. An
        unknown stream has no rows. There are never more than 10,000 runs: of more gaps, the shortest are passed over.
        """
        ...

    def batches(
        self,
        stream: str,
        start_ns: int,
        stop_ns: int,
        *,
        channels: Sequence[str] | None = None,
        before_row: int | None = None,
    ) -> Iterator[Batch]:
        """Return every row with ``start_ns <= time < stop_ns``, in order of arrival."""
        ...

    def events(self, start_ns: int, stop_ns: int) -> list[Event]:
        """Return what happened in a span, oldest first."""
        ...


class Recorder(Protocol):
    """What keeps the samples, as the page and the ledger see it."""

    def describe(self) -> dict[str, Any]:
        """Return its account: path, state, reason, and samples ``published = stored + lost + queued``."""
        ...

    def alive(self) -> bool:
        """Say whether it makes progress."""
        ...
