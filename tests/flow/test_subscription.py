"""Queues in real threads: waiting publishers, and every sample accounted for."""

from __future__ import annotations

import threading
import time
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart.flow import subscription
from stripchart.flow.hub import Hub, Overflow, Subscription
from stripchart.flow.records import Batch, Channel, make_batch
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

A = (Channel("a"),)
LONG = 30.0  # patience that no test uses up


def batch(rows: int = 10, stream: str = "s", value: float = 0.0) -> Batch:
    return make_batch(stream, A, range(rows), [np.full(rows, value)])


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as executor:
        yield executor


def waits(hub: Hub, publishing: Future[int]) -> bool:
    """Wait until a publisher waits for room; False if it came through instead."""
    until(lambda: publishing.done() or hub.changed._waiters, what="publisher waits")  # type: ignore[attr-defined]
    return not publishing.done()


def test_a_publisher_waits_for_room(pool: ThreadPoolExecutor):
    hub = Hub()
    with hub.subscribe(capacity=25, overflow=Overflow.BLOCK, patience=LONG) as queue:
        hub.publish(batch())
        hub.publish(batch())
        publishing = pool.submit(hub.publish, batch(value=1.0))
        assert waits(hub, publishing)
        assert queue.counts() == (20, 0, 0, 20)
        assert len(queue.drain().batches) == 2
        assert publishing.result(10) == 0
        delivery = queue.drain()
        assert delivery.lost == 0
        assert [b["a"][0] for b in delivery.batches] == [1.0]


def test_a_publisher_waits_while_too_little_was_drained(pool: ThreadPoolExecutor):
    hub = Hub()
    with hub.subscribe(capacity=30, overflow=Overflow.BLOCK, patience=LONG) as queue:
        for _ in range(3):
            hub.publish(batch())
        publishing = pool.submit(hub.publish, batch(rows=20))
        assert waits(hub, publishing)
        queue.drain(10)
        assert not publishing.done()
        queue.drain(10)
        publishing.result(10)
        assert queue.counts() == (50, 20, 0, 30)


def test_a_batch_larger_than_the_queue_is_let_in_when_that_is_empty():
    hub = Hub()
    queue = hub.subscribe(capacity=5, overflow=Overflow.BLOCK, patience=LONG)
    hub.publish(batch(rows=100))
    assert [len(taken) for taken in queue.drain().batches] == [100]
    assert queue.counts() == (100, 100, 0, 0)


def test_nobody_waits_twice_for_a_subscriber_that_hangs():
    hub = Hub()
    queue = hub.subscribe(capacity=20, overflow=Overflow.BLOCK, patience=0.05)
    for _ in range(2):
        hub.publish(batch())
    hub.publish(batch())
    assert queue.overdue
    queue.patience = LONG  # to wait again would take longer than the test may
    for _ in range(5):
        hub.publish(batch())
    assert queue.counts() == (80, 0, 60, 20)
    assert queue.drain().lost == 60
    assert not queue.overdue


def test_closing_lets_the_publisher_go_on(pool: ThreadPoolExecutor):
    hub = Hub()
    queue = hub.subscribe(capacity=10, overflow=Overflow.BLOCK, patience=LONG)
    hub.publish(batch())
    publishing = pool.submit(hub.publish, batch())
    assert waits(hub, publishing)
    queue.close()
    assert publishing.result(10) == 0
    assert queue.counts() == (10, 0, 10, 0)
    assert hub.subscriptions() == []


def test_streams_that_a_full_queue_does_not_want_pass(pool: ThreadPoolExecutor):
    hub = Hub()
    with hub.subscribe("s", capacity=10, overflow=Overflow.BLOCK, patience=LONG) as queue:
        hub.publish(batch())
        assert pool.submit(hub.publish, batch(stream="other")).result(10) == 0
        assert queue.counts().queued == 10


def test_a_blocking_queue_of_many_small_batches_blocks_too(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subscription, "MAX_LOG_BATCHES", 50)
    hub = Hub()
    with hub.subscribe(overflow=Overflow.BLOCK, patience=LONG) as queue:
        for _ in range(50):
            hub.publish(batch(rows=1))
        publishing = pool.submit(hub.publish, batch(rows=1))
        assert waits(hub, publishing)
        assert queue.drain(1).lost == 0
        publishing.result(10)
        assert queue.counts() == (51, 1, 0, 50)


def test_a_log_of_many_small_batches_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subscription, "MAX_LOG_BATCHES", 500)
    hub = Hub()
    queue = hub.subscribe(capacity=1_000_000)
    for value in range(2000):
        hub.publish(batch(rows=1, value=value))
    held = len(queue._log.batches)
    assert 500 <= held <= 500 + subscription.TRIM_BATCHES
    delivery = queue.drain()
    assert [b["a"][0] for b in delivery.batches] == list(range(2000 - held, 2000))
    assert delivery.lost == 2000 - held
    assert queue.counts() == (2000, held, 2000 - held, 0)


@pytest.mark.parametrize("rows", [1, 100, 50_000])
def test_what_was_taken_is_let_go(rows: int):
    hub = Hub(history_rows=1, history_bytes=0)
    queue, times = hub.subscribe(), []
    for _ in range(2000 if rows < 1000 else 40):
        made = batch(rows)
        times.append(weakref.ref(made.time))
        hub.publish(made)
        del made
        queue.drain()
    alive = sum(time() is not None for time in times)
    assert alive <= max(subscription.TRIM_BATCHES, 1)
    assert alive * rows <= subscription.TRIM_SAMPLES + rows


def test_a_queue_that_nobody_drains_holds_no_more_than_its_capacity():
    hub = Hub(history_rows=1, history_bytes=0)
    queues = [hub.subscribe(capacity=1000) for _ in range(3)]
    times = []
    for _ in range(3000):
        made = batch(10)
        times.append(weakref.ref(made.time))
        hub.publish(made)
        del made
    assert sum(time() is not None for time in times) <= 100 + subscription.TRIM_BATCHES
    assert {queue.counts() for queue in queues} == {(30_000, 0, 29_000, 1000)}


def test_looking_at_the_counts_hides_no_loss_from_the_next_delivery():
    hub = Hub()
    queue = hub.subscribe(capacity=10)
    for _ in range(3):
        hub.publish(batch())
    assert queue.counts().lost == 20
    assert queue.drain().lost == 20
    assert queue.drain().lost == 0


def test_a_closed_subscription_is_at_rest():
    hub = Hub()
    with hub.subscribe(backfill=5) as queue, hub.subscribe() as other:
        hub.publish(batch())
        queue.close()
        hub.publish(batch())
        assert queue.counts() == (10, 0, 10, 0)
        assert queue.drain() == ((), 10)
        assert other.counts().published == 20


def test_whole_batches_are_taken_up_to_a_number_of_samples():
    hub = Hub()
    queue = hub.subscribe()
    for rows in (4, 4, 4, 20, 1):
        hub.publish(batch(rows))
    assert [len(queue.drain(9).batches) for _ in range(5)] == [2, 1, 1, 1, 0]


def publish_many(hub: Hub, stream: str) -> int:
    rows = 0
    for value in range(800):
        rows += 1 + value % 7
        hub.publish(batch(1 + value % 7, stream, value))
    return rows


def take_all(queue: Subscription, pause: float, done: threading.Event) -> tuple[dict[str, list[Batch]], int]:
    """Drain until nothing more comes; return the batches by stream, and how many samples were lost."""
    got: dict[str, list[Batch]] = {}
    lost = 0
    while True:
        last = done.is_set()
        delivery = queue.drain(100)
        lost += delivery.lost
        for taken in delivery.batches:
            got.setdefault(taken.stream, []).append(taken)
        if last and not delivery.batches:
            return got, lost
        time.sleep(pause)


def watch(queues: list[Subscription], done: threading.Event) -> int:
    looks = 0
    while not done.is_set():
        for queue in queues:
            counts = queue.counts()
            assert counts.published == counts.delivered + counts.lost + counts.queued
            looks += 1
    return looks


def in_order(parts: list[Batch], *, complete: bool) -> bool:
    firsts = [part.first for part in parts]
    if complete:
        return firsts == np.cumsum([0, *map(len, parts[:-1])]).tolist()
    return firsts == sorted(set(firsts))


@pytest.mark.parametrize("overflow", list(Overflow))
def test_every_sample_is_accounted_for_among_threads(pool: ThreadPoolExecutor, overflow: Overflow):
    """Four publishers, six subscribers at different paces and one that only looks at the counts."""
    hub, done = Hub(history_rows=1000), threading.Event()
    queues = [
        hub.subscribe(None if number % 2 else "p1", capacity=capacity, overflow=overflow, patience=LONG)
        for number, capacity in enumerate((50, 50, 500, 500, 1_000_000, 1_000_000))
    ]
    reading = [pool.submit(take_all, queue, number / 2000, done) for number, queue in enumerate(queues)]
    watching = pool.submit(watch, queues, done)
    published = [work.result(50) for work in [pool.submit(publish_many, hub, f"p{number}") for number in range(4)]]
    done.set()
    assert watching.result(10) > 0
    assert hub.published == sum(published)
    for number, (queue, work) in enumerate(zip(queues, reading, strict=True)):
        got, lost = work.result(50)
        delivered = sum(part.samples for parts in got.values() for part in parts)
        due = sum(published) if number % 2 else published[1]
        assert delivered + lost == due
        assert queue.counts() == (due, delivered, lost, 0)
        assert overflow is Overflow.DROP_OLDEST or lost == 0
        assert all(in_order(parts, complete=not lost) for parts in got.values())
