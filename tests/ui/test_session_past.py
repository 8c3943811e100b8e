"""A session whose record reaches further back than memory."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart.flow.events import Event
from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, make_batch
from support.shelf import Shelf
from support.visit import Visit
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

A, B = Channel("a"), Channel("b")
SECOND = 1_000_000_000
RATE = 1_000


class Bench:
    """A stream whose value is its row's number: ``earlier`` rows of another run, then of this one, until now."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.hub = Hub(history_rows=2_000)
        self.visit = Visit(self.hub, archive=self.shelf, window=3600.0)
        self.start = (time.time_ns() // SECOND - 60) * SECOND
        self.row = 0

    def add(self, rows: int, *, live: bool = True) -> None:
        numbers = np.arange(self.row, self.row + rows)
        batch = make_batch("s", (A,), self.start + numbers * (SECOND // RATE), [numbers])
        self.shelf.add(batch)
        if live:
            self.hub.publish(batch)
        self.row += rows

    def begin(self) -> None:
        """Open the page and wait until the record is known."""
        self.visit.begin()
        self.visit.until(lambda: self.visit.page.record, "the record")

    def look(self, first: int, stop: int) -> None:
        """Look at some rows; the picture has a margin of a twentieth at either side."""
        ms = self.start / 1e6 + np.array([first, stop]) * 1000 / RATE
        self.visit.page.view = ms.tolist()

    @property
    def values(self) -> list[float]:
        return [value for value in self.visit.held["s0"]["c0"] if value is not None]


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.visit.end()
    made.visit.context.close()


def test_a_window_beyond_memory_is_completed_while_data_arrive(bench: Bench) -> None:
    bench.add(20_000)
    assert bench.hub.held("s").first > 10_000
    bench.begin()
    assert bench.visit.rows() < 10_000  # what memory holds, at once
    for _ in range(30):
        bench.add(50)
        bench.visit.ticks()
        time.sleep(0.005)
    bench.visit.until(lambda: bench.visit.rows() > 20_000, "the rows of the record")
    for _ in range(30):
        bench.add(50)
        bench.visit.ticks()
    late = bench.visit.session._layout.views["s"][0].reducer.flush()
    assert bench.visit.rows() + sum(int(rows.weight.sum()) for rows in late) == bench.row
    times = bench.visit.held["s0"]["t"]
    assert times == sorted(times)
    assert max(np.diff(bench.values)) < 8 * bench.visit.session._look.bucket_ns / SECOND * RATE


def test_a_restart_is_a_gap_in_one_line(bench: Bench) -> None:
    bench.add(500, live=False)
    bench.shelf.new_run()
    bench.add(100)
    bench.begin()
    bench.visit.until(lambda: bench.visit.rows() == 600)
    assert bench.visit.held["s0"]["c0"].count(None) == 1
    assert list(bench.visit.held) == ["s0"]
    bench.add(10)
    bench.visit.ticks()
    late = bench.visit.session._layout.views["s"][0].reducer.flush()
    assert bench.visit.rows() + sum(int(rows.weight.sum()) for rows in late) == 610


def test_a_look_at_the_past_is_exact_and_keeps_what_it_has_until_then(bench: Bench) -> None:
    bench.add(20_000)
    bench.begin()
    bench.look(5_000, 5_100)
    bench.visit.until(lambda: bench.visit.rows() == 110)
    assert bench.values == list(range(4_995, 5_105))
    bench.shelf.delay = 0.2
    bench.look(5_050, 5_150)
    for _ in range(3):
        bench.visit.ticks()
        assert bench.visit.rows() == 110  # as before
    bench.visit.until(lambda: bench.values[0] == 5_045)
    bench.look(19_900, 20_000)
    bench.visit.ticks(1)
    assert bench.values == list(range(19_895, 20_000))  # memory has it, so at once


def test_back_to_live_begins_with_what_memory_holds(bench: Bench) -> None:
    bench.add(20_000)
    bench.begin()
    bench.look(5_000, 5_100)
    bench.visit.until(lambda: bench.visit.rows() == 110)
    bench.shelf.delay = 0.2
    bench.visit.page.view = []
    bench.visit.ticks(1)
    assert bench.visit.rows() == 20_000 - bench.hub.held("s").first
    bench.visit.until(lambda: bench.visit.rows() == 20_000)


def test_another_window_while_live_misses_nothing(bench: Bench) -> None:
    bench.add(20_000)
    bench.begin()
    bench.visit.until(lambda: bench.visit.rows() == 20_000)
    bench.shelf.delay = 0.05
    for window in (1800.0, 7200.0, 5000.0):
        bench.visit.page.window = window
        for _ in range(5):
            bench.add(20)
            bench.visit.ticks()
    bench.visit.until(lambda: bench.visit.session._past._job is None)
    late = bench.visit.session._layout.views["s"][0].reducer.flush()
    assert bench.visit.rows() + sum(int(rows.weight.sum()) for rows in late) == bench.row


def test_a_slow_page_gets_what_it_missed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripchart.ui.session.QUEUE_SAMPLES", 500)
    bench.add(10_000)
    bench.begin()
    bench.visit.until(lambda: bench.visit.rows() == 10_000)
    for _ in range(10):
        bench.add(500)
    bench.visit.until(lambda: bench.visit.rows() == 15_000)
    (subscription,) = bench.hub.subscriptions()
    assert subscription.counts().lost > 0


def test_trouble_shows_and_memory_does_meanwhile(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripchart.ui.past.past.RETRY_SECONDS", 0.05)
    bench.add(20_000)
    bench.begin()
    bench.look(5_000, 5_100)
    bench.visit.until(lambda: bench.visit.rows() == 110)
    bench.shelf.error = OSError("no disk")
    bench.look(0, 20_000)
    bench.visit.until(lambda: bench.visit.told("past")["trouble"])
    assert "no disk" in bench.visit.told("past")["trouble"]
    assert bench.visit.rows() == 20_000 - bench.hub.held("s").first
    bench.look(6_000, 6_100)
    for _ in range(5):
        bench.visit.ticks()
        time.sleep(0.02)
    assert bench.visit.rows() == 20_000 - bench.hub.held("s").first  # memory has nothing there, so it stays
    bench.shelf.error = None
    bench.visit.until(lambda: bench.visit.rows() == 110)
    assert bench.visit.told("past") == {"busy": False, "trouble": ""}


def test_it_says_when_it_takes_long(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripchart.ui.past.past.BUSY_SECONDS", 0.01)
    bench.add(20_000)
    bench.begin()
    bench.visit.until(lambda: bench.visit.rows() == 20_000)
    assert bench.visit.told("past") == {"busy": False, "trouble": ""}
    bench.shelf.delay = 0.1
    bench.look(5_000, 5_100)
    bench.visit.until(lambda: bench.visit.told("past")["busy"])
    bench.visit.until(lambda: not bench.visit.told("past")["busy"])
    assert bench.visit.rows() == 110


def test_a_recording_without_any_source(bench: Bench) -> None:
    bench.add(500, live=False)
    bench.shelf.add(make_batch("t", (A, B), [bench.start + SECOND], [[1], [2]]))
    bench.begin()
    assert not bench.visit.context.live
    told = bench.visit.told("record")
    assert told["live"] is False
    assert (told["start"], told["end"]) == (bench.start / 1e6, (bench.start + SECOND) / 1e6)
    bench.look(0, 1100)
    bench.visit.until(lambda: bench.visit.rows() == 500 and bench.visit.rows("s1") == 1)
    strips = bench.visit.told("layout")["strips"]
    assert [line["channel"] for strip in strips for line in strip["lines"]] == ["s/a", "t/a", "t/b"]
    bench.visit.until(lambda: len(bench.visit.told("record")["lines"]) == 3, "the overview")
    assert [line[:2] for line in bench.visit.told("record")["lines"]] == [[0, 0], [1, 0], [1, 1]]
    bench.add(5)
    bench.visit.until(lambda: bench.visit.told("record")["live"])


def test_a_stream_of_the_record_has_no_strip_where_it_was_not(bench: Bench) -> None:
    bench.shelf.add(make_batch("old", (A,), [bench.start - 10_000 * SECOND], [[1]]))
    bench.shelf.new_run()
    bench.add(10)
    bench.begin()
    bench.visit.ticks()
    assert list(bench.visit.session._layout.views) == ["s"]
    bench.look(-10_100 * RATE, 0)
    bench.visit.until(lambda: bench.visit.rows("s1") == 1)
    assert list(bench.visit.session._layout.views) == ["s", "old"]


def test_a_stream_that_comes_back_goes_on_with_its_line(bench: Bench) -> None:
    bench.add(100, live=False)
    bench.shelf.new_run()
    bench.begin()
    bench.visit.until(lambda: bench.visit.rows() == 100)
    bench.add(50)
    bench.visit.until(lambda: bench.visit.rows("s1") == 150)
    lines = [line for strip in bench.visit.told("layout")["strips"] for line in strip["lines"]]
    assert [line["source"] for line in lines] == ["s1"]
    assert bench.visit.held["s1"]["c0"].count(None) == 1


def test_channels_of_the_record_that_came_in_turns_are_whole_lines(bench: Bench) -> None:
    for step in range(10):
        channels = (A,) if step % 2 else (B,)
        bench.shelf.add(make_batch("s", channels, [bench.start - (10 - step) * 10 * SECOND], [[step]]))
    bench.begin()
    bench.visit.until(lambda: len(bench.visit.held) == 2 and bench.visit.rows("s0") == bench.visit.rows("s1") == 5)
    drawn = [[value for name in held for value in held[name] if name[0] == "c"] for held in bench.visit.held.values()]
    assert sorted(drawn) == [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]


def test_events_of_the_record_and_of_now_are_marked(bench: Bench) -> None:
    bench.add(20_000)
    old = Event(bench.start + 5 * SECOND, "s", "lost", "unplugged", 0)
    bench.shelf.happened = [old]
    bench.visit.context.events.post(bench.start + 15 * SECOND, "s", "gap", "3 rows")
    bench.begin()
    bench.visit.until(lambda: len(bench.visit.told("marks")) == 2)
    assert bench.visit.told("record")["marks"] == [[old.time_ns / 1e6, "lost"]]
    bench.visit.context.events.post(bench.start + 16 * SECOND, "s", "failed", "no more")
    bench.visit.until(lambda: len(bench.visit.told("marks")) == 3)
    bench.look(4_000, 6_000)
    bench.visit.until(lambda: bench.visit.told("marks") == [[old.time_ns / 1e6, "lost", "s: unplugged", 1]])


def test_an_empty_recording_says_so(bench: Bench) -> None:
    bench.begin()
    assert bench.visit.told("record") == {"empty": True}


def test_a_recording_that_cannot_be_opened_says_why(bench: Bench) -> None:
    bench.shelf.error = OSError("no disk")
    bench.visit.begin()
    bench.visit.until(lambda: bench.visit.told("past")["trouble"])
    assert "no disk" in bench.visit.told("past")["trouble"]
    assert bench.visit.page.record == ""


def test_a_page_that_keeps_falling_behind_is_completed_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripchart.ui.session.QUEUE_SAMPLES", 10)
    bench.add(20_000)
    bench.begin()
    bench.visit.until(lambda: bench.visit.rows() == 20_000)
    bench.shelf.delay = 0.1
    bench.visit.page.window = 7200.0

    def falls_behind() -> bool:
        for _ in range(2):  # the newest batch is never lost
            bench.add(20)
        bench.visit.ticks(1)
        return bench.visit.session._look.bucket_ns == bench.visit.session._layout.views["s"][0].reducer.bucket_ns

    until(falls_behind, what="the picture of the wider window")
