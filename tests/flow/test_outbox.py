from __future__ import annotations

from collections import deque

import pytest

from stripchart.errors import SourceLost
from stripchart.flow.outbox import MAX_WAITING, PACE, Outbox
from stripchart.flow.records import Command
from support.parts import LineDecoder, ScriptedSource


class WritableSource(ScriptedSource):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[bytes, str]] = []
        self.fault: Exception | None = None

    def write(self, data: bytes, topic: str = "") -> None:
        if self.fault is not None:
            raise self.fault
        self.written.append((data, topic))


class AskingDecoder(LineDecoder):
    def __init__(self, *commands: Command) -> None:
        super().__init__()
        self.commands = deque(commands)


def commands(count: int) -> list[Command]:
    return [Command(b"%d" % number, "ask") for number in range(count)]


def test_commands_are_sent_in_order_one_a_pace():
    source, decoder = WritableSource(), AskingDecoder(*commands(2))
    outbox = Outbox("bench", source, decoder)
    outbox.post(100.0)
    outbox.post(100.0 + PACE / 2)
    assert source.written == [(b"0", "ask")]
    assert not decoder.commands
    decoder.commands.append(Command(b"2"))
    outbox.post(100.0 + PACE)
    outbox.post(100.0 + 2 * PACE)
    assert source.written == [(b"0", "ask"), (b"1", "ask"), (b"2", "")]
    assert (outbox.sent, outbox.dropped) == (3, 0)


def test_one_that_waits_is_not_sent_twice():
    source, decoder = WritableSource(), AskingDecoder(*commands(2), *commands(2))
    outbox = Outbox("bench", source, decoder)
    for now in range(5):
        outbox.post(now * PACE)
    assert source.written == [(b"0", "ask"), (b"1", "ask")]
    assert (outbox.sent, outbox.dropped) == (2, 2)


def test_only_so_many_wait():
    outbox = Outbox("bench", WritableSource(), AskingDecoder(*commands(MAX_WAITING + 10)))
    outbox.post(0.0)
    assert (outbox.sent, outbox.dropped) == (1, 10)


def test_a_source_that_cannot_write_drops_them():
    decoder = AskingDecoder(*commands(3))
    outbox = Outbox("bench", ScriptedSource(), decoder)
    outbox.post(0.0)
    assert (outbox.sent, outbox.dropped) == (0, 3)
    assert not decoder.commands


def test_a_decoder_without_commands_is_fine():
    outbox = Outbox("bench", WritableSource(), LineDecoder())
    outbox.post(0.0)
    assert (outbox.sent, outbox.dropped) == (0, 0)


@pytest.mark.parametrize("fault", [SourceLost("away"), ValueError("odd topic")])
def test_a_write_that_fails_is_counted_and_logged_once(fault: Exception, caplog: pytest.LogCaptureFixture):
    source, decoder = WritableSource(), AskingDecoder(*commands(3))
    outbox = Outbox("bench", source, decoder)
    source.fault = fault
    outbox.post(0.0)
    outbox.post(PACE)
    assert (outbox.sent, outbox.dropped) == (0, 2)
    assert caplog.text.count("bench: a command could not be sent") == 1
    source.fault = None
    outbox.post(2 * PACE)
    assert (outbox.sent, outbox.dropped) == (1, 2)


def test_a_loss_drops_what_waits():
    outbox = Outbox("bench", WritableSource(), AskingDecoder(*commands(3)))
    outbox.post(0.0)
    outbox.clear()
    outbox.post(PACE)
    assert (outbox.sent, outbox.dropped) == (1, 2)
