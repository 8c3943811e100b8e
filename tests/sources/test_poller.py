from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from stripchart.sources.poller import LONGEST_SPAN_NS, Poller

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_waits_for_input(pipe: tuple[int, int]):
    poller = Poller(pipe[0])
    assert not poller.wait(0)
    assert not poller.wait(0.01)
    os.write(pipe[1], b"x")
    assert poller.wait(5)


def test_waits_no_longer_than_asked_though_it_coalesces(pipe: tuple[int, int]):
    poller = Poller(pipe[0], coalesce=3600)
    os.write(pipe[1], b"x")
    assert poller.wait(5)
    assert poller.wait(0.01)  # there is input, so even a wait cut short finds it


def test_coalescing_puts_a_pause_between_reads(pipe: tuple[int, int]):
    poller = Poller(pipe[0], coalesce=0.05)
    os.write(pipe[1], b"x")
    assert poller.wait(5)
    start = time.monotonic()
    assert poller.wait(5)
    assert time.monotonic() - start >= 0.045  # a lower bound: a slow machine cannot break it


def test_a_full_buffer_leaves_out_the_pause(pipe: tuple[int, int]):
    poller = Poller(pipe[0], coalesce=3600)
    os.write(pipe[1], b"x")
    assert poller.wait(5)
    poller.hurry()
    assert poller.wait(3600)  # the test's time limit is shorter than the pause


def test_stamps_span_from_the_previous_read_to_this_one(pipe: tuple[int, int]):
    before = time.time_ns()
    poller = Poller(pipe[0])
    now, since = poller.stamp()
    assert before <= since <= now <= time.time_ns()
    assert poller.stamp()[1] == now


def test_an_empty_wait_moves_the_start_of_the_span(pipe: tuple[int, int]):
    poller = Poller(pipe[0])
    first, _ = poller.stamp()
    assert not poller.wait(0)
    _, since = poller.stamp()
    assert since > first


def test_a_clock_that_was_set_forward_spreads_nothing_over_years(pipe: tuple[int, int]):
    poller = Poller(pipe[0])
    poller._since_ns = 0
    now, since = poller.stamp()
    assert now - since == LONGEST_SPAN_NS


def test_a_clock_that_was_set_back_gives_an_empty_span(pipe: tuple[int, int]):
    poller = Poller(pipe[0])
    poller._since_ns = time.time_ns() + 3_600_000_000_000
    now, since = poller.stamp()
    assert since == now
