from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.errors import ConfigError
from stripchart.flow.events import BURST, BY_HAND, MAX_EVENTS, NOTE, REFILL_NS, Event, EventLog, as_note, notes
from support.decoding import many_examples

NOW = 1_700_000_000_000_000_000


def test_events_are_numbered_and_kept_in_order():
    log = EventLog()
    log.post(NOW, "bench", "connected", "")
    log.post(NOW + 1, "imu", "clock", "the device restarted")
    assert log.events() == [
        Event(NOW, "bench", "connected", "", 0), Event(NOW + 1, "imu", "clock", "the device restarted", 1),
    ]  # fmt: skip
    assert log.events(after=0) == log.events()[1:]
    assert log.events(after=1) == []
    assert log.totals() == {("bench", "connected"): 1, ("imu", "clock"): 1}


def test_the_oldest_make_room():
    log = EventLog()
    for number in range(MAX_EVENTS + 5):
        log.post(NOW + number * REFILL_NS, "bench", "lost", "")
    assert [event.number for event in log.events()] == list(range(5, MAX_EVENTS + 5))
    assert log.dropped == 5


def test_one_source_cannot_push_the_others_out():
    log = EventLog()
    log.post(NOW, "imu", "connected", "")
    for _ in range(10 * MAX_EVENTS):
        log.post(NOW, "bench", "clock", "stepped")
    log.post(NOW, "bench", "lost", "")
    assert [event.kind for event in log.events()] == ["connected", *["clock"] * BURST, "lost"]
    assert log.dropped == 10 * MAX_EVENTS - BURST
    assert log.totals()["bench", "clock"] == 10 * MAX_EVENTS


def test_the_next_one_tells_how_many_were_left_out():
    log = EventLog()
    for _ in range(BURST + 1234):
        log.post(NOW, "bench", "clock", "stepped")
    log.post(NOW + REFILL_NS, "bench", "clock", "stepped")
    log.post(NOW + 2 * REFILL_NS, "bench", "clock", "stepped")
    assert [event.text for event in log.events()[-2:]] == ["stepped (1,234 more of this kind before)", "stepped"]


def test_none_of_what_a_hand_does_is_left_out():
    log = EventLog()
    for number in range(MAX_EVENTS):
        log.post(NOW + number * 10**9, "bench", "command", f"rate {number}")
    assert (len(log.events()), log.dropped) == (MAX_EVENTS, 0)
    for _ in range(MAX_EVENTS):
        log.post(NOW + MAX_EVENTS * 10**9, "bench", "command", "by a program")
    assert [event.text for event in log.events()].count("by a program") == BY_HAND["command"][0]


def test_a_clock_that_was_set_back_does_not_silence_it():
    log = EventLog()
    for _ in range(BURST):
        log.post(NOW, "bench", "clock", "stepped")
    log.post(NOW - 3600 * 10**9, "bench", "clock", "set back")
    assert log.events()[-1].text == "set back"


@many_examples
@given(st.lists(st.tuples(st.integers(0, 10**12), st.sampled_from("ab"), st.sampled_from("xy"))))
def test_every_event_is_kept_or_counted_as_dropped(posted: list[tuple[int, str, str]]):
    log = EventLog()
    for time_ns, source, kind in posted:
        log.post(time_ns, source, kind, "")
    assert len(log.events()) + log.dropped == len(posted) == sum(log.totals().values())


def test_many_threads_may_post():
    log = EventLog()

    def post(name: str) -> None:
        for number in range(200):
            log.post(NOW + number * REFILL_NS, name, "gap", "")

    threads = [threading.Thread(target=post, args=(f"s{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.number for event in log.events()] == list(range(600, 1600))
    assert log.dropped == 600


def test_a_note_takes_the_place_of_another_at_its_time_and_an_empty_one_takes_it_away():
    recorded = [Event(NOW, "", NOTE, "valve open", 0), Event(NOW + 5, "", NOTE, "sensor cleaned", 1)]
    log = EventLog()
    log.post(NOW, "bench", "gap", "2 rows")
    log.post(NOW, "", NOTE, "valve 2 open")
    log.post(NOW + 5, "", NOTE, "")
    log.post(NOW - 5, "", NOTE, "begin")
    assert [(note.time_ns, note.text) for note in notes(recorded, log.events())] == [
        (NOW - 5, "begin"), (NOW, "valve 2 open"),
    ]  # fmt: skip
    assert notes(recorded) == recorded


def test_a_note_has_one_line_and_a_time_that_a_browser_can_name():
    time_ns, text = as_note(NOW + 499, "  two\n lines ")
    assert (time_ns, text) == (NOW, "two lines")
    assert as_note(NOW + 500, "x")[0] == NOW + 1_000
    milliseconds = (NOW + 12_345_000) / 1e6  # as the page is told it, and tells it again
    assert as_note(round(milliseconds * 1e3) * 1_000, "x")[0] == NOW + 12_345_000
    with pytest.raises(ConfigError, match="note: expected at most 500 characters, got 501"):
        as_note(NOW, "x" * 501)


def test_people_are_told_when_their_note_is_not_taken():
    log = EventLog()
    assert all(log.post(NOW, "", NOTE, str(number)) for number in range(BY_HAND[NOTE][0]))
    assert not log.post(NOW, "", NOTE, "one more")
