"""What a source and we said to each other lately, byte for byte: for the console, and to explain why it is not plotted.

Its log is numbered by position: each byte counts one, and so does each message (or read). A line has the number of
its end, so who asks for what comes after it gets the rest of a line that was not complete then.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.flow.legible import escape
from stripchart.flow.records import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

KEPT_BYTES: Final = 64 << 10
KEPT_CHUNKS: Final = 1_000
"""At least so much of what was said last is kept, and at most twice as much. Many messages are tiny: their number has
a bound of its own."""
TAIL_BYTES: Final = 16 << 10
TAIL_CHUNKS: Final = 256
MAX_LINES: Final = 500
"""Lines of one answer."""
MAX_LINE: Final = 1_024
"""Bytes of a line; of a longer message only the beginning is shown."""
QUIET_NS: Final = 100_000_000
"""Nanoseconds of silence that end a line too: a prompt has no line end, and neither have binary packets."""


class Line(NamedTuple):
    """A line of a byte stream, or a message; names as in the public JSON API."""

    number: int
    time_ns: int
    direction: str
    """``in`` for what came, ``out`` for what was sent."""
    topic: str
    text: str
    """Without its line end; what cannot be shown is escaped."""
    hex: str
    size: int
    """Bytes; if these are more than ``MAX_LINE``, ``text`` and ``hex`` show only the first."""


class Log(NamedTuple):
    """What came after a number."""

    lines: list[Line]
    dropped: int
    """How much (counted as numbers are) came before the first of them and is left out; 0 if nothing."""


class _Entry(NamedTuple):
    """What was read at once, or one thing that was sent."""

    end: int
    sent: bool
    chunks: Sequence[Chunk]
    size: int


class Console:
    """The newest of what came and of what was sent. Safe from any thread.

    Parameters
    ----------
    conceal
        Takes the secrets out of a text that is sent.
    """

    def __init__(self, conceal: Callable[[str], str] = str) -> None:
        self._conceal = conceal
        self._entries: deque[_Entry] = deque()
        self._end = self._size = self._count = 0
        self._lock = threading.Lock()

    def heard(self, chunks: Sequence[Chunk]) -> None:
        """Keep what was read."""
        if chunks:
            self._add(chunks, sent=False)

    def sent(self, data: bytes, topic: str = "") -> tuple[int, str]:
        """Keep what was sent; return its number, and a text for the log."""
        text = escape(_without_end(data))
        shown = self._conceal(text)
        chunk = Chunk(data if shown == text else shown.encode(), time.time_ns(), topic=topic)
        return self._add((chunk,), sent=True), shown

    def tail(self) -> tuple[Chunk, ...]:
        """Return the newest input, at most ``TAIL_BYTES`` of it in ``TAIL_CHUNKS``, oldest first."""
        newest: deque[Chunk] = deque()
        room = TAIL_BYTES
        for entry in reversed(self._snapshot()):
            for chunk in () if entry.sent else reversed(entry.chunks):
                if len(newest) == TAIL_CHUNKS or not room:
                    break
                if chunk.data:
                    newest.appendleft(chunk._replace(data=chunk.data[-room:]))
                    room -= len(newest[0].data)
        return tuple(newest)

    def log(self, after: int = 0, now_ns: int | None = None) -> Log:
        """Return the lines after a number, at most the newest ``MAX_LINES``.

        A line that is not complete is left for the next time, unless it has been quiet since.
        """
        entries = self._snapshot()
        if not entries:
            return Log([], 0)
        after = max(after, 0) if after <= entries[-1].end else 0  # a number of an earlier run says nothing
        begin = max(after, entries[0].end - _measure(entries[0].chunks))
        pieces = list(_pieces(entries, after, time.time_ns() if now_ns is None else now_ns))
        if len(pieces) > MAX_LINES:
            begin = pieces[-MAX_LINES - 1].number
        return Log([piece.line() for piece in pieces[-MAX_LINES:]], begin - after)

    def _add(self, chunks: Sequence[Chunk], *, sent: bool) -> int:
        whole = _measure(chunks)
        kept, size = chunks, whole
        if size > KEPT_BYTES or len(kept) > KEPT_CHUNKS:
            kept, size = _newest(chunks[-KEPT_CHUNKS:])
        with self._lock:
            self._end += whole
            self._entries.append(_Entry(self._end, sent, kept, size))
            self._size += size
            self._count += len(kept)
            while (
                self._size - self._entries[0].size >= KEPT_BYTES
                or self._count - len(self._entries[0].chunks) >= KEPT_CHUNKS
            ):
                gone = self._entries.popleft()
                self._size -= gone.size
                self._count -= len(gone.chunks)
            return self._end

    def _snapshot(self) -> tuple[_Entry, ...]:
        with self._lock:
            return tuple(self._entries)


def _newest(chunks: Sequence[Chunk]) -> tuple[Sequence[Chunk], int]:
    """Return the last chunks of at most ``KEPT_BYTES``, counted as numbers are, and how much that is."""
    size = 0
    for place in range(len(chunks) - 1, -1, -1):
        chunk = chunks[place]
        room = KEPT_BYTES - size - 1
        if room <= 0:
            return chunks[place + 1 :], size
        if len(chunk.data) > room:
            return [chunk._replace(data=chunk.data[-room:]), *chunks[place + 1 :]], KEPT_BYTES
        size += len(chunk.data) + 1
    return chunks, size


class _Piece(NamedTuple):
    """What becomes a line."""

    number: int
    time_ns: int
    data: bytes
    direction: str = "in"
    topic: str = ""

    def line(self) -> Line:
        shown = self.data[:MAX_LINE]
        topic = escape(self.topic.encode(errors="backslashreplace"))
        text = escape(_without_end(shown))
        return Line(self.number, self.time_ns, self.direction, topic, text, shown.hex(), len(self.data))


def _pieces(entries: Sequence[_Entry], after: int, now_ns: int) -> Iterator[_Piece]:
    """Yield what becomes the lines that end after a number."""
    held, number, time_ns = bytearray(), 0, 0
    for entry in entries:
        end = entry.end - _measure(entry.chunks)
        for chunk in entry.chunks:
            start, end = end, end + len(chunk.data) + 1
            if end <= after:
                continue
            message = entry.sent or bool(chunk.topic)
            if held and (message or chunk.time_ns - time_ns > QUIET_NS):
                yield _Piece(number, time_ns, bytes(held))
                held.clear()
            if message:
                yield _Piece(end, chunk.time_ns, chunk.data, "out" if entry.sent else "in", chunk.topic)
                continue
            data = chunk.data[max(0, after - start) :]
            number, time_ns = end - 1 - len(data), chunk.time_ns
            for part in _parts(data):
                if len(held) + len(part) > MAX_LINE:
                    yield _Piece(number, time_ns, bytes(held))
                    held.clear()
                held += part
                number += len(part)
                if part.endswith(b"\n"):
                    yield _Piece(number, time_ns, bytes(held))
                    held.clear()
    if held and now_ns - time_ns > QUIET_NS:
        yield _Piece(number, time_ns, bytes(held))


def _parts(data: bytes) -> Iterator[bytes]:
    """Yield lines with their ends, and what is longer than a line in parts."""
    at = 0
    while at < len(data):
        stop = min(data.find(b"\n", at) + 1 or len(data), at + MAX_LINE)
        yield data[at:stop]
        at = stop


def _without_end(data: bytes) -> bytes:
    return data.removesuffix(b"\n").removesuffix(b"\r")


def _measure(chunks: Sequence[Chunk]) -> int:
    """Return how far chunks advance the numbers."""
    return sum([len(chunk.data) for chunk in chunks]) + len(chunks)  # a list is summed faster
