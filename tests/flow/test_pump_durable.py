from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from stripchart.errors import EndOfSource
from stripchart.flow.events import EventLog
from stripchart.flow.hub import Hub
from stripchart.flow.ledger import describe
from stripchart.flow.pump import Pump
from support.parts import AT_ONCE, LineDecoder, ScriptedSource
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.records import Chunk


class Durable(ScriptedSource):
    """Its marks count the reads of a connection that gave something."""

    durable = True
    redelivered = 7

    def __init__(self, *orders: bytes | Exception) -> None:
        super().__init__(*orders)
        self.taken = 0
        self.acknowledged: list[tuple[int, int]] = []
        self.asked_by: list[str] = []

    def open(self) -> None:
        super().open()
        self.taken = 0

    def read(self, timeout: float) -> Sequence[Chunk]:
        chunks = super().read(timeout)
        self.taken += len(chunks)
        return chunks

    def mark(self) -> tuple[int, int]:
        return self.opened, self.taken

    def acknowledge(self, mark: tuple[int, int]) -> None:
        assert self.is_open
        self.acknowledged.append(mark)

    def send_again(self) -> None:
        self.asked_by.append(threading.current_thread().name)


def test_what_the_record_has_is_acknowledged():
    source = Durable(b"1\n", b"2\n3\n")
    it = Pump("bench", source, LineDecoder(), Hub(), backoff=AT_ONCE)
    it.start()
    until(lambda: it.counts().samples == 3)
    it.stored(2)
    assert source.acknowledged == [(1, 1)]
    assert describe(it)["redelivered"] == 7

    def caught_up() -> bool:
        it.stored(3)
        return source.acknowledged == [(1, 1), (1, 2)]

    until(caught_up)
    assert it.stop()


def test_what_the_record_missed_is_asked_for_by_its_own_thread():
    source = Durable(b"1\n")
    events = EventLog()
    it = Pump("bench", source, LineDecoder(), Hub(), backoff=AT_ONCE, events=events)
    it.start()
    until(lambda: it.counts().samples == 1)
    it.missed()
    until(lambda: source.opened == 2)
    assert source.asked_by == ["stripchart-bench"]
    source.orders.put(b"1\n")
    until(lambda: it.counts().samples == 2)
    until(lambda: it.stored(2) or source.acknowledged == [(2, 1)])
    assert it.stop()
    assert it.reconnects == 1
    texts = [event.text for event in events.events() if event.kind == "lost"]
    assert texts == ["the recording missed messages; asking for them again"]


@pytest.mark.parametrize("ending", [None, EndOfSource()])
def test_a_source_closes_when_the_record_has_caught_up(ending: Exception | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stripchart.flow.receipts.SETTLE", 30.0)
    source = Durable(b"1\n", b"2\n", *([ending] if ending else []))
    it = Pump("bench", source, LineDecoder(), Hub(), backoff=AT_ONCE)
    it.start()
    until(lambda: it.counts().samples == 2)
    it.ask_to_stop()
    it.stored(1)
    assert source.is_open

    def caught_up() -> bool:
        it.stored(2)
        return not source.is_open

    until(caught_up)
    assert it.stop()
    assert source.acknowledged[-1] == (1, 2)


def test_a_source_closes_also_when_the_record_does_not_catch_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stripchart.flow.receipts.SETTLE", 0.05)
    source = Durable(b"1\n")
    it = Pump("bench", source, LineDecoder(), Hub(), backoff=AT_ONCE)
    it.start()
    until(lambda: it.counts().samples == 1)
    assert it.stop()
    assert source.acknowledged == []
