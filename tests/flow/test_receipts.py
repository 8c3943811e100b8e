from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow import receipts
from stripchart.flow.receipts import MAX_MARKS, Receipts
from support.parts import LineDecoder, ScriptedSource
from support.wait import until

if TYPE_CHECKING:
    from stripchart.flow.records import Batch


class CountingSink:
    def __init__(self) -> None:
        self.published = 0

    def publish(self, batch: Batch) -> int:
        self.published += batch.samples
        return 0


class KeepingSource(ScriptedSource):
    """Its marks count what was read; `connection` begins anew when asked to send again."""

    durable = True
    redelivered = 0

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.read_so_far = self.asked = 0
        self.acknowledged: list[tuple[int, int]] = []

    def mark(self) -> tuple[int, int]:
        return self.connection, self.read_so_far

    def acknowledge(self, mark: tuple[int, int]) -> None:
        self.acknowledged.append(mark)

    def send_again(self) -> None:
        self.asked += 1
        self.connection += 1
        self.read_so_far = 0


class Rig:
    """Receipts, and a turn of the pump without the pump."""

    def __init__(self) -> None:
        self.source = KeepingSource()
        self.decoder = LineDecoder()
        self.sink = CountingSink()
        self.receipts = Receipts(self.source, self.decoder, self.sink)
        self.receipts.begin()

    def turn(self, samples: int = 1, *, of_others: int = 0, arrived: bool = True) -> None:
        """Read a message that gives so many samples, while others publish too."""
        self.source.read_so_far += arrived
        self.sink.published += samples + of_others
        self.receipts.note(arrived=arrived, gave=samples > 0)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_what_is_stored_is_acknowledged_by_the_newest_mark(rig: Rig):
    for samples in (1, 2, 3):
        rig.turn(samples)
    rig.receipts.stored(0)
    assert rig.source.acknowledged == []
    rig.receipts.stored(3)
    rig.receipts.stored(5)
    assert rig.source.acknowledged == [(0, 2)]
    rig.receipts.stored(6)
    rig.receipts.stored(6)
    assert rig.source.acknowledged == [(0, 2), (0, 3)]


def test_others_may_publish_as_well(rig: Rig):
    rig.turn(1, of_others=100)
    rig.receipts.stored(100)
    assert rig.source.acknowledged == []
    rig.receipts.stored(101)
    assert rig.source.acknowledged == [(0, 1)]


def test_a_turn_without_input_says_nothing_new(rig: Rig):
    rig.turn()
    rig.receipts.stored(1)
    rig.turn(0, arrived=False)
    rig.receipts.stored(1)
    rig.receipts.stored(1)
    assert rig.source.acknowledged == [(0, 1)]


def test_what_gave_no_samples_waits_for_the_commit_after_the_next_report(rig: Rig):
    """The next one may be of a commit that began before its raw bytes came."""
    rig.turn()
    rig.receipts.stored(1)
    rig.turn(0, of_others=1)
    rig.receipts.stored(2)
    assert rig.source.acknowledged == [(0, 1)]
    rig.receipts.stored(2)
    assert rig.source.acknowledged == [(0, 1), (0, 2)]


def test_nothing_is_noted_while_the_decoder_holds_a_part(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    rig.turn()
    rig.decoder._rest = b"12"
    rig.turn(0)
    for _ in range(3):
        rig.receipts.stored(9)
    assert rig.source.acknowledged == [(0, 1)]
    rig.decoder._rest = b""
    rig.turn()
    rig.receipts.stored(9)
    assert rig.source.acknowledged == [(0, 1), (0, 3)]
    rig.decoder._rest = b"12"
    rig.turn(0)
    monkeypatch.setattr(receipts, "HELD_UP", 0.0)  # the time is over
    rig.turn(0, arrived=False)
    for _ in range(2):
        rig.receipts.stored(9)
    assert rig.source.acknowledged[-1] == (0, 4), "the sender may hold the rest back until then"


def test_what_is_missed_is_asked_for_again(rig: Rig):
    rig.turn()
    rig.turn()
    rig.receipts.missed()
    rig.turn()
    rig.receipts.stored(99)
    assert rig.source.acknowledged == [], "not even what came between that and the next turn"
    assert rig.receipts.ask_again()
    rig.receipts.begin()
    assert not rig.receipts.ask_again()
    rig.turn()
    rig.receipts.stored(99)
    assert rig.source.acknowledged == [(1, 1)]
    assert rig.source.asked == 1


def test_what_others_missed_is_not_asked_for(rig: Rig):
    rig.turn()
    rig.receipts.stored(1)
    rig.receipts.missed()
    assert not rig.receipts.ask_again()
    rig.turn()
    rig.receipts.stored(2)
    assert rig.source.acknowledged == [(0, 1), (0, 2)]
    assert rig.source.asked == 0


def test_marks_are_bounded(rig: Rig):
    for _ in range(2 * MAX_MARKS):
        rig.turn()
    assert len(rig.receipts._marks) == MAX_MARKS
    rig.receipts.stored(MAX_MARKS + 5)
    assert rig.source.acknowledged == [(0, MAX_MARKS - 1)], "the last stands for all that came after these"
    rig.receipts.stored(2 * MAX_MARKS)
    assert rig.source.acknowledged[-1] == (0, 2 * MAX_MARKS)


def test_it_settles_when_all_is_stored(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(receipts, "SETTLE", 60.0)
    rig.receipts.settle()
    rig.turn()
    settling = threading.Thread(target=rig.receipts.settle, daemon=True)
    settling.start()
    rig.receipts.stored(0)
    assert settling.is_alive()
    rig.receipts.stored(1)
    until(lambda: not settling.is_alive())
    assert rig.source.acknowledged == [(0, 1)]


def test_it_does_not_wait_for_ever(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(receipts, "SETTLE", 0.01)
    rig.turn()
    rig.receipts.settle()
    assert rig.source.acknowledged == []


@pytest.mark.parametrize("durable", [False, None])
def test_other_sources_hear_nothing(durable: bool | None):
    source = KeepingSource() if durable is False else ScriptedSource()
    if durable is False:
        source.durable = False  # type: ignore[attr-defined]
    kept = Receipts(source, LineDecoder(), CountingSink())
    kept.begin()
    kept.note(arrived=True, gave=True)
    kept.stored(1)
    kept.missed()
    assert not kept.ask_again()
    kept.settle()
    assert getattr(source, "acknowledged", []) == []


STEPS = st.lists(
    st.tuples(st.just("turn"), st.integers(0, 3), st.integers(0, 2))
    | st.tuples(st.just("stored"), st.integers(0, 40), st.just(0))
    | st.tuples(st.just("missed"), st.just(0), st.just(0)),
    max_size=40,
)


@given(STEPS)
def test_nothing_is_acknowledged_that_is_not_stored(steps: list[tuple[str, int, int]]):
    it, stored = Rig(), 0
    published_by: dict[tuple[int, int], int] = {}
    first_lost: dict[int, int] = {}  # of each connection
    for step, number, of_others in steps:
        if step == "turn":
            it.turn(number, of_others=of_others)
            published_by[it.source.mark()] = it.sink.published
            if it.receipts.ask_again():
                it.receipts.begin()
        elif step == "stored":
            stored = min(max(stored, number), it.sink.published)
            it.receipts.stored(stored)
        else:
            it.receipts.missed()
            connection, newest = it.source.mark()
            safe = max((read for of, read in it.source.acknowledged if of == connection), default=0)
            if safe < newest:
                first_lost.setdefault(connection, safe + 1)
        for connection, read in it.source.acknowledged:
            assert published_by[connection, read] <= stored
            assert read < first_lost.get(connection, read + 1)
    assert it.source.acknowledged == sorted(set(it.source.acknowledged)), "each once, in order"
    for _ in range(2):
        it.receipts.stored(it.sink.published)
    if it.source.read_so_far and not it.receipts._missed:
        assert it.source.acknowledged[-1] == it.source.mark(), "all is, at last"
