"""What a decoder would have its source send, passed on at a pace that no device or broker minds."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from stripchart.errors import SourceLost
from stripchart.flow.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripchart.flow.contracts import Decoder, Source
    from stripchart.flow.records import Command

log = logging.getLogger(__name__)

PACE: Final = 1.0
"""Seconds from one command to the next, whatever the decoder wants."""
MAX_WAITING: Final = 64
"""Commands that wait; more are dropped, for a decoder that misses something asks again."""
_NONE: Final[deque[Command]] = deque()


class Outbox:
    """The commands of one decoder on their way to its source. Only the pump's thread uses it.

    Attributes
    ----------
    sent, dropped
        Commands that the source took; and those that it could not take or that were too many, or repeated one that
        waits.
    """

    def __init__(self, name: str, source: Source, decoder: Decoder, console: Console | None = None) -> None:
        self.sent = self.dropped = 0
        self._console = console or Console()
        self._name = name
        self._decoder = decoder
        self._write: Callable[[bytes, str], None] | None = getattr(source, "write", None)
        self._waiting: deque[Command] = deque()
        self._due = 0.0
        self._failing = False

    def post(self, now: float) -> None:
        """Take what the decoder has written, and send one command if one is due at ``now`` (monotonic seconds)."""
        wanted: deque[Command] = getattr(self._decoder, "commands", _NONE)
        while wanted:
            command = wanted.popleft()
            if self._write is None or command in self._waiting or len(self._waiting) >= MAX_WAITING:
                self.dropped += 1
            else:
                self._waiting.append(command)
        if self._write is not None and self._waiting and now >= self._due:
            self._due = now + PACE
            self._send(self._write, self._waiting.popleft())

    def clear(self) -> None:
        """Drop what waits: it was meant for a connection that is gone."""
        self.dropped += len(self._waiting)
        self._waiting.clear()

    def _send(self, write: Callable[[bytes, str], None], command: Command) -> None:
        try:
            write(command.data, command.topic)
        except SourceLost as lost:  # the next read tells the pump, which opens the source again
            self._fail(str(lost))
        except Exception as error:  # noqa: BLE001 - a device's odd name in a topic must not end its source
            self._fail(f"unexpected {type(error).__name__}: {error}")
        else:
            self.sent += 1
            self._console.sent(*command)
            self._failing = False

    def _fail(self, reason: str) -> None:
        self.dropped += 1
        if not self._failing:
            log.warning("%s: a command could not be sent: %s", self._name, reason)
        self._failing = True
