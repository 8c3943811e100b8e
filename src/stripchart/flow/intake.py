"""From chunks to rows with their times: a decoder, a clock, and the account of both."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stripchart.flow.clock.source import Clock
    from stripchart.flow.clock.stream import ClockReading
    from stripchart.flow.contracts import Decoder
    from stripchart.flow.records import Batch, Chunk, Reject

log = logging.getLogger(__name__)


class IntakeCounts(NamedTuple):
    """A decoder's account: ``bytes = framed + skipped + buffered`` and ``frames = decoded + rejected``."""

    bytes: int
    bytes_framed: int
    bytes_skipped: int
    bytes_buffered: int
    frames: int
    decoded: int
    rejected: dict[str, int]


class Intake:
    """Feeds one decoder and sets its rows' times. The pump's thread feeds it; any thread may ask for the account.

    Parameters
    ----------
    name
        Of the source, for the log.
    report
        Called with a kind of event and a sentence.
    """

    def __init__(self, name: str, decoder: Decoder, clock: Clock, report: Callable[[str, str], None]) -> None:
        self.decoder = decoder
        self.epoch = 0
        """How often it began anew; a stream's first batch thereafter begins with a gap."""
        self._name = name
        self._clock = clock
        self._report = report
        self._note = decoder.note
        self._bytes = 0
        self._lock = threading.Lock()

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode what was read."""
        return self._decode(lambda: self.decoder.feed(chunks), chunks)

    def finish(self) -> list[Batch]:
        """Decode what is held: the input has ended."""
        return self._decode(self.decoder.finish)

    def begin_anew(self) -> None:
        """Forget the partial frame: what comes next does not follow on it."""
        with self._lock:
            self._begin_anew()

    def counts(self) -> IntakeCounts:
        """Return its account, consistent in itself."""
        with self._lock:
            tally = self.decoder.tally
            return IntakeCounts(
                self._bytes, tally.bytes_framed, tally.bytes_skipped, self.decoder.buffered,
                tally.frames, tally.decoded, dict(tally.rejected),
            )  # fmt: skip

    def clock(self) -> tuple[ClockReading, str]:
        """Return what is known of the device's clock, and what is wrong with it if anything is."""
        with self._lock:
            return self._clock.reading(), self._clock.complaint

    def rejects(self) -> tuple[Reject, ...]:
        """Return the newest inputs that were rejected, oldest first."""
        with self._lock:
            return tuple(self.decoder.tally.recent)

    def _decode(self, decode: Callable[[], Sequence[Batch]], chunks: Sequence[Chunk] = ()) -> list[Batch]:
        with self._lock:
            self._bytes += sum(len(chunk.data) for chunk in chunks)
            try:
                batches = [self._clock.apply(batch) for batch in decode()]
            except Exception as error:  # noqa: BLE001 - written off: counted, shown and logged
                self._write_off(chunks, error)
                return []
        note = self.decoder.note
        if note != self._note:
            self._note = note
            self._report("decoder", note or "nothing recognised")
        return batches

    def _write_off(self, chunks: Sequence[Chunk], error: Exception) -> None:
        """Go on after a decoder raised, which it never should: one odd frame must not end a source.

        What it had not accounted for counts as skipped, and as one rejected frame.
        """
        tally = self.decoder.tally
        reason = f"decoder failed: {type(error).__name__}"
        if reason not in tally.rejected:
            log.error("%s: %s; what it had read is skipped and counted", self._name, reason, exc_info=error)
        self._report("decoder", reason)
        self._begin_anew()
        tally.bytes_skipped += self._bytes - tally.bytes_framed - tally.bytes_skipped - self.decoder.buffered
        tally.reject(time.time_ns(), reason, b"".join(chunk.data for chunk in chunks))
        tally.frames = tally.decoded + tally.rejected.total()

    def _begin_anew(self) -> None:
        self.epoch += 1
        self.decoder.reset()
