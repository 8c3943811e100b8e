"""What the decoders of several streams share: their rows, and what stands between frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripchart.decoders.cells import LOG_CHANNELS, FrameError, to_log, to_text
from stripchart.decoders.rows import BatchBuilder

if TYPE_CHECKING:
    from stripchart.flow.records import Batch, Tally


class Builders(dict[str, BatchBuilder]):
    """The rows of each stream, by its name; a stream that is new begins empty."""

    def __missing__(self, stream: str) -> BatchBuilder:
        builder = self[stream] = BatchBuilder(stream)
        return builder

    def finish(self) -> list[Batch]:
        """Return the batches of all streams; the builders are spent."""
        return [batch for builder in self.values() for batch in builder.finish()]


def read_leftover(piece: bytes, time_ns: int, tally: Tally, log: BatchBuilder, reason: str) -> None:
    """Count a piece that is no frame of the format, and add it to the log if it reads like words.

    Parameters
    ----------
    piece
        A line or a part of one. A blank one is counted as decoded, into nothing.
    time_ns
        When it came.
    tally
        The decoder's account; the bytes are not counted here.
    log
        Rows of the stream ``log``.
    reason
        Why the piece is rejected if it is no log text.
    """
    tally.frames += 1
    try:
        text = to_text(piece)
    except FrameError as error:
        tally.reject(time_ns, str(error), piece)
        return
    line = to_log(text)
    if line is None and text.strip():
        tally.reject(time_ns, reason, piece)
        return
    tally.decoded += 1
    if line is not None:
        log.row(LOG_CHANNELS, time_ns, (line,))
