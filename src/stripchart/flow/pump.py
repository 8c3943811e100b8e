"""A source's thread: it opens, reads, decodes and publishes, and begins again when the source was lost."""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripchart.errors import ConfigError, EndOfSource, SourceLost
from stripchart.flow.records import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stripchart.flow.contracts import Decoder, Sink, Source
    from stripchart.flow.records import Batch

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


FINAL: Final = frozenset({State.FAILED, State.ENDED, State.STOPPED})


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
        self._attempt = 0
        self._epoch = 0  # how often it was lost; a stream's first batch after a loss begins with a gap
        self._epochs: dict[str, int] = {}
        self._names: dict[str, str] = {"": name}
        self._stopping = threading.Event()
        self._beat = time.monotonic()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name=f"stripchart-{self.name}", daemon=True)
        self._to(State.WAITING)
        self._thread.start()

    def stop(self) -> bool:
        """Stop and close; return whether the thread ended in time. Safe twice, and before ``start``."""
        self._stopping.set()
        if self._thread is None:
            return True
        self._thread.join(STOP_TIMEOUT)
        if self._thread.is_alive():
            log.warning("%s: did not stop within %s s; left behind", self.name, STOP_TIMEOUT)
            return False
        return True

    def alive(self) -> bool:
        """Say whether it makes progress, or has rightly come to rest."""
        return self.state in FINAL or time.monotonic() - self._beat < STALLED_AFTER

    def counts(self) -> PumpCounts:
        """Return its account, consistent in itself."""
        with self._account:
            tally = self.decoder.tally
            return PumpCounts(
                self._bytes, tally.bytes_framed, tally.bytes_skipped, self.decoder.buffered,
                tally.frames, tally.decoded, dict(tally.rejected), self._samples, self._refused, self.reconnects,
            )  # fmt: skip

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    self._beat = time.monotonic()
                    self.source.open()
                    self.reconnects += self.state is State.LOST
                    self._to(State.CONNECTED)
                    self._read_on()
                except SourceLost as lost:
                    if self._must_start and not self._epoch and self.state is State.WAITING:
                        raise ConfigError(str(lost)) from lost
                    self._lose(str(lost))
                self.source.close()
                self._stopping.wait(self._backoff.delay(self._attempt))
                self._attempt += 1
            self._to(State.STOPPED)
        except EndOfSource:
            self._pass_on((), self.decoder.finish)
            self._to(State.ENDED)
        except ConfigError as error:
            self._to(State.FAILED, str(error))
        except Exception as error:  # the last line of defence: one faulty adapter must not pass for a quiet sensor
            log.exception("%s: unexpected error", self.name)
            self._to(State.FAILED, f"unexpected {type(error).__name__}: {error}")
        finally:
            self.source.close()

    def _read_on(self) -> None:
        while not self._stopping.is_set():
            chunks = self.source.read(READ_TIMEOUT)
            self._beat = time.monotonic()
            if chunks:
                self._attempt = 0
                self._pass_on(chunks, self.decoder.feed)
            elif self.decoder.buffered:  # an empty chunk tells a decoder that holds input how late it is
                self._pass_on((Chunk(b"", time.time_ns()),), self.decoder.feed)

    def _pass_on(self, chunks: Sequence[Chunk], decode: Callable[..., Sequence[Batch]]) -> None:
        with self._account:
            self._bytes += sum(len(chunk.data) for chunk in chunks)
            batches = decode(chunks) if chunks else decode()
        for batch in batches:
            self._publish(batch)

    def _publish(self, batch: Batch) -> None:
        name = self._names.get(batch.stream)
        if name is None:
            name = self._names[batch.stream] = f"{self.name}/{batch.stream}"
        gap = batch.gap
        if self._epochs.get(name, self._epoch) != self._epoch:
            gap = True
        self._epochs[name] = self._epoch
        refused = self._sink.publish(replace(batch, stream=name, gap=gap))
        with self._account:
            self._samples += batch.samples - refused
            if refused and not self._refused:
                log.warning("%s: the limit of channels is reached; further channels are refused and counted", self.name)
            self._refused += refused

    def _lose(self, reason: str) -> None:
        if self.state is State.CONNECTED:
            self._epoch += 1
            with self._account:
                self.decoder.reset()
            self._to(State.LOST, reason)
        elif reason != self.reason:
            self._to(self.state, reason)

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
