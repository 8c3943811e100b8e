r"""Bytes to lines, each with its time.

A line ends at ``\n``, ``\r\n`` or ``\r``, wherever the chunks were cut. A line that grows beyond the limit is rejected
and skipped up to its end, so a device at the wrong speed cannot fill the memory.

Chunks tell when they were read and when the read before them was. Lines that ended in one chunk are spread evenly in
between, the last one at the time of reading: otherwise a plot would show a staircase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.flow.records import Chunk, Tally

MAX_LINE: Final = 4096
"""Bytes of the longest line, without its end."""
FIRST_LINE_WAIT_NS: Final = 1_000_000_000
"""How long the first line waits for a second one to be compared with."""
TOO_LONG: Final = "line too long"
NEWLINE: Final = ord("\n")


class Lines(NamedTuple):
    r"""Complete lines.

    Attributes
    ----------
    data
        The lines, each ended by one ``\n``.
    time
        int64, shape (lines,): when each ended, nanoseconds since the epoch, UTC.
    first
        They begin with the first line after a start or a loss, which may lack its beginning.
    """

    data: bytes
    time: NDArray[np.int64]
    first: bool = False

    def ends(self) -> NDArray[np.intp]:
        """Return where the line ends are: shape (lines,)."""
        return np.flatnonzero(np.frombuffer(self.data, np.uint8) == NEWLINE)


NO_LINES: Final = Lines(b"", np.empty(0, np.int64))


def spread(chunk: Chunk, count: int) -> NDArray[np.int64]:
    """Return the times of ``count`` frames that ended in a chunk: int64, shape (count,)."""
    step = (chunk.time_ns - chunk.since_ns) // count
    if chunk.since_ns <= 0 or step <= 0:
        return np.full(count, chunk.time_ns, np.int64)
    stop = chunk.time_ns + 1 + step // 2  # how many there are is computed as a float, in which the 1 may be lost
    return np.arange(chunk.time_ns - step * (count - 1), stop, step)


class LineFramer:
    """Joins chunks and cuts them at line ends.

    Parameters
    ----------
    tally
        Where bytes and lines that are too long are counted. What becomes of the other lines is the decoder's account.
    limit
        Bytes of the longest line.
    hold_first
        Keep the first line after a start or a loss until a second one ended, or for ``FIRST_LINE_WAIT_NS``.
    """

    def __init__(self, tally: Tally, limit: int = MAX_LINE, *, hold_first: bool = True) -> None:
        self.rest = b""
        self._tally = tally
        self._limit = limit
        self._hold_first = hold_first
        self._now_ns = 0
        self._clear()

    @property
    def buffered(self) -> int:
        """Bytes held: the first line, if it waits, and a line without its end."""
        return len(self._first.data) + len(self.rest)

    def feed(self, chunks: Sequence[Chunk]) -> Lines:
        """Return the lines that are complete now."""
        pieces, times = [self.rest], []
        for chunk in chunks:
            data = self._unify(chunk.data)
            pieces.append(data)
            ended = data.count(b"\n")
            if ended:
                times.append(spread(chunk, ended))
            self._now_ns = chunk.time_ns
        data = b"".join(pieces)
        end = data.rfind(b"\n") + 1
        self.rest = data[end:]
        lines = Lines(data[:end], times[0] if len(times) == 1 else np.concatenate((*times, NO_LINES.time)))
        if self._skipping or len(self.rest) > self._limit or _may_have_long(lines.data, self._limit):
            lines = self._skip_long(lines)
        return self._release(lines) if self._fresh else self._count(lines)

    def finish(self) -> Lines:
        """Return what is held, as if a line end had come."""
        self._tally.bytes_framed += self.buffered
        lines = self._first._replace(first=self._fresh)
        if self.rest:
            lines = _join(lines, Lines(self.rest + b"\n", np.array([self._now_ns])))
        self._clear()
        return lines

    def reset(self) -> None:
        """Forget what is held, counting it as skipped."""
        self._tally.bytes_skipped += self.buffered
        self._clear()

    def take(self, size: int) -> None:
        """Let go of the first bytes of ``rest``: they were decoded before the line's end came."""
        self._tally.bytes_framed += size
        self.rest = self.rest[size:]

    def _clear(self) -> None:
        self.rest = b""
        self._first = NO_LINES
        self._fresh = self._hold_first
        self._after_return = False
        self._skipping = False

    def _unify(self, data: bytes) -> bytes:
        r"""Make every line end one ``\n``, counting the bytes that go."""
        size = len(data)
        if self._after_return and data.startswith(b"\n"):
            data = data[1:]
        if size:
            self._after_return = data.endswith(b"\r")
        if b"\r" in data:
            data = b"\n".join(data.split(b"\r\n")).replace(b"\r", b"\n")  # as `replace`, in 75 % of its time
        self._tally.bytes_framed += size - len(data)
        return data

    def _skip_long(self, lines: Lines) -> Lines:
        """Leave out lines over the limit, also those that have not ended yet."""
        data, time = lines.data, lines.time
        if self._skipping and data:
            tail = data.index(b"\n")
            self._tally.bytes_skipped += tail
            self._tally.bytes_framed += 1
            data, time = data[tail + 1 :], time[1:]
            self._skipping = False
        ends = Lines(data, time).ends() + 1
        starts = np.concatenate(([0], ends))[:-1]
        long = ends - starts - 1 > self._limit
        for index in np.flatnonzero(long):
            self._tally.bytes_framed += 1
            self._reject(data[starts[index] : ends[index] - 1], int(time[index]))
        if long.any():
            kept = zip(starts[~long], ends[~long], strict=True)
            data, time = b"".join([data[start:end] for start, end in kept]), time[~long]
        if self._skipping:
            self._tally.bytes_skipped += len(self.rest)
            self.rest = b""
        elif len(self.rest) > self._limit:
            self._reject(self.rest, self._now_ns)
            self._skipping, self.rest = True, b""
        return Lines(data, time)

    def _reject(self, line: bytes, time_ns: int) -> None:
        self._tally.frames += 1
        self._tally.bytes_skipped += len(line)
        self._tally.reject(time_ns, TOO_LONG, line)

    def _release(self, lines: Lines) -> Lines:
        """Hand out the first line together with the second, or once it has waited long enough."""
        lines = _join(self._first, lines)
        if not len(lines.time):
            return NO_LINES
        waited = self._now_ns - int(lines.time[0])
        if len(lines.time) == 1 and 0 <= waited < FIRST_LINE_WAIT_NS:  # negative: the clock was set back
            self._first = lines
            return NO_LINES
        self._fresh, self._first = False, NO_LINES
        return self._count(lines._replace(first=True))

    def _count(self, lines: Lines) -> Lines:
        self._tally.bytes_framed += len(lines.data)
        return lines


def _may_have_long(data: bytes, limit: int) -> bool:
    """Say whether a line could be longer than the limit: one that is covers a whole block of half its size."""
    block = limit // 2 + 1
    return len(data) > limit and any(
        data.find(b"\n", start, start + block) < 0 for start in range(0, len(data) - block, block)
    )


def _join(first: Lines, second: Lines) -> Lines:
    return Lines(first.data + second.data, np.concatenate((first.time, second.time)), first.first)
