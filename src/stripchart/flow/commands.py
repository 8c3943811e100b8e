"""What people have a source send: written by its pump's thread, one after the other, as soon as it comes to it."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from stripchart.errors import ConfigError, NoAnswer, SourceLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripchart.flow.console import Console
    from stripchart.flow.contracts import Source
    from stripchart.flow.records import Command

T = TypeVar("T")

MAX_COMMAND: Final = 16 << 10
"""Bytes of one command."""
MAX_WAITING: Final = 64
"""Commands that wait for the pump's thread; further ones are refused."""
PATIENCE: Final = 3.0
"""Seconds within which a command is sent, or given up: a read and a write together take less."""
ATTENTION: Final = 60.0
"""Seconds after a command in which the next one is expected, so that the pump's thread waits less long in a read."""
MAX_TEXT: Final = 200
"""Characters of a command in its event."""


class _Waiting(NamedTuple):
    command: Command
    receipt: Future[int]


class Commands:
    """The commands of people on their way to one source. Any thread sends, the pump's does the rest.

    Parameters
    ----------
    console
        Where it is noted what was sent.
    report
        Called with a text for each command that was sent, also if the other side did not take it in time.

    Attributes
    ----------
    sent, dropped
        Commands that the source took; and those that were refused, failed, or came too late.
    topics
        Whether a command goes to a topic.
    """

    def __init__(self, name: str, source: Source, console: Console, report: Callable[[str], None]) -> None:
        self.sent = self.dropped = 0
        self._name = name
        self._url = source.url
        write: Callable[[bytes, str], None] | None = getattr(source, "write", None)
        self._write = getattr(source, "deliver", write)
        self.topics = bool(getattr(source, "topics", False))
        self._console = console
        self._report = report
        self._waiting: deque[_Waiting] = deque()
        self._open = False
        self._attentive_until = 0.0
        self._lock = threading.Lock()

    @property
    def possible(self) -> bool:
        """Whether the source can be written to at all."""
        return self._write is not None

    @property
    def expected(self) -> bool:
        """Whether the next command may come soon."""
        return time.monotonic() < self._attentive_until

    def send(self, command: Command) -> Future[int]:
        """Queue a command; see ``Pump.send``."""
        problem = self._mistake(command)
        if problem:
            raise ConfigError(f"{self._name}: {problem}")
        receipt: Future[int] = Future()
        with self._lock:
            if self._open and len(self._waiting) < MAX_WAITING:
                self._waiting.append(_Waiting(command, receipt))
                return receipt
            self.dropped += 1
            if not self._open:
                raise SourceLost(f"{self._name}: not connected")
            raise NoAnswer(f"{self._name}: {MAX_WAITING} commands wait already")

    def begin(self) -> None:
        """Take commands from now on: the source is open."""
        with self._lock:
            self._open = True

    def end(self) -> None:
        """Refuse what waits, and what comes: it was meant for a connection that is gone."""
        with self._lock:
            self._open = False
            waiting, self._waiting = self._waiting, deque()
        for _, receipt in waiting:
            self.dropped += 1
            if receipt.set_running_or_notify_cancel():
                receipt.set_exception(SourceLost(f"{self._name}: was left before it was sent"))

    def post(self) -> None:
        """Send the oldest that waits and is still wanted, if there is one."""
        while self._waiting:
            command, receipt = self._waiting.popleft()
            self._attentive_until = time.monotonic() + ATTENTION
            if receipt.set_running_or_notify_cancel():
                self._send(command, receipt)
                return
            self.dropped += 1

    def _mistake(self, command: Command) -> str:
        if self._write is None:
            return f"nothing can be sent to {self._url}"
        if len(command.data) > MAX_COMMAND:
            return f"expected a command of at most {MAX_COMMAND:,} bytes, got {len(command.data):,}"
        if command.topic and not self.topics:
            return f"topic: expected none, for {self._url} has no topics, got {command.topic!r}"
        return ""

    def _send(self, command: Command, receipt: Future[int]) -> None:
        try:
            self._write(*command)  # type: ignore[misc] # it is there, or nothing would wait
        except NoAnswer as error:
            self._note(command, doubt=" (no answer)")
            self._fail(receipt, error)
        except (SourceLost, ConfigError) as error:  # of a loss, the next read tells the pump
            self._fail(receipt, error)
        except Exception as error:  # noqa: BLE001 - a command that an adapter cannot take must not end its source
            self._fail(receipt, SourceLost(f"{self._name}: unexpected {type(error).__name__}: {error}"))
        else:
            self.sent += 1
            receipt.set_result(self._note(command))

    def _fail(self, receipt: Future[int], error: Exception) -> None:
        self.dropped += 1
        receipt.set_exception(error)

    def _note(self, command: Command, doubt: str = "") -> int:
        number, text = self._console.sent(*command)
        text = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
        self._report(f"{command.topic}: {text}{doubt}" if command.topic else f"{text}{doubt}")
        return number


def outcome(receipt: Future[T], seconds: float = PATIENCE) -> T:
    """Return what became of something that was asked of a pump ``seconds`` ago.

    Raises
    ------
    NoAnswer
        If it is not done yet. If it has not been begun, it will not be.
    """
    if not receipt.done():
        late = "it will not be done" if receipt.cancel() else "it may still be done"
        raise NoAnswer(f"no answer within {seconds:g} s; {late}")
    return receipt.result()


def settle(receipt: Future[T], seconds: float = PATIENCE) -> T:
    """Wait for what becomes of something that was asked of a pump; see ``outcome``."""
    wait([receipt], seconds)
    return outcome(receipt, seconds)
