from __future__ import annotations

import time

import pytest

from stripchart.ui.pace import BUSY_LINES, BUSY_PAGES, REST, SLOWEST_MS, Pace
from support.visit import Visit
from support.wait import until


def test_it_is_quick_while_there_is_little_to_do() -> None:
    pace = Pace(50)
    assert pace.period(lines=BUSY_LINES, pages=BUSY_PAGES) == 50
    assert pace.period(lines=BUSY_LINES + 1, pages=1) == 90
    assert pace.period(lines=1, pages=BUSY_PAGES + 1) == 80
    assert pace.period(lines=100, pages=100) == 144


@pytest.mark.parametrize(("took_ms", "period"), [(1, 50), (12, 50), (13, 100), (40, 200), (5_000, 1_600)])
def test_a_page_whose_ticks_take_long_has_fewer(took_ms: float, period: int) -> None:
    pace = Pace(50)
    for _ in range(100):
        pace.note(took_ms / 1000)
    assert pace.period(lines=1, pages=1) == period
    assert period >= min(REST * took_ms, SLOWEST_MS)
    for _ in range(100):
        pace.note(0)
    assert pace.period(lines=1, pages=1) == 50


def test_one_slow_tick_changes_nothing() -> None:
    pace = Pace(50)
    pace.note(0.1)
    assert pace.period(lines=1, pages=1) == 50


def test_a_session_keeps_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    visit = Visit()
    visit.publish(10)
    visit.begin()
    visit.ticks()

    def period() -> int:
        (callback,) = visit.document.session_callbacks
        return callback.period

    assert period() == visit.context.update_ms
    read_out = visit.context.readout

    def slowly() -> object:
        time.sleep(0.02)
        return read_out()

    monkeypatch.setattr(visit.context, "readout", slowly)
    until(lambda: (visit.ticks(), period())[1] == 2 * visit.context.update_ms, timeout=20)
