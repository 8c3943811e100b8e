"""Every registered decoder, with options and with frames that it reads: what tests of all decoders are made of."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from functools import cache, cached_property, partial, reduce
from operator import xor
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.config.options import fill
from stripchart.decoders.dsmr import MAX_TELEGRAM
from stripchart.decoders.lines import MAX_LINE
from stripchart.decoders.objects import MAX_BYTES
from stripchart.decoders.recorded import MAGIC, MAX_FRAME
from stripchart.decoders.vedirect import MAX_BLOCK
from stripchart.plugins import load, registered
from support.corpus import cobs, crc16, slip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stripchart.decoders.samples import Sample
    from stripchart.flow.contracts import Decoder

BUILT_IN: Final = sorted(
    name for name, point in registered("decoders").items() if point.value.startswith("stripchart.")
)
BOUNDS: Final = {
    "arduino": 2 * MAX_LINE + 1, "csv": 2 * MAX_LINE + 1, "keyvalue": 2 * MAX_LINE + 1, "json": MAX_BYTES,
    "teleplot": MAX_LINE, "nmea": MAX_LINE, "regex": MAX_LINE, "vedirect": MAX_BLOCK, "dsmr": MAX_TELEGRAM,
    "sds011": 10, "pmsx003": 32, "binary": 600, "topics": 0, "recorded": MAX_FRAME,
    "auto": (64 << 10) + MAX_BYTES,
}  # fmt: skip
"""Bytes that each may hold."""
FIELDS: Final = [
    {"name": "n", "type": "u16", "time": "ms"},
    {"name": "t", "type": "i16", "scale": 0.01, "unit": "°C", "invalid": -32768},
    {"name": "mode", "type": "u8", "words": {0: "idle", 1: "run"}},
]
ROWS: Final = ((100, 2150, 0), (200, -32768, 1), (0xC0DB, 0x7E7D, 2), (0x55AA, 0, 0))
FRAMINGS: Final[tuple[dict[str, Any], ...]] = (
    {"sync": "AA 55", "length": "u8", "checksum": "crc-16-modbus"},
    {"sync": "AA 55", "end": "7E"},
    {"framing": "fixed", "checksum": "crc-8"},
    {"framing": "fixed"},
    {"framing": "delimited", "end": "7E", "escape": "7D", "checksum": "crc-16-x25"},
    {"framing": "delimited", "sync": "AA 55", "end": "0D 0A"},
    {"framing": "cobs", "checksum": "crc-32"},
    {"framing": "slip", "checksum": "fletcher-16"},
    {"sync": "AA 55", "checksum": "sum-8"},
)

SHORT: Final = 180
"""Bytes of the frames that show enough: a block or a telegram, but not a whole sample of sentences."""

Frame = tuple[str, bytes]
"""A topic, empty on a stream of bytes, and what it reads."""


@dataclass(frozen=True)
class Setup:
    """A decoder as somebody may use it."""

    name: str
    options: Mapping[str, Any]
    frames: Sequence[Frame]

    @property
    def messages(self) -> bool:
        """Its input comes as messages on topics."""
        return bool(self.frames[0][0])

    @property
    def max_buffered(self) -> int:
        """Bytes that it may hold."""
        bound: int = self.options.get("max_bytes", BOUNDS[self.name])
        return bound

    @cached_property
    def make(self) -> Callable[[], Decoder]:
        """Call it for a new decoder."""
        kind = load("decoders", self.name)
        options, mistakes = fill(kind.Options, self.options)
        assert not mistakes, mistakes
        return partial(kind, options)


@cache
def setups(name: str) -> Sequence[Setup]:
    """Return a decoder with the options of its samples, and with others that matter."""
    found: dict[str, tuple[Mapping[str, Any], list[Frame]]] = {}
    for sample in load("decoders", name).samples:
        found.setdefault(repr(sample.options), (sample.options, []))[1].extend(_frames(sample))
    return [Setup(name, options, frames) for options, frames in (*found.values(), *_more(name))]


def _frames(sample: Sample) -> list[Frame]:
    """Return the messages of a sample, or its stream, whole and by lines."""
    whole = [("", sample.data)] if sample.data else []
    return [*sample.messages, *whole, *(("", line) for line in sample.data.splitlines(keepends=True))]


def _more(name: str) -> Iterator[tuple[Mapping[str, Any], Sequence[Frame]]]:
    """Yield options beside those of the samples, with frames."""
    samples = [frame for sample in load("decoders", name).samples for frame in _frames(sample)]
    if name == "auto":
        known = [frame for other in BUILT_IN if other not in ("auto", "topics") for frame in setups(other)[0].frames]
        streams = [(topic, data) for topic, data in known if len(data) <= SHORT]  # it tries many decoders: that is slow
        yield {}, streams
        yield {"hold_lines": 3, "hold_bytes": 40}, streams
        yield {}, setups("topics")[0].frames
    elif name == "binary":
        for options in FRAMINGS:
            yield options | {"fields": FIELDS}, [("", frame) for frame in _written(options)]
    elif name == "json":
        yield {"max_bytes": 12}, samples
    elif name == "nmea":
        yield {"checksum": "optional"}, samples
    elif name == "topics":
        joined = [{"topic": topic, "stream": "one"} for topic in dict.fromkeys(topic for topic, _ in samples[-6:])]
        yield {"rebirth": True, "rules": [{"topic": "zigbee2mqtt/#", "convention": "plain"}, *joined]}, samples
    elif name == "teleplot":
        bare = [line.removeprefix(b">") for _, line in samples]
        yield {"transport": "udp"}, [("", line) for line in bare]
        yield {}, [("plot/a", line) for line in bare]


def _written(given: Mapping[str, Any]) -> Iterator[bytes]:
    """Write frames as a device does."""
    options, _ = fill(load("decoders", "binary").Options, {**given, "fields": FIELDS})
    layout = options.layout
    for row in ROWS:
        body = struct.pack("<HhB", *row)
        length = bytes([len(body)] if layout.length else [])
        if layout.check is not None:
            told = layout.check.algorithm.compute(np.frombuffer(body, np.uint8)[np.newaxis])[0]
            body += int(told).to_bytes(layout.check.algorithm.size, layout.check.endian)
        if options.framing == "cobs":
            yield cobs(body)
        elif options.framing == "slip":
            yield slip(body)
        else:
            if options.escape:
                body = body.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e")
            yield layout.sync + length + body + layout.end


def seal(name: str, data: bytes) -> bytes:
    """Make the checksums in a stream of bytes right, so that changed frames are not just rejected for them."""
    if name == "nmea":
        return re.sub(rb"([$!])([^$!*\r\n]*)\*[0-9A-Fa-f]{2}", _sealed_sentence, data)
    if name == "dsmr":
        return re.sub(rb"(/[^/!]*!)[0-9A-Fa-f]{4}", _sealed_telegram, data)
    if name == "vedirect":
        return _sealed_blocks(data)
    if name == "recorded":
        return _sealed_frames(data)
    return data


def _sealed_sentence(found: re.Match[bytes]) -> bytes:
    return b"%c%s*%02X" % (found[1], found[2], reduce(xor, found[2], 0))


def _sealed_telegram(found: re.Match[bytes]) -> bytes:
    return found[1] + b"%04X" % crc16(found[1])


def _sealed_blocks(data: bytes) -> bytes:
    block, *others = data.split(b"\nChecksum\t")
    pieces = [block]
    for other in others:
        counted = re.sub(rb":[0-9A-F]{1,512}\n", b"", block + b"\nChecksum\t")
        pieces.append(bytes([-sum(counted) % 256][: len(other)]) + other[1:])
        block = other[1:]
    return b"\nChecksum\t".join(pieces)


def _sealed_frames(data: bytes) -> bytes:
    first, *others = data.split(MAGIC)
    pieces = [first]
    for other in others:
        size, body = other[:4], other[12:]
        told = int.from_bytes(size, "little")
        head = MAGIC + size + zlib.crc32(body[:told]).to_bytes(4, "little")
        whole = len(other) >= 12
        pieces.append(head + zlib.crc32(head).to_bytes(4, "little") + body if whole else MAGIC + other)
    return b"".join(pieces)
