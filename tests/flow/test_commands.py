from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

import pytest

from stripchart.errors import ConfigError, NoAnswer, SourceLost
from stripchart.flow.commands import MAX_COMMAND, MAX_TEXT, MAX_WAITING, Commands, outcome, settle
from stripchart.flow.console import Console
from stripchart.flow.records import Command
from support.parts import BrokenError, ScriptedSource

if TYPE_CHECKING:
    from collections.abc import Callable


class WritableSource(ScriptedSource):
    def __init__(self, fault: Exception | None = None) -> None:
        super().__init__()
        self.written: list[tuple[bytes, str]] = []
        self.fault = fault

    def write(self, data: bytes, topic: str = "") -> None:
        if self.fault is not None:
            raise self.fault
        self.written.append((data, topic))


class Topical(WritableSource):
    topics = True

    def deliver(self, data: bytes, topic: str = "") -> None:
        self.written.append((b"surely " + data, topic))


class Rig:
    def __init__(self, source: ScriptedSource, conceal: Callable[[str], str] = str) -> None:
        self.console = Console(conceal)
        self.told: list[str] = []
        self.commands = Commands("bench", source, self.console, self.told.append)
        self.commands.begin()

    def send(self, data: bytes, topic: str = "") -> Future[int]:
        return self.commands.send(Command(data, topic))


def test_commands_are_sent_one_at_a_time_in_order_and_noted() -> None:
    source = WritableSource()
    it = Rig(source)
    first, second = it.send(b"a\n"), it.send(b"b\n")
    assert source.written == []
    it.commands.post()
    assert source.written == [(b"a\n", "")]
    assert not second.done()
    it.commands.post()
    it.commands.post()
    assert [line.text for line in it.console.log().lines] == ["a", "b"]
    assert [line.number for line in it.console.log().lines] == [first.result(0), second.result(0)]
    assert it.told == ["a", "b"]
    assert (it.commands.sent, it.commands.dropped) == (2, 0)


def test_one_that_confirms_is_asked_to_deliver() -> None:
    source = Topical()
    it = Rig(source)
    it.send(b"on", "lamp/set")
    it.commands.post()
    assert source.written == [(b"surely on", "lamp/set")]
    assert it.told == ["lamp/set: on"]


@pytest.mark.parametrize(
    ("source", "command", "message"),
    [
        (ScriptedSource(), Command(b"x"), "bench: nothing can be sent to script:"),
        (WritableSource(), Command(b"x", "a"), "bench: topic: expected none, for script: has no topics, got 'a'"),
        (WritableSource(), Command(bytes(MAX_COMMAND + 1)), "expected a command of at most 16,384 bytes, got 16,385"),
    ],
)
def test_what_can_never_be_sent(source: ScriptedSource, command: Command, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Rig(source).send(*command)


def test_only_so_many_wait() -> None:
    it = Rig(WritableSource())
    for _ in range(MAX_WAITING):
        it.send(b"x")
    with pytest.raises(NoAnswer, match="64 commands wait already"):
        it.send(b"x")
    assert it.commands.dropped == 1


def test_what_waits_is_refused_when_the_connection_ends() -> None:
    source = WritableSource()
    it = Rig(source)
    receipt = it.send(b"x")
    it.commands.end()
    with pytest.raises(SourceLost, match="bench: was left before it was sent"):
        receipt.result(0)
    with pytest.raises(SourceLost, match="bench: not connected"):
        it.send(b"x")
    it.commands.begin()
    it.commands.post()
    assert source.written == []
    assert it.commands.dropped == 2


def test_one_that_nobody_waits_for_is_not_sent() -> None:
    source = WritableSource()
    it = Rig(source)
    late, wanted = it.send(b"late"), it.send(b"wanted")
    with pytest.raises(NoAnswer, match=r"no answer within 0 s; it will not be done"):
        outcome(late, 0)
    it.commands.post()
    assert source.written == [(b"wanted", "")]
    assert settle(wanted, 0) > 0
    assert (it.commands.sent, it.commands.dropped) == (1, 1)


def test_one_that_is_under_way_may_still_be_sent() -> None:
    receipt: Future[int] = Future()
    receipt.set_running_or_notify_cancel()
    with pytest.raises(NoAnswer, match="it may still be done"):
        settle(receipt, 0.01)
    threading.Timer(0.05, receipt.set_result, [7]).start()
    assert settle(receipt, 10) == 7


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (SourceLost("away"), []),
        (ConfigError("topic: expected one without wildcards"), []),
        (NoAnswer("took only 3 of 5 bytes in time"), ["hello (no answer)"]),
    ],
)
def test_one_that_fails_is_counted_and_told_to_its_sender(fault: Exception, told: list[str]) -> None:
    it = Rig(WritableSource(fault))
    receipt = it.send(b"hello")
    it.commands.post()
    assert receipt.exception(0) is fault
    assert it.told == told
    assert (it.commands.sent, it.commands.dropped) == (0, 1)


def test_a_faulty_adapter_ends_nothing() -> None:
    it = Rig(WritableSource(BrokenError("oops")))
    receipt = it.send(b"x")
    it.commands.post()
    with pytest.raises(SourceLost, match="bench: unexpected BrokenError: oops"):
        receipt.result(0)


def test_texts_are_legible_short_and_without_secrets() -> None:
    it = Rig(WritableSource(), lambda text: text.replace("canary", "***"))
    for data in (b"\x01\x03\r\n", b"y" * 5_000, b"key=canary\n"):
        it.send(data)
        it.commands.post()
    assert it.told == ["\\x01\\x03", "y" * (MAX_TEXT - 1) + "…", "key=***"]


def test_after_a_command_the_next_is_expected() -> None:
    it = Rig(WritableSource())
    assert not it.commands.expected
    it.send(b"x")
    it.commands.post()
    assert it.commands.expected
