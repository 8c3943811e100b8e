"""A source's thread: it opens, reads, decodes and publishes, and begins again when the source was lost."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from stripchart.errors import ConfigError, EndOfSource, SourceLost
from stripchart.flow.backoff import Backoff
from stripchart.flow.clock.source import Clock
from stripchart.flow.commands import Commands
from stripchart.flow.console import Console
from stripchart.flow.events import EventLog
from stripchart.flow.intake import Intake
from stripchart.flow.ledger import PumpCounts
from stripchart.flow.orders import Orders
from stripchart.flow.outbox import Outbox
from stripchart.flow.outlet import Outlet
from stripchart.flow.receipts import Receipts
from stripchart.flow.records import Chunk, Command
from stripchart.flow.state import AT_REST, OVER, State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from stripchart.flow.clock.stream import ClockReading
    from stripchart.flow.contracts import Decoder, Sink, Source
    from stripchart.flow.records import Batch, Reject

__all__ = ["AT_REST", "Backoff", "Pump", "State"]

log = logging.getLogger(__name__)

READ_TIMEOUT: Final = 0.2
"""Seconds that one read may wait; a stop or a command is noticed after that."""
PROMPT: Final = 0.02
"""Seconds that it may wait while people send commands."""
STOP_TIMEOUT: Final = 2.0
"""Seconds that ``stop`` waits for the thread."""
STALLED_AFTER: Final = 15.0
"""Seconds without progress after which the pump counts as hung."""


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
    conceal
        Takes the secrets out of a text that people send, before it is shown and recorded.

    Attributes
    ----------
    console
        The newest of what came and of what was sent.
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
        conceal: Callable[[str], str] = str,
    ) -> None:
        self.name = name
        self.source = source
        self.decoder = decoder
        self.state = State.IDLE
        self.reason = ""
        self.since_ns = time.time_ns()
        self.reconnects = 0
        self.tap: Callable[[str, Sequence[Chunk]], None] | None = None
        self.console = Console(conceal)
        self._backoff = backoff or Backoff()
        self._must_start = must_start
        self._events = events or EventLog()
        clock = clock or Clock()
        clock.report = lambda time_ns, text: self._events.post(time_ns, name, "clock", text)
        self._intake = Intake(name, decoder, clock, self._post)
        self._outlet = Outlet(name, sink, self._post)
        self._outbox = Outbox(name, source, decoder, self.console)
        self._commands = Commands(name, source, self.console, lambda text: self._post("command", text))
        self._receipts = Receipts(source, decoder, sink)
        self._attempt = 0  # failures in a row
        self._was_open = False  # since its start
        self._orders = Orders()
        self._beat = time.monotonic()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, unless it runs (or still hangs). A source that was stopped goes on after a gap."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._orders.begin()
        self._thread = threading.Thread(target=self._run, name=f"stripchart-{self.name}", daemon=True)
        self._beat = time.monotonic()
        self._to(State.WAITING)
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Tell the thread to end, without waiting for it."""
        self._orders.stop()

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

    def send(self, data: bytes, topic: str = "") -> Future[int]:
        """Send to the device what a person wants sent, from any thread and at once; see ``commands.outcome``.

        Returns
        -------
        A receipt: the number of the line in ``console`` when it was sent; SourceLost or NoAnswer (it may have arrived)
        if that failed, ConfigError if the source cannot send such a thing. If cancelled in time, it is not sent.

        Raises
        ------
        ConfigError
            If nothing can be sent to such a source, or not that.
        SourceLost
            If it is not connected, or NoAnswer if too many commands wait already.
        """
        if self.writable and self.state is not State.CONNECTED:
            why = f": {self.reason}" if self.reason else ""
            raise SourceLost(f"{self.name}: cannot be sent to while it is {self.state}{why}")
        return self._commands.send(Command(data, topic))

    @property
    def writable(self) -> bool:
        """Whether its device takes commands, when it is connected."""
        return self._commands.possible

    @property
    def topics(self) -> bool:
        """Whether a command goes to a topic."""
        return self._commands.topics

    def release(self) -> Future[None]:
        """Close the device and leave it to other programs, until ``retake``; from any thread, and safe twice.

        Returns
        -------
        A receipt that is done when the device is closed; SourceLost if it was taken back or stopped before.

        Raises
        ------
        SourceLost
            If it is over with the source anyway.
        """
        if self.state in OVER:
            raise SourceLost(f"{self.name}: is {self.state}, so there is nothing to release")
        return self._orders.release()

    def retake(self) -> None:
        """Open the device again after ``release``, as soon as it is there; from any thread, and safe twice."""
        self._orders.retake()

    def alive(self) -> bool:
        """Say whether it makes progress, or has rightly come to rest."""
        return self.state in AT_REST or time.monotonic() - self._beat < STALLED_AFTER

    def counts(self) -> PumpCounts:
        """Return its account; what concerns bytes and frames is consistent in itself."""
        return PumpCounts(
            *self._intake.counts(), self._outlet.samples, self._outlet.refused, self.reconnects,
            self._outbox.sent + self._commands.sent, self._outbox.dropped + self._commands.dropped,
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
        return self.console.tail()

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
        self._orders.end()

    def _keep_reading(self) -> State:
        self._attempt, self._was_open = 0, False
        self._intake.begin_anew()
        while not self._orders.stopping:
            if self._orders.released:
                self._rest()
                continue
            try:
                self._beat = time.monotonic()
                self._open()
                self._read_on()
            except SourceLost as lost:
                if self._must_start and not self._was_open:
                    raise ConfigError(str(lost)) from lost
                self._lose(str(lost))
            except EndOfSource:
                self._publish(self._intake.finish())
                self._receipts.note(arrived=True, gave=False)
                self._receipts.settle()
                return State.ENDED
            self._close()
            self._orders.pause(self._backoff.delay(self._attempt))
            self._attempt += 1
        return State.STOPPED

    def _open(self) -> None:
        self._receipts.begin()
        self.source.open()
        self._commands.begin()
        self.reconnects += self.state is State.LOST
        self._was_open = True
        self._to(State.CONNECTED)

    def _rest(self) -> None:
        """Leave the device closed for as long as other programs shall have it."""
        self._intake.begin_anew()
        self._to(State.RELEASED, "left to other programs until it is taken back")
        self._orders.rest()
        self._attempt = 0
        if not self._orders.stopping:
            away = (time.time_ns() - self.since_ns) / 1e9
            self._post("gap", f"nothing was read for {away:.1f} s, while it was released")
            self._to(State.WAITING)

    def _read_on(self) -> None:
        while self._orders.go_on:
            self._commands.post()
            chunks = self.source.read(PROMPT if self._commands.expected else READ_TIMEOUT)
            self._beat = time.monotonic()
            samples = self._outlet.samples
            if chunks:
                self._attempt = 0
                self.console.heard(chunks)
                if self.tap is not None:
                    self.tap(self.name, chunks)
                self._publish(self._intake.feed(chunks))
            elif self.decoder.buffered:  # an empty chunk tells a decoder that holds input how late it is
                self._publish(self._intake.feed((Chunk(b"", time.time_ns()),)))
            self._receipts.note(arrived=bool(chunks), gave=self._outlet.samples > samples)
            if self._receipts.ask_again():
                raise SourceLost("the recording missed messages; asking for them again")
            self._outbox.post(time.monotonic())
        self._receipts.settle()

    def _publish(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            self._outlet.publish(batch, self._intake.epoch)
            self._beat = time.monotonic()

    def _lose(self, reason: str) -> None:
        if self.state is State.CONNECTED:
            self._intake.begin_anew()
            self._to(State.LOST, reason)
        elif reason != self.reason:
            self._to(self.state, reason)

    def _close(self) -> None:
        self._commands.end()
        self._outbox.clear()
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
