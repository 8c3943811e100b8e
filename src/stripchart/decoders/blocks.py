"""Bytes to blocks of several lines, such as a telegram, each with its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stripchart.decoders.lines import spread

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from stripchart.flow.records import Chunk, Tally


class Block(NamedTuple):
    """What a pattern found."""

    found: re.Match[bytes]
    time_ns: int
    """When its end came."""


class BlockFramer:
    """Joins chunks and cuts them where a pattern says.

    Parameters
    ----------
    tally
        Where bytes and what is too long are counted. What becomes of the blocks is the decoder's account.
    pattern
        Matches a block, or a piece between blocks, at its beginning. It never matches nothing, and what it finds at the
        beginning of some bytes it also finds if more bytes follow: so the blocks do not depend on the chunks.
    limit
        Bytes of the longest block.
    too_long
        The reason for which bytes are rejected in which the pattern finds nothing up to the limit.
    """

    def __init__(self, tally: Tally, pattern: re.Pattern[bytes], limit: int, too_long: str) -> None:
        self.rest = b""
        self._tally = tally
        self._pattern = pattern
        self._limit = limit
        self._too_long = too_long
        self._now_ns = 0

    @property
    def buffered(self) -> int:
        """Bytes held: a block without its end."""
        return len(self.rest)

    def feed(self, chunks: Sequence[Chunk]) -> list[Block]:
        """Return the blocks that are complete now."""
        blocks: list[Block] = []
        for chunk in chunks:
            self._now_ns = chunk.time_ns
            if chunk.data:
                found = self._cut(self.rest + chunk.data)
                if found:
                    blocks += map(Block, found, spread(chunk, len(found)).tolist())
        return blocks

    def finish(self) -> tuple[bytes, int]:
        """Let go of what is held, and return it and the time at which it came."""
        rest, self.rest = self.rest, b""
        self._tally.bytes_framed += len(rest)
        return rest, self._now_ns

    def reset(self) -> None:
        """Forget what is held, counting it as skipped."""
        self._tally.bytes_skipped += len(self.rest)
        self.rest = b""

    def _cut(self, data: bytes) -> list[re.Match[bytes]]:
        blocks = []
        place = 0
        while place < len(data):
            found = self._pattern.match(data, place, place + self._limit)
            if found:
                blocks.append(found)
                self._tally.bytes_framed += found.end() - place
                place = found.end()
            elif len(data) - place >= self._limit:
                self._skip(data[place : place + self._limit])
                place += self._limit
            else:
                break
        self.rest = data[place:]
        return blocks

    def _skip(self, data: bytes) -> None:
        self._tally.frames += 1
        self._tally.bytes_skipped += len(data)
        self._tally.reject(self._now_ns, self._too_long, data)
