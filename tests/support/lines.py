"""A source and a decoder of the simplest kind, for tests of what lies beyond them."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from stripchart.errors import EndOfSource
from stripchart.flow.records import Channel, Chunk, Tally, make_batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.records import Batch


class ListSource:
    """Hands out what it was given, one message a read; then it is at its end, or stays open."""

    def __init__(self, messages: Sequence[bytes], *, ends: bool = True, url: str = "list:") -> None:
        self.url = url
        self.default_decoder = "values"
        self.status = "counting"
        self._messages = deque(messages)
        self._ends = ends

    def open(self) -> None:
        pass

    def read(self, timeout: float) -> Sequence[Chunk]:
        if self._messages:
            return (Chunk(self._messages.popleft(), time.time_ns()),)
        if self._ends:
            raise EndOfSource
        time.sleep(min(timeout, 0.01))
        return ()

    def close(self) -> None:
        pass


class ValueDecoder:
    """A number a message becomes a sample of the channel ``value``; all else is rejected."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.note = "bare numbers"
        self.buffered = 0

    def feed(self, chunks: Sequence[Chunk]) -> Sequence[Batch]:
        batches = []
        for chunk in chunks:
            self.tally.bytes_framed += len(chunk.data)
            self.tally.frames += 1
            try:
                batches.append(make_batch("", (Channel("value", "V"),), [chunk.time_ns], [[float(chunk.data)]]))
                self.tally.decoded += 1
            except ValueError:
                self.tally.reject(chunk.time_ns, "not a number", chunk.data)
        return batches

    def finish(self) -> Sequence[Batch]:
        return ()

    def reset(self) -> None:
        pass
