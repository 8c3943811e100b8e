"""The hub against a model in plain lists that knows nothing of logs, positions or blocks."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import NamedTuple
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from stripchart.flow import subscription
from stripchart.flow.hub import Counts, Hub, Subscription
from stripchart.flow.records import Channel, make_batch

STREAMS = ("a", "a/x", "a/y", "b", "odd[1]")
PATTERNS = {
    None: set(STREAMS),
    ("a",): {"a"},
    ("a/*",): {"a/x", "a/y"},
    ("b", "a/x"): {"a/x", "b"},
    ("odd[1]",): {"odd[1]"},
    ("nothing",): set(),
}
CHANNELS = tuple(Channel(name) for name in "pqrs")
MAX_CHANNELS = 9


class Sent(NamedTuple):
    """A batch as the model remembers it: numbered rows of times that never repeat."""

    stream: str
    first: int
    times: list[int]
    gap: bool
    samples: int


class Reader:
    """One subscription and what it has to receive."""

    def __init__(
        self, real: Subscription, wanted: set[str], capacity: int, past: list[tuple[str, int, list[int]]]
    ) -> None:
        self.real = real
        self.wanted = wanted
        self.capacity = capacity
        self.past = past
        self.queue: deque[Sent] = deque()
        self.published = self.delivered = self.lost = self.lost_since = self.longest = 0

    @property
    def queued(self) -> int:
        return sum(sent.samples for sent in self.queue)

    def publish(self, sent: Sent) -> None:
        self.queue.append(sent)
        self.published += sent.samples
        while self.queued > self.capacity and len(self.queue) > 1:
            samples = self.queue.popleft().samples
            self.lost += samples
            self.lost_since += samples
        self.longest = max(self.longest, len(self.queue))

    def take(self, most: int) -> list[Sent]:
        taken: list[Sent] = []
        while self.queue and (not taken or sum(s.samples for s in [*taken, self.queue[0]]) <= most):
            taken.append(self.queue.popleft())
        self.delivered += sum(sent.samples for sent in taken)
        return taken


class HubMachine(RuleBasedStateMachine):
    """Random publishing, draining, subscribing and leaving."""

    readers = Bundle("readers")

    def __init__(self) -> None:
        super().__init__()
        self.patch = mock.patch.multiple(subscription, TRIM_BATCHES=3, TRIM_SAMPLES=40)
        self.patch.start()
        self.hub = Hub(max_channels=MAX_CHANNELS)
        self.open: list[Reader] = []
        self.rows: dict[str, list[tuple[int, bool]]] = {}  # of each stream: time, begins with a gap
        self.channels: dict[str, list[Channel]] = {}
        self.clock = self.published = self.refused = 0

    def teardown(self) -> None:
        self.patch.stop()

    @rule(
        stream=st.sampled_from(STREAMS),
        channels=st.lists(st.sampled_from(CHANNELS), unique=True, max_size=4),
        rows=st.integers(0, 6),
        gap=st.booleans(),
    )
    def publish(self, stream: str, channels: list[Channel], rows: int, gap: bool) -> None:
        times = list(range(self.clock, self.clock + rows))
        self.clock += rows
        refused = self.hub.publish(make_batch(stream, tuple(channels), times, [times] * len(channels), gap=gap))
        if not rows or not channels:
            assert refused == 0
            return
        known = self.channels.get(stream, [])
        room = MAX_CHANNELS - sum(map(len, self.channels.values()))
        fresh = [channel for channel in channels if channel not in known]
        taken = [channel for channel in channels if channel in known or channel in fresh[:room]]
        assert refused == rows * (len(channels) - len(taken))
        self.refused += refused
        if taken:
            self.channels[stream] = known + fresh[:room]
            past = self.rows.setdefault(stream, [])
            sent = Sent(stream, len(past), times, gap, rows * len(taken))
            past.extend((time, gap and time == times[0]) for time in times)
            self.published += sent.samples
            for reader in self.open:
                if stream in reader.wanted:
                    reader.publish(sent)

    @rule(
        target=readers,
        patterns=st.sampled_from(list(PATTERNS)),
        capacity=st.sampled_from([1, 5, 20, 1000]),
        backfill=st.sampled_from([0, 3, 100]),
    )
    def subscribe(self, patterns: tuple[str, ...] | None, capacity: int, backfill: int) -> Reader:
        wanted = PATTERNS[patterns]
        past = []
        for stream, rows in self.rows.items():
            if stream in wanted and backfill:
                start = max(0, len(rows) - backfill)
                cuts = [start, *(n for n in range(start + 1, len(rows)) if rows[n][1]), len(rows)]
                past += [(stream, begin, [time for time, _ in rows[begin:end]]) for begin, end in pairwise(cuts)]
        real = self.hub.subscribe(patterns, capacity=capacity, backfill=backfill)
        reader = Reader(real, wanted, capacity, past)
        self.open.append(reader)
        return reader

    @rule(reader=readers, most=st.sampled_from([1, 7, 30, 1 << 62]))
    def drain(self, reader: Reader, most: int) -> None:
        delivery = reader.real.drain(most)
        past, batches = delivery.batches[: len(reader.past)], delivery.batches[len(reader.past) :]
        assert [(batch.stream, batch.first, batch.time.tolist()) for batch in past] == reader.past
        reader.past = []
        got = [Sent(b.stream, b.first, b.time.tolist(), b.gap, b.samples) for b in batches]
        assert got == reader.take(most)
        assert delivery.lost == reader.lost_since
        reader.lost_since = 0
        assert all(
            batch[channel.name].tolist() == batch.time.tolist() for batch in batches for channel in batch.channels
        )

    @rule(reader=readers)
    def count(self, reader: Reader) -> None:
        assert reader.published == reader.delivered + reader.lost + reader.queued
        assert reader.real.counts() == Counts(reader.published, reader.delivered, reader.lost, reader.queued)

    @rule(reader=consumes(readers))
    def close(self, reader: Reader) -> None:
        reader.real.close()
        reader.real.close()
        self.open.remove(reader)
        lost = reader.lost + reader.queued
        assert reader.real.counts() == Counts(reader.published, reader.delivered, lost, 0)
        assert reader.real.drain().batches == ()

    @rule(stream=st.sampled_from(STREAMS), start=st.integers(0, 50), rows=st.integers(0, 50))
    def read(self, stream: str, start: int, rows: int) -> None:
        if stream not in self.rows:
            with pytest.raises(KeyError):
                self.hub.read(stream)
            return
        batch, gaps = self.hub.read(stream, start, start + rows)
        inside = [number for number, (time, _) in enumerate(self.rows[stream]) if start <= time < start + rows]
        assert batch.time.tolist() == [self.rows[stream][number][0] for number in inside]
        assert gaps.tolist() == [place for place, number in enumerate(inside) if self.rows[stream][number][1]]

    @invariant()
    def knows_its_streams(self) -> None:
        found = {info.name: (list(info.channels), info.last_ns) for info in self.hub.streams()}
        assert found == {name: (self.channels[name], rows[-1][0]) for name, rows in self.rows.items()}
        assert self.hub.channels == sum(map(len, self.channels.values())) <= MAX_CHANNELS
        assert (self.hub.published, self.hub.refused) == (self.published, self.refused)

    @invariant()
    def knows_its_subscriptions(self) -> None:
        real = self.hub.subscriptions()
        assert {id(found) for found in real} == {id(reader.real) for reader in self.open}
        assert len({found.name for found in real}) == len(real)

    @invariant()
    def keeps_no_more_than_was_queued(self) -> None:
        for log in self.hub._logs.values():
            longest = max(reader.longest for reader in self.open if reader.real._log is log)
            assert len(log.batches) == len(log.starts) <= longest + subscription.TRIM_BATCHES


TestHub = HubMachine.TestCase
TestHub.settings = settings(max_examples=150, stateful_step_count=60)
