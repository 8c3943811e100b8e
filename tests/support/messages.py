"""Messages on topics, sent to a decoder in tests, one a second."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from stripchart.decoders.topics import TopicsDecoder
from stripchart.flow.records import Batch, Chunk
from support.decoding import NOW_NS

if TYPE_CHECKING:
    from collections.abc import Sequence

SECOND_NS = 1_000_000_000
Message = tuple[str, str | bytes]


def chunks(*messages: Message, retained: bool = False) -> list[Chunk]:
    return [
        Chunk(payload.encode() if isinstance(payload, str) else payload, NOW_NS + i * SECOND_NS, 0, topic, retained)
        for i, (topic, payload) in enumerate(messages)
    ]


def send(decoder: TopicsDecoder, *messages: Message, retained: bool = False) -> list[Batch]:
    return decoder.feed(chunks(*messages, retained=retained))


def read(*messages: Message, decoder: TopicsDecoder | None = None, **options: Any) -> dict[str, list[Any]]:
    """Return what messages decode to: values and unit by stream and channel, a row each."""
    decoder = decoder or TopicsDecoder(TopicsDecoder.Options(**options))
    return columns(send(decoder, *messages))


def columns(batches: Sequence[Batch]) -> dict[str, list[Any]]:
    """Return ``[value, …, unit]`` of every channel, the unit only if there is one; NaN as None."""
    found: dict[str, list[Any]] = {}
    units = {}
    for batch in batches:
        for channel, column in zip(batch.channels, batch.values, strict=True):
            key = f"{batch.stream}/{channel.name}" if batch.stream else channel.name
            values = [None if isinstance(value, float) and math.isnan(value) else value for value in column.tolist()]
            found.setdefault(key, []).extend(values)
            if channel.unit:
                units[key] = channel.unit
    return {key: [*values, units[key]] if key in units else values for key, values in found.items()}


def rejected(*messages: Message, **options: Any) -> dict[str, int]:
    """Return why messages are rejected, of which nothing may be decoded."""
    decoder = TopicsDecoder(TopicsDecoder.Options(**options))
    assert send(decoder, *messages) == []
    return dict(decoder.tally.rejected)
