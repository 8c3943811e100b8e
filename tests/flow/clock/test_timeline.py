from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.clock.timeline import SAME_CLOCK, Starts, Timeline, span, wrap_of
from support.decoding import many_examples
from support.devices import SECOND, instants, late

if TYPE_CHECKING:
    from numpy.typing import NDArray

MS = SECOND // 1000


class Follower:
    def __init__(self, *, counts: bool = True, unit: str = "ms", starts: Starts | None = None) -> None:
        self.texts: list[str] = []
        starts = starts or (Starts() if counts else None)
        self.timeline = Timeline(lambda _, text: self.texts.append(text), starts, wrap_of(unit))

    def off(
        self, device: NDArray[np.int64], arrival: NDArray[np.int64], true: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return by how many seconds the times are off."""
        return (self.timeline.follow(device, arrival) - true) / SECOND


def since_start(true: NDArray[np.int64], ppm: float = 0.0) -> NDArray[np.int64]:
    return 1000 * SECOND + ((true - true[0]) * (1 + ppm * 1e-6)).astype(np.int64)


def test_the_first_row_is_at_its_arrival_and_the_others_follow_by_the_device():
    true = instants(50)
    arrival = late(true, 0.02)
    times = Follower().timeline.follow(since_start(true), arrival)
    assert times[0] == arrival[0]
    assert np.array_equal(np.diff(times), np.diff(true))


@pytest.mark.parametrize("ppm", [50, -50, 5000, -5000])
def test_ten_hours_of_a_clock_that_drifts(ppm: float):
    true = instants(36_000, hz=1)
    it = Follower()
    off = it.off(since_start(true, ppm), late(true, 0.005), true)
    assert abs(off[600:]).max() < 0.01
    assert abs(off).max() < 0.6
    assert it.timeline.drift == pytest.approx(ppm * 1e-6, abs=2e-6)
    assert it.texts == []


def test_what_had_been_buffered_at_the_start_is_made_good_without_a_step():
    true = instants(1000)
    arrival = true.copy()
    arrival[:15] = true[14]
    it = Follower()
    times = it.timeline.follow(since_start(true), arrival)
    assert times[0] - true[0] == 1400 * MS
    assert abs(times[600:] - true[600:]).max() < 5 * MS
    assert (np.diff(times) > 0).all()
    assert it.texts == []


def test_a_minute_that_had_been_buffered_is_made_good_by_a_step():
    true = instants(1000)
    arrival = true.copy()
    arrival[:600] = true[599]
    it = Follower()
    off = it.off(since_start(true), arrival, true)
    assert abs(off[801:]).max() < 0.001
    assert it.texts == ["the device's clock was 59.9 s ahead of its arrival: anchored anew"]


@pytest.mark.parametrize(("unit", "size"), [("ms", MS), ("us", 1000)])
def test_a_counter_that_wraps_goes_on(unit: str, size: int):
    true = instants(1000)
    device = ((true - true[0]) // size + 2**32 - 50_000) % 2**32 * size
    assert (np.diff(device) < 0).sum() == 1
    it = Follower(unit=unit)
    assert abs(it.off(device, true, true)).max() == 0
    assert it.texts == []


def test_micros_wrap_again_and_again():
    true = instants(20_000, hz=1)
    device = (true - true[0]) // 1000 % 2**32 * 1000
    it = Follower(unit="us")
    assert (np.diff(device) < 0).sum() == 4
    assert abs(it.off(device, true, true)).max() == 0
    assert it.texts == []


def test_a_restart_is_anchored_at_the_arrival_and_told():
    true = instants(1000)
    device = since_start(true)
    device[500:] = true[500:] - true[500] + 30 * MS
    it = Follower()
    assert abs(it.off(device, true, true)).max() == 0
    assert it.texts == ["the device restarted, after 17.5 min"]


def test_a_restart_is_not_taken_for_a_wrap():
    true = instants(1000, hz=1)
    device = true - true[0] + (2**32 - 700_000_000) * 1000  # micros that would wrap 700 s after the start
    device[500:] = true[500:] - true[500]
    it = Follower(unit="us")
    assert abs(it.off(device, true, true)).max() == 0
    assert it.texts == ["the device restarted, after 68.2 min"]


def test_rows_that_overtake_one_another_are_no_step():
    true = instants(100)
    order = np.arange(100)
    order[[50, 51]] = order[[51, 50]]
    true = true + np.random.default_rng(1).integers(0, 100, 100)
    device = since_start(true)[order]
    device[50] = device[51] + 50 * MS
    it = Follower()
    it.timeline.follow(device, true)
    assert it.texts == []


@pytest.mark.parametrize("hours", [1, -1])
def test_when_our_own_clock_is_set_the_times_follow(hours: int):
    true = instants(2000)
    arrival = true.copy()
    arrival[1000:] += hours * 3600 * SECOND
    it = Follower()
    times = it.timeline.follow(since_start(true), arrival)
    assert abs(times[1400:] - arrival[1400:]).max() == 0
    assert len(it.texts) == 1


def test_a_spoilt_row_moves_only_itself():
    true = instants(1000)
    device = since_start(true)
    device[500] += 9_000 * SECOND
    it = Follower()
    assert abs(it.off(device, true, true)).max() == 0
    assert it.texts == [
        "the device's clock jumped ahead of its arrival by 2.5 h", "the device's clock stepped back by 2.5 h",
    ]  # fmt: skip


@pytest.mark.parametrize("seconds", [0.1, 60])
def test_a_file_keeps_its_shape(seconds: float):
    rows = np.arange(36_000)
    device = rows * SECOND
    device[20_000:] += 7_200 * SECOND  # a hole
    arrival = instants(36_000, hz=36_000 / seconds)
    it = Follower()
    times = it.timeline.follow(device, arrival)
    assert np.array_equal(np.diff(times), np.diff(device))
    assert it.texts == []


def test_a_clock_that_does_not_keep_time_is_given_up():
    true = instants(300, hz=0.1)
    it = Follower()
    off = it.off((true - true[0]) // 2, true, true)
    assert abs(off[50:]).max() == 0
    assert it.timeline.useless
    assert len(it.texts) == 3
    assert it.texts[-1] == "the device's clock does not keep time: rows have the time of arrival"


def test_a_clock_that_counts_since_the_epoch_is_believed():
    true = instants(2000)
    device = true - 3 * SECOND
    device[1000:] += 2 * SECOND
    device[1500:] -= 4 * SECOND
    it = Follower(counts=False)
    assert np.array_equal(it.timeline.follow(device, true), device)
    assert it.texts == ["the device's clock stepped back by 4 s"]
    assert it.timeline.error == 5 * SECOND


def test_a_set_clock_that_jumps_ahead_is_told():
    true = instants(2000)
    device = true - 300 * SECOND
    device[1000:] += 300 * SECOND
    it = Follower(counts=False)
    it.timeline.follow(device, true)
    assert it.texts == ["the device's clock jumped ahead of its arrival by 5 min"]


class TestStarts:
    def test_streams_of_one_device_begin_on_one_line(self):
        starts = Starts()
        true = instants(100)
        device = since_start(true)
        first, second = Follower(starts=starts), Follower(starts=starts)
        one = first.timeline.follow(device, true)
        other = second.timeline.follow(device, true + SAME_CLOCK // 2)
        assert np.array_equal(one, other)

    def test_another_device_does_not(self):
        starts = Starts()
        true = instants(100)
        Follower(starts=starts).timeline.follow(since_start(true), true)
        times = Follower(starts=starts).timeline.follow(since_start(true), true + 2 * SAME_CLOCK)
        assert np.array_equal(times, true + 2 * SAME_CLOCK)

    def test_a_restart_is_told_once(self):
        starts = Starts()
        true = instants(100)
        device = since_start(true)
        device[50:] = true[50:] - true[50]
        followers = [Follower(starts=starts) for _ in range(3)]
        for part in (slice(50), slice(50, None)):
            for it in followers:
                assert abs(it.off(device[part], true[part], true[part])).max() == 0
        assert [it.texts for it in followers] == [["the device restarted, after 16.7 min"], [], []]


@st.composite
def devices(draw: st.DrawFn) -> tuple[NDArray[np.int64], NDArray[np.int64], list[int], bool]:
    """Draw the counter of a device, its arrivals, cuts, and whether it only ever grows."""
    count = draw(st.integers(2, 60))
    steps = draw(st.lists(st.sampled_from([0, MS, 100 * MS, 7 * SECOND]), min_size=count, max_size=count))
    delays = draw(st.lists(st.integers(0, 900) | st.just(0), min_size=count, max_size=count))
    true = np.cumsum(steps) + instants(1)
    arrival = np.maximum.accumulate(true + np.array(delays) * MS)
    device = true - true[0] + draw(st.sampled_from([0, 2**31 * MS, (2**32 - 5000) * MS, (2**32 - 30_000) * MS]))
    device %= 2**32 * MS
    reset = draw(st.none() | st.integers(1, count - 1))
    if reset is not None:
        device[reset:] = true[reset:] - true[reset]
    cuts = draw(st.lists(st.integers(0, count), max_size=6))
    return device, arrival, sorted(cuts), reset is None


@many_examples
@given(devices())
def test_any_split_gives_the_same_times(drawn: tuple[NDArray[np.int64], NDArray[np.int64], list[int], bool]):
    device, arrival, cuts, grows = drawn
    whole, split = Follower(), Follower()
    expected = whole.timeline.follow(device, arrival)
    pieces = zip(np.split(device, cuts), np.split(arrival, cuts), strict=True)
    found = np.concatenate([split.timeline.follow(*piece) for piece in pieces if len(piece[0])])
    assert np.array_equal(found, expected)
    assert split.texts == whole.texts
    if grows:
        assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("place", range(1, 20))
@pytest.mark.parametrize("wraps", [True, False])
def test_a_wrap_and_a_restart_at_every_split(place: int, wraps: bool):
    true = instants(20)
    device = (true - true[place] + (2**32 * MS if wraps else 0)) % (2**32 * MS)
    if not wraps:
        device[:place] = since_start(true)[:place]
    it = Follower()
    times = [it.timeline.follow(device[part], true[part]) for part in (slice(place), slice(place, None))]
    assert np.array_equal(np.concatenate(times), true)
    assert len(it.texts) == (0 if wraps else 1)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0, "0 s"), (250 * MS, "0.25 s"), (119 * SECOND, "119 s"), (125 * SECOND, "2.08 min"), (9000 * SECOND, "2.5 h"),
     (10**6 * SECOND, "11.6 days")],
)  # fmt: skip
def test_lengths_of_time_in_words(nanoseconds: int, text: str):
    assert span(nanoseconds) == text
