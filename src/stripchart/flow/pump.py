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
from stripchart.flow.clock.source import Clock
from stripchart.flow.events import EventLog
from stripchart.flow.intake import Intake
from stripchart.flow.outbox import Outbox
from stripchart.flow.receipts import Receipts
from stripchart.flow.records import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stripchart.flow.clock.stream import ClockReading
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
    commands_sent: int
    commands_dropped: int
    redelivered: int


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
    clock
        Tells the time of its rows.
    events
        Where it tells what happens, shared with other pumps.

    Attributes
    ----------
    tap
        If set, called with the name and every read's chunks before they are decoded, in the pump's thread. It must not
        raise.
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
        clock: Clock | None = None,
        events: EventLog | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self.decoder = decoder
        self.state = State.IDLE
        self.reason = ""
        self.since_ns = time.time_ns()
        self.reconnects = 0
        self.tap: Callable[[str, Sequence[Chunk]], None] | None = None
        self._sink = sink
        self._backoff = backoff or Backoff()
        self._must_start = must_start
        self._events = events or EventLog()
        clock = clock or Clock()
        clock.report = lambda time_ns, text: self._events.post(time_ns, name, "clock", text)
        self._intake = Intake(name, decoder, clock, self._post)
        self._outbox = Outbox(name, source, decoder)
        self._receipts = Receipts(source, decoder, sink)
        self._samples = self._refused = 0
        self._attempt = 0  # failures in a row
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
        """Return its account; what concerns bytes and frames is consistent in itself."""
        outbox = self._outbox
        return PumpCounts(
            *self._intake.counts(), self._samples, self._refused, self.reconnects, outbox.sent, outbox.dropped,
            getattr(self.source, "redelivered", 0),
        )  # fmt: skip

    def clock(self) -> ClockReading:
        """Return what is known of its device's clock."""
        return self._intake.clock()[0]

    @property
    def status(self) -> str:
        """What a person should know beyond the state: what the source says, and what is wrong with its clock."""
        return "; ".join(filter(None, (self.source.status, self._intake.clock()[1])))

    def rejects(self) -> tuple[Reject, ...]:
        """Return the newest inputs that its decoder rejected, oldest first."""
        return self._intake.rejects()

    def tail(self) -> tuple[Chunk, ...]:
        """Return the newest input, at most 16 KiB of it, oldest first."""
        return self._intake.tail()

    def stored(self, position: int) -> None:
        """Hear that the record has the first ``position`` samples of the sink, so that the source may acknowledge them.

        For the recorder's thread, after each commit and also when there is nothing to commit. Raw bytes that ``tap``
        got before these samples, or before the last such report, must be stored as well.
        """
        self._receipts.stored(position)

    def missed(self) -> None:
        """Hear that the record has lost samples, so that the source has what is not acknowledged sent again.

        For the recorder's thread, before it reports any position beyond them as stored.
        """
        self._receipts.missed()

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
        self._intake.begin_anew()
        while not self._stopping.is_set():
            try:
                self._beat = time.monotonic()
                self._receipts.begin()
                self.source.open()
                self.reconnects += self.state is State.LOST
                self._to(State.CONNECTED)
                self._read_on()
            except SourceLost as lost:
                if self._must_start and self.state is State.WAITING:
                    raise ConfigError(str(lost)) from lost
                self._lose(str(lost))
            except EndOfSource:
                self._publish(self._intake.finish())
                self._receipts.note(arrived=True, gave=False)
                self._receipts.settle()
                return State.ENDED
            self._close()
            self._stopping.wait(self._backoff.delay(self._attempt))
            self._attempt += 1
        return State.STOPPED

    def _read_on(self) -> None:
        while not self._stopping.is_set():
            chunks = self.source.read(READ_TIMEOUT)
            self._beat = time.monotonic()
            samples = self._samples
            if chunks:
                self._attempt = 0
                if self.tap is not None:
                    self.tap(self.name, chunks)
                self._publish(self._intake.feed(chunks))
            elif self.decoder.buffered:  # an empty chunk tells a decoder that holds input how late it is
                self._publish(self._intake.feed((Chunk(b"", time.time_ns()),)))
            self._receipts.note(arrived=bool(chunks), gave=self._samples > samples)
            if self._receipts.ask_again():
                raise SourceLost("the recording missed messages; asking for them again")
            self._outbox.post(time.monotonic())
        self._receipts.settle()

    def _publish(self, batches: Sequence[Batch]) -> None:
        epoch = self._intake.epoch
        for batch in batches:
            stream = batch.stream
            name = f"{self.name}/{stream}" if stream else self.name
            gap = batch.gap or self._epochs.get(stream, epoch) != epoch
            refused = self._sink.publish(batch.labelled(name, gap=gap, first=0))
            self._beat = time.monotonic()
            if refused < batch.samples:
                self._epochs[stream] = epoch
            self._samples += batch.samples - refused
            if batch.gap:
                self._post("gap", f"something is missing in {name}")
            if refused and not self._refused:
                text = "the limit of channels is reached; further channels are refused and counted"
                log.warning("%s: %s", self.name, text)
                self._post("limit", text)
            self._refused += refused

    def _lose(self, reason: str) -> None:
        self._outbox.clear()
        if self.state is State.CONNECTED:
            self._intake.begin_anew()
            self._to(State.LOST, reason)
        elif reason != self.reason:
            self._to(self.state, reason)

    def _close(self) -> None:
        try:
            self.source.close()
        except Exception:
            log.exception("%s: unexpected error on closing", self.name)

    def _to(self, state: State, reason: str = "") -> None:
        if state is not self.state or reason != self.reason:
            level = logging.WARNING if state in {State.LOST, State.FAILED} else logging.INFO
            log.log(level, "%s: %s%s", self.name, state, f": {reason}" if reason else "")
            self._post(str(state), reason)
        if state is not self.state:
            self.since_ns = time.time_ns()
        self.state, self.reason = state, reason

    def _post(self, kind: str, text: str) -> None:
        self._events.post(time.time_ns(), self.name, kind, text)


def describe(pump: Pump) -> dict[str, Any]:
    """Return a source's entry of the ledger; names as in the public JSON API."""
    counts = pump.counts()
    return {
        "url": pump.source.url,
        "state": str(pump.state),
        "reason": pump.reason,
        "status": pump.status,
        "decoder": pump.decoder.note,
        "clock": pump.clock()._asdict(),
        "since_ns": pump.since_ns,
        **counts._asdict(),
    }
