"""The beginning of an input, held until it is clear which decoder reads it best."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stripchart.decoders.detection.binaries import MOST_TEXT
from stripchart.decoders.detection.candidates import CANDIDATES
from stripchart.decoders.lines import FIRST_LINE_WAIT_NS, MAX_LINE
from stripchart.flow.legible import text_share
from stripchart.flow.records import Chunk, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stripchart.decoders.detection.candidates import Candidate
    from stripchart.flow.records import Batch, Channel

ENOUGH: Final = 5
"""Rows with the same channels, and nothing unread between them, that leave no doubt."""
PIECE: Final = 64
"""Bytes that are tried at once, unless a line ends before; so what is concluded depends on the bytes alone, not on how
they were cut into chunks."""
HALF: Final = 0.5
_LINE_END: Final = re.compile(rb"\r\n|\n|\r(?=[\s\S])")
"""A return at the very end may be half of an end."""
_LONGEST_MARK: Final = max(len(mark) for candidate in CANDIDATES for mark in candidate.marks)


class Trial:
    """A candidate that is tried.

    Attributes
    ----------
    rows
        Rows with numbers that speak for it.
    streak
        How many of them came last, without text, with the same channels and nothing unread in between.
    """

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.decoder = candidate.make_strict()
        self.rows = 0
        self.streak = 0
        self._beside = 0  # frames without numbers after the first row; before that it may be boot text
        self._bytes = 0  # likewise
        self._text = 0.0  # how many of them are text
        self._points = 0  # two for a row of numbers, one if there is text in it: that reads like many a thing
        self._repeated = False
        self._seen: set[tuple[str, tuple[Channel, ...]]] = set()
        self._last: tuple[Channel, ...] = ()

    @property
    def sure(self) -> bool:
        """There is no doubt."""
        return self.streak >= ENOUGH or (self.candidate.checked and self.rows > 0)

    @property
    def merit(self) -> tuple[bool, bool, int, int, int]:
        """How much speaks for it; compares with that of others."""
        checked = self.candidate.checked and self.rows > 0
        order = -CANDIDATES.index(self.candidate)
        return checked, self.streak >= ENOUGH, self._points, -self._beside, order

    @property
    def plausible(self) -> bool:
        """It made rows, and not just one or another by chance among other lines or in binary data."""
        if not self.rows or self.candidate.checked:
            return self.rows > 0
        return self._text >= MOST_TEXT * self._bytes and (self._repeated or self._beside < ENOUGH)

    @property
    def share(self) -> float:
        """The part of the frames that became rows, from the first one that did: 0 to 1."""
        return self.rows / (self.rows + self._beside) if self.rows else 0.0

    @property
    def confidence(self) -> str:
        """How sure it is, in words."""
        if self.sure:
            return "sure"
        if self.share == 1:
            return "likely"
        return f"{'unsure, ' if self.share < HALF else ''}{self.share * 100:.0f} % fits"

    def read(self, chunk: Chunk) -> None:
        """Read on."""
        tally = self.decoder.tally
        before = tally.rejected.total()
        found, logs = self.rows > 0, 0
        for batch in self.decoder.feed((chunk,)):
            if not _has_numbers(batch):
                logs += len(batch)
            elif self.candidate.speaks(self.decoder, batch):
                self._count(batch)
        rejected = tally.rejected.total() - before
        if found:
            self._beside += logs + rejected
            self.streak = 0 if logs or rejected else self.streak
            self._bytes += len(chunk.data)
            self._text += text_share(chunk.data) * len(chunk.data)

    def _count(self, batch: Batch) -> None:
        """Count rows that speak for the candidate."""
        rows, channels = len(batch), batch.channels
        with_text = any(channel.kind is Kind.TEXT for channel in channels)
        key = (batch.stream, channels)
        self.rows += rows
        self._points += rows if with_text else 2 * rows
        self._repeated |= rows > 1 or key in self._seen
        self._seen.add(key)
        self.streak = 0 if with_text else rows + (self.streak if channels == self._last else 0)
        self._last = channels


class Evidence:
    """Held chunks, and how each candidate does on them.

    Parameters
    ----------
    max_lines, max_ns, max_bytes
        When to conclude at the latest.
    """

    def __init__(self, max_lines: int, max_ns: int, max_bytes: int) -> None:
        self.chunks: list[Chunk] = []
        self._max_lines, self._max_ns, self._max_bytes = max_lines, max_ns, max_bytes
        self._raw = bytearray()
        self._now_ns = self._since_ns = 0
        self._begin()

    def _begin(self) -> None:
        self._read = 0  # bytes that were tried
        self._whole = 0  # bytes of whole lines among them
        self._lines = 0
        self._trials: list[Trial] = []
        self._untried = list(CANDIDATES)

    @property
    def size(self) -> int:
        """Bytes held."""
        return len(self._raw)

    def add(self, chunks: Iterable[Chunk]) -> None:
        """Hold more."""
        for chunk in chunks:
            self._now_ns = chunk.time_ns
            if not self._raw:
                self._since_ns = chunk.time_ns
            if chunk.data:
                self._raw += chunk.data
                self.chunks.append(chunk)

    @property
    def newest(self) -> bytes:
        """The newest of what is held, at most ``MAX_LINE`` bytes."""
        return bytes(self._raw[-MAX_LINE:])

    @property
    def overdue(self) -> bool:
        """It is held for as long as it may, or the clock was set back."""
        return bool(self._raw) and not 0 <= self._now_ns - self._since_ns < self._max_ns

    def judge(self, *, late: bool = True) -> bool:
        """Try what came since; return whether it is time to conclude, perhaps just because it is ``late``."""
        while (stop := self._next_stop()) > self._read:
            self._try(stop)
            if self._lines >= self._max_lines or any(trial.sure for trial in self._trials):
                return True
        if self._read >= self._max_bytes:
            return True
        if not (late and self.overdue):
            return False
        self._try(self.size, wait_ns=FIRST_LINE_WAIT_NS)
        return self._whole > 0 or self.size > MAX_LINE or any(trial.plausible for trial in self._trials)

    def best(self) -> Trial | None:
        """Return the candidate that makes the most of what was tried; None if that is next to nothing."""
        return next(iter(_by_merit(self._trials)), None)

    def finish(self) -> Trial | None:
        """Return the best candidate at the end of the input, whose last line may lack its end."""
        self._try(self.size, end=b"\n")
        self._try(self.size, wait_ns=FIRST_LINE_WAIT_NS)
        return self.best()

    def take_tried(self) -> tuple[list[Chunk], bool]:
        """Let go of the lines that were tried, and begin anew with the rest.

        Returns
        -------
        The chunks, and whether they end with a line; they do not if there was no line end within the limit.
        """
        size = self._whole or self._read
        whole = size == self._whole
        taken, kept, place = self.chunks, list[Chunk](), 0
        for number, chunk in enumerate(self.chunks):
            if place + len(chunk.data) > size:
                head, tail = _split(chunk, size - place)
                taken, kept = [*self.chunks[:number], head], [tail, *self.chunks[number + 1 :]]
                break
            place += len(chunk.data)
        self.chunks = kept
        del self._raw[:size]
        self._since_ns = self._now_ns
        self._begin()
        return taken, whole

    def _next_stop(self) -> int:
        """Return where the next piece ends, or where the last one did if there is none yet."""
        limit = min(self._read + PIECE, self._max_bytes)
        end = _LINE_END.search(self._raw, self._read, limit)
        if end is not None:
            self._lines += 1
            self._whole = end.end()
            return end.end()
        return limit if limit <= self.size else self._read

    def _try(self, stop: int, end: bytes = b"", wait_ns: int = 0) -> None:
        """Give every candidate what it has not read, up to a place."""
        start, self._read = self._read, stop
        time_ns = self._now_ns + wait_ns
        for trial in self._trials:
            trial.read(Chunk(bytes(self._raw[start:stop]) + end, time_ns))
        window = self._raw[max(0, start - _LONGEST_MARK) : stop]
        self._untried = [one for one in self._untried if not _excluded(one, window)]
        self._trials = [one for one in self._trials if not _excluded(one.candidate, window)]
        for candidate in list(self._untried):
            if not candidate.marks or any(mark in window for mark in candidate.marks):
                self._untried.remove(candidate)
                trial = Trial(candidate)
                trial.read(Chunk(bytes(self._raw[:stop]) + end, time_ns))
                self._trials.append(trial)


def rank(data: bytes) -> list[Trial]:
    """Try every candidate on all of an input that has ended; return those that make samples of it, best first."""
    trials = [
        Trial(candidate)
        for candidate in CANDIDATES
        if not _excluded(candidate, data) and (not candidate.marks or any(mark in data for mark in candidate.marks))
    ]
    pieces = [Chunk(line, 1) for line in data.splitlines(keepends=True)]
    for chunk in (*pieces, Chunk(b"\n", 1), Chunk(b"", 1 + FIRST_LINE_WAIT_NS)):
        for trial in trials:
            trial.read(chunk)
    return _by_merit(trials)


def _has_numbers(batch: Batch) -> bool:
    return any(channel.kind in (Kind.NUMBER, Kind.STATE) for channel in batch.channels)


def _excluded(candidate: Candidate, data: bytes | bytearray) -> bool:
    return bool(candidate.never) and candidate.never in data


def _by_merit(trials: Iterable[Trial]) -> list[Trial]:
    return sorted((trial for trial in trials if trial.plausible), key=lambda trial: trial.merit, reverse=True)


def _split(chunk: Chunk, size: int) -> tuple[Chunk, Chunk]:
    """Cut a chunk in two, and its time in proportion."""
    head, tail = chunk._replace(data=chunk.data[:size]), chunk._replace(data=chunk.data[size:])
    if 0 < chunk.since_ns < chunk.time_ns:
        middle = chunk.since_ns + (chunk.time_ns - chunk.since_ns) * size // len(chunk.data)
        return head._replace(time_ns=middle), tail._replace(since_ns=middle)
    return head, tail
