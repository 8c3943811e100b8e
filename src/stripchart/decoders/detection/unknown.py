"""What no decoder reads: log text is shown as such, all else is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripchart.decoders.cells import LOG_STREAM
from stripchart.decoders.framed import FramedDecoder
from stripchart.decoders.lines import LineFramer, Lines
from stripchart.decoders.rows import BatchBuilder
from stripchart.decoders.streams import read_leftover

if TYPE_CHECKING:
    from stripchart.flow.records import Batch, Tally

NOT_RECOGNISED: Final = "not recognised"


class UnknownDecoder(FramedDecoder[Lines]):
    """Makes no samples: a number by chance among binary data or log text is none."""

    def __init__(self, tally: Tally | None = None) -> None:
        super().__init__(tally)
        self._framer = LineFramer(self.tally, hold_first=False)

    def _decode(self, lines: Lines) -> list[Batch]:
        builder = BatchBuilder(LOG_STREAM)
        for line, time_ns in zip(lines.data.split(b"\n"), lines.time.tolist(), strict=False):  # the last piece is empty
            read_leftover(line, time_ns, self.tally, builder, NOT_RECOGNISED)
        return builder.finish()
