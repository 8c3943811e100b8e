"""A source and a decoder as small as their contracts allow."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

from stripchart.errors import StripchartError
from stripchart.flow.backoff import Backoff
from stripchart.flow.records import Batch, Channel, Chunk, Tally, make_batch

if TYPE_CHECKING:
    from collections.abc import Sequence

VALUE = (Channel("value"),)
AT_ONCE = Backoff(0.001, 0.002)
"""Hardly a pause between two attempts to open."""


class ScriptedSource:
    """Does what it is told, one order after the other: bytes arrive, an exception is raised."""

    url = "script:"
    default_decoder = "lines"
    status = ""

    def __init__(self, *orders: bytes | Exception) -> None:
        self.orders: queue.Queue[bytes | Exception] = queue.Queue()
        self.open_orders: queue.Queue[Exception] = queue.Queue()
        self.opened = self.closed = self.reads = 0
        self.may_read = threading.Event()
        self.may_read.set()
        for order in orders:
            self.orders.put(order)

    @property
    def is_open(self) -> bool:
        return self.opened > self.closed

    def open(self) -> None:
        self.opened += 1
        if not self.open_orders.empty():
            raise self.open_orders.get()

    def read(self, timeout: float) -> Sequence[Chunk]:
        self.reads += 1
        self.may_read.wait()
        try:
            order = self.orders.get(timeout=timeout)
        except queue.Empty:
            return ()
        if isinstance(order, Exception):
            raise order
        return (Chunk(order, time.time_ns()),)

    def close(self) -> None:
        self.closed = self.opened


class LineDecoder:
    """Lines of ``[stream] number``; ``raise`` and ``raise 1`` break the contract, before and after they count."""

    note = "lines"

    def __init__(self) -> None:
        self.tally = Tally()
        self._rest = b""

    @property
    def buffered(self) -> int:
        return len(self._rest)

    def feed(self, chunks: Sequence[Chunk]) -> Sequence[Batch]:
        batches = []
        for chunk in chunks:
            *lines, self._rest = (self._rest + chunk.data).split(b"\n")
            for line in lines:
                batches += self._decode(line, len(line) + 1, chunk.time_ns)
        return batches

    def finish(self) -> Sequence[Batch]:
        rest, self._rest = self._rest, b""
        return self._decode(rest, len(rest), 1) if rest else []

    def reset(self) -> None:
        self.tally.bytes_skipped += len(self._rest)
        self._rest = b""

    def _decode(self, line: bytes, size: int, time_ns: int) -> list[Batch]:
        self.tally.frames += 1
        if line == b"raise":
            raise ZeroDivisionError("a fault in the decoder")
        self.tally.bytes_framed += size
        stream, _, text = line.rpartition(b" ")
        try:
            value = float(text)
        except ValueError:
            self.tally.reject(time_ns, "not a number", line)
            return []
        self.tally.decoded += 1
        if stream == b"raise":
            raise ZeroDivisionError("a fault in the decoder")
        return [make_batch(stream.decode(), VALUE, [time_ns], [[value]])]


class BrokenError(StripchartError):
    """What no contract speaks of."""
