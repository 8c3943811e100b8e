"""The newest input of a source, kept to explain it: what came, and why it does or does not plot."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.records import Chunk

TAIL_BYTES: Final = 16 << 10
TAIL_CHUNKS: Final = 256
"""Many messages are tiny: their number has a bound of its own."""


class Tail:
    """At most ``TAIL_BYTES`` of the newest chunks, and at most ``TAIL_CHUNKS`` of them. Not thread-safe."""

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque()
        self._size = 0

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Keep the newest of them; of a large one only its end."""
        for chunk in chunks[-TAIL_CHUNKS:]:
            size = len(chunk.data)
            if size > TAIL_BYTES:
                chunk, size = chunk._replace(data=chunk.data[-TAIL_BYTES:]), TAIL_BYTES  # noqa: PLW2901 - cut to size
            if size:
                self._chunks.append(chunk)
                self._size += size
        while self._size > TAIL_BYTES or len(self._chunks) > TAIL_CHUNKS:
            self._size -= len(self._chunks.popleft().data)

    def chunks(self) -> tuple[Chunk, ...]:
        """Return what is kept, oldest first."""
        return tuple(self._chunks)
