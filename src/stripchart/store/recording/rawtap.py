"""Bytes on their way from the pumps to the recorder."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.records import Chunk

MAX_BYTES: Final = 64 << 20
"""Bytes that wait; what comes on top is lost and counted."""
CHUNK_BYTES: Final = 100
"""What a chunk costs besides its data."""


class RawCounts(NamedTuple):
    """The account in bytes of data: ``published = stored + lost + queued``."""

    published: int
    stored: int
    lost: int
    queued: int


class RawTap:
    """A bounded queue; pumps add, and the recorder takes."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Chunk]] = []
        self._size = self._published = self._stored = self._lost = self._taken = 0
        self._lock = threading.Lock()

    def add(self, source: str, chunks: Sequence[Chunk]) -> None:
        """Queue what a source read."""
        size = sum(len(chunk.data) for chunk in chunks)
        with self._lock:
            self._published += size
            if self._size + size + CHUNK_BYTES * len(chunks) > MAX_BYTES:
                self._lost += size
                return
            self._size += size + CHUNK_BYTES * len(chunks)
            self._waiting += [(source, chunk) for chunk in chunks]

    def take(self) -> list[tuple[str, Chunk]]:
        """Return all that waits; ``settle`` says when it is safe."""
        with self._lock:
            taken, self._waiting = self._waiting, []
            self._size = 0
            self._taken += sum(len(chunk.data) for _, chunk in taken)
        return taken

    def settle(self) -> None:
        """Count what was taken as stored."""
        with self._lock:
            self._stored += self._taken
            self._taken = 0

    def counts(self) -> RawCounts:
        """Return the account."""
        with self._lock:
            queued = self._published - self._stored - self._lost
            return RawCounts(self._published, self._stored, self._lost, queued)
