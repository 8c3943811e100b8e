from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.events import Event
from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, make_batch
from stripchart.ui.past import past as past_module
from stripchart.ui.past.past import Drawn, Past, Wish
from stripchart.ui.past.record import Record
from stripchart.ui.view import Span
from support.shelf import Shelf
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

A = Channel("a")
EVER = 1 << 62
STEP = 1_000_000


class Bench:
    """A small memory, a shelf that has everything, and a reader of both."""

    def __init__(self, workers: ThreadPoolExecutor, history_rows: int = 100) -> None:
        self.hub = Hub(history_rows=history_rows)
        self.shelf = Shelf()
        self.workers = workers
        self.record = Record(self.shelf, self.hub, workers)
        self.past = Past(self.hub, self.record, workers)

    def publish(self, first: int, rows: int, *, gap: bool = False, before: bool = False) -> None:
        """Publish rows whose value is their number; ``before``: in an earlier run."""
        numbers = np.arange(first, first + rows)
        batch = make_batch("s", (A,), numbers * STEP, [numbers], gap=gap)
        self.shelf.add(batch)
        if not before:
            self.hub.publish(batch)

    def wish(self, start: int = 0, stop: int = EVER, bucket: int = 1, key: str = "s0") -> Wish:
        return Wish(key, "s", {"c0": A}, Span(start, stop, bucket))

    def drawn(self) -> Drawn:
        return until(self.past.poll, what="a picture")


@pytest.fixture(scope="module")
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def bench(workers: ThreadPoolExecutor) -> Bench:
    return Bench(workers)


def values(drawn: Drawn) -> list[float]:
    ((_, picture),) = drawn.pictures
    return [value for rows in picture.parts for value in rows.columns[0].tolist()]


@given(
    earlier=st.lists(st.tuples(st.integers(1, 200), st.booleans()), max_size=4),
    now=st.lists(st.tuples(st.integers(1, 200), st.booleans()), min_size=1, max_size=8),
    bucket=st.sampled_from([1, 7 * STEP, 100 * STEP]),
    window=st.tuples(st.integers(0, 2400), st.integers(1, 2400)),
)
def test_the_seam_has_neither_a_gap_nor_a_duplicate(
    workers: ThreadPoolExecutor,
    earlier: list[tuple[int, bool]],
    now: list[tuple[int, bool]],
    bucket: int,
    window: tuple[int, int],
) -> None:
    bench = Bench(workers)
    row = 0
    gaps = set()
    for rows, gap in earlier:
        bench.publish(row, rows, gap=gap, before=True)
        gaps |= {row} if gap else set()
        row += rows
    bench.shelf.new_run()
    gaps.add(row)
    for rows, gap in now:
        bench.publish(row, rows, gap=gap)
        gaps |= {row} if gap else set()
        row += rows
    start, stop = window[0], min(sum(window), row)
    bench.past.want([bench.wish(start * STEP, stop * STEP, bucket)])
    ((wish, picture),) = bench.drawn().pictures
    assert wish.key == "s0"
    assert sum(int(rows.weight.sum()) for rows in picture.parts) == max(0, stop - start)
    times = [t for rows in picture.parts for t in rows.time.tolist()]
    assert times == sorted(times)
    empty = sum(int(np.isnan(rows.columns[0]).sum()) for rows in picture.parts)
    assert empty == len([gap for gap in gaps if start < gap < stop])
    if bucket == 1:
        kept = [value for rows in picture.parts for value in rows.columns[0].tolist() if value == value]  # noqa: PLR0124
        assert kept == list(range(start, stop))


def test_what_is_missing_just_before_memory_is_a_gap(bench: Bench) -> None:
    bench.publish(0, 1000)
    held = bench.hub.held("s").first
    assert held > 0
    picture = bench.shelf.picture

    def cut_short(*args: object, **kwargs: object) -> object:
        rows = picture(*args, **kwargs)  # type: ignore[arg-type]
        return [rows[0].pick(slice(0, 10)), rows[0].pick(slice(0, 0))]

    bench.shelf.picture = cut_short  # type: ignore[method-assign, assignment]
    bench.past.want([bench.wish()])
    found = values(bench.drawn())
    assert found[:10] == list(range(10))
    assert np.isnan(found[10])
    assert found[-1] == 999


def test_the_loop_is_never_kept_waiting(bench: Bench) -> None:
    bench.publish(0, 1000)
    bench.shelf.delay = 0.3
    bench.past.want([bench.wish()])
    begun = time.monotonic()
    assert bench.past.poll() is None
    assert time.monotonic() - begun < 0.2
    assert not bench.past.busy
    until(lambda: bench.past.busy)
    assert len(values(bench.drawn())) == 1000
    assert not bench.past.busy
    assert bench.shelf.asked[0][3] != threading.current_thread().name


def test_one_job_at_a_time_and_then_the_latest_wish(bench: Bench) -> None:
    bench.publish(0, 1000)
    bench.shelf.delay = 0.1
    for start in range(50):
        bench.past.want([bench.wish(start * STEP)], only=True)
        assert bench.past.poll() is None
    assert values(bench.drawn())[0] == 49
    assert bench.shelf.asked[-1][1] == 49 * STEP
    assert len(bench.shelf.asked) <= 2
    time.sleep(0.15)
    assert bench.past.poll() is None


def test_what_is_drawn_already_is_not_begun_anew(bench: Bench) -> None:
    bench.publish(0, 1000)
    bench.shelf.delay = 0.1
    first = bench.wish()
    bench.past.want([first])
    bench.past.poll()
    bench.past.want([bench.wish(STEP)])
    ((wish, _),) = bench.drawn().pictures
    assert wish is first
    assert bench.past.poll() is None
    assert len(bench.shelf.asked) == 1


def test_what_is_not_wanted_any_more_is_not_even_begun(bench: Bench) -> None:
    bench.publish(0, 1000)
    bench.shelf.delay = 0.1
    bench.past.want([bench.wish(key=f"s{number}") for number in range(20)])
    bench.past.poll()
    bench.past.want([bench.wish(7 * STEP)], only=True)
    assert values(bench.drawn())[0] == 7
    assert len(bench.shelf.asked) <= 3


def test_an_error_is_told_once_and_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(past_module, "RETRY_SECONDS", 0.02)
    caplog.set_level("INFO")
    bench.publish(0, 1000)
    bench.shelf.error = OSError(5, "Input/output error")
    wish = bench.wish()
    bench.past.want([wish])
    for _ in range(3):
        assert bench.drawn() == Drawn([], [], [wish])
        assert "Input/output error" in bench.past.trouble
        assert not bench.past.busy
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    bench.shelf.error = None
    until(lambda: (drawn := bench.past.poll()) and drawn.pictures)
    assert bench.past.trouble == ""
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_patience_ends_and_what_comes_late_still_counts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_module, "PATIENCE", 0.05)
    bench.publish(0, 1000)
    bench.shelf.delay = 0.2
    wish = bench.wish()
    bench.past.want([wish])
    assert bench.drawn().missing == [wish]
    assert "no answer" in bench.past.trouble
    assert len(values(bench.drawn())) == 1000
    assert bench.past.trouble == ""


@pytest.mark.parametrize("earlier", [100, 1000])
def test_what_comes_while_the_record_is_read_is_neither_twice_nor_lost(bench: Bench, earlier: int) -> None:
    """Be it that memory has nothing of the stream at first, or that it gives up all that it had."""
    bench.publish(0, earlier, before=earlier == 100)
    if earlier == 100:
        bench.shelf.new_run()
    picture = bench.shelf.picture

    def overtaken(*args: object, **kwargs: object) -> object:
        bench.publish(earlier, 1000)
        return picture(*args, **kwargs)  # type: ignore[arg-type]

    bench.shelf.picture = overtaken  # type: ignore[method-assign, assignment]
    wish = bench.wish(stop=earlier * STEP)
    bench.past.want([wish])
    ((_, found),) = bench.drawn().pictures
    assert [value for rows in found.parts for value in rows.columns[0].tolist()] == list(range(earlier))
    assert found.next_row == (0 if earlier == 100 else 1000)


def test_the_events_of_the_span_come_along(bench: Bench) -> None:
    bench.publish(0, 1000)
    bench.shelf.happened = [Event(time * STEP, "s", kind, "text", time) for time, kind in
                            [(1, "lost"), (2, "connected"), (3, "gap"), (2000, "lost")]]  # fmt: skip
    bench.past.want([bench.wish(0, 1000 * STEP)])
    assert [event.kind for event in bench.drawn().events] == ["lost", "gap"]
