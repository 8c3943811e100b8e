"""What no decoder reads: log text is shown as such, all else is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripchart.decoders.cells import LOG_CHANNELS, LOG_STREAM, FrameError, to_log, to_text
from stripchart.decoders.lines import LineFramer
from stripchart.decoders.rows import BatchBuilder
from stripchart.flow.records import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.lines import Lines
    from stripchart.flow.records import Batch, Chunk

NOT_RECOGNISED: Final = "not recognised"


class UnknownDecoder:
    """Makes no samples: a number by chance among binary data or log text is none."""

    def __init__(self, tally: Tally | None = None) -> None:
        self.tally = Tally() if tally is None else tally
        self.note = ""
        self._framer = LineFramer(self.tally, hold_first=False)

    @property
    def buffered(self) -> int:
        """Bytes of a line without its end."""
        return self._framer.buffered

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Tell log text from the rest, line by line."""
        return self._decode(self._framer.feed(chunks))

    def finish(self) -> list[Batch]:
        """Take what is held for a line."""
        return self._decode(self._framer.finish())

    def reset(self) -> None:
        """Forget the line that is not complete."""
        self._framer.reset()

    def _decode(self, lines: Lines) -> list[Batch]:
        builder = BatchBuilder(LOG_STREAM)
        for line, time_ns in zip(lines.data.split(b"\n"), lines.time.tolist(), strict=False):  # the last piece is empty
            self.tally.frames += 1
            try:
                text = to_text(line)
            except FrameError as reason:
                self.tally.reject(time_ns, str(reason), line)
                continue
            log = to_log(text)
            if text.strip() and log is None:
                self.tally.reject(time_ns, NOT_RECOGNISED, line)
                continue
            self.tally.decoded += 1
            if log is not None:
                builder.row(LOG_CHANNELS, time_ns, (log,))
        return builder.finish()
