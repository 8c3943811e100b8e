r"""VE.Direct: what Victron's solar chargers, battery monitors and inverters send by themselves.

Grammar, after Victron's "VE.Direct Protocol", text mode::

    block   = { field } "\r\nChecksum\t" byte       the sum of all bytes of the block is 0 modulo 256
    field   = "\r\n" label "\t" value
    message = ":" hex digits "\n"                   of the HEX protocol, anywhere between

A block is one row. A battery monitor sends two kinds of block in turn, with other fields. So a block without a battery
voltage (``V``) is a stream of its own, lest every other row have holes: ``history`` if it begins with ``H1``, or
another of these, else it is called like its first field.

Known fields have names and SI units; see ``vedirect_fields``. The state of operation and the like are a number and a
text. An unknown field is a number, a state (``ON``, ``OFF``) or a text under its label.

Traps, and what becomes of them:

- The checksum may be any byte, also a tab, a colon or a line end.
- A wrong checksum rejects the block; the one that was cut by the start, as partial.
- ``---`` stands for what is not known: it is left out. A time to go of -1 is without end: NaN.
- Messages of the HEX protocol belong to no block and to no checksum. They are counted, into no samples.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from stripchart.decoders.blocks import BlockFramer
from stripchart.decoders.cells import STATES, FrameError, is_name, is_text, listed, to_channels, to_number, to_text
from stripchart.decoders.rows import ChannelCache
from stripchart.decoders.samples import Sample
from stripchart.decoders.streams import Builders
from stripchart.decoders.vedirect_fields import FIELDS, TEXTS, Field
from stripchart.flow.records import Kind, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.rows import Shape
    from stripchart.flow.records import Batch, Channel, Chunk

SIGNATURE: Final = re.compile(rb"\r\nChecksum\t[\s\S]|\r\nPID\t0x[0-9A-Fa-f]{4}\r\n")
"""Nothing else looks like it; every block has the former."""
MAX_BLOCK: Final = 4096
PARTIAL: Final = "partial first block"
WRONG_CHECKSUM: Final = "wrong checksum"
MALFORMED: Final = "malformed"
_HEX: Final = rb":[0-9A-F]{1,512}\n"
_BLOCK: Final = re.compile(rb"(?P<hex>" + _HEX + rb")|(?s:.*?)Checksum\t(?s:.)")
_MESSAGE: Final = re.compile(_HEX)
_END: Final = "Checksum\t"
_HISTORY: Final = re.compile(r"H\d+")
_HEXADECIMAL: Final = re.compile(r"0[xX][0-9A-Fa-f]+")
_UNKNOWN: Final = frozenset({"", "---"})


class VeDirectDecoder:
    """Blocks of VE.Direct's text protocol; see the module for what becomes of them."""

    usual: ClassVar = {"baudrate": 19200}
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="VE.Direct, solar charger",
            recognised="Blocks of fields that end in a right checksum; a block is a row, in SI units.",
            data=b"\r\nPID\t0xA053\r\nFW\t164\r\nSER#\tHQ2132T3PCJ\r\nV\t13790\r\nI\t5200\r\nVPV\t36210\r\nPPV\t72"
            b"\r\nCS\t3\r\nMPPT\t2\r\nOR\t0x00000000\r\nERR\t0\r\nLOAD\tON\r\nIL\t300\r\nH19\t12345\r\nH20\t38"
            b"\r\nH21\t210\r\nHSDS\t42\r\nChecksum\t\xc5",
            values={
                "product": ["0xA053"],
                "firmware": ["164"],
                "serial number": ["HQ2132T3PCJ"],
                "battery voltage": [13.79],
                "battery current": [5.2],
                "panel voltage": [36.21],
                "panel power": [72],
                "state": [3],
                "state text": ["bulk"],
                "tracker": [2],
                "tracker text": ["tracking"],
                "off reason": [0],
                "error": [0],
                "error text": ["none"],
                "load": [1],
                "load current": [0.3],
                "total yield": [123.45],
                "yield today": [0.38],
                "highest power today": [210],
                "day number": [42],
            },
            units={
                "battery voltage": "V",
                "battery current": "A",
                "panel voltage": "V",
                "panel power": "W",
                "load current": "A",
                "total yield": "kWh",
                "yield today": "kWh",
                "highest power today": "W",
            },
        ),
        Sample(
            title="VE.Direct, battery monitor",
            recognised="Two kinds of block in turn: the values, and their history as a stream of its own.",
            data=b"\r\nPID\t0x203\r\nV\t12870\r\nI\t-1450\r\nP\t-19\r\nCE\t-2310\r\nSOC\t954\r\nTTG\t4120\r\nAlarm\tOFF"
            b"\r\nRelay\tOFF\r\nAR\t0\r\nBMV\t700\r\nFW\t0308\r\nChecksum\t\x95"
            b"\r\nH1\t-55200\r\nH4\t12\r\nH7\t11890\r\nH18\t10450\r\nChecksum\t\x7f",
            values={
                "product": ["0x203"],
                "battery voltage": [12.87],
                "battery current": [-1.45],
                "power": [-19],
                "consumed charge": [-2.31],
                "state of charge": [95.4],
                "time to go": [4120],
                "alarm": [0],
                "relay": [0],
                "alarm reason": [0],
                "model": ["700"],
                "firmware": ["0308"],
                "history/deepest discharge": [-55.2],
                "history/charge cycles": [12],
                "history/lowest battery voltage": [11.89],
                "history/charged energy": [104.5],
            },
            units={
                "battery voltage": "V",
                "battery current": "A",
                "power": "W",
                "consumed charge": "Ah",
                "state of charge": "%",
                "time to go": "min",
                "history/deepest discharge": "Ah",
                "history/lowest battery voltage": "V",
                "history/charged energy": "kWh",
            },
        ),
    )

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """There is nothing to set."""

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:  # noqa: ARG002 - as all
        self.tally = Tally() if tally is None else tally
        self.note = ""
        self._framer = BlockFramer(self.tally, _BLOCK, MAX_BLOCK, "no end of block")
        self._channels = ChannelCache(_channels)
        self._first = True

    @property
    def buffered(self) -> int:
        """Bytes of a block without its end."""
        return self._framer.buffered

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode the blocks that are complete now."""
        builders = Builders()
        for found, time_ns in self._framer.feed(chunks):
            if found["hex"]:
                self._count_messages(1)
            else:
                self._read_block(found[0], time_ns, builders)
        return builders.finish()

    def finish(self) -> list[Batch]:
        """Reject the block that is held: a row without its checksum may be wrong."""
        rest, time_ns = self._framer.finish()
        if rest.strip():
            self.tally.frames += 1
            self.tally.reject(time_ns, "partial last block", rest)
        return []

    def reset(self) -> None:
        """Forget the block that is not complete."""
        self._framer.reset()
        self._first = True

    def _count_messages(self, count: int) -> None:
        self.tally.frames += count
        self.tally.decoded += count

    def _read_block(self, data: bytes, time_ns: int, builders: Builders) -> None:
        """Read a block and the messages within; its last byte is the checksum, whatever it looks like."""
        text, messages = _MESSAGE.subn(b"", data[:-1])
        self._count_messages(messages)
        self.tally.frames += 1
        first, self._first = self._first, False
        if (sum(text) + data[-1]) % 256:
            self.tally.reject(time_ns, PARTIAL if first else WRONG_CHECKSUM, data)
            return
        try:
            fields = _split(text)
            values = [value for label, text in fields.items() for value in _values(label, text)]
            channels = self._channels[tuple([value[:3] for value in values])]
        except FrameError as reason:
            self.tally.reject(time_ns, str(reason), data)
            return
        self.tally.decoded += 1
        builders[_stream(fields)].row(channels, time_ns, [value.value for value in values])
        if not self.note:
            self.note = f"VE.Direct: {listed([channel.name for channel in channels if channel.kind is not Kind.TEXT])}"


class _Value(NamedTuple):
    name: str
    unit: str
    kind: Kind
    value: float | str


def _split(text: bytes) -> dict[str, str]:
    """Return the fields of a block by label; FrameError if it is not made of fields."""
    head, *lines = to_text(text).split("\r\n")
    if head or len(lines) < 2 or lines.pop() != _END:  # noqa: PLR2004 - a field and the checksum's label
        raise FrameError(MALFORMED)
    fields: dict[str, str] = {}
    for line in lines:
        label, tab, value = line.partition("\t")
        if not tab or not is_name(label):
            raise FrameError(MALFORMED)
        fields[label] = value
    return fields


def _stream(fields: dict[str, str]) -> str:
    """Tell the kinds of blocks apart that a device sends in turn."""
    if "V" in fields:
        return ""
    first = next(iter(fields))
    return "history" if _HISTORY.fullmatch(first) else first


def _values(label: str, text: str) -> list[_Value]:
    """Return what a field says: nothing, a value, or a number and what it means."""
    if text in _UNKNOWN:
        return []
    field = FIELDS.get(label, Field(label))
    number = None if field.text else _number(text, known=label in FIELDS)
    if number is None:
        state = STATES.get(text.lower())
        if state is not None and not field.text:
            return [_Value(field.name, "", Kind.STATE, state)]
        return [_Value(field.name, "", Kind.TEXT, text)] if is_text(text) else []
    if label == "TTG" and number < 0:
        number = math.nan
    values = [_Value(field.name, field.unit, Kind.NUMBER, number / field.divisor)]
    meaning = TEXTS.get(label, {}).get(number)
    return [*values, _Value(f"{field.name} text", "", Kind.TEXT, meaning)] if meaning else values


def _number(text: str, *, known: bool) -> float | None:
    """Read a number, in hexadecimal only where it is known that it is one."""
    if known and _HEXADECIMAL.fullmatch(text):
        return float(int(text, 16))
    return to_number(text)


def _channels(shape: Shape) -> tuple[Channel, ...]:
    names, units, kinds = zip(*shape, strict=True) if shape else ((), (), ())
    return to_channels(names, units, kinds)
