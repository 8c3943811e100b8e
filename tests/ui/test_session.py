from __future__ import annotations

import json
import time
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.document import Document
from hypothesis import example, given
from hypothesis import strategies as st

from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, make_batch
from stripchart.ui.context import Context
from stripchart.ui.session import MAX_SPAN, Look, Session

if TYPE_CHECKING:
    import pytest

NOW = 1_700_000_000_000_000_000
INF, NAN = float("inf"), float("nan")


class Visit:
    """A session as a browser would drive it: events in, messages out."""

    def __init__(self, **look: Any) -> None:
        self.document = Document()
        self.context = Context(Hub(), [], **look)
        self.session = Session(self.document, self.context)

    @property
    def page(self) -> Any:
        return self.document.get_model_by_name("page")

    def publish(self, rows: int, stream: str = "s", name: str = "a") -> None:
        steps = np.arange(rows, dtype=np.int64)
        self.context.hub.publish(make_batch(stream, (Channel(name),), time.time_ns() - 1_000_000_000 + steps, [steps]))

    def begin(self) -> None:
        self.session._begin(None)

    def end(self) -> None:
        self.session._end(None)

    def ticks(self) -> list[dict[str, Any]]:
        """Let two ticks pass and return the messages that were sent."""
        told = [self.page.tick]
        for _ in range(2):
            self.session._tick()
            told.append(self.page.tick)
        return [json.loads(new) for old, new in pairwise(told) if new != old]

    def columns(self) -> list[tuple[int, int]]:
        """Let two ticks pass and return, of the only stream, whether rows came anew and how many they stand for."""
        sent = [message["data"]["s0"] for message in self.ticks() if message["data"]]
        return [(anew, sum(columns["n"])) for anew, columns in sent]


@given(
    window=st.floats(allow_nan=False),
    view=st.lists(st.floats(), max_size=3),
    width=st.integers(-(2**53), 2**53),
)
@example(window=INF, view=[-INF, INF], width=0)
@example(window=-1.0, view=[NAN, NAN], width=-5)
@example(window=0.0, view=[5.0, 4.0], width=10**9)
def test_whatever_a_browser_says_a_look_has_bounds(window: float, view: list[float], width: int) -> None:
    look = Look.of(SimpleNamespace(window=window, view=view, width=width))
    start, stop = look.bounds(NOW)
    assert start <= stop
    assert 0 < look.bucket_ns <= MAX_SPAN * 1e9
    assert 200 <= look.width <= 4000


def test_a_window_that_is_no_number_is_the_least() -> None:
    look = Look.of(SimpleNamespace(window=NAN, view=[], width=1000))
    start, _ = look.bounds(NOW)
    assert start < NOW


def test_nothing_happens_before_the_browser_is_ready() -> None:
    visit = Visit()
    assert visit.document.session_callbacks == []
    assert visit.context.hub.subscriptions() == []
    visit.session._tick()
    assert visit.page.tick == ""


def test_beginning_and_ending_twice_counts_once() -> None:
    visit = Visit()
    for _ in range(2):
        visit.begin()
        visit.begin()
        assert visit.context.sessions == 1
        assert len(visit.context.hub.subscriptions()) == 1
        assert len(visit.document.session_callbacks) == 1
        visit.end()
        visit.end()
        assert visit.context.sessions == 0
        assert visit.context.hub.subscriptions() == []
        assert visit.document.session_callbacks == []


def test_a_page_is_sent_the_past_and_then_what_comes() -> None:
    visit = Visit()
    visit.publish(10)
    visit.begin()
    assert visit.columns() == [(1, 10)]
    visit.publish(3)
    seen = visit.columns()
    late = visit.session._layout.views["s"][0].reducer.flush()
    assert all(anew == 0 for anew, _ in seen)
    assert sum(rows for _, rows in seen) + sum(int(rows.weight.sum()) for rows in late) == 3
    (subscription,) = visit.context.hub.subscriptions()
    assert subscription.counts().lost == 0


def test_equal_messages_are_told_apart() -> None:
    visit = Visit()
    visit.begin()
    numbers = [message["number"] for message in visit.ticks() + visit.ticks()]
    assert len(numbers) >= 2
    assert numbers == sorted(set(numbers))


def test_a_look_at_the_past_gets_its_rows_and_no_new_ones() -> None:
    visit = Visit()
    visit.publish(10)
    visit.begin()
    visit.ticks()
    now = time.time_ns() / 1e6
    visit.page.view = [now - 60_000, now + 60_000]
    assert visit.columns() == [(1, 10)]
    visit.publish(5)
    assert visit.columns() == []
    visit.page.view = []
    assert visit.columns() == [(1, 15)]


def test_what_a_slow_page_missed_is_read_from_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripchart.ui.session.QUEUE_SAMPLES", 5)
    visit = Visit()
    visit.publish(1)
    visit.begin()
    visit.ticks()
    for _ in range(10):
        visit.publish(4)
    assert visit.columns() == [(1, 41)]
    (subscription,) = visit.context.hub.subscriptions()
    counts = subscription.counts()
    assert counts.lost > 0
    assert counts.published == counts.delivered + counts.lost + counts.queued


def test_any_name_reaches_the_page() -> None:
    visit = Visit()
    visit.publish(1, "s\ud800", "\udfff")
    visit.begin()
    visit.ticks()
    assert len(json.loads(visit.page.layout)["strips"]) == 1
