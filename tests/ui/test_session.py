from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from support.visit import Visit

if TYPE_CHECKING:
    import pytest


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


def test_a_hidden_page_costs_nothing_and_catches_up() -> None:
    visit = Visit()
    visit.publish(10)
    visit.begin()
    assert visit.columns() == [(1, 10)]
    visit.page.hidden = True
    assert visit.context.hub.subscriptions() == []
    assert visit.document.session_callbacks == []
    assert visit.context.sessions == 1  # it is open all the same
    visit.publish(5)
    assert visit.ticks() == []
    visit.begin()  # a connection that comes back does not wake it
    assert visit.context.hub.subscriptions() == []
    visit.page.hidden = False
    assert visit.columns() == [(1, 15)]
    visit.page.hidden = True
    visit.end()
    visit.page.hidden = False  # nobody is there any more
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
