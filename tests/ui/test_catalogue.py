from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripchart.flow.archive import StreamRecord
from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.ui import catalogue as module
from stripchart.ui.catalogue import SPARK_SECONDS, SPARK_SIZE, Catalogue, sparkline
from stripchart.ui.past.record import Facts, Last
from stripchart.ui.readout import read_out
from support.page import serve

if TYPE_CHECKING:
    from stripchart.ui.past.record import Record
    from stripchart.ui.readout import ChannelKey

SECOND = 1_000_000_000


class Known:
    """A record that holds some streams, whose channels all ended with 7."""

    def __init__(self, *streams: StreamRecord) -> None:
        self.facts = Facts({stream.name: stream for stream in streams}, (0, 1), {}, (0, 1), [])

    def last(self, key: ChannelKey) -> Last | None:
        known = self.facts.streams.get(key[0])
        return known and Last(7.0, known.stop_ns)


class Bench:
    """A hub with its catalogue."""

    def __init__(self, record: Any = None) -> None:
        self.hub = Hub()
        typed: Record | None = record
        self.catalogue = Catalogue(self.hub, typed)
        self.version = 0

    def publish(self, stream: str, *channels: Channel, time_ns: int = SECOND) -> None:
        values = [["x" if channel.kind is Kind.TEXT else 1.5] for channel in channels]
        self.hub.publish(make_batch(stream, channels, [time_ns], values))

    def news(self) -> list[tuple[Any, ...]]:
        """Return what a page would be told that has asked before."""
        self.catalogue.refresh(self.hub.streams())
        self.version, entries = self.catalogue.since(self.version)
        return [tuple(entry) for entry in entries]

    def now(self, *numbers: int) -> list[list[Any]]:
        return self.catalogue.now(numbers, read_out(self.hub, []))


def test_each_channel_is_told_once_and_again_where_it_has_changed() -> None:
    bench = Bench()
    bench.publish("house/north/temp", Channel("value", "°C"))
    bench.publish("imu", Channel("x"), Channel("mode", kind=Kind.TEXT), Channel("door", kind=Kind.STATE))
    assert bench.news() == [
        (0, "house/north/temp/value", "house", "north/temp", "°C", "number"),
        (1, "imu/x", "imu", "x", "", "number"),
        (2, "imu/mode", "imu", "mode", "", "text"),
        (3, "imu/door", "imu", "door", "", "state"),
    ]
    assert bench.news() == []
    bench.publish("imu", Channel("x"), time_ns=2 * SECOND)
    assert bench.news() == []
    # A unit that comes later, a channel that comes later, and text of a name that numbers have already.
    bench.publish("imu", Channel("x", "g"), Channel("y", "g"), Channel("x", kind=Kind.TEXT))
    assert bench.news() == [
        (1, "imu/x", "imu", "x", "g", "number"),
        (4, "imu/y", "imu", "y", "g", "number"),
        (5, "imu/x", "imu", "x", "", "text"),
    ]
    assert len(bench.catalogue) == 6
    assert [entry.number for entry in bench.catalogue.since(0)[1]] == list(range(6))


def test_names_from_outside_are_safe_to_show_and_those_too_long_are_not_asked_for() -> None:
    bench = Bench()
    bench.publish("s\u202e/a", Channel("x\u202e" + "y" * 1000, "\x00V"))
    ((_, name, source, label, unit, _),) = bench.news()
    assert (name, source, unit) == ("", "s", "V")
    assert label.startswith("a/xyyy")
    assert len(label) == 128


def test_what_is_only_in_the_record_is_listed_too() -> None:
    old = StreamRecord("old", (Channel("x", "V"),), 0, 10, SECOND, 5 * SECOND)
    both = StreamRecord("both", (Channel("x", "V"), Channel("gone")), 0, 10, SECOND, 5 * SECOND)
    bench = Bench(Known(old, both))
    bench.publish("both", Channel("x", "mV"))
    assert [(name, unit) for _, name, _, _, unit, _ in bench.news()] == [
        ("both/x", "mV"),
        ("old/x", "V"),
        ("both/gone", ""),
    ]
    assert bench.news() == []
    (live, recorded, _) = bench.now(0, 1, 2)
    assert live[0] == 1.5
    assert recorded == [7.0, True, 5_000]
    assert bench.catalogue.spark(1) == []


def test_no_more_are_listed_than_a_page_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 3)
    bench = Bench()
    bench.publish("wide", *(Channel(f"c{place}") for place in range(5)))
    assert len(bench.news()) == 3
    bench.publish("wide", *(Channel(f"c{place}", "V") for place in range(5)))
    assert [unit for *_, unit, _ in bench.news()] == ["V"] * 3
    assert bench.catalogue.beyond == 2


def test_what_channels_say_now() -> None:
    bench, now = Bench(), time.time_ns()
    times = now - np.arange(4)[::-1] * SECOND
    channels = (Channel("x"), Channel("mode", kind=Kind.TEXT), Channel("late", expires=1e-9), Channel("never"))
    values = [[1, 3, math.nan, 2], ["", "a", "b", "c"], [1, 1, 1, 1], [math.nan] * 4]
    bench.hub.publish(make_batch("s", channels, times, values))
    bench.news()
    x, mode, late, never = bench.now(0, 1, 2, 3)
    assert x == [2.0, False, now // 1_000_000]
    assert mode[:2] == ["c", False]
    assert late[:2] == [1.0, True]
    assert never[0] is None
    assert bench.now(7, -1) == [[None, True, None]] * 2
    sparks = [bench.catalogue.spark(number) for number in (0, 1, 2, 3, 7, -1)]
    assert sparks == [[0, 0, 40, 32, 120, 16], [], [0, 16, 40, 16, 80, 16, 120, 16], [], [], []]


def test_a_sparkline_has_the_extremes_of_the_last_minutes() -> None:
    bench = Bench()
    seconds = np.arange(2 * SPARK_SECONDS)
    values = np.where(seconds < SPARK_SECONDS - 1, 1e9, np.sin(seconds / 40))
    values[-100] = 5  # for one row
    bench.hub.publish(make_batch("s", (Channel("x"),), seconds * SECOND, [values]))
    bench.news()
    points = bench.catalogue.spark(0)
    across, up = points[::2], points[1::2]
    assert across == sorted(across)
    assert (across[0], across[-1]) == (0, SPARK_SIZE[0])
    assert len(across) <= 64
    assert (min(up), max(up)) == (0, SPARK_SIZE[1])
    assert across[up.index(max(up))] == pytest.approx((1 - 99 / SPARK_SECONDS) * SPARK_SIZE[0], abs=4)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], []), ([math.nan, math.inf], []), ([3], [60, 16]), ([1e308, -1e308], [0, 32, 120, 0])],
)
def test_sparklines_of_hardly_anything(values: list[float], expected: list[int]) -> None:
    assert sparkline(np.arange(len(values)), np.array(values, float)) == expected


def test_the_server_tells_them() -> None:
    with serve() as site:
        site.hub.publish(make_batch("s", (Channel("x", "V"),), [time.time_ns()], [[2.5]]))
        told = site.ask("/api/tree?rows=0&sparks=0").json()
        assert told["channels"] == [[0, "s/x", "s", "x", "V", "number"]]
        assert told["now"][0][:2] == [2.5, False]
        assert told["sparks"] == [[60, 16]]
        assert site.ask(f"/api/tree?since={told['version']}").json() == {
            "version": told["version"], "channels": [], "beyond": 0, "now": [], "sparks": [],
        }  # fmt: skip
        for wrong in ("rows=a", "since=x", "sparks=1e9999", f"rows={','.join('0' * 201)}"):
            answer = site.ask(f"/api/tree?{wrong}")
            assert answer.status == 400, wrong
            assert "expected" in answer.json()["error"]
