from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.errors import ConfigError, EndOfSource, SourceLost
from stripchart.flow import ledger, pump
from stripchart.flow.clock.source import Clock, ClockOptions
from stripchart.flow.events import EventLog
from stripchart.flow.hub import Hub
from stripchart.flow.ledger import describe
from stripchart.flow.pump import Backoff, Pump, State
from stripchart.flow.records import Channel, Kind, make_batch
from support.parts import AT_ONCE, BrokenError, LineDecoder, ScriptedSource
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stripchart.flow.records import Batch

NEVER = Backoff(1000.0, 1000.0)


class Rig:
    """A pump on a scripted source, and all that comes out of it."""

    def __init__(self, *orders: bytes | Exception, hub: Hub | None = None, **options: object) -> None:
        self.source = ScriptedSource(*orders)
        self.hub = hub or Hub()
        self.queue = self.hub.subscribe()
        self.pump = Pump("bench", self.source, LineDecoder(), self.hub, **{"backoff": AT_ONCE, **options})  # type: ignore[arg-type]
        self.batches: list[Batch] = []

    def arrived(self, samples: int) -> list[Batch]:
        """Wait for so many batches of one sample since the last call."""
        until(lambda: self._drain() >= samples, what=f"{samples} samples")
        got, self.batches = self.batches, []
        return got

    def ends_as(self, state: State) -> None:
        until(lambda: self.pump.state is state, what=state)
        until(lambda: not self.pump._thread or not self.pump._thread.is_alive(), what="thread ends")
        assert not self.source.is_open

    def balances(self) -> bool:
        return ledger.source_balances(describe(self.pump))

    def _drain(self) -> int:
        self.batches += self.queue.drain().batches
        return len(self.batches)


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    made = []

    def make(*orders: bytes | Exception, **options: object) -> Rig:
        made.append(Rig(*orders, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.source.may_read.set()
        assert each.pump.stop()


def values(batches: list[Batch]) -> list[tuple[str, float, bool]]:
    return [(batch.stream, batch["value"][0], batch.gap) for batch in batches]


def test_what_arrives_is_published_under_the_name_of_the_source(rig: Callable[..., Rig]):
    it = rig(b"1\n2\nimu/x 3\n")
    it.pump.start()
    assert values(it.arrived(3)) == [("bench", 1, False), ("bench", 2, False), ("bench/imu/x", 3, False)]
    assert it.pump.state is State.CONNECTED
    assert it.pump.stop()
    it.ends_as(State.STOPPED)


def test_a_lost_source_is_opened_again_and_each_stream_goes_on_after_a_gap(rig: Callable[..., Rig]):
    it = rig(b"1\nx 2\n", SourceLost("unplugged"), b"3\nx 4\n5\nnew 6\n")
    it.pump.start()
    assert values(it.arrived(6)) == [
        ("bench", 1, False), ("bench/x", 2, False),
        ("bench", 3, True), ("bench/x", 4, True), ("bench", 5, False), ("bench/new", 6, False),
    ]  # fmt: skip
    assert it.pump.reconnects == 1
    assert it.source.opened == 2


def test_a_gap_is_not_spent_on_a_stream_that_has_nothing(rig: Callable[..., Rig]):
    it = rig(b"1\n", SourceLost("away"), SourceLost("away"), b"\n", b"2\n")
    it.pump.start()
    assert values(it.arrived(2)) == [("bench", 1, False), ("bench", 2, True)]


def test_the_partial_frame_is_forgotten_at_a_loss(rig: Callable[..., Rig]):
    it = rig(b"1\n12", SourceLost("unplugged"), b"34\n")
    it.pump.start()
    assert [value for _, value, _ in values(it.arrived(2))] == [1, 34]
    counts = it.pump.counts()
    assert (counts.bytes, counts.bytes_framed, counts.bytes_skipped, counts.bytes_buffered) == (7, 5, 2, 0)


def test_it_waits_for_a_source_that_is_not_there_yet(rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture):
    it = rig(b"1\n")
    for _ in range(20):
        it.source.open_orders.put(SourceLost("no such device"))
    with caplog.at_level(logging.INFO, "stripchart.flow.pump"):
        it.pump.start()
        it.arrived(1)
    assert it.source.opened == 21
    assert it.pump.reconnects == 0
    assert sum("no such device" in record.message for record in caplog.records) == 1


def test_why_it_waits_is_told(rig: Callable[..., Rig]):
    it = rig(backoff=NEVER)
    it.source.open_orders.put(SourceLost("no such device"))
    it.pump.start()
    until(lambda: it.pump.reason)
    assert (it.pump.state, it.pump.reason) == (State.WAITING, "no such device")


def test_while_it_is_lost_it_says_why(rig: Callable[..., Rig]):
    it = rig(b"1\n", SourceLost("unplugged"), backoff=NEVER)
    it.pump.start()
    until(lambda: it.pump.state is State.LOST)
    assert it.pump.reason == "unplugged"
    assert not it.source.is_open
    assert it.pump.alive()


def test_a_source_that_must_start_fails_when_it_is_not_there(rig: Callable[..., Rig]):
    it = rig(must_start=True)
    it.source.open_orders.put(SourceLost("no such device"))
    it.pump.start()
    it.ends_as(State.FAILED)
    assert it.pump.reason == "no such device"
    assert it.source.opened == 1


def test_a_source_that_must_start_may_be_lost_later(rig: Callable[..., Rig]):
    it = rig(b"1\n", SourceLost("unplugged"), b"2\n", must_start=True)
    it.pump.start()
    it.arrived(2)


@pytest.mark.parametrize("where", ["open", "read"])
def test_a_wrong_configuration_is_given_up(rig: Callable[..., Rig], where: str):
    it = rig()
    (it.source.open_orders if where == "open" else it.source.orders).put(ConfigError("baudrate: expected a number"))
    it.pump.start()
    it.ends_as(State.FAILED)
    assert it.pump.reason == "baudrate: expected a number"
    assert it.pump.alive()


@pytest.mark.parametrize("where", ["open", "read"])
def test_a_faulty_adapter_fails_visibly(rig: Callable[..., Rig], where: str, caplog: pytest.LogCaptureFixture):
    it = rig()
    (it.source.open_orders if where == "open" else it.source.orders).put(BrokenError("oops"))
    it.pump.start()
    it.ends_as(State.FAILED)
    assert it.pump.reason == "unexpected BrokenError: oops"
    assert "unexpected error" in caplog.text


def test_an_adapter_that_cannot_even_close_does_not_end_the_thread(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
):
    it = rig(b"1\n", SourceLost("unplugged"), b"2\n")
    close = it.source.close

    def fail() -> None:
        close()
        raise BrokenError("close")

    it.source.close = fail  # type: ignore[method-assign]
    it.pump.start()
    it.arrived(2)
    it.pump.stop()
    it.ends_as(State.STOPPED)
    assert "unexpected error on closing" in caplog.text


def test_a_finite_source_is_decoded_to_its_end(rig: Callable[..., Rig]):
    it = rig(b"1\n2", EndOfSource())
    it.pump.start()
    assert [value for _, value, _ in values(it.arrived(2))] == [1, 2]
    it.ends_as(State.ENDED)
    assert it.pump.counts().bytes_buffered == 0
    assert it.balances()
    assert it.source.opened == 1


def test_a_fault_at_the_very_end_is_counted_too(rig: Callable[..., Rig]):
    it = rig(b"1\nraise", EndOfSource())
    it.pump.start()
    it.ends_as(State.ENDED)
    assert it.pump.counts().rejected == {"decoder failed: ZeroDivisionError": 1}
    assert it.balances()


def test_a_decoder_that_raises_loses_one_read(rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture):
    it = rig(b"1\n", b"2\nraise\n3\n", b"4\nhello\n", b"raise 1\n", b"5\n")
    it.pump.start()
    assert values(it.arrived(3)) == [("bench", 1, False), ("bench", 4, True), ("bench", 5, True)]
    assert it.pump.state is State.CONNECTED
    assert it.pump.counts().rejected == {"decoder failed: ZeroDivisionError": 2, "not a number": 1}
    assert it.balances()
    assert [reject.data for reject in it.pump.rejects()] == [b"2\nraise\n3\n", b"hello", b"raise 1\n"]
    assert sum("decoder failed" in record.message for record in caplog.records) == 1


def test_samples_beyond_the_limit_are_counted_as_refused(rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture):
    it = rig(b"".join(b"s%d 1\n" % number for number in range(1000)) + b"s0 2\n", hub=Hub(max_channels=3))
    it.pump.start()
    it.arrived(4)
    counts = it.pump.counts()
    assert (counts.samples, counts.refused, counts.decoded) == (4, 997, 1001)
    assert len(it.pump._outlet._epochs) == 3
    assert caplog.text.count("limit of channels") == 1


def test_it_starts_again_after_a_stop_with_a_gap(rig: Callable[..., Rig]):
    it = rig(b"1\n12")
    it.pump.start()
    it.arrived(1)
    assert it.pump.stop()
    it.source.orders.put(b"3\n")
    it.pump.start()
    assert values(it.arrived(1)) == [("bench", 3, True)]
    assert it.balances()
    it.pump.start()
    assert it.source.opened == 2


def test_stopping_is_safe_at_any_time(rig: Callable[..., Rig]):
    it = rig()
    assert it.pump.stop()
    assert it.pump.state is State.IDLE
    it.pump.start()
    assert it.pump.stop()
    assert it.pump.stop()
    it.ends_as(State.STOPPED)


def test_stopping_cuts_the_wait_for_the_next_attempt_short(rig: Callable[..., Rig]):
    it = rig(backoff=NEVER)
    it.source.open_orders.put(SourceLost("away"))
    it.pump.start()
    until(lambda: it.pump.reason)
    assert it.pump.stop()
    it.ends_as(State.STOPPED)


def test_a_source_that_hangs_is_left_behind(
    rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(pump, "STOP_TIMEOUT", 0.05)
    monkeypatch.setattr(pump, "STALLED_AFTER", 0.1)
    it = rig()
    it.source.may_read.clear()
    it.pump.start()
    until(lambda: it.source.reads)
    assert not it.pump.stop()
    assert "left behind" in caplog.text
    until(lambda: not it.pump.alive())
    it.pump.start()
    assert it.source.opened == 1
    it.source.may_read.set()
    it.ends_as(State.STOPPED)


def test_a_quiet_source_is_alive(rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch):
    it = rig()
    it.pump.start()
    until(lambda: it.source.reads > 3)
    assert it.pump.alive()
    beat = it.pump._beat
    until(lambda: it.pump._beat > beat)
    it.pump.stop()
    monkeypatch.setattr(pump, "STALLED_AFTER", 0.0)
    assert it.pump.alive()


def test_threads_stay_flat(rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pump, "READ_TIMEOUT", 0.01)
    before = threading.active_count()
    for _ in range(100):
        it = rig(b"1\n")
        it.pump.start()
        it.arrived(1)
        it.pump.stop()
    assert threading.active_count() == before


def test_the_wait_starts_over_once_something_arrived(rig: Callable[..., Rig]):
    it = rig(b"1\n", SourceLost("away"))
    asked: queue.Queue[int] = queue.Queue()

    class Noted(Backoff):
        def delay(self, attempt: int) -> float:
            asked.put(attempt)
            return 0.001

    it.pump._backoff = Noted()
    for order in (SourceLost("away"), SourceLost("away"), b"2\n", SourceLost("away")):
        it.source.orders.put(order)
    it.pump.start()
    assert [asked.get(timeout=10) for _ in range(4)] == [0, 1, 2, 0]


def test_the_newest_input_can_be_looked_at(rig: Callable[..., Rig]):
    it = rig(b"1\n2\n", b"oops\n")
    it.pump.start()
    until(lambda: len(it.pump.tail()) == 2)
    assert [chunk.data for chunk in it.pump.tail()] == [b"1\n2\n", b"oops\n"]


def test_a_tap_gets_all_that_was_read_before_it_is_decoded(rig: Callable[..., Rig]):
    it = rig(b"1\n2", b"", SourceLost("away"), b"raise\n")
    taken: list[tuple[str, bytes, int]] = []
    it.pump.tap = lambda name, chunks: taken.extend((name, chunk.data, it.hub.published) for chunk in chunks)
    it.pump.start()
    until(lambda: len(taken) == 3)
    assert taken == [("bench", b"1\n2", 0), ("bench", b"", 1), ("bench", b"raise\n", 1)]


def test_what_happens_is_told_as_events(rig: Callable[..., Rig]):
    events = EventLog()
    it = rig(b"1\nraise\n", SourceLost("unplugged"), b"2\n", EndOfSource(), events=events)
    it.pump.start()
    it.ends_as(State.ENDED)
    until(lambda: it.pump.state is State.ENDED)
    assert [(event.source, event.kind, event.text) for event in events.events()] == [
        ("bench", "waiting", ""), ("bench", "connected", ""), ("bench", "decoder", "decoder failed: ZeroDivisionError"),
        ("bench", "lost", "unplugged"), ("bench", "connected", ""), ("bench", "ended", ""),
    ]  # fmt: skip


def test_rows_have_the_time_of_the_devices_clock():
    class Clocked(LineDecoder):
        def _decode(self, line: bytes, size: int, time_ns: int) -> list[Batch]:
            channels = (Channel("clock", "s", Kind.TIME), Channel("value"))
            made = super()._decode(line, size, time_ns)
            return [make_batch(b.stream, channels, b.time, [b["value"], b["value"]]) for b in made]

    hub, events = Hub(), EventLog()
    source = ScriptedSource(b"1700000000\n", b"1699999990\n", EndOfSource())
    it = Pump("bench", source, Clocked(), hub, events=events)
    it.start()
    until(lambda: it.state is State.ENDED)
    batch, _ = hub.read("bench")
    assert batch.time.tolist() == [1_700_000_000 * 10**9, 1_699_999_990 * 10**9]
    assert batch.channels == (Channel("value"),)
    assert [event.text for event in events.events() if event.kind == "clock"] == [
        "the device's clock stepped back by 10 s",
    ]  # fmt: skip
    assert describe(it)["clock"] == {"note": "device's clock", "offset_s": None, "drift_ppm": None}


def test_a_user_who_asked_for_the_devices_time_in_vain_is_told():
    source = ScriptedSource(b"1\n", EndOfSource())
    source.status = "at 9600 baud"
    it = Pump("bench", source, LineDecoder(), Hub(), clock=Clock(ClockOptions(time="device")))
    it.start()
    until(lambda: it.state is State.ENDED)
    assert it.status == "at 9600 baud; no device time has come: rows have the time of arrival"
    assert describe(it)["status"] == it.status


PIECES = st.lists(
    st.sampled_from(
        [b"1\n", b"23", b"\n", b"x 4\n", b"oops\n", b"5\n6\n7", b"raise 1\n", b"rai", b"se\n", SourceLost("away")]
    ),
    max_size=30,
)


@given(PIECES)
def test_the_account_balances_at_every_instant(pieces: list[bytes | Exception]):
    it = Rig(*pieces, EndOfSource())
    it.pump.start()
    while it.pump.state is not State.ENDED:
        assert it.balances()
    it.ends_as(State.ENDED)
    assert it.balances()
    counts = it.pump.counts()
    assert counts.bytes == sum(len(piece) for piece in pieces if isinstance(piece, bytes))
    assert counts.samples == it.queue.counts().published == it.hub.published
    assert counts.reconnects == sum(isinstance(piece, Exception) for piece in pieces)
