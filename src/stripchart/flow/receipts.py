"""What a source may acknowledge: how far the record has what it read.

When a source stops, it is still open until the record has caught up: the thread is told to stop, publishes its last
read, and waits (``settle``) while the recorder commits that and says so (``stored``). So stop the recorder after the
pumps. What it cannot commit within ``SETTLE`` seconds stays unacknowledged, and is sent again the next time.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from stripchart.flow.contracts import Acknowledging, Decoder, Sink, Source

MAX_MARKS: Final = 1_024
"""Marks that wait for the record; beyond them, the newest takes the place of the one before."""
SETTLE: Final = 1.0
"""Seconds that a source which stops waits for the record."""
HELD_UP: Final = 2.0
"""Seconds of silence after which a partial frame is acknowledged too. The sender may hold its end back until then; and
a decoder that takes silence for the end of a frame has done so (after one second)."""


class _Noted(NamedTuple):
    position: int
    """Samples that the sink had taken."""
    report: int
    """Number of the first report of the record that may speak of it."""
    mark: Any


class Receipts:
    """The marks of one source that wait for the record; nothing is done for a source that is not ``durable``.

    The pump's thread notes and asks, the recorder's reports.
    """

    def __init__(self, source: Source, decoder: Decoder, sink: Sink) -> None:
        self._durable: Acknowledging | None = source if getattr(source, "durable", False) else None  # type: ignore[assignment]
        self._decoder = decoder
        self._sink = sink
        self._marks: deque[_Noted] = deque()
        self._newest: Any = None
        self._acknowledged: Any = None
        self._reports = 0
        self._missed = False
        self._arrived = 0.0
        self._changed = threading.Condition()

    def begin(self) -> None:
        """Expect all that is not acknowledged to come again: the source is about to be opened."""
        with self._changed:
            self._missed = False

    def note(self, *, arrived: bool, gave: bool) -> None:
        """Note what may be acknowledged, once the record has what is published by now.

        Parameters
        ----------
        arrived
            Whether the last read gave anything.
        gave
            Whether the sink took any samples of it. Otherwise there is nothing by which to tell that the record has it:
            its raw bytes may have come while a commit was on its way, so the report of the next one is awaited.
        """
        if self._durable is None:
            return
        now = time.monotonic()
        if arrived:
            self._arrived = now
        if self._decoder.buffered and now - self._arrived < HELD_UP:
            return
        mark = self._durable.mark()
        with self._changed:
            if self._missed or mark == self._newest:
                return
            self._newest = mark
            if len(self._marks) >= MAX_MARKS:
                self._marks.pop()
            report = self._reports + (1 if gave else 2)
            self._marks.append(_Noted(self._sink.published, report, mark))

    def stored(self, position: int) -> None:
        """Acknowledge what the record has: the first ``position`` samples of the sink; see ``Pump.stored``."""
        if self._durable is None:
            return
        with self._changed:
            self._reports += 1
            newest = None
            while self._marks and self._marks[0].position <= position and self._marks[0].report <= self._reports:
                newest = self._marks.popleft()
            if newest is not None:
                self._durable.acknowledge(newest.mark)
                self._acknowledged = newest.mark
                self._changed.notify_all()

    def missed(self) -> None:
        """Forget all marks: the record has lost some of the samples."""
        if self._durable is not None:
            with self._changed:
                self._missed = True
                self._marks.clear()

    def ask_again(self) -> bool:
        """If the record missed something, have it sent again, and say so: the source must be opened anew."""
        if self._durable is None or not self._missed:
            return False
        if self._durable.mark() == self._acknowledged:  # it missed something of others
            self.begin()
            return False
        self._durable.send_again()
        return True

    def settle(self) -> None:
        """Wait until all that was noted is acknowledged, but not for long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._marks, SETTLE)
