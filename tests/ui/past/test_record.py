from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from stripchart.flow.events import Event
from stripchart.flow.hub import MAX_CHANNELS, Hub
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.ui.past import record as record_module
from stripchart.ui.past.record import LAST_NS, MAX_KEYS, Facts, Record
from stripchart.ui.view import Span
from support.shelf import Shelf
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from stripchart.ui.readout import ChannelKey

A, B, C = Channel("a"), Channel("b", "V"), Channel("c")
EVER = 1 << 62
ALL = Span(0, EVER, 1)


class Bench:
    def __init__(self) -> None:
        self.hub = Hub()
        self.shelf = Shelf()
        self.workers = ThreadPoolExecutor(1)
        self.record = Record(self.shelf, self.hub, self.workers)

    def add(self, stream: str, *channels: Channel, time: int = 1) -> None:
        values = [["x" if channel.kind is Kind.TEXT else 1.5] for channel in channels]
        self.shelf.add(make_batch(stream, channels, [time], values))

    def publish(self, stream: str, *channels: Channel, time: int = 1) -> None:
        self.hub.publish(make_batch(stream, channels, [time], [[1.5]] * len(channels)))

    def refreshed(self, keys: Collection[ChannelKey] = ()) -> Facts:
        """Ask now, and return the answer."""
        self.record._due = 0
        before = self.record.facts

        def fresh() -> bool:
            self.record.refresh(keys)
            return self.record.facts is not before

        until(fresh)
        assert self.record.facts is not None
        return self.record.facts

    def only_here(self, span: Span = ALL) -> dict[str, list[tuple[str, int]]]:
        found = self.record.only_here(span)
        return {s.name: [(c.name, group) for c, group in zip(s.channels, s.groups, strict=True)] for s in found}


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.workers.shutdown()


def test_nothing_is_known_before_it_was_asked(bench: Bench) -> None:
    bench.add("s", A)
    assert bench.record.only_here(ALL) == []
    assert not bench.record.reaches("s", ALL)


def test_an_empty_record(bench: Bench) -> None:
    assert bench.refreshed([("s", "a", False)]) == ({}, None, {}, (0, 0), [])


def test_what_it_says(bench: Bench) -> None:
    bench.add("s", A, time=5)
    bench.add("s", A, time=9)
    bench.shelf.happened = [Event(5, "s", "lost", "away", 0), Event(6, "s", "connected", "back", 1)]
    facts = bench.refreshed([("s", "a", False), ("t", "b", False)])
    assert facts.extent == (5, 9, {})
    assert facts.drawn == (5, 10)
    assert list(facts.lines) == [("s", "a", False)]
    assert [event.kind for event in facts.events] == ["lost"]


def test_it_is_asked_seldom_but_soon_for_new_channels(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_module, "SOON_SECONDS", 0.0)
    bench.add("s", A, B)
    facts = bench.refreshed()
    for _ in range(5):
        bench.record.refresh(())
        assert bench.record._job is None
    assert bench.record.facts is facts

    def drawn(*keys: ChannelKey) -> Collection[ChannelKey]:
        bench.record.refresh(keys)
        assert bench.record.facts is not None
        return bench.record.facts.lines

    a, b = ("s", "a", False), ("s", "b", False)
    until(lambda: set(drawn(a)) == {a})
    until(lambda: set(drawn(b)) == {a, b})  # what another page shows stays
    assert set(drawn(a)) == {a, b}
    assert bench.record._job is None
    many = [("s", str(number), False) for number in range(MAX_KEYS)]
    drawn(*many)
    assert bench.record._job is None  # in its turn
    assert bench.refreshed(many).lines == {}


def test_a_failure_is_said_once_and_passes(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    bench.shelf.error = OSError("no disk")
    for _ in range(2):
        bench.record._due = 0
        until(lambda: bench.record.refresh(()) or (bench.record._job is None and bench.record.trouble))
    assert "no disk" in bench.record.trouble
    bench.shelf.error = None
    bench.refreshed()
    assert bench.record.trouble == ""
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_how_far_it_reaches_beyond_memory(bench: Bench) -> None:
    bench.add("s", A, time=100)
    bench.add("s", A, time=200)
    bench.publish("s", A, time=200)
    bench.publish("memory only", A, time=50)
    bench.refreshed()
    reaches = bench.record.reaches
    assert reaches("s", Span(150, EVER, 1))
    assert not reaches("s", Span(200, EVER, 1))
    assert not reaches("s", Span(0, 100, 1))
    assert not reaches("memory only", ALL)
    assert not reaches("unknown", ALL)


def test_a_stream_that_is_only_here(bench: Bench) -> None:
    bench.add("s", A, B, time=100)
    bench.refreshed()
    assert bench.only_here() == {"s": [("a", -1), ("b", -1)]}
    assert bench.record.reaches("s", Span(100, 101, 1))
    assert not bench.record.reaches("s", Span(101, EVER, 1))
    assert bench.only_here(Span(101, EVER, 1)) == {}
    assert bench.only_here(Span(0, 100, 1)) == {}


def test_channels_that_memory_has_are_left_to_it(bench: Bench) -> None:
    text = Channel("a", kind=Kind.TEXT)
    bench.add("s", A, B)
    bench.add("s", text)
    bench.publish("s", B)
    bench.refreshed()
    assert bench.only_here() == {"s": [("a", -1), ("a", -1)]}
    bench.publish("s", A)
    (stream,) = bench.record.only_here(ALL)
    assert stream.channels == (text,)


def test_no_more_channels_than_a_page_can_list(bench: Bench) -> None:
    bench.add("s", *(Channel(f"c{number}") for number in range(MAX_CHANNELS - 1)))
    bench.add("t", A, B, C)
    bench.add("u", A)
    bench.refreshed()
    assert {name: len(channels) for name, channels in bench.only_here().items()} == {"s": MAX_CHANNELS - 1, "t": 1}


def test_channels_that_come_in_turns_are_parted_once(bench: Bench) -> None:
    names = ["a", "b", "c"]
    bench.add("s", A, B, C)
    bench.refreshed()
    version = bench.record.version
    bench.record.learn("s", names, bench.shelf.picture("s", names, 0, 9, 1))
    assert bench.record.version == version
    bench.add("s", B, C)
    bench.add("s", A)
    for _ in range(2):
        bench.record.learn("s", names, bench.shelf.picture("s", names, 0, 9, 1))
        assert bench.record.version == version + 1
        assert bench.only_here() == {"s": [("a", -1), ("b", -2), ("c", -2)]}
    bench.add("s", B)
    bench.record.learn("s", ["b", "c"], bench.shelf.picture("s", ["b", "c"], 0, 9, 1))
    assert bench.only_here() == {"s": [("a", -1), ("b", -2), ("c", -3)]}
    bench.record.learn("s", ["a"], [])


def test_the_last_value_of_each_channel(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    mode = Channel("a", kind=Kind.TEXT)
    bench.add("s", A, mode, C, time=1)
    bench.shelf.add(make_batch("s", (A,), [10, 30, 20], [[1, 2, 3]]))
    bench.shelf.add(make_batch("s", (B,), [LAST_NS + 2], [[math.nan]]))
    keys = [("s", "a", False), ("s", "a", True), ("s", "b", False), ("s", "c", False)]
    assert [bench.record.last(key) for key in keys] == [None] * 4
    bench.refreshed()
    reads = []
    batches = bench.shelf.batches
    monkeypatch.setattr(bench.shelf, "batches", lambda *args, **more: reads.append(args) or batches(*args, **more))
    end = LAST_NS + 2
    for _ in range(2):  # the second time it is known
        assert [bench.record.last(key) for key in keys] == [(3, 20), (None, end), (None, end), (None, end)]
        assert len(reads) == 4
    bench.add("s", mode, time=end)
    bench.refreshed()
    assert bench.record.last(keys[1]) == ("x", end)
    assert bench.record.last(("other", "a", False)) is None
    bench.add("s", mode, time=end)
    bench.refreshed()
    monkeypatch.setattr(bench.shelf, "batches", lambda *_, **__: 1 / 0)
    assert bench.record.last(keys[1]) == (None, end)
    assert "ZeroDivisionError" in bench.record.trouble
