r"""DSMR P1: the telegrams of smart meters in the Netherlands, Belgium, Luxembourg and Sweden.

Grammar, after the "Dutch Smart Meter Requirements", P1 companion standard, versions 2.2 to 5.0.2, and IEC 62056-21::

    telegram = "/" identification { line } "!" [ crc ] end        end = "\r\n"; a plain "\n" is taken too
    line     = code value { value } end
    value    = "(" [ number "*" unit | digits | text ] ")"
    code     = medium "-" channel ":" c "." d "." e               OBIS, IEC 62056-61
    crc      = four hex digits      CRC-16/ARC from "/" to "!", inclusive

A telegram is one row. Known codes have names, such as ``energy imported 1``; see ``dsmr_telegram``. Units are those of
the telegram. An unknown code with a number is a channel named by the code. What a meter on the M-Bus measured is a
stream of its own, ``gas``, ``water`` or ``heat``, with a row for each new reading: it is read once in five minutes or
in an hour, and repeated in between.

The time of a telegram tells with ``S`` or ``W`` whether it is summer time in Amsterdam, so it is an instant; without,
as in version 3, its zone is not told.

Traps, and what becomes of them:

- A wrong CRC rejects the telegram. One without, as in versions 2 and 3, is read until the first came that has a good
  one; and then every line must be readable.
- A telegram that another cuts off is rejected.
- The reading of gas in version 3 has its value on a line of its own.
- Serial numbers, and lists of past power failures and demands, are no samples; a text message is log text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from stripchart.decoders.blocks import Block, BlockFramer
from stripchart.decoders.cells import LOG_CHANNELS, LOG_STREAM, FrameError, to_channels, to_log, to_text
from stripchart.decoders.dsmr_telegram import Telegram
from stripchart.decoders.rows import ChannelCache
from stripchart.decoders.samples import Sample
from stripchart.decoders.streams import Builders, read_leftover
from stripchart.flow.records import Channel, Kind, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.cells import DeviceTime
    from stripchart.decoders.dsmr_telegram import Cell
    from stripchart.decoders.rows import BatchBuilder, Shape
    from stripchart.flow.records import Batch, Chunk

_BEGINNING: Final = rb"/[A-Za-z]{3}[0-9A-Za-z]"
SIGNATURE: Final = re.compile(_BEGINNING + rb"[^\r\n]*\r?\n(?:\r?\n)?\d+-\d+:\d+\.\d+\.\d+")
"""The beginning of a telegram: nothing else looks like it."""
MAX_TELEGRAM: Final = 16 << 10
WRONG_CHECKSUM: Final = "wrong checksum"
NO_CHECKSUM: Final = "no checksum"
CUT_OFF: Final = "cut off"
NOT_DSMR: Final = "not DSMR"
_BLOCK: Final = re.compile(
    rb"""
    (?= BEGINNING ) / (?P<body> (?: [^/!]++ | (?! BEGINNING ) / )*+ )
        (?: ! (?P<crc> (?: [^/\n]++ | (?! BEGINNING ) / )*+ ) (?: \n | (?= BEGINNING ) ) | (?= BEGINNING ) )
    | (?! BEGINNING ) (?P<other> (?: [^/\n]++ | (?! BEGINNING ) / )*+ ) (?: \n | (?= BEGINNING ) )
    """.replace(b"BEGINNING", _BEGINNING),
    re.VERBOSE,
)
"""A telegram, whole or cut off, or a line between telegrams."""


class DsmrDecoder:
    """Telegrams of smart meters; see the module for what becomes of them."""

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="DSMR P1, smart meter",
            recognised="Telegrams from / to ! with a right CRC; a telegram is a row, and a gas meter is a stream.",
            data=b"/EXA5STRIPCHART\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(240624101836S)\r\n1-0:1.8.1(001234.567*kWh)\r\n"
            b"1-0:1.8.2(002345.678*kWh)\r\n1-0:2.8.1(000012.001*kWh)\r\n0-0:96.14.0(0002)\r\n1-0:1.7.0(00.456*kW)\r\n"
            b"1-0:2.7.0(00.000*kW)\r\n0-0:96.7.21(00004)\r\n"
            b"1-0:99.97.0(1)(0-0:96.7.19)(230108152415W)(0000000240*s)\r\n1-0:32.7.0(230.1*V)\r\n"
            b"1-0:31.7.0(002*A)\r\n0-0:96.13.0()\r\n0-1:24.1.0(003)\r\n0-1:24.2.1(240624101502S)(00987.654*m3)\r\n"
            b"!8D9D\r\n",
            values={
                "time": [1719217116],
                "energy imported 1": [1234.567],
                "energy imported 2": [2345.678],
                "energy exported 1": [12.001],
                "tariff": [2],
                "power imported": [0.456],
                "power exported": [0],
                "power failures": [4],
                "voltage L1": [230.1],
                "current L1": [2],
                "gas/time": [1719216902],
                "gas/volume": [987.654],
            },
            units={
                "time": "s",
                "energy imported 1": "kWh",
                "energy imported 2": "kWh",
                "energy exported 1": "kWh",
                "power imported": "kW",
                "power exported": "kW",
                "voltage L1": "V",
                "current L1": "A",
                "gas/time": "s",
                "gas/volume": "m³",
            },
        ),
        Sample(
            title="DSMR P1, version 3",
            recognised="The same without a CRC; the value of a gas meter stands on a line of its own.",
            data=b"/EXA3STRIPCHART\r\n\r\n1-0:1.8.1(00185.125*kWh)\r\n1-0:1.7.0(0000.98*kW)\r\n0-1:24.1.0(03)\r\n"
            b"0-1:24.3.0(120624100000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00024.123)\r\n!\r\n",
            values={
                "energy imported 1": [185.125],
                "power imported": [0.98],
                "gas/time": [1340532000],
                "gas/volume": [24.123],
            },
            units={"energy imported 1": "kWh", "power imported": "kW", "gas/time": "wall", "gas/volume": "m³"},
        ),
    )

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """There is nothing to set."""

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:  # noqa: ARG002 - as all
        self.tally = Tally() if tally is None else tally
        self.note = ""
        self._framer = BlockFramer(self.tally, _BLOCK, MAX_TELEGRAM, "telegram too long")
        self._channels = ChannelCache(_channels)
        self._forget()

    @property
    def buffered(self) -> int:
        """Bytes of a telegram without its end."""
        return self._framer.buffered

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode the telegrams that are complete now."""
        return self._decode(self._framer.feed(chunks))

    def finish(self) -> list[Batch]:
        """Decode what is held; a telegram may lack the end of its last line."""
        rest, time_ns = self._framer.finish()
        found = _BLOCK.match(rest + b"\n") if rest else None
        if found:
            return self._decode([Block(found, time_ns)])
        if rest:
            self.tally.frames += 1
            self.tally.reject(time_ns, CUT_OFF, rest)
        return []

    def reset(self) -> None:
        """Forget the telegram that is not complete, the readings that were repeated, and whether there were CRCs."""
        self._framer.reset()
        self._forget()

    def _forget(self) -> None:
        self._needs_crc = False
        self._readings: dict[str, tuple[Cell, DeviceTime]] = {}

    def _decode(self, blocks: Sequence[Block]) -> list[Batch]:
        builders = Builders()
        for found, time_ns in blocks:
            if found["other"] is not None:
                read_leftover(found["other"], time_ns, self.tally, builders[LOG_STREAM], NOT_DSMR)
                continue
            self.tally.frames += 1
            try:
                self._read(found, time_ns, builders)
            except FrameError as reason:
                self.tally.reject(time_ns, str(reason), found[0])
            else:
                self.tally.decoded += 1
        return builders.finish()

    def _read(self, found: re.Match[bytes], time_ns: int, builders: Builders) -> None:
        """Read a telegram; FrameError if it is not right."""
        if found["crc"] is None:
            raise FrameError(CUT_OFF)
        crc = found["crc"].strip()
        if crc:
            if not _is_right(b"/" + found["body"] + b"!", crc):
                raise FrameError(WRONG_CHECKSUM)
            self._needs_crc = True
        elif self._needs_crc:
            raise FrameError(NO_CHECKSUM)
        telegram = Telegram(to_text(found["body"]), strict=not crc)
        self._add(builders[""], time_ns, telegram.time, telegram.cells)
        for meter, cell, time in telegram.readings:
            if time is not None:
                if self._readings.get(meter) == (cell, time):
                    continue
                self._readings[meter] = cell, time
            self._add(builders[meter], time_ns, time, [cell])
        message = to_log(telegram.message)
        if message:
            builders[LOG_STREAM].row(LOG_CHANNELS, time_ns, (message,))
        if not self.note:
            self.note = f"DSMR P1 {telegram.version}".rstrip()

    def _add(self, builder: BatchBuilder, time_ns: int, time: DeviceTime | None, cells: Sequence[Cell]) -> None:
        """Add a row, with the time that the device told as its first value."""
        unit = time.unit if time else None
        channels = self._channels[unit, *[(cell.name, cell.unit) for cell in cells]]
        values = [cell.value for cell in cells]
        builder.row(channels, time_ns, [time.value, *values] if time else values)


def _channels(shape: Shape) -> tuple[Channel, ...]:
    unit, *cells = shape
    if not cells:
        return ()  # a time alone is no sample
    channels = to_channels(*zip(*cells, strict=True))
    return channels if unit is None else (Channel("time", unit, Kind.TIME), *channels)


def _is_right(data: bytes, crc: bytes) -> bool:
    """Say whether a checksum is right, also if something on the way has changed the line ends."""
    try:
        told = int(crc, 16)
    except ValueError:
        return False
    register = 0
    for byte in data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"):
        register = (register >> 8) ^ _CRC_OF[(register ^ byte) & 0xFF]
    return register == told


def _crc_of(byte: int) -> int:
    """Return what a byte makes of an empty register of the CRC-16/ARC."""
    for _ in range(8):
        byte = (byte >> 1) ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC_OF: Final = tuple(map(_crc_of, range(256)))
