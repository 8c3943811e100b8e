"""The recorder: a thread that takes what the hub publishes and makes it safe, a commit each tenth of a second.

What is queued while the disk does not take it waits, up to a limit; what is beyond that is lost, counted and told.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripchart.errors import ConfigError, DamagedError
from stripchart.flow.subscription import Overflow
from stripchart.store.format.parts import size_of
from stripchart.store.recording.opening import RecordOptions, move_aside, open_writer
from stripchart.store.recording.pending import Pending
from stripchart.store.recording.rawtap import RawTap

if TYPE_CHECKING:
    from pathlib import Path

    from stripchart.flow.events import EventLog
    from stripchart.flow.hub import Hub
    from stripchart.flow.pump import Pump
    from stripchart.store.writing.writer import Writer

log = logging.getLogger(__name__)

COMMIT_SECONDS: Final = 0.1
DURABLE_SECONDS: Final = 0.005
"""The pause between commits; the shorter one while a broker waits for acknowledgements: it may send only twenty
messages ahead of them."""
QUEUE_SAMPLES: Final = 2_000_000
PATIENCE: Final = 0.5
"""Seconds that a source waits once the queue is full, before samples are lost."""
TURN_SAMPLES: Final = 1_000_000
"""Samples of one commit."""
RETRY_SECONDS: Final = 1.0
REOPEN_AFTER: Final = 3
"""Failures in a row after which the file is opened anew."""
STOP_TIMEOUT: Final = 10.0
STALLED_AFTER: Final = 15.0
SOURCE: Final = "recording"
"""What the recorder is called among the events."""


class RecorderCounts(NamedTuple):
    """The recording's account in samples: ``published = stored + lost + queued``."""

    published: int
    stored: int
    lost: int
    queued: int


class Recorder:
    """Records all that a hub publishes into one file.

    Parameters
    ----------
    path
        The file; continued if it is there. One that is damaged is moved aside, with a message.
    events
        Recorded too, and told what befalls the recording.

    Attributes
    ----------
    state
        "idle", "recording", "failing" (it goes on trying), or "stopped".
    reason
        Why it is failing.
    renumbering
        Which row of the recording is which of the hub.

    Raises
    ------
    ConfigError
        If the file cannot be written.
    """

    def __init__(self, hub: Hub, path: Path, events: EventLog, options: RecordOptions | None = None) -> None:
        self.path = path
        self.options = options or RecordOptions()
        self.state = "idle"
        self.reason = ""
        self.opened = 0
        """How often the file was begun or continued."""
        self.raw = RawTap()
        self._events = events
        self._told = -1
        self._redelivered: Counter[str] = Counter()
        self._pumps: list[Pump] = []
        self._pending = Pending()
        self.renumbering = self._pending.renumbering
        self._failures = 0
        self._stored = 0
        self._lock = threading.Lock()  # between what was taken and what is counted
        self._beat = time.monotonic()
        self._stopping = threading.Event()
        self._stop_by = 0.0
        self._thread: threading.Thread | None = None
        self._writer = self._open()
        with hub.lock:
            self._handled = hub.published
            self._subscription = hub.subscribe(
                capacity=QUEUE_SAMPLES, overflow=Overflow.BLOCK, patience=PATIENCE, name=SOURCE
            )

    def watch(self, pump: Pump) -> None:
        """Tell a pump what is stored, and keep its bytes if asked."""
        self._pumps.append(pump)
        if self.options.raw:
            pump.tap = self.raw.add

    def start(self) -> None:
        """Begin to record."""
        self._thread = threading.Thread(target=self._run, name="stripchart-recorder", daemon=True)
        self.state = "recording"
        self._thread.start()

    def stop(self) -> bool:
        """Record what is queued and close the file; return whether all of it was in time. Safe twice.

        Stop the pumps first.
        """
        if not self._stopping.is_set():
            self._stop_by = time.monotonic() + STOP_TIMEOUT
            self._stopping.set()
        if self._thread is None:
            self._close()
            return True
        self._thread.join(STOP_TIMEOUT)
        if self._thread.is_alive():
            log.warning("%s: did not close within %s s; left behind", self.path, STOP_TIMEOUT)
            return False
        return not self._pending

    def rows(self, stream: str) -> int:
        """Return how many rows of a stream were taken, in this run and before."""
        return self._writer.rows(stream)

    def alive(self) -> bool:
        """Say whether it makes progress: a disk that takes nothing is not well."""
        well = time.monotonic() - self._beat < STALLED_AFTER
        return self.state in {"idle", "stopped"} or (self.state == "recording" and well)

    def counts(self) -> RecorderCounts:
        """Return its account."""
        with self._lock:
            published, _, lost, queued = self._subscription.counts()
            return RecorderCounts(published, self._stored, lost, queued + self._pending.samples)

    def describe(self) -> dict[str, Any]:
        """Return its entry of the ledger; names as in the public JSON API."""
        return {
            "path": str(self.path),
            "state": self.state,
            "reason": self.reason,
            **self.counts()._asdict(),
            "raw_bytes": self.raw.counts()._asdict(),
            "bytes": size_of(self.path),
        }

    def _run(self) -> None:
        retry_at = 0.0
        while True:
            stopping = self._stopping.wait(DURABLE_SECONDS if self._is_awaited() else COMMIT_SECONDS)
            self._beat = time.monotonic()
            if not stopping and self._beat < retry_at:
                continue
            more = self._turn()
            if self.state == "failing":
                retry_at = self._beat + RETRY_SECONDS
            if stopping and (not more or self._beat > self._stop_by):
                break
        self._close()

    def _is_awaited(self) -> bool:
        return any(getattr(pump.source, "durable", False) for pump in self._pumps)

    def _turn(self) -> bool:
        """Take what is queued and commit it; return whether more is queued, and may be tried at once."""
        try:
            if self._failures >= REOPEN_AFTER:
                self._reopen()
            if not self._pending:
                self._take()
            self._writer.commit()
        except sqlite3.OperationalError as error:
            self._fail(str(error))
        except (sqlite3.DatabaseError, DamagedError) as error:
            return self._begin_anew(error)
        except (ConfigError, OSError) as error:
            self._fail(str(error))
        except Exception as error:  # the last line of defence: a fault of ours must not stop the monitor
            log.exception("%s: unexpected error", self.path)
            self._fail(f"unexpected {type(error).__name__}: {error}")
        else:
            self._settle()
            return self._subscription.counts().queued > 0
        return False

    def _take(self) -> None:
        with self._lock:
            self._pending.take(self._subscription.drain(TURN_SAMPLES))
        events = self._events.events(self._told)
        if events:
            self._told = events[-1].number
        # Counted by a source before it gives what a message says: so there are never more duplicates than are counted.
        redelivered = Counter({pump.name: getattr(pump.source, "redelivered", 0) for pump in self._pumps})
        self._pending.take_beside(events, self.raw.take(), redelivered - self._redelivered)
        self._redelivered = redelivered
        self._pending.append_to(self._writer)

    def _settle(self) -> None:
        """Note that all that was taken is safe."""
        with self._lock:
            lost = self._pending.lost
            self._handled += self._pending.samples + lost
            self._stored += self._pending.samples
            self._pending.clear()
        self.raw.settle()
        if self.state == "failing":
            self.state, self.reason, self._failures = "recording", "", 0
            log.warning("%s: recording goes on", self.path)
            self._post("connected", "recording goes on")
        if lost:
            log.warning("%s: %s samples came faster than they could be recorded, and are lost", self.path, f"{lost:,}")
            self._post("gap", f"{lost:,} samples could not be recorded")
            for pump in self._pumps:
                pump.missed()
        for pump in self._pumps:
            pump.stored(self._handled)

    def _fail(self, reason: str) -> None:
        self._failures += 1
        if self.state != "failing" or reason != self.reason:
            log.error("%s: cannot record: %s; trying again, and the live view goes on", self.path, reason)
            self._tell_lost(f"cannot record: {reason}")
        self.state, self.reason = "failing", reason

    def _open(self) -> Writer:
        writer = open_writer(self.path, self.options, self._tell_lost)
        self.opened += 1
        return writer

    def _reopen(self) -> None:
        """Open the file anew, and append what was not safe yet.

        A commit whose sync failed may have been written whole: what is in the file must not come twice.
        """
        reach = self._writer.reach()
        self._writer.abandon()
        self._writer = self._open()
        if self._pending.is_numbered and self._writer.reach() == reach:
            return
        self.renumbering.clear()
        self._pending.append_to(self._writer)

    def _begin_anew(self, error: Exception) -> bool:
        """Move the file aside, as SQLite says that it is damaged; return whether a new one is begun."""
        try:
            self._writer.abandon()
            move_aside(self.path, f"{self.path}: {error}", self._tell_lost)
            self._reopen()
        except (ConfigError, DamagedError, OSError, sqlite3.Error) as failure:
            self._failures = REOPEN_AFTER  # nothing is open now: there is nothing to commit into
            self._fail(str(failure))
            return False
        return True

    def _close(self) -> None:
        self._subscription.close()
        try:
            self._writer.close()
        except (sqlite3.Error, OSError) as error:
            log.error("%s: could not be closed in order: %s", self.path, error)  # noqa: TRY400 - no traceback
        self.state = "stopped"

    def _post(self, kind: str, text: str) -> None:
        self._events.post(time.time_ns(), SOURCE, kind, text)

    def _tell_lost(self, text: str) -> None:
        self._post("lost", text)
