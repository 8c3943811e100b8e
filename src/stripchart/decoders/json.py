r"""JSON objects on a stream of bytes, one a line or one after the other.

Grammar::

    stream = { value | junk | "\n" | blanks | "," }
    value  = JSON object or array, within one line; one is decoded as soon as it is complete

What a value becomes is told in ``objects``. Traps, and what becomes of them:

- Objects without line ends between them are told apart by balanced braces, outside of strings.
- What stands before, between and after values is log text if it reads like that and has no closing brace, which the
  rest of a cut object has; else it is rejected, once for each piece ("not JSON").
- An array that does not begin with an object is one only if nothing but values are beside it: ``[12] started`` is log
  text.
- A value that is not closed at the line end, or in which something comes where it cannot, since a quote or a brace was
  lost, is rejected, and decoding goes on with the next one. So a JSON text over several lines is not read.
- A value of more than 256 KiB is rejected ("too long"), so a brace that is never closed cannot fill the memory.
- ``{"a": 1e400}`` is not JSON for orjson; nesting beyond 64 levels and rows beyond 1,024 values are rejected.
- A value that changes its type changes the kind of its channel; a name that comes twice counts the last time.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import orjson

from stripchart.decoders.braces import BETWEEN, BraceScanner
from stripchart.decoders.cells import LOG_CHANNELS, LOG_STREAM, FrameError, to_log
from stripchart.decoders.lines import LineFramer, Lines, spread
from stripchart.decoders.objects import MAX_BYTES, NOT_JSON, ObjectRows, parse_json
from stripchart.decoders.rows import BatchBuilder
from stripchart.decoders.samples import Sample
from stripchart.errors import ConfigError
from stripchart.flow.records import Chunk, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.braces import Span
    from stripchart.flow.records import Batch


class JsonDecoder:
    """JSON objects; see the module for the grammar."""

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="JSON lines",
            recognised="Nested fields are joined by `/`, elements of arrays numbered; booleans are switches.",
            data=b'{"temp":21.5,"imu":{"acc":[0.1,9.8]},"on":true}\n{"temp":"21.6","imu":{"acc":[0.2,9.7]},"on":false}\n',
            values={"temp": [21.5, 21.6], "imu/acc[0]": [0.1, 0.2], "imu/acc[1]": [9.8, 9.7], "on": [1, 0]},
        ),
        Sample(
            title="JSON objects without line ends, and arrays of them",
            recognised="Told apart by their braces.",
            data=b'{"a":1}{"a":2}[{"a":3},{"a":4}]\n',
            values={"a": [1, 2, 3, 4]},
        ),
        Sample(
            title="JSON with a time",
            recognised="`time`, `timestamp`, `ts` or `datetime` with ISO 8601 or seconds (ms, ...) since the epoch.",
            data=b'{"time":"2025-10-31T18:35:45Z","temp":21.5}\n{"time":"2025-10-31T18:35:46Z","temp":21.6}\n',
            values={"time": [1761935745, 1761935746], "temp": [21.5, 21.6]},
            units={"time": "s"},
        ),
        Sample(
            title="JSON with log text between",
            recognised="Words become rows of the stream `log`.",
            data=b'[  812][I][main.cpp:12] setup(): ready\n{"temp":21.5}\n',
            values={"temp": [21.5], "log/text": ["[  812][I][main.cpp:12] setup(): ready"]},
        ),
    )

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
        values = self._read_plain(lines.data, texts)
        if values is not None:
            found.extend(values, time, texts)
        else:
            for text, time_ns in zip(texts, time, strict=True):
                self._read_line(text, time_ns, found)
        self._scanner.restart()

    def _read_plain(self, data: bytes, texts: Sequence[bytes]) -> list[Any] | None:
        r"""Read lines that hold one object each; all at once, if there are no arrays in them.

        Every line begins with a brace, so JSON allows the comma where two lines meet only between objects: without
        arrays those of the outermost level. And the line end stays, which no string may hold. So as many objects as
        lines means one in each.
        """
        if len(data) > self._limit or not data.startswith(b"{") or data.count(b"\n{") != len(texts) - 1:
            return None
        try:
            if b"[" in data:
                return list(map(orjson.loads, texts))
            values = orjson.loads(b"[%b]" % data[:-1].replace(b"\n", b"\n,"))
        except orjson.JSONDecodeError:
            return None
        return values if len(values) == len(texts) else None

    def _read_line(self, text: bytes, time_ns: int, found: _Found) -> None:
        value = None
        if text.startswith((b"{", b"[{")) and len(text) <= self._limit:
            value = _try(text)
        if value is not None:
            found.extend([value], [time_ns], [text])
        else:
            self._scanner.restart()
            spans = self._scanner.scan(text, complete=True)
            self._read_spans(text, spans, [time_ns] * len(spans), found)

    def _read_spans(self, line: bytes, spans: Sequence[Span], time: Sequence[int], found: _Found) -> None:
        for span, time_ns in zip(spans, time, strict=True):
            text = line[span.start : span.stop]
            if span.between:
                text = text.strip(BETWEEN)
            value = _try(text) if span.between or not span.reason else None
            log = _log(text) if span.between and value is None else None
            if value is not None:
                found.extend([value], [time_ns], [text])
                continue
            self.tally.frames += 1
            if log is not None:
                self.tally.decoded += 1
                found.log.row(LOG_CHANNELS, time_ns, (log,))
            else:
                self.tally.reject(time_ns, span.reason or NOT_JSON, text)

    def _decode(self, found: _Found) -> list[Batch]:
        values = found.values
        if not values:
            return found.log.finish()
        self.tally.frames += len(values)
        self.note = "JSON lines"
        builder = BatchBuilder()
        plain = all(type(value) is dict for value in values)
        if plain and self._objects.add_all(values, np.array(found.time, np.int64), builder):
            self.tally.decoded += len(values)
            return builder.finish() + found.log.finish()
        for value, time_ns, text in zip(values, found.time, found.texts, strict=True):
            try:
                self._objects.add(value, time_ns, builder)
            except FrameError as reason:
                self.tally.reject(time_ns, str(reason), text)
            else:
                self.tally.decoded += 1
        return builder.finish() + found.log.finish()


class _Found:
    """JSON values, when each ended and where it was read from; and log text."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.time: list[int] = []
        self.texts: list[bytes] = []
        self.log = BatchBuilder(LOG_STREAM)

    def extend(self, values: Sequence[Any], time: Sequence[int], texts: Sequence[bytes]) -> None:
        self.values += values
        self.time += time
        self.texts += texts


def _try(text: bytes) -> dict[str, Any] | list[Any] | None:
    """Return the object or array that a text is; None if it is none."""
    try:
        value = parse_json(text)
    except FrameError:
        return None
    return value if isinstance(value, dict | list) else None


def _log(text: bytes) -> str | None:
    """Return what stands between values as log text; None if it is none."""
    try:
        return None if b"}" in text else to_log(text.decode())
    except UnicodeDecodeError:
        return None
