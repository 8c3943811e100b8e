from __future__ import annotations

import numpy as np
import pytest

from stripchart.flow.analysis.sampling import Even, Uneven, evenly
from stripchart.flow.records import ABSENT, Kind

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
RANDOM = np.random.default_rng(7)


def clock(rate: float, rows: int) -> np.ndarray:
    return START + np.round(np.arange(rows) * SECOND / rate).astype(np.int64)


def tone(time: np.ndarray, hertz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * (time - START) / SECOND)


def even(time: np.ndarray, value: np.ndarray, **options: float) -> Even:
    found = evenly(time, value, **options)
    assert isinstance(found, Even), found
    return found


@pytest.mark.parametrize("rate", [0.1, 50, 333.3, 44_100])
def test_a_steady_clock_gives_the_samples_themselves(rate: float):
    time = clock(rate, 1000)
    found = even(time, tone(time, rate / 10))
    assert found.rate_hz == pytest.approx(rate, rel=1e-6)
    assert found.start_ns == START
    assert not found.resampled
    assert (found.jitter < 0.01, found.gaps) == (True, 0)
    np.testing.assert_array_equal(found.value, tone(time, rate / 10))


@pytest.mark.parametrize("rate", [300, 700, 1300, 2500])
def test_whole_milliseconds_do_not_bend_the_rate(rate: float):
    true = clock(rate, 5000)
    found = even(true // 1_000_000 * 1_000_000, tone(true, 20))
    assert found.rate_hz == pytest.approx(rate, rel=1e-3)
    assert found.resampled is False
    assert len(found.value) == 5000


def test_times_of_arrival_that_jitter_do_not_bend_the_signal():
    true = clock(100, 2000)
    arrival = true + RANDOM.exponential(0.003 * SECOND, 2000).astype(np.int64)
    found = even(np.sort(arrival), tone(true, 5))
    assert found.rate_hz == pytest.approx(100, rel=1e-3)
    assert 0.2 < found.jitter < 0.4
    np.testing.assert_array_equal(found.value, tone(true, 5))


def test_rows_that_come_together_are_spread():
    true = clock(100, 1000)
    arrival = np.repeat(true[9::10], 10)  # ten rows at each tenth of a second
    found = even(arrival, tone(true, 3))
    assert found.rate_hz == pytest.approx(100, rel=1e-3)
    assert found.start_ns == pytest.approx(START, abs=2)
    assert found.resampled is False


def test_a_clock_that_wanders_is_interpolated():
    time = START + np.cumsum(RANDOM.uniform(0.005, 0.015, 5000) * SECOND).astype(np.int64)
    found = even(time, tone(time, 2))
    assert found.resampled
    assert found.rate_hz == pytest.approx(100, rel=0.05)
    grid = found.start_ns + np.arange(len(found.value)) * SECOND / found.rate_hz
    np.testing.assert_allclose(found.value, tone(grid, 2), atol=0.02)


def test_lost_rows_of_a_steady_clock_are_bridged():
    time = clock(100, 1000)
    value = tone(time, 2)
    value[[300, 301, 700]] = np.nan, ABSENT, np.inf
    found = even(np.delete(time, 500), np.delete(value, 500))
    assert (found.resampled, found.gaps, len(found.value)) == (True, 0, 1000)
    assert found.rate_hz == pytest.approx(100)
    np.testing.assert_allclose(found.value, tone(time, 2), atol=0.02)


def test_the_newest_of_the_long_stretches_is_taken():
    time = clock(100, 1000)
    time[500:] += SECOND
    time[950:] += SECOND
    found = even(time, np.arange(1000.0))
    assert (found.gaps, found.start_ns) == (2, int(time[500]))
    assert found.value.tolist() == list(range(500, 950))
    assert even(time, np.arange(1000.0), max_gap=200).gaps == 0


def test_a_clock_that_steps_back_is_a_gap():
    time = clock(100, 1000)
    time[400:] -= 2 * SECOND
    found = even(time, np.arange(1000.0))
    assert (found.gaps, found.value[0], len(found.value)) == (1, 400, 600)


@pytest.mark.parametrize(
    ("time", "kind", "reason"),
    [
        (clock(10, 15), Kind.NUMBER, "only 15 samples yet: at least 16 are needed"),
        (clock(10, 50), Kind.STATE, "a state channel has no rate: choose a number"),
        (np.full(50, START), Kind.NUMBER, "no two samples are in order of time"),
        (clock(10, 50)[::-1], Kind.NUMBER, "no two samples are in order of time"),
        (
            clock(10, 50) + np.arange(50) // 10 * 20 * SECOND,
            Kind.NUMBER,
            "the longest stretch without a gap has 10 samples: at least 16 are needed",
        ),
    ],
)
def test_it_says_why_it_cannot(time: np.ndarray, kind: Kind, reason: str):
    assert evenly(time, np.zeros(len(time)), kind) == Uneven(reason)


def test_the_samples_are_left_alone():
    time, value = np.repeat(clock(10, 20), 2), np.arange(40.0)
    time.setflags(write=False)
    value.setflags(write=False)
    assert np.shares_memory(even(time, value).value, value)
