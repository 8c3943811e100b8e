from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.errors import ConfigError
from stripchart.flow.clock import source as clock_module
from stripchart.flow.clock import units as devicetime
from stripchart.flow.clock.source import Clock, ClockOptions
from stripchart.flow.records import Channel, Kind, make_batch
from support.decoding import NOW_NS, many_examples
from support.devices import SECOND, Reader, instants

if TYPE_CHECKING:
    from collections.abc import Iterator

TIME = Channel("clock", "ms", Kind.TIME)
VALUE = Channel("value")
UNITS = {"s": SECOND, "ms": 10**6, "us": 1000, "ns": 1}


@pytest.fixture
def machine_in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    devicetime._utc_offset.cache_clear()
    yield
    monkeypatch.undo()
    time.tzset()
    devicetime._utc_offset.cache_clear()


@pytest.mark.parametrize("unit", list(UNITS))
def test_a_clock_since_the_epoch_is_the_time(unit: str):
    true = instants(100)
    it = Reader(unit)
    assert abs(it.read((true - 5 * SECOND) / UNITS[unit], true) - (true - 5 * SECOND)).max() <= 256
    assert it.texts == []
    assert it.clock.reading().note == "device's clock"


@pytest.mark.parametrize("unit", list(UNITS))
def test_a_clock_since_the_start_is_anchored_at_the_arrival(unit: str):
    true = instants(100)
    it = Reader(unit)
    assert abs(it.read((true - true[0]) / UNITS[unit], true) - true).max() <= 1
    assert it.clock.reading().note == "device's clock, since its start"


@pytest.mark.parametrize("unit", list(UNITS))
@pytest.mark.parametrize("kind", ["epoch", "start"])
def test_a_unit_that_is_not_told_is_found_out(unit: str, kind: str):
    true = instants(100)
    it = Reader("")
    said = (true if kind == "epoch" else true - true[0] + 5 * SECOND) / UNITS[unit]
    assert abs(it.read(said, true) - true).max() <= 256
    assert it.clock.reading().note.startswith("device's clock")


def test_until_the_unit_is_known_rows_have_the_time_of_arrival():
    it = Reader("")
    assert np.array_equal(it.read(np.zeros(30), instants(30)), instants(30))
    assert "unit of the device's clock is not known" in it.clock.reading().note


def test_the_users_unit_wins():
    true = instants(100)
    it = Reader("s", time_unit="ms")
    assert abs(it.read(true / 1e6, true) - true).max() <= 256


@pytest.mark.parametrize("said", [1e300, -5e9, 3e9, np.inf])
def test_what_cannot_be_is_the_time_of_arrival_and_told_once(said: float):
    true = instants(100)
    it = Reader("s")
    values = np.full(100, said)
    values[60:] = true[60:] / SECOND
    times = it.read(values, true)
    assert np.array_equal(times[:60], true[:60])
    assert abs(times - true).max() <= 256
    assert len(it.texts) == 2
    assert "which cannot be: rows have the time of arrival" in it.texts[0]
    assert it.texts[1] == "the device's clock was set"
    assert it.reports[0][0] == true[0]


def test_a_row_without_a_device_time_has_that_of_arrival():
    true = instants(100)
    said = (true - 3 * SECOND) / SECOND
    said[::7] = np.nan
    it = Reader("s")
    times = it.read(said, true)
    assert np.array_equal(times[::7], true[::7])
    assert abs(times[1:7] - true[1:7] + 3 * SECOND).max() <= 256
    assert it.texts == []


def test_a_device_whose_clock_is_set_while_it_runs():
    true = instants(200)
    said = np.where(np.arange(200) < 100, (true - true[0]) / SECOND, true / SECOND)
    it = Reader("s")
    assert abs(it.read(said, true) - true).max() <= 256
    assert it.texts == ["the device's clock was set"]


class TestRetained:
    def test_a_time_since_the_epoch_tells_how_old_a_value_is(self):
        it = Reader("s")
        old = np.array([NOW_NS - 86400 * SECOND])
        assert it.read(old / SECOND, np.array([NOW_NS]), retained=True) == old

    def test_a_time_since_the_start_tells_nothing_and_anchors_nothing(self):
        true = instants(10)
        it = Reader("ms")
        assert it.read([77_000], true[:1], retained=True) == true[:1]
        assert np.array_equal(it.read((true - true[0]) / 1e6 + 99_000, true), true)
        assert it.texts == []


class TestHost:
    def test_the_arrival_is_the_time_and_the_clock_is_taken_out(self):
        true = instants(10)
        it = Reader("s", time="host")
        assert np.array_equal(it.read(np.zeros(10), true), true)
        assert it.clock.reading().note == "time of arrival"

    def test_no_channel_is_named_as_a_clock(self):
        with pytest.raises(ConfigError, match='time_channel: there is none with time = "host"'):
            ClockOptions(time="host", time_channel="millis")


@pytest.mark.usefixtures("machine_in_berlin")
class TestZone:
    def said(self, zone: str, true: Any) -> Any:
        offset = ZoneInfo(zone).utcoffset(datetime.fromtimestamp(int(true[0]) // SECOND, UTC))
        assert offset is not None
        return true / SECOND + offset.total_seconds()

    def test_a_wall_clock_in_the_zone_that_was_told(self):
        true = instants(100)
        it = Reader("wall", time_zone="America/New_York")
        assert abs(it.read(self.said("America/New_York", true), true) - true).max() <= 256
        assert it.texts == []

    def test_a_wall_clock_in_this_machines_zone(self):
        true = instants(100)
        it = Reader("wall")
        assert abs(it.read(self.said("Europe/Berlin", true), true) - true).max() <= 256
        assert it.texts == []

    def test_another_zone_is_found_out_and_told(self):
        true = instants(100)
        it = Reader("wall")
        assert abs(it.read(self.said("Asia/Kolkata", true) - 2, true) - true + 2 * SECOND).max() <= 256
        expected = (
            "the device's clock is 4.5 h ahead of this machine's: taken for another zone; time_zone would tell it"
        )
        assert it.texts == [expected]

    def test_a_zone_that_was_told_is_not_doubted(self):
        true = instants(10)
        it = Reader("wall", time_zone="UTC")
        assert abs(it.read(self.said("Asia/Kathmandu", true), true) - true - 20_700 * SECOND).max() <= 256

    @pytest.mark.parametrize("name", ["Mars/Base", "Europe", "/etc/passwd", "../UTC", "a\0b"])
    def test_a_zone_that_is_none(self, name: str):
        with pytest.raises(ConfigError, match="time_zone: expected a name such as Europe/Berlin or UTC, got"):
            ClockOptions(time_zone=name)


class TestChannels:
    def test_a_batch_without_a_clock_passes_as_it_is(self):
        clock = Clock()
        batch = make_batch("", (VALUE,), instants(3), [[1, 2, 3]])
        assert clock.apply(batch) is batch
        assert clock.complaint == ""

    def test_the_channel_that_the_user_named_is_the_clock(self):
        true = instants(100)
        clock = Clock(ClockOptions(time_channel="millis"))
        channels = (Channel("a"), Channel("millis"), Channel("b"))
        numbers = np.arange(100)
        batch = clock.apply(make_batch("x", channels, true, [numbers, (true - true[0]) / 1e6, -numbers], gap=True))
        assert batch.channels == (Channel("a"), Channel("b"))
        assert (batch.stream, batch.gap, batch["b"][5]) == ("x", True, -5)
        assert np.array_equal(batch.time, true)
        assert clock.reading().note == "device's clock, since its start"

    def test_it_wins_over_the_decoders(self):
        true = instants(3)
        clock = Clock(ClockOptions(time_channel="t", time_unit="s"))
        batch = clock.apply(
            make_batch("", (TIME, Channel("t"), VALUE), true, [[0, 0, 0], true / SECOND - 60, [1, 2, 3]])
        )
        assert batch.channels == (VALUE,)
        assert abs(batch.time - true + 60 * SECOND).max() <= 256

    def test_a_text_of_that_name_is_none(self):
        clock = Clock(ClockOptions(time_channel="t"))
        batch = make_batch("", (Channel("t", kind=Kind.TEXT),), [NOW_NS], [["noon"]])
        assert clock.apply(batch) is batch
        assert clock.complaint == "no number channel 't' has come: rows have the time of arrival"

    def test_a_user_who_asked_for_the_device_is_told_that_there_is_none(self):
        clock = Clock(ClockOptions(time="device"))
        assert clock.complaint == ""
        clock.apply(make_batch("", (VALUE,), [NOW_NS], [[1]]))
        assert clock.complaint == "no device time has come: rows have the time of arrival"
        clock.apply(make_batch("", (TIME, VALUE), [NOW_NS], [[1], [1]]))
        assert clock.complaint == ""

    def test_the_same_channels_stay_the_same_tuple(self):
        clock = Clock()
        batches = [clock.apply(make_batch("", (TIME, VALUE), [NOW_NS], [[1], [1]])) for _ in range(3)]
        assert batches[0].channels is batches[1].channels is batches[2].channels

    def test_what_is_remembered_is_bounded(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(clock_module, "MAX_CLOCKS", 5)
        monkeypatch.setattr(clock_module, "MAX_SHAPES", 5)
        clock = Clock()
        for number in range(20):
            clock.apply(make_batch(f"s{number}", (TIME, Channel(f"c{number}")), [NOW_NS], [[1], [1]]))
            assert len(clock._streams) <= 5
            assert len(clock._places) <= 5


def test_streams_of_one_device_lie_on_one_line_and_a_restart_is_told_once():
    true = instants(60)
    said = (true - true[0]) / 1e6 + 500_000
    said[30:] = (true[30:] - true[30]) / 1e6
    it = Reader("ms")
    for part in (slice(30), slice(30, None)):
        times = [it.read(said[part], true[part] + late * 10**8, f"s{late}") for late in range(3)]
        assert np.array_equal(times[0], times[1])
        assert np.array_equal(times[0], times[2])
    assert it.texts == ["the device restarted, after 8.38 min"]


def test_the_offset_and_the_drift_are_told():
    true = instants(1800, hz=1)
    it = Reader("s")
    it.read((true[0] + (true - true[0]) * 1.0001 - 5 * SECOND) / SECOND, true)
    reading = it.clock.reading()
    assert reading.drift_ppm == pytest.approx(100, abs=1)
    assert reading.offset_s == pytest.approx(5 - 0.18, abs=0.005)


SAID = st.sampled_from(["start", "epoch", "wall", "nan", "never", "stuck"])


@many_examples
@given(
    st.lists(st.tuples(SAID, st.integers(1, 15)), min_size=1, max_size=8),
    st.lists(st.integers(0, 100)),
    st.sampled_from(["s", "ms", "us", "", "wall"]),
    st.sampled_from([1.0, 10.0, 0.2]),
)
def test_any_split_gives_the_same_times(runs: list[tuple[str, int]], cuts: list[int], unit: str, hz: float):
    count = sum(length for _, length in runs)
    true = instants(count, hz)
    size = UNITS.get(unit, SECOND)
    said, row = np.empty(count), 0
    for kind, length in runs:
        part = slice(row, row + length)
        made = {
            "start": (true[part] - true[row]) / size, "epoch": true[part] / size,
            "wall": (true[part] + 7200 * SECOND) / size, "nan": np.nan, "never": 1e200, "stuck": 77.0,
        }  # fmt: skip
        said[part] = made[kind]
        row += length
    whole, split = Reader(unit), Reader(unit)
    expected = whole.read(said, true)
    assert np.array_equal(split.read(said, true, cuts=[place % (count + 1) for place in cuts]), expected)
    assert split.reports == whole.reports
    assert split.clock.reading() == whole.clock.reading()
