"""A source's thread: it opens, reads, decodes and publishes, and begins again when the source was lost."""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripchart.errors import ConfigError, EndOfSource, SourceLost
from stripchart.flow.records import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stripchart.flow.contracts import Decoder, Sink, Source
    from stripchart.flow.records import Batch, Reject

log = logging.getLogger(__name__)

READ_TIMEOUT: Final = 0.2
"""Seconds that one read may wait; a stop is noticed after that."""
STOP_TIMEOUT: Final = 2.0
"""Seconds that ``stop`` waits for the thread."""
STALLED_AFTER: Final = 15.0
"""Seconds without progress after which the pump counts as hung."""


class State(StrEnum):
    """Where a source stands."""

    IDLE = "idle"
    WAITING = "waiting"
    CONNECTED = "connected"
    LOST = "lost"
    FAILED = "failed"
    ENDED = "ended"
    STOPPED = "stopped"


AT_REST: Final = frozenset({State.IDLE, State.FAILED, State.ENDED, State.STOPPED})


@dataclass(frozen=True)
class Backoff:
    """Waits between attempts: doubling from ``first`` to ``last`` seconds, less a random part up to half."""

    first: float = 0.1
    last: float = 1.0

    def delay(self, attempt: int) -> float:
        """Return how long to wait after the ``attempt``-th failure in a row, counted from 0."""
        longest = min(self.last, self.first * 2.0 ** min(attempt, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret


class PumpCounts(NamedTuple):
    """A source's account: ``bytes = framed + skipped + buffered`` and ``frames = decoded + rejected``."""

    bytes: int
    bytes_framed: int
    bytes_skipped: int
    bytes_buffered: int
    frames: int
    decoded: int
    rejected: dict[str, int]
    samples: int
    refused: int
    reconnects: int


class Pump:
    """Runs one source with its decoder in a thread of its own.

    Parameters
    ----------
    name
        Name of the source; its streams are ``name`` and ``name/...``.
    sink
        Where batches go.
    must_start
        Give up (state ``failed``) when the first ``open`` fails, instead of waiting for the device.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        decoder: Decoder,
        sink: Sink,
        *,
        backoff: Backoff | None = None,
        must_start: bool = False,
    ) -> None:
        self.name = name
        self.source = source
        self.decoder = decoder
        self.state = State.IDLE
        self.reason = ""
        self.since_ns = time.time_ns()
        self.reconnects = 0
        self._sink = sink
        self._backoff = backoff or Backoff()
        self._must_start = must_start
        self._bytes = self._samples = self._refused = 0
        self._account = threading.Lock()
        self._attempt = 0  # failures in a row
        self._epoch = 0  # how often it began anew; a stream's first batch thereafter begins with a gap
        self._epochs: dict[str, int] = {}  # only of streams that the sink took, so its limit bounds them
        self._stopping = threading.Event()
        self._beat = time.monotonic()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, unless it runs (or still hangs). A source that was stopped goes on after a gap."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=f"stripchart-{self.name}", daemon=True)
        self._beat = time.monotonic()
        self._to(State.WAITING)
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Tell the thread to end, without waiting for it."""
        self._stopping.set()

    def stop(self) -> bool:
        """Stop and close; return whether the thread ended in time. Safe twice, and before ``start``."""
        self.ask_to_stop()
        if self._thread is None:
            return True
        self._thread.join(STOP_TIMEOUT)
        if self._thread.is_alive():
            log.warning("%s: did not stop within %s s; left behind", self.name, STOP_TIMEOUT)
            return False
        return True

    def alive(self) -> bool:
        """Say whether it makes progress, or has rightly come to rest."""
        return self.state in AT_REST or time.monotonic() - self._beat < STALLED_AFTER

    def counts(self) -> PumpCounts:
        """Return its account, consistent in itself."""
        with self._account:
            tally = self.decoder.tally
            return PumpCounts(
                self._bytes, tally.bytes_framed, tally.bytes_skipped, self.decoder.buffered,
                tally.frames, tally.decoded, dict(tally.rejected), self._samples, self._refused, self.reconnects,
            )  # fmt: skip

    def rejects(self) -> tuple[Reject, ...]:
        """Return the newest inputs that its decoder rejected, oldest first."""
        with self._account:
            return tuple(self.decoder.tally.recent)

    def _run(self) -> None:
        try:
            state, reason = self._keep_reading(), ""
        except ConfigError as error:
            state, reason = State.FAILED, str(error)
        except Exception as error:  # the last line of defence: one faulty adapter must not pass for a quiet sensor
            log.exception("%s: unexpected error", self.name)
            state, reason = State.FAILED, f"unexpected {type(error).__name__}: {error}"
        self._close()
        self._to(state, reason)

    def _keep_reading(self) -> State:
        self._attempt = 0
        with self._account:
            self._begin_anew()
        while not self._stopping.is_set():
            try:
                self._beat = time.monotonic()
                self.source.open()
                self.reconnects += self.state is State.LOST
                self._to(State.CONNECTED)
                self._read_on()
            except SourceLost as lost:
                if self._must_start and self.state is State.WAITING:
                    raise ConfigError(str(lost)) from lost
                self._lose(str(lost))
            except EndOfSource:
                self._decode(self.decoder.finish)
                return State.ENDED
            self._close()
            self._stopping.wait(self._backoff.delay(self._attempt))
            self._attempt += 1
        return State.STOPPED

    def _read_on(self) -> None:
        while not self._stopping.is_set():
            chunks = self.source.read(READ_TIMEOUT)
            self._beat = time.monotonic()
            if chunks:
                self._attempt = 0
                self._feed(chunks)
            elif self.decoder.buffered:  # an empty chunk tells a decoder that holds input how late it is
                self._feed((Chunk(b"", time.time_ns()),))

    def _feed(self, chunks: Sequence[Chunk]) -> None:
        self._decode(lambda: self.decoder.feed(chunks), chunks)

    def _decode(self, decode: Callable[[], Sequence[Batch]], chunks: Sequence[Chunk] = ()) -> None:
        with self._account:
            self._bytes += sum(len(chunk.data) for chunk in chunks)
            try:
                batches = decode()
            except Exception as error:  # noqa: BLE001 - written off: counted, shown and logged
                self._write_off(chunks, error)
                return
        for batch in batches:
            self._publish(batch)

    def _write_off(self, chunks: Sequence[Chunk], error: Exception) -> None:
        """Go on after a decoder raised, which it never should: one odd frame must not end a source.

        What it had not accounted for counts as skipped, and as one rejected frame.
        """
        tally = self.decoder.tally
        reason = f"decoder failed: {type(error).__name__}"
        if reason not in tally.rejected:
            log.error("%s: %s; what it had read is skipped and counted", self.name, reason, exc_info=error)
        self._begin_anew()
        tally.bytes_skipped += self._bytes - tally.bytes_framed - tally.bytes_skipped - self.decoder.buffered
        tally.reject(time.time_ns(), reason, b"".join(chunk.data for chunk in chunks))
        tally.frames = tally.decoded + tally.rejected.total()

    def _publish(self, batch: Batch) -> None:
        stream = batch.stream
        name = f"{self.name}/{stream}" if stream else self.name
        gap = batch.gap or self._epochs.get(stream, self._epoch) != self._epoch
        refused = self._sink.publish(batch.labelled(name, gap=gap, first=0))
        self._beat = time.monotonic()
        if refused < batch.samples:
            self._epochs[stream] = self._epoch
        with self._account:
            self._samples += batch.samples - refused
            if refused and not self._refused:
                log.warning("%s: the limit of channels is reached; further channels are refused and counted", self.name)
            self._refused += refused

    def _lose(self, reason: str) -> None:
        if self.state is State.CONNECTED:
            with self._account:
                self._begin_anew()
            self._to(State.LOST, reason)
        elif reason != self.reason:
            self._to(self.state, reason)

    def _begin_anew(self) -> None:
        """Forget the partial frame: what comes next does not follow on it (called under the account's lock)."""
        self._epoch += 1
        self.decoder.reset()

    def _close(self) -> None:
        try:
            self.source.close()
        except Exception:
            log.exception("%s: unexpected error on closing", self.name)

    def _to(self, state: State, reason: str = "") -> None:
        if state is not self.state or reason != self.reason:
            level = logging.WARNING if state in {State.LOST, State.FAILED} else logging.INFO
            log.log(level, "%s: %s%s", self.name, state, f": {reason}" if reason else "")
        if state is not self.state:
            self.since_ns = time.time_ns()
        self.state, self.reason = state, reason


def describe(pump: Pump) -> dict[str, Any]:
    """Return a source's entry of the ledger; names as in the public JSON API."""
    counts = pump.counts()
    return {
        "url": pump.source.url,
        "state": str(pump.state),
        "reason": pump.reason,
        "status": pump.source.status,
        "decoder": pump.decoder.note,
        "since_ns": pump.since_ns,
        **counts._asdict(),
    }
