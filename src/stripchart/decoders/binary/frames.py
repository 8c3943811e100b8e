"""Frames that were found right, and when each of them came."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stripchart.decoders.lines import spread
from stripchart.flow.records import Chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Frames(NamedTuple):
    """The frames of one feed.

    Attributes
    ----------
    data
        Shape (n, ``layout.keep``): their first bytes.
    time
        int64, shape (n,): when each ended, nanoseconds since the epoch, UTC.
    """

    data: NDArray[np.uint8]
    time: NDArray[np.int64]


class FrameList:
    """Gathers the frames of one feed, in order.

    Parameters
    ----------
    keep
        How many bytes of each are kept.
    held, held_ns
        Bytes that had arrived before, and when.
    chunks
        What follows them.
    """

    def __init__(self, keep: int, held: int, held_ns: int, chunks: Sequence[Chunk]) -> None:
        self._keep = keep
        self._held = held
        self._chunks = (Chunk(b"", held_ns), *chunks)
        self._blocks: list[NDArray[np.uint8]] = []
        self._ends: list[NDArray[np.int64]] = []

    def add(self, frames: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        """Add frames of one size, and where in all bytes together each of them ends: a place after its last byte."""
        self._blocks.append(frames[:, : self._keep])
        self._ends.append(ends)

    def finish(self) -> Frames:
        """Return them; the times of those that ended in one chunk are spread over it."""
        if not self._blocks:
            return Frames(np.empty((0, self._keep), np.uint8), np.empty(0, np.int64))
        if len(self._blocks) > 1:
            self._blocks, self._ends = [np.concatenate(self._blocks)], [np.concatenate(self._ends)]
        chunk_ends = np.cumsum([self._held, *(len(chunk.data) for chunk in self._chunks[1:])])
        counts = np.diff(np.searchsorted(self._ends[0], chunk_ends, side="right"), prepend=0).tolist()
        times = [spread(chunk, count) for chunk, count in zip(self._chunks, counts, strict=True) if count]
        return Frames(self._blocks[0], times[0] if len(times) == 1 else np.concatenate(times))
