from __future__ import annotations

import numpy as np
import pytest

from stripchart.flow.rate import MARK_EVERY_NS, MARKS, Rate, RateMeter

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


class Stream:
    """Feeds a meter as the history does."""

    def __init__(self) -> None:
        self.meter = RateMeter()
        self.rows = 0
        self.last_ns = 0

    def arrive(self, times_s: list[float], now_s: float | None = None) -> Rate:
        times = START + (np.array(times_s) * SECOND).astype(np.int64)
        now = START + int((times_s[-1] if now_s is None else now_s) * SECOND)
        self.meter.note(self.rows, times, now)
        self.rows += len(times)
        self.last_ns = int(times[-1])
        return self.meter.rate(self.rows, self.last_ns)


def stale(rate: Rate, now_s: float) -> bool:
    return rate.stale(START + int(now_s * SECOND))


def test_nothing_is_known_at_first():
    assert RateMeter().rate(0, 0) == (0.0, 0, 0.0)


def test_one_batch_tells_the_rate_of_its_rows():
    rate = Stream().arrive([0.0, 0.1, 0.2, 0.3, 0.4])
    assert rate.hz == pytest.approx(10)
    assert rate.period == 0


@pytest.mark.parametrize("hz", [0.01, 0.5, 3, 40, 1000])
def test_a_steady_stream_of_single_rows(hz: float):
    stream = Stream()
    for number in range(max(100, int(10 * hz))):
        rate = stream.arrive([number / hz])
    assert rate.hz == pytest.approx(hz)
    assert 0.99 / hz <= rate.period <= 1.01 / hz + MARK_EVERY_NS / SECOND


def test_bursts_do_not_pass_for_a_fast_stream():
    stream = Stream()
    for minute in range(30):
        for part in range(4):
            rate = stream.arrive([60 * minute + part / 100 + row / 10_000 for row in range(50)])
    assert rate.hz == pytest.approx(200 / 60, rel=0.1)
    assert not stale(rate, 60 * 29 + 61)
    assert stale(rate, 60 * 29 + 400)


def test_a_stream_is_stale_after_five_periods():
    stream = Stream()
    for number in range(10):
        rate = stream.arrive([20.0 * number])
    assert not stale(rate, 180 + 99)
    assert stale(rate, 180 + 101)


def test_a_fast_stream_is_given_five_seconds():
    stream = Stream()
    for number in range(100):
        rate = stream.arrive([number / 10])
    assert not stale(rate, 9.9 + 4.9)
    assert stale(rate, 9.9 + 5.1)


def test_a_stream_whose_habit_is_unknown_is_given_a_minute():
    rate = Stream().arrive([0.0])
    assert not stale(rate, 59)
    assert stale(rate, 61)


def test_staleness_goes_by_arrival_not_by_the_times_of_rows():
    stream = Stream()
    for number in range(10):
        rate = stream.arrive([number - 1e6], now_s=float(number))  # a replay, or a device whose clock was never set
    assert rate.hz == pytest.approx(1)
    assert not stale(rate, 9 + 4)
    assert stale(rate, 9 + 6)


def test_a_clock_that_steps_back_yields_no_negative_rate():
    stream = Stream()
    stream.arrive([1000.0])
    rate = stream.arrive([1.0])
    assert rate.hz == 0
    assert rate.period == 0
    for number in range(2, 2 + MARKS):
        rate = stream.arrive([float(number)])
    assert rate.hz == pytest.approx(1)
    assert not stale(rate, 1 + MARKS + 4)


def test_memory_is_bounded():
    stream = Stream()
    for number in range(10 * MARKS):
        stream.arrive([float(number)])
    assert len(stream.meter._marks) == MARKS
