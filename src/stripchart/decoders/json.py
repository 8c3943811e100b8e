r"""JSON objects on a stream of bytes, one a line or one after the other.

Grammar::

    stream = { value | junk | "\n" | blanks | "," }
    value  = JSON object or array, within one line; one is decoded as soon as it is complete

What a value becomes is told in ``objects``. Traps, and what becomes of them:

- Objects without line ends between them are told apart by balanced braces, outside of strings.
- Junk before, between and after values (log text, a cut first line) is rejected once for each piece ("not JSON").
- A value that is not closed at the line end, or within which another begins where none can, is rejected, and decoding
  goes on with the next one. So a JSON text over several lines is not read.
- A value of more than 256 KiB is rejected ("too long"), so a brace that is never closed cannot fill the memory.
- ``{"a": 1e400}`` is not JSON for orjson; nesting beyond 64 levels and rows beyond 1,024 values are rejected.
- A value that changes its type changes the kind of its channel; a name that comes twice counts the last time.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from stripchart.decoders.braces import BraceScanner
from stripchart.decoders.cells import FrameError
from stripchart.decoders.lines import LineFramer, Lines, spread
from stripchart.decoders.objects import MAX_BYTES, ObjectRows, parse_json
from stripchart.decoders.rows import BatchBuilder
from stripchart.errors import ConfigError
from stripchart.flow.records import Chunk, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.braces import Span
    from stripchart.flow.records import Batch


class JsonDecoder:
    """JSON objects; see the module for the grammar."""

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """What a user may set.

        Attributes
        ----------
        max_bytes
            Bytes of the longest object.
        """

        max_bytes: int = MAX_BYTES

        def __post_init__(self) -> None:
            if self.max_bytes < 1:
                raise ConfigError(f"json: max_bytes: expected a positive number, got {self.max_bytes!r}")

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:
        self.tally = Tally() if tally is None else tally
        self.note = ""
        self._limit = (options or self.Options()).max_bytes
        self._framer = LineFramer(self.tally, sys.maxsize, hold_first=False)  # the scanner has the limit
        self._scanner = BraceScanner(self._limit)
        self._objects = ObjectRows()

    @property
    def buffered(self) -> int:
        """Bytes of a value that is not complete."""
        return self._framer.buffered

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode the values that are complete now."""
        lines = self._framer.feed(chunks)
        found = _Found()
        self._read_lines(lines, found)
        rest = self._framer.rest
        spans = self._scanner.scan(rest, complete=False)
        if spans:
            since_ns = 0 if len(lines.time) else chunks[0].since_ns
            time = spread(Chunk(b"", chunks[-1].time_ns, since_ns), len(spans))
            self._read_spans(rest, spans, time.tolist(), found)
        self._framer.take(self._scanner.take())
        return self._decode(found)

    def finish(self) -> list[Batch]:
        """Decode what is held."""
        found = _Found()
        self._read_lines(self._framer.finish(), found)
        return self._decode(found)

    def reset(self) -> None:
        """Forget the value that is not complete."""
        self._framer.reset()
        self._scanner.restart()

    def _read_lines(self, lines: Lines, found: _Found) -> None:
        """Read whole lines: together if they are plain, else line by line, else value by value."""
        if not lines.data:
            return
        texts, time = lines.data.split(b"\n"), lines.time.tolist()
        del texts[-1]
        values = self._read_joined(lines.data, len(time))
        if values is not None:
            found.extend(values, time, texts)
        else:
            for text, time_ns in zip(texts, time, strict=True):
                self._read_line(text, time_ns, found)
        self._scanner.restart()

    def _read_joined(self, data: bytes, count: int) -> list[Any] | None:
        r"""Read lines that hold one object each, all at once.

        Every line begins with a brace and there are no arrays, so JSON allows the comma where two lines meet only
        between objects of the outermost level; and the line end stays, which no string may hold. So as many objects as
        lines means one in each.
        """
        if len(data) > self._limit or b"[" in data or not data.startswith(b"{") or data.count(b"\n{") != count - 1:
            return None
        try:
            values = orjson.loads(b"[" + data[:-1].replace(b"\n", b"\n,") + b"]")
        except orjson.JSONDecodeError:
            return None
        return values if len(values) == count else None

    def _read_line(self, text: bytes, time_ns: int, found: _Found) -> None:
        try:
            value = parse_json(text) if len(text) <= self._limit else None
        except FrameError:
            value = None
        if isinstance(value, dict | list):
            found.extend([value], [time_ns], [text])
        else:
            self._scanner.restart()
            spans = self._scanner.scan(text, complete=True)
            self._read_spans(text, spans, [time_ns] * len(spans), found)

    def _read_spans(self, line: bytes, spans: Sequence[Span], time: Sequence[int], found: _Found) -> None:
        for span, time_ns in zip(spans, time, strict=True):
            text, reason = line[span.start : span.stop], span.reason
            try:
                value = None if reason else parse_json(text)
            except FrameError as error:
                reason = str(error)
            if reason:
                self.tally.frames += 1
                self.tally.reject(time_ns, reason, text)
            else:
                found.extend([value], [time_ns], [text])

    def _decode(self, found: _Found) -> list[Batch]:
        values = found.values
        if not values:
            return []
        self.tally.frames += len(values)
        self.note = "JSON lines"
        builder = BatchBuilder()
        plain = all(type(value) is dict for value in values)
        if plain and self._objects.add_all(values, np.array(found.time, np.int64), builder):
            self.tally.decoded += len(values)
            return builder.finish()
        for value, time_ns, text in zip(values, found.time, found.texts, strict=True):
            try:
                self._objects.add(value, time_ns, builder)
            except FrameError as reason:
                self.tally.reject(time_ns, str(reason), text)
            else:
                self.tally.decoded += 1
        return builder.finish()


class _Found:
    """JSON values, when each ended and where it was read from."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.time: list[int] = []
        self.texts: list[bytes] = []

    def extend(self, values: Sequence[Any], time: Sequence[int], texts: Sequence[bytes]) -> None:
        self.values += values
        self.time += time
        self.texts += texts
