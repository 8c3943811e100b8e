"""Messages of a broker, one a chunk, each on its topic: the stream's name is the topic.

A payload is, in this order:

- ``23.5`` or another number as text: channel ``value``;
- ``ON``/``OFF``, ``true``/``false``, ``online``/``offline``, ``yes``/``no``, ``open``/``closed``, in any case: the same
  as a state, 1 or 0;
- a JSON object or array, as told in ``objects``: ``{"a": {"b": [1, 2]}}`` gives ``a/b[0]`` and ``a/b[1]``;
- other text, printable and of at most 256 characters: channel ``value`` as text.

Traps, and what becomes of them:

- ``null``, ``None``, ``unavailable`` and ``unknown`` on a topic that sent numbers or states before is NaN; before that
  it is rejected ("no value").
- Empty payloads, binary junk, broken or deep JSON and payloads over 256 KiB are rejected with their reason.
- A topic may begin with ``/`` or be a single word. One of more than 512 bytes is rejected.
- Retained messages are old values: their batches say so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.decoders.cells import MAX_TEXT, STATES, FrameError, counted, is_text, to_number, to_text
from stripchart.decoders.objects import MAX_BYTES, VALUE, ObjectRows, parse_json
from stripchart.decoders.rows import BatchBuilder
from stripchart.decoders.template import Template
from stripchart.errors import ConfigError
from stripchart.flow.records import Batch, Channel, Kind, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.flow.records import Chunk

MAX_TOPIC: Final = 512
MAX_KNOWN: Final = 10_000
"""Topics that are remembered; beyond, the one that came first is forgotten."""
MISSING: Final = frozenset({"null", "none", "unavailable", "unknown"})
_CHANNELS: Final = {kind: (Channel(VALUE, kind=kind),) for kind in Kind}
_PADDING: Final = b" \t\r\n\0"
"""Some devices send the zero that ends a string in C."""
_PLAIN: Final = Template(["", ""])


class TopicsDecoder:
    """Messages on topics; see the module for what a payload may be."""

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """What a user may set.

        Attributes
        ----------
        max_payload
            Bytes of the largest payload.
        max_topic
            Bytes of the longest topic.
        """

        max_payload: int = MAX_BYTES
        max_topic: int = MAX_TOPIC

        def __post_init__(self) -> None:
            for name in ("max_payload", "max_topic"):
                if getattr(self, name) < 1:
                    raise ConfigError(f"topics: {name}: expected a positive number, got {getattr(self, name)!r}")

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:
        self.tally = Tally() if tally is None else tally
        self.note = ""
        self._options = options or self.Options()
        self._objects = ObjectRows()
        self._kinds: dict[str, Kind | None] = {}
        """What the newest scalar of each topic was, text aside."""

    @property
    def buffered(self) -> int:
        """Nothing: a message is complete."""
        return 0

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode messages: a batch for each topic, or more where the channels change."""
        messages: dict[str, list[Chunk]] = {}
        for chunk in chunks:
            if chunk.data or chunk.topic:  # else it only tells the time
                messages.setdefault(chunk.topic, []).append(chunk)
        batches: list[Batch] = []
        for topic, group in messages.items():
            batches += self._decode_topic(topic, group)
        return batches

    def finish(self) -> list[Batch]:
        """Return nothing: a message is complete."""
        return []

    def reset(self) -> None:
        """Do nothing: a message is complete."""

    def _decode_topic(self, topic: str, chunks: Sequence[Chunk]) -> list[Batch]:
        self.tally.frames += len(chunks)
        self.tally.bytes_framed += sum([len(chunk.data) for chunk in chunks])
        if topic not in self._kinds:
            if len(topic.encode(errors="replace")) > self._options.max_topic:
                for chunk in chunks:
                    self.tally.reject(chunk.time_ns, "topic too long", chunk.data)
                return []
            self._remember(topic)
        numbers = self._read_numbers(chunks)
        if numbers is not None:
            self.tally.decoded += len(chunks)
            self._kinds[topic] = Kind.NUMBER
            time = np.array([chunk.time_ns for chunk in chunks], np.int64)
            return [Batch(topic, _CHANNELS[Kind.NUMBER], time, (numbers,), retained=chunks[0].retained)]
        builder = BatchBuilder(topic)
        for chunk in chunks:
            try:
                self._decode_message(chunk, builder)
            except FrameError as reason:
                self.tally.reject(chunk.time_ns, str(reason), chunk.data)
            else:
                self.tally.decoded += 1
        return builder.finish()

    def _read_numbers(self, chunks: Sequence[Chunk]) -> NDArray[np.float64] | None:
        """Read the messages of a topic together, if all are plain numbers, and all retained or none."""
        data = b"\n".join([chunk.data for chunk in chunks]) + b"\n"
        if len(data) > self._options.max_payload or len({chunk.retained for chunk in chunks}) > 1:
            return None
        numbers = _PLAIN.read_all(data, len(chunks))
        return None if numbers is None else numbers[0]

    def _decode_message(self, message: Chunk, builder: BatchBuilder) -> None:
        payload = message.data
        if len(payload) > self._options.max_payload:
            raise FrameError("payload too large")
        payload = payload.strip(_PADDING)
        if not payload:
            raise FrameError("empty payload")
        if payload[:1] in b"{[":
            self._objects.add(parse_json(payload), message.time_ns, builder, retained=message.retained)
            return
        kind, value = self._scalar(message.topic, _unquoted(to_text(payload)))
        builder.row(_CHANNELS[kind], message.time_ns, (value,), retained=message.retained)

    def _scalar(self, topic: str, text: str) -> tuple[Kind, float | str]:
        value = to_number(text)
        kind = Kind.NUMBER
        if value is None:
            word = text.lower()
            value, kind = STATES.get(word), Kind.STATE
            if value is None and word in MISSING:
                known = self._kinds.get(topic)
                if known is None:
                    raise FrameError("no value")
                value, kind = math.nan, known
        if value is not None:
            self._kinds[topic] = kind
            return kind, value
        if not is_text(text):
            raise FrameError("not text" if len(text) <= MAX_TEXT else "text too long")
        return Kind.TEXT, text

    def _remember(self, topic: str) -> None:
        if len(self._kinds) >= MAX_KNOWN:
            del self._kinds[next(iter(self._kinds))]
        self._kinds[topic] = None
        self.note = f"MQTT, {counted(len(self._kinds), 'topic')}"


def _unquoted(text: str) -> str:
    """Take a JSON string out of its quotes; leave anything else as it is."""
    if not text.startswith('"'):
        return text
    try:
        value = parse_json(text.encode())
    except FrameError:
        return text
    return str(value).strip()
