"""What is easily got wrong about time, one line each: the list that a reader can check.

Lines go through a decoder and the clock of their source, as in a pump.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.decoders.csv import CsvDecoder
from stripchart.decoders.json import JsonDecoder
from stripchart.decoders.teleplot import TeleplotDecoder
from stripchart.flow.clock.source import Clock, ClockOptions
from stripchart.flow.records import Chunk
from support.decoding import NOW_NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.contracts import Decoder

SECOND = 10**9
NOW = NOW_NS // SECOND
ISO = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def read(decoder: Decoder, chunks: Sequence[Chunk], **options: Any) -> tuple[list[float], list[str]]:
    """Return the times of rows, in seconds after ``NOW``, and what was reported of the clock."""
    reports: list[str] = []
    clock = Clock(ClockOptions(**options), lambda _time_ns, text: reports.append(text))
    batches = [clock.apply(batch) for chunk in chunks for batch in decoder.feed([chunk])]
    batches += [clock.apply(batch) for batch in decoder.finish()]
    return [(time - NOW_NS) / SECOND for batch in batches for time in batch.time.tolist()], reports


def each_second(*lines: str) -> list[Chunk]:
    """Return lines that arrive one a second, the first one ``NOW``."""
    return [Chunk(f"{line}\n".encode(), NOW_NS + number * SECOND) for number, line in enumerate(lines)]


def millis(*told: int) -> list[Chunk]:
    return each_second(*(f"{value},{number}.5" for number, value in enumerate(told)))


def test_without_a_device_time_that_of_arrival_counts():
    assert read(CsvDecoder(), each_second("1", "2", "3")) == ([0, 1, 2], [])


def test_lines_read_at_once_are_spread_since_the_read_before():
    burst = Chunk(b"1\n2\n3\n4\n", NOW_NS, NOW_NS - 4 * SECOND)
    assert read(CsvDecoder(), [burst]) == ([-3, -2, -1, 0], [])


def test_lines_of_one_datagram_are_spread_too():
    decoder = TeleplotDecoder(TeleplotDecoder.Options(transport="udp"))
    assert read(decoder, [Chunk(b"a:1\na:2\n", NOW_NS, NOW_NS - 2 * SECOND)]) == ([-1, 0], [])


def test_datagrams_without_a_time_do_not_share_one_instant():
    decoder = TeleplotDecoder(TeleplotDecoder.Options(transport="udp"))
    assert read(decoder, each_second("a:1", "a:2", "a:3")) == ([0, 1, 2], [])


@pytest.mark.parametrize(("unit", "size"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
def test_times_since_the_epoch_in_every_unit(unit: str, size: int):
    lines = [f'{{"time": {(NOW - 5) * size}, "x": 1}}']
    assert read(JsonDecoder(), each_second(*lines)) == ([-5], [])
    assert read(CsvDecoder(), each_second(f"{(NOW - 5) * size},1"), time_channel="column 1", time_unit=unit)[0] == [-5]


def test_the_unit_of_a_time_since_the_epoch_is_told_by_its_size():
    for size in (1, 10**3, 10**6, 10**9):
        assert read(CsvDecoder(), each_second(f"{(NOW - 5) * size},1"), time_channel="column 1") == ([-5], [])


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (f"{ISO}Z", {}),
        (f"{ISO}.000Z", {}),
        (f"{ISO}+00:00", {}),
        (ISO, {"time_zone": "UTC"}),
        (ISO.replace("T", " "), {"time_zone": "UTC"}),
        (ISO.replace("T", "-"), {"time_zone": "UTC"}),
    ],
)
def test_iso_8601_with_a_zone_and_without(text: str, options: dict[str, Any]):
    line = Chunk(f"{text},21\n".encode(), NOW_NS + 3 * SECOND)
    assert read(CsvDecoder(), [line], **options) == ([0], [])


def test_another_zone():
    assert read(CsvDecoder(), each_second(f"{ISO}+02:00,21")) == ([-7200], [])
    assert read(CsvDecoder(), each_second(f"{ISO},21"), time_zone="Europe/Berlin") == ([-3600], [])


def test_millis_go_on_where_they_wrap():
    told = [(2**32 - 1500 + 1000 * number) % 2**32 for number in range(4)]
    assert told[1] > told[2]
    assert read(CsvDecoder(), millis(*told), time_channel="column 1") == ([0, 1, 2, 3], [])


def test_millis_that_begin_again_are_a_restart():
    times, reports = read(CsvDecoder(), millis(90_000, 91_000, 200, 1200), time_channel="column 1")
    assert times == [0, 1, 2, 3]
    assert reports == ["the device restarted, after 91 s"]


def test_millis_spread_a_burst_as_it_was_measured():
    burst = Chunk(b"1000,1\n1010,2\n1020,3\n1990,4\n", NOW_NS, NOW_NS - SECOND)
    times, _ = read(CsvDecoder(), [burst], time_channel="column 1", time_unit="ms")
    assert [round(second - first, 6) for first, second in pairwise(times)] == [0.01, 0.01, 0.97]


def test_a_step_back_keeps_the_order_of_arrival_and_is_told():
    times, reports = read(JsonDecoder(), each_second(*(f'{{"time": {NOW + s}, "x": {s}}}' for s in (0, 1, -98, -97))))
    assert times == [0, 1, -98, -97]
    assert reports == ["the device's clock stepped back by 100 s"]


def test_a_clock_that_drifts_is_led_without_steps():
    told = [int(number * 1001) for number in range(600)]
    times, reports = read(CsvDecoder(), millis(*told), time_channel="column 1")
    steps = [second - first for first, second in pairwise(times)]
    assert reports == []
    assert all(0.94 < step < 1.06 for step in steps)
    assert abs(times[-1] - 599) < 0.2


def test_a_time_that_cannot_be_gives_way_to_that_of_arrival():
    times, reports = read(CsvDecoder(), each_second("2099-01-01T00:00:00Z,1"))
    assert times == [0]
    assert len(reports) == 1
