from __future__ import annotations

import queue
import re
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

import pytest

from stripchart.errors import ConfigError, SourceLost
from stripchart.flow import pump
from stripchart.flow.events import EventLog
from stripchart.flow.hub import Hub
from stripchart.flow.ledger import describe
from stripchart.flow.pump import Backoff, Pump, State
from stripchart.flow.records import Command
from support.parts import AT_ONCE, LineDecoder, ScriptedSource
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.records import Batch, Chunk

NEVER = Backoff(1000.0, 1000.0)


class Asking(LineDecoder):
    """Asks for something whenever it is fed."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: deque[Command] = deque()

    def feed(self, chunks: Sequence[Chunk]) -> Sequence[Batch]:
        self.commands.append(Command(b"names?", "ask"))
        return super().feed(chunks)


def test_what_a_decoder_asks_for_is_sent_to_a_source_that_can_write():
    written: queue.Queue[tuple[bytes, str]] = queue.Queue()
    source = ScriptedSource(b"1\n", b"2\n")
    source.write = lambda data, topic: written.put((data, topic))  # type: ignore[attr-defined] # optional
    it = Pump("bench", source, Asking(), Hub(), backoff=AT_ONCE)
    it.start()
    assert written.get(timeout=10) == (b"names?", "ask")
    until(lambda: it.counts().bytes == 4)
    assert it.stop()
    assert it.counts().commands_sent == 1


def test_a_write_that_fails_ends_nothing():
    def fail(_data: bytes, _topic: str) -> None:
        raise SourceLost("away")

    source = ScriptedSource(b"1\n", b"2\n")
    source.write = fail  # type: ignore[attr-defined] # optional
    it = Pump("bench", source, Asking(), Hub(), backoff=AT_ONCE)
    it.start()
    until(lambda: it.counts().bytes == 4 and it.counts().commands_dropped)
    assert it.state is State.CONNECTED
    assert it.stop()


def test_commands_for_a_source_that_cannot_write_are_counted():
    it = Pump("bench", ScriptedSource(b"1\n"), Asking(), Hub(), backoff=AT_ONCE)
    it.start()
    until(lambda: it.counts().commands_dropped == 1)
    assert it.stop()
    assert describe(it)["commands_dropped"] == 1


class Writable(ScriptedSource):
    """Says what it was sent, as soon as it was."""

    def write(self, data: bytes, topic: str = "") -> None:
        assert self.is_open
        assert threading.current_thread().name == "stripchart-bench"
        self.orders.put(data)
        self.topic = topic


def talking(*orders: bytes | Exception, **options: object) -> tuple[Pump, Writable, EventLog, Hub]:
    source, events, hub = Writable(*orders), EventLog(), Hub()
    it = Pump("bench", source, LineDecoder(), hub, **{"backoff": AT_ONCE, "events": events, **options})  # type: ignore[arg-type]
    it.start()
    until(lambda: it.state is not State.WAITING)
    return it, source, events, hub


def test_what_a_person_sends_is_sent_at_once_and_its_answer_is_in_the_same_log():
    it, _, events, _ = talking()
    assert it.writable
    began = time.monotonic()
    number = it.send(b"7\n").result(10)
    assert time.monotonic() - began < 5 * pump.READ_TIMEOUT
    until(lambda: it.counts().samples == 1)
    began = time.monotonic()
    it.send(b"8\n").result(10)
    assert time.monotonic() - began < pump.READ_TIMEOUT, "a conversation is quicker than its first word"
    until(lambda: it.counts().samples == 2)
    assert it.stop()
    lines = it.console.log().lines
    assert [(line.direction, line.text) for line in lines] == [("out", "7"), ("in", "7"), ("out", "8"), ("in", "8")]
    assert lines[0].number == number
    commands = [event for event in events.events() if event.kind == "command"]
    assert [(event.source, event.text) for event in commands] == [("bench", "7"), ("bench", "8")]
    assert (describe(it)["commands_sent"], describe(it)["commands_dropped"]) == (2, 0)


def test_nothing_is_sent_to_what_is_not_connected_or_cannot_write():
    it, _, _, _ = talking(SourceLost("unplugged"), backoff=NEVER)
    until(lambda: it.state is State.LOST)
    with pytest.raises(SourceLost, match="bench: cannot be sent to while it is lost: unplugged"):
        it.send(b"x")
    assert it.stop()
    with pytest.raises(SourceLost, match="while it is stopped"):
        it.send(b"x")
    mute = Pump("mute", ScriptedSource(), LineDecoder(), Hub())
    assert not mute.writable
    with pytest.raises(ConfigError, match="mute: nothing can be sent to script:"):
        mute.send(b"x")


def test_who_waits_is_told_when_it_stops():
    it, source, _, _ = talking()
    source.may_read.clear()
    reads = source.reads
    until(lambda: source.reads > reads)
    receipt = it.send(b"x")
    it.ask_to_stop()
    source.may_read.set()
    with pytest.raises(SourceLost, match="left before it was sent"):
        receipt.result(10)
    assert it.stop()
    assert describe(it)["commands_dropped"] == 1


def test_a_released_device_is_closed_until_it_is_taken_back():
    it, source, events, hub = talking(b"1\n2")
    until(lambda: it.counts().samples == 1)
    it.release().result(10)
    it.release().result(10)
    assert (it.state, source.is_open, it.alive()) == (State.RELEASED, False, True)
    with pytest.raises(SourceLost, match="cannot be sent to while it is released: left to other programs"):
        it.send(b"x")
    source.orders.put(b"3\n")
    time.sleep(0.1)
    assert source.opened == 1
    it.retake()
    it.retake()
    until(lambda: it.counts().samples == 2)
    batch, gaps = hub.read("bench")
    assert batch["value"].tolist() == [1, 3]
    assert gaps.tolist() == [1]
    assert it.reconnects == 0
    assert it.counts().bytes_skipped == 1
    assert it.stop()
    told = [(event.kind, event.text) for event in events.events()]
    assert [kind for kind, _ in told] == [
        "waiting", "connected", "released", "gap", "waiting", "connected", "stopped",
    ]  # fmt: skip
    assert re.fullmatch(r"nothing was read for 0\.\d s, while it was released", told[3][1])


def test_what_is_lost_can_be_released_too_and_need_not_be_there_when_it_is_taken_back():
    it, source, _, _ = talking(SourceLost("unplugged"), backoff=NEVER, must_start=True)
    until(lambda: it.state is State.LOST)
    it.release().result(10)
    assert it.state is State.RELEASED
    source.open_orders.put(SourceLost("still unplugged"))
    it.retake()
    until(lambda: it.reason == "still unplugged")
    assert it.state is State.WAITING
    assert it.stop()


def test_stopping_what_is_released():
    it, source, _, _ = talking()
    it.release().result(10)
    assert it.stop()
    assert it.state is State.STOPPED
    with pytest.raises(SourceLost, match="bench: is stopped, so there is nothing to release"):
        it.release()
    it.start()
    until(lambda: it.state is State.CONNECTED)
    assert source.opened == 2
    assert it.stop()
