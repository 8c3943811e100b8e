"""Which rows stand in the journal only, and for how long: what to flush next, and what of the journal can go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from stripchart.store.writing.growing import GrowingStream

JOURNAL_ROWS: Final = 300
JOURNAL_BYTES: Final = 4 << 20
"""Commits, and bytes, that the journal may hold before the streams it holds longest are flushed."""
MOST_FLUSHES: Final = 64
"""Streams flushed in one commit; a thousand at once would hold it up for a quarter of a second."""


class Backlog:
    """The journal after one commit; the next commit makes the next one.

    Parameters
    ----------
    sizes
        Bytes of each of the journal's rows, by id, oldest first.
    waiting
        The streams with rows that are in no block yet, and the oldest journal row that holds one, oldest first.
    last
        Id of the newest row that ever was.
    """

    def __init__(self, sizes: dict[int, int], waiting: dict[GrowingStream, int], last: int) -> None:
        self._sizes = sizes
        self._waiting = waiting
        self.last = last

    @property
    def oldest(self) -> int:
        """Id of the oldest row that is still wanted."""
        return next(iter(self._waiting.values()), self.last + 1)

    def due(self) -> list[GrowingStream]:
        """Return the streams to flush next, so that the journal stays short."""
        oldest, excess = self.last - JOURNAL_ROWS, sum(self._sizes.values()) - JOURNAL_BYTES
        for number, size in self._sizes.items():
            if excess <= 0:
                break
            oldest, excess = max(oldest, number), excess - size
        found: list[GrowingStream] = []
        for stream, number in self._waiting.items():
            if number > oldest or len(found) >= MOST_FLUSHES:
                break
            found.append(stream)
        return found

    def after(self, flushed: Collection[GrowingStream], journaled: Iterable[GrowingStream], size: int) -> Backlog:
        """Return the journal after a commit.

        Parameters
        ----------
        flushed
            Streams all of whose older rows are in blocks now.
        journaled, size
            Streams with rows in the new journal row, and its bytes; 0 if there is no new row.
        """
        last = self.last + (size > 0)
        waiting = {stream: number for stream, number in self._waiting.items() if stream not in flushed}
        for stream in journaled:
            waiting.setdefault(stream, last)
        oldest = next(iter(waiting.values()), last + 1)
        sizes = {number: held for number, held in self._sizes.items() if number >= oldest}
        if size:
            sizes[last] = size
        return Backlog(sizes, waiting, last)
