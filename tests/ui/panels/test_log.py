from __future__ import annotations

from typing import Any

import pytest

from stripchart.config.pages import read_page
from stripchart.errors import ConfigError
from stripchart.flow.events import Event
from stripchart.flow.records import Kind
from stripchart.ui.panels.log import MAX_TEXT, LogOptions, LogPanel
from support.series import SECOND, ask, series

EVENTS = [
    Event(SECOND // 2, "bench", "connected", "", 0),
    Event(2 * SECOND + 1, "house", "lost", "no such device", 1),
    Event(9 * SECOND, "", "annotation", "by hand", 2),
]


def lines(*given: Any, **options: Any) -> list[Any]:
    drawn = LogPanel(LogOptions(**options)).draw(ask(*given, events=EVENTS))
    return list(drawn["lines"])


def words(*texts: str) -> Any:
    return series("bench/log/text", texts, kind=Kind.TEXT)


def test_texts_and_events_stand_in_order_of_time() -> None:
    assert lines(words("booting", "ready"), series("bench/t", [1.0, 2.0])) == [
        (500.0, "bench", "connected", "", "connected", 1),
        (1000.0, "bench", "text", "booting", "", 1),
        (2000.0, "bench", "text", "ready", "", 1),
        (2000.000001, "house", "lost", "no such device", "lost", 1),
        (9000.0, "", "annotation", "by hand", "annotation", 1),
    ]


def test_a_text_that_comes_again_soon_is_counted() -> None:
    told = [*["idle"] * 3, *["run"] * 4, "idle"]
    modes = series("oven/mode", told, rate=2, kind=Kind.TEXT)

    def shown(start_ns: int, each: Any = modes) -> list[Any]:
        drawn = LogPanel(LogOptions(events=())).draw(ask(each, start_ns=start_ns))
        return [(line[0], line[3], line[5]) for line in drawn["lines"]]

    assert shown(-SECOND * 3) == [(1000.0, "idle", 3), (2500.0, "run", 4), (4500.0, "idle", 1)]
    # It was so before what is seen: the time of the first that is seen would move on with the view.
    assert shown(SECOND) == [(None, "idle", 3), (2500.0, "run", 4), (4500.0, "idle", 1)]
    seldom = series("oven/mode", ["idle"] * 3, rate=0.4, kind=Kind.TEXT)
    assert [count for _, _, count in shown(-SECOND * 3, seldom)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [((), []), (("bench",), ["bench"]), (("h*", ""), ["house", ""]), (("*",), ["bench", "house", ""])],
)
def test_events_are_those_of_some_sources(patterns: tuple[str, ...], expected: list[str]) -> None:
    assert [line[1] for line in lines(events=patterns)] == expected


@pytest.mark.parametrize(
    ("search", "expected"),
    [("DEVICE", ["no such device"]), ("house lost", ["no such device"]), ("text boot", ["booting"]), ("boot y", [])],
)
def test_lines_are_found_by_all_words_of_a_search(search: str, expected: list[str]) -> None:
    assert [line[3] for line in lines(words("booting", "ready"), search=search)] == expected


def test_of_too_many_the_newest_are_shown() -> None:
    many = words(*(f"line {number}" for number in range(50)))
    drawn = LogPanel(LogOptions(limit=3, events=())).draw(ask(many))
    assert ([line[3] for line in drawn["lines"]], drawn["note"]) == (["line 47", "line 48", "line 49"], "the newest 3")
    drawn = LogPanel(LogOptions(limit=3, events=(), search="line 1")).draw(ask(many))
    assert [line[3] for line in drawn["lines"]] == ["line 21", "line 31", "line 41"]
    assert LogPanel(LogOptions(limit=50, events=())).draw(ask(many))["note"] == ""


def test_any_text_can_be_sent_and_long_ones_are_cut() -> None:
    (long,) = lines(words("y" * 5_000), events=())
    assert len(long[3]) == MAX_TEXT + 1
    (lone, thing) = lines(series("b/t", ["\ud800", {"any": "object"}], kind=Kind.TEXT), events=())
    assert (lone[3], thing[3]) == ("?", "{'any': 'object'}")


def test_mistakes_are_told() -> None:
    with pytest.raises(ConfigError, match=r"panel\[0\]\.limit: expected a whole number from 1 to 2000, got 0"):
        read_page({"panel": [{"kind": "log", "limit": 0}]})
