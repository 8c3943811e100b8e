"""The beginning of an input, held until it is clear which decoder reads it best."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.csv import CsvDecoder
from stripchart.decoders.json import JsonDecoder
from stripchart.decoders.keyvalue import KeyValueDecoder
from stripchart.decoders.objects import VALUE
from stripchart.flow.records import Chunk, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from stripchart.flow.records import Batch, Channel

    StreamDecoder: TypeAlias = ArduinoDecoder | CsvDecoder | JsonDecoder | KeyValueDecoder

ENOUGH: Final = 5
"""Rows with the same channels, without a rejected line between them, that leave no doubt."""
_LINE_END: Final = re.compile(rb"\r\n|\n|\r(?=[\s\S])")
"""A return at the very end may be half of an end."""


class Trial:
    """A decoder that is tried on the held lines.

    Parameters
    ----------
    decoder
        A new one, with an account of its own.
    counts
        Whether rows with these channels speak for it.
    """

    def __init__(self, decoder: StreamDecoder, counts: Callable[[Sequence[Channel]], bool]) -> None:
        self.decoder = decoder
        self.rows = 0
        self.misses = 0
        self.streak = 0
        self._counts = counts
        self._channels: tuple[Channel, ...] = ()

    def read(self, line: bytes, time_ns: int) -> None:
        """Read a line with its end."""
        rejected = self.decoder.tally.rejected.total()
        self._score(self.decoder.feed((Chunk(line, time_ns),)))
        if self.decoder.tally.rejected.total() > rejected:
            self.streak = 0
            self.misses += self.rows > 0  # before the first row it may have been boot text

    def conclude(self, rest: bytes, time_ns: int) -> None:
        """Look at what is no complete line: there may be objects in it, or a first line that waits for a second."""
        if isinstance(self.decoder, JsonDecoder):
            self._score(JsonDecoder().feed((Chunk(rest, time_ns),)))
        else:
            self._score(self.decoder.finish())

    def _score(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            channels = batch.channels
            if any(channel.kind is not Kind.TEXT for channel in channels) and self._counts(channels):
                self.streak = self.streak * (channels == self._channels) + len(batch)
                self.rows += len(batch)
                self._channels = channels


def new_trials() -> list[Trial]:
    """Return a trial of each decoder; where two do equally well, the earlier one is the better guess."""
    labelled = ArduinoDecoder()
    return [
        Trial(JsonDecoder(), lambda channels: not all(channel.name.startswith(f"{VALUE}[") for channel in channels)),
        Trial(labelled, lambda _: labelled.labelled),
        Trial(KeyValueDecoder(), lambda _: True),
        Trial(CsvDecoder(), lambda channels: len(channels) > 1),
        Trial(ArduinoDecoder(), lambda _: True),
    ]


def has_objects(data: bytes) -> bool:
    """Say whether there are complete JSON objects in bytes without a line end."""
    return bool(JsonDecoder().feed((Chunk(data, 0),)))


class Evidence:
    """Held chunks, and how each decoder does on them. What it concludes depends on the bytes, not on the chunks.

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
        self._read = 0  # bytes that the trials have read: whole lines
        self._lines = 0
        self._trials = new_trials()

    @property
    def size(self) -> int:
        """Bytes held."""
        return len(self._raw)

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Hold more."""
        for chunk in chunks:
            self._now_ns = chunk.time_ns
            if not self._raw:
                self._since_ns = chunk.time_ns
            if chunk.data:
                self._raw += chunk.data
                self.chunks.append(chunk)

    def judge(self) -> bool:
        """Read what came since; return whether it is time to conclude."""
        for end in _LINE_END.finditer(self._raw, self._read, self._max_bytes):
            line = bytes(self._raw[self._read : end.end()])
            self._read = end.end()
            self._lines += 1
            for trial in self._trials:
                trial.read(line, self._now_ns)
            if self._lines == self._max_lines or self._certain():
                return True
        waited = self._now_ns - self._since_ns
        overdue = self.size > 0 and not 0 <= waited < self._max_ns  # negative: the clock was set back
        if self.size >= self._max_bytes or (overdue and (self._lines or has_objects(bytes(self._raw)))):
            self._conclude(bytes(self._raw[self._read : self._max_bytes]))
            return True
        return False

    def best(self) -> type[StreamDecoder] | None:
        """Return the decoder that made the most rows of what was read; None if none made any."""
        best = max(self._trials, key=lambda trial: (trial.streak >= ENOUGH, trial.rows, -trial.misses))
        return type(best.decoder) if best.rows else None

    def finish(self) -> type[StreamDecoder] | None:
        """Return the best decoder at the end of the input."""
        self._conclude(bytes(self._raw[self._read :]))
        return self.best()

    def take_read(self) -> tuple[list[Chunk], bool]:
        """Let go of the lines that were read, and begin anew with the rest.

        Returns
        -------
        The chunks, and whether they end with a line; they do not if there was no line end within the limit.
        """
        size = self._read or min(self.size, self._max_bytes)
        whole = size == self._read
        taken, kept, left = [], [], size
        for chunk in self.chunks:
            head, tail = chunk.data[:left], chunk.data[left:]
            left -= len(head)
            if head:
                taken.append(chunk._replace(data=head))
            if tail:
                kept.append(chunk._replace(data=tail))
        self.chunks = kept
        del self._raw[:size]
        self._since_ns, self._read, self._lines = self._now_ns, 0, 0
        self._trials = new_trials()
        return taken, whole

    def _certain(self) -> bool:
        return any(trial.streak >= ENOUGH for trial in self._trials)

    def _conclude(self, rest: bytes) -> None:
        for trial in self._trials:
            trial.conclude(rest, self._now_ns)
