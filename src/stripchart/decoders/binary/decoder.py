"""Binary frames by a table of fields; ``options`` tells all that can be said about them.

Traps, and what becomes of them:

- A sync word split by noise is none. One that is in a payload by chance is found wrong by the length, the end mark or
  the checksum: one byte is skipped, and the search goes on in what follows.
- Without any of those, a short sync word that is in the payload too may be taken for the beginning for ever.
- What a frame holds beyond its fields is not looked at.
- A frame that is not complete a second after its last byte came is given up.
"""

from __future__ import annotations

import struct
from typing import ClassVar, Final

from stripchart.decoders.binary.delimited import DelimitedFramer
from stripchart.decoders.binary.frames import Frames
from stripchart.decoders.binary.framing import CountedFramer
from stripchart.decoders.binary.options import BinaryOptions
from stripchart.decoders.cells import counted, listed
from stripchart.decoders.framed import FramedDecoder
from stripchart.decoders.samples import Sample
from stripchart.flow.records import Batch, Tally

_TITLES: Final = {
    "sync": "binary frames",
    "fixed": "binary frames",
    "delimited": "binary frames",
    "cobs": "binary frames in COBS",
    "slip": "binary frames in SLIP",
}


class FrameDecoder(FramedDecoder[Frames]):
    """Frames of numbers.

    Parameters
    ----------
    options
        What they are like.
    tally
        The account to go on with; a new one if not given.
    title
        What sends them.
    """

    def __init__(self, options: BinaryOptions, tally: Tally | None = None, title: str = "") -> None:
        super().__init__(tally)
        self._table = options.table
        layout, stuffing = options.layout, options.stuffing
        self._framer: CountedFramer | DelimitedFramer
        if stuffing is None:
            self._framer = CountedFramer(layout, self.tally)
        else:
            self._framer = DelimitedFramer(layout, stuffing, self.tally)
        names = [channel.name for channel in self._table.channels]
        self._description = f"{title or _TITLES[options.framing]}, {counted(len(names), 'channel')}: {listed(names)}"

    def _decode(self, frames: Frames) -> list[Batch]:
        count = len(frames.time)
        if not count:
            return []
        self.tally.frames += count
        self.tally.decoded += count
        self.note = self._description
        return [Batch("", self._table.channels, frames.time, self._table.columns(frames.data))]


class BinaryDecoder(FrameDecoder):
    """Frames as a table of fields says; see ``BinaryOptions``."""

    Options = BinaryOptions

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="Binary frames",
            recognised="A sync word, numbers as a table of fields says, and a checksum.",
            data=b"".join(
                b"\xaa\x55" + body + bytes([sum(body) & 0xFF])
                for body in (struct.pack("<hf", 2150, 0.5), struct.pack("<hf", 2175, -1.25))
            ),
            values={"temperature": [21.5, 21.75], "current": [0.5, -1.25]},
            units={"temperature": "°C", "current": "A"},
            options={
                "sync": "AA 55",
                "checksum": "sum-8",
                "fields": [
                    {"name": "temperature", "type": "i16", "scale": 0.01, "unit": "°C"},
                    {"name": "current", "type": "f32", "unit": "A"},
                ],
            },
        ),
    )

    def __init__(self, options: BinaryOptions, tally: Tally | None = None) -> None:
        super().__init__(options, tally)
