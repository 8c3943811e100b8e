from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart.flow.hub import Hub, Overflow
from stripchart.flow.records import Batch, Channel, Kind, make_batch
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

A, B = Channel("a", "V"), Channel("b")
NOTE = Channel("note", kind=Kind.TEXT)


def batch(stream: str, *rows: float, channels: tuple[Channel, ...] = (A,), gap: bool = False) -> Batch:
    return make_batch(stream, channels, rows, [rows] * len(channels), gap=gap)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def test_streams_are_described():
    hub = Hub()
    hub.publish(make_batch("s", (A, NOTE), [5, 6], [[1.5, 2.5], ["x", "y"]]))
    hub.publish(make_batch("s", (A,), [7], [[3.5]]))
    hub.publish(make_batch("t", (B,), [9], [[0]]))
    first, second = hub.streams()
    assert (first.name, second.name) == ("s", "t")
    assert first.channels == (A, NOTE)
    assert first.counts == (3, 2)
    assert (first.first_ns, first.last_ns) == (5, 7)
    assert first.last_values == (3.5, "y")
    assert first.rate.hz == 1e9
    assert hub.channels == 3
    assert hub.published == 6


def test_a_stream_that_arrives_is_not_stale_whatever_its_clock_says():
    hub = Hub()
    hub.publish(batch("s", 1))
    rate = hub.streams()[0].rate
    assert rate.last_ns > 1_700_000_000 * 10**9
    assert not rate.stale(rate.last_ns + 10**9)


def test_one_name_is_as_good_as_a_list():
    hub = Hub()
    queue = hub.subscribe("abc")
    hub.publish(batch("abc", 1))
    hub.publish(batch("a", 1))
    assert [got.stream for got in queue.drain().batches] == ["abc"]


def test_a_name_with_brackets_is_found_as_it_is():
    hub = Hub()
    queue = hub.subscribe(["plc/temp[0]"])
    hub.publish(batch("plc/temp[0]", 1))
    assert len(queue.drain().batches) == 1


def test_a_subscription_needs_room_for_a_sample():
    with pytest.raises(ValueError, match="capacity: expected at least 1 sample, got 0"):
        Hub().subscribe(capacity=0)


def test_names_of_subscriptions_are_unique():
    hub = Hub()
    queues = [hub.subscribe(name="session") for _ in range(3)] + [hub.subscribe(), hub.subscribe()]
    assert [queue.name for queue in queues] == ["session", "session 2", "session 3", "program", "program 2"]
    queues[1].close()
    assert hub.subscribe(name="session").name == "session 2"
    assert queues[2].name == "session 3"


def test_a_batch_is_numbered_in_a_copy():
    hub, given = Hub(), batch("s", 1, 2, 3)
    queue = hub.subscribe()
    hub.publish(given)
    hub.publish(given)
    assert [got.first for got in queue.drain().batches] == [0, 3]
    assert given.first == 0


def test_flags_travel_along():
    hub = Hub()
    queue = hub.subscribe()
    hub.publish(make_batch("s", (A,), [1], [[1]], gap=True, retained=True))
    (got,) = queue.drain().batches
    assert got.gap
    assert got.retained


@pytest.mark.parametrize("empty", [batch("s"), batch("s", 1, 2, channels=())])
def test_a_batch_without_samples_leaves_no_trace(empty: Batch):
    hub = Hub()
    queue = hub.subscribe()
    assert hub.publish(empty) == 0
    assert queue.drain() == ((), 0)
    assert hub.streams() == []


def test_beyond_the_limit_the_known_channels_go_on():
    hub = Hub(max_channels=2)
    queue = hub.subscribe()
    hub.publish(batch("s", 1))
    assert hub.publish(batch("s", 2, 3, channels=(B, Channel("c"), A))) == 2
    assert hub.publish(batch("t", 4)) == 1
    assert [got.channels for got in queue.drain().batches] == [(A,), (B, A)]
    assert queue.counts() == (5, 5, 0, 0)
    assert (hub.published, hub.refused, hub.channels) == (5, 3, 2)


def test_streams_beyond_the_limit_are_not_remembered():
    hub = Hub(max_channels=3)
    refused = sum(hub.publish(batch(f"s{number}", 1)) for number in range(1000))
    assert refused == hub.refused == 997
    assert len(hub._streams) == len(hub.streams()) == 3


def test_a_log_is_dropped_with_its_last_reader():
    hub = Hub()
    first, second = hub.subscribe("a*"), hub.subscribe("a*")
    hub.publish(batch("abc", 1))
    first.close()
    assert second.drain().batches
    second.close()
    hub.publish(batch("abc", 1))
    assert hub._logs == {}
    assert not any(stream.logs for stream in hub._streams.values())


def test_publishers_that_wait_together_count_a_new_channel_once(pool: ThreadPoolExecutor):
    hub = Hub()
    with hub.subscribe(capacity=1, overflow=Overflow.BLOCK, patience=30) as queue:
        hub.publish(batch("s", 1))
        work = [pool.submit(hub.publish, batch("t", number)) for number in range(4)]
        until(lambda: len(hub.changed._waiters) == 4)  # type: ignore[attr-defined]
        until(lambda: queue.drain() and all(publishing.done() for publishing in work))
        assert hub.channels == 2
        assert sorted(hub.read("t")[0].time.tolist()) == [0, 1, 2, 3]


def test_a_subscription_joins_a_running_stream_without_gap_or_repetition(pool: ThreadPoolExecutor):
    hub, stop = Hub(), threading.Event()

    def publish() -> None:
        row = 0
        while not stop.is_set():
            hub.publish(batch("s", *range(row, row + 3)))
            row += 3

    publishing = pool.submit(publish)
    until(lambda: hub.published > 100)
    for _ in range(30):
        with hub.subscribe(backfill=50) as queue:
            joined = hub.published
            until(lambda: hub.published > joined)  # noqa: B023 - called at once
            rows = [row for got in queue.drain().batches for row in got.time.tolist()]
            assert len(rows) > 50
            assert rows == list(range(rows[0], rows[-1] + 1))
    stop.set()
    publishing.result(10)


def test_history_is_read_while_it_is_written(pool: ThreadPoolExecutor):
    hub, stop = Hub(history_rows=5000), threading.Event()

    def publish() -> None:
        row = 0
        while not stop.is_set():
            channels = (A, B) if row % 2 else (A, Channel(f"late {row % 5}"))
            hub.publish(batch("s", *range(row, row + 100), channels=channels))
            row += 100

    publishing = pool.submit(publish)
    until(lambda: hub.published > 100)
    for _ in range(100):
        got, _ = hub.read("s")
        assert got.time.tolist() == list(range(got.first, got.first + len(got)))
        np.testing.assert_array_equal(got["a"], got.time)
    stop.set()
    publishing.result(10)


def test_what_memory_holds_and_what_came_since():
    hub = Hub(history_rows=100)
    for row in range(5_000):
        hub.publish(batch("s", row, gap=row == 4_990))
    held = hub.held("s")
    assert 100 <= held.stop - held.first < 5_000
    assert (held.stop, held.start_ns) == (5_000, held.first)
    first, second = hub.since("s", 4_985)
    assert (first.first, first.time.tolist(), first.gap) == (4_985, [4_985, 4_986, 4_987, 4_988, 4_989], False)
    assert (second.first, len(second), second.gap) == (4_990, 10, True)
    assert hub.since("s", 0)[0].first == held.first
    assert hub.since("s", 5_000) == []
    for ask in (hub.held, lambda stream: hub.since(stream, 0)):
        with pytest.raises(KeyError):
            ask("t")
