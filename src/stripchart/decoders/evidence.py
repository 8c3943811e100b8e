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
    from collections.abc import Sequence
    from typing import TypeAlias

    from stripchart.flow.records import Channel

    StreamDecoder: TypeAlias = ArduinoDecoder | CsvDecoder | KeyValueDecoder | JsonDecoder

ENOUGH: Final = 5
"""Rows with the same channels, and nothing else between them, that leave no doubt."""
_LINE_END: Final = re.compile(rb"\r\n|\n|\r(?=[\s\S])")
"""A return at the very end may be half of an end."""
_ORDER: Final = (ArduinoDecoder, CsvDecoder, KeyValueDecoder, JsonDecoder)
"""Where several read all lines, the last one is the best guess; Arduino before CSV if the values have labels."""


class Trial:
    """A decoder that is tried on the held lines.

    Attributes
    ----------
    streak
        How many rows of numbers came last, with the same channels and nothing else between them.
    """

    def __init__(self, decoder: StreamDecoder) -> None:
        self.decoder = decoder
        self.streak = 0
        self._points = 0  # two for a row of numbers, one if there is text in it: that reads like many a thing
        self._misses = 0  # lines without a row, after the first row; before that it may have been boot text
        self._repeated = False
        self._seen: set[tuple[Channel, ...]] = set()
        self._last: tuple[Channel, ...] = ()

    @property
    def merit(self) -> tuple[bool, int, int, int]:
        """How much speaks for it; compares with that of others."""
        labelled = isinstance(self.decoder, ArduinoDecoder) and self.decoder.labelled
        order = len(_ORDER) if labelled else _ORDER.index(type(self.decoder))
        return self.streak >= ENOUGH, self._points, -self._misses, order

    @property
    def plausible(self) -> bool:
        """It made rows, and not just one or another by chance among many other lines."""
        return self._repeated or (self._points > 0 and self._misses < ENOUGH)

    def read(self, line: bytes, time_ns: int) -> None:
        """Read a line without its end."""
        if isinstance(self.decoder, JsonDecoder):
            found = (b"{" in line or line.lstrip().startswith(b"[")) and self.read_objects(line + b"\n", time_ns)
        else:
            row = self.decoder.decode_line(line, time_ns)
            found = row is not None and self._count(row.channels, 1)
        if not found and line.strip():
            self.streak = 0
            self._misses += self._points > 0

    def read_objects(self, data: bytes, time_ns: int) -> bool:
        """Look for JSON objects and arrays; return whether there are any."""
        decoder = JsonDecoder()
        batches = decoder.feed((Chunk(data, time_ns),))
        if decoder.tally.rejected:  # the array in "[12] started" is part of log text
            batches = [batch for batch in batches if not batch.channels[0].name.startswith(f"{VALUE}[")]
        counted = [self._count(batch.channels, len(batch)) for batch in batches]
        return any(counted)

    def _count(self, channels: tuple[Channel, ...], rows: int) -> bool:
        """Count rows, if they speak for the decoder; return whether they do."""
        texts = sum(channel.kind is Kind.TEXT for channel in channels)
        if texts == len(channels) or (isinstance(self.decoder, CsvDecoder) and len(channels) == 1):
            return False
        self._points += rows if texts else 2 * rows
        self._repeated |= rows > 1 or channels in self._seen
        self._seen.add(channels)
        self.streak = 0 if texts else rows + (self.streak if channels == self._last else 0)
        self._last = channels
        return True


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
        self._begin()

    def _begin(self) -> None:
        self._read = 0  # bytes of the lines that were tried
        self._lines = 0
        self._objects = Trial(JsonDecoder())
        self._trials = [Trial(ArduinoDecoder()), Trial(CsvDecoder()), Trial(KeyValueDecoder()), self._objects]

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
            self._read_line(end.start())
            self._read = end.end()
            if self._lines == self._max_lines or any(trial.streak >= ENOUGH for trial in self._trials):
                return True
        waited = self._now_ns - self._since_ns
        overdue = self.size > 0 and not 0 <= waited < self._max_ns  # negative: the clock was set back
        if self.size < self._max_bytes and not overdue:
            return False
        objects = self._objects.read_objects(bytes(self._raw[self._read : self._max_bytes]), self._now_ns)
        return self._lines > 0 or objects or self.size >= self._max_bytes

    def best(self) -> type[StreamDecoder] | None:
        """Return the decoder that makes the most of what was read; None if that is next to nothing."""
        best = max(self._trials, key=lambda trial: trial.merit)
        return type(best.decoder) if best.plausible else None

    def finish(self) -> type[StreamDecoder] | None:
        """Return the best decoder at the end of the input, whose last line may lack its end."""
        self._read_line(self.size)
        return self.best()

    def take_read(self) -> tuple[list[Chunk], bool]:
        """Let go of the lines that were read, and begin anew with the rest.

        Returns
        -------
        The chunks, and whether they end with a line; they do not if there was no line end within the limit.
        """
        size = self._read or min(self.size, self._max_bytes)
        whole = size == self._read
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

    def _read_line(self, stop: int) -> None:
        line = bytes(self._raw[self._read : stop])
        self._lines += 1
        for trial in self._trials:
            trial.read(line, self._now_ns)


def _split(chunk: Chunk, size: int) -> tuple[Chunk, Chunk]:
    """Cut a chunk in two, and its time in proportion."""
    head, tail = chunk._replace(data=chunk.data[:size]), chunk._replace(data=chunk.data[size:])
    if 0 < chunk.since_ns < chunk.time_ns:
        middle = chunk.since_ns + (chunk.time_ns - chunk.since_ns) * size // len(chunk.data)
        return head._replace(time_ns=middle), tail._replace(since_ns=middle)
    return head, tail
