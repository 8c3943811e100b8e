from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stripchart.errors import StripchartError
from stripchart.flow.records import Kind
from stripchart.ui.panels.states import StatesOptions, StatesPanel
from support.series import SECOND, ask, series, shown


def draw(
    *given: Any, start_ns: int = 0, stop_ns: int = 100 * SECOND, live: bool = True, width: int = 1000, **options: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    panel = StatesPanel(StatesOptions(**options))
    drawn = panel.draw(ask(*given, start_ns=start_ns, stop_ns=stop_ns, width=width)._replace(live=live))
    return drawn, shown(panel, drawn)


def spans(sources: dict[str, Any]) -> list[tuple[int, float, float, str]]:
    """Return row, from, to (s) and value of each span."""
    found = sources["spans"]
    return [
        (int(bottom), left / 1e3, end / 1e3, value)
        for bottom, left, end, value in zip(found["bottom"], found["left"], found["end"], found["value"], strict=True)
    ]


MODE = series("oven/mode", ["idle", "idle", "heat", "heat", "idle"], rate=0.1, kind=Kind.TEXT)
DOOR = series("oven/door", [0.0, 1.0, 0.0], rate=0.05, kind=Kind.STATE)


def test_a_value_lasts_until_the_next_and_the_last_one_until_now() -> None:
    drawn, sources = draw(MODE, DOOR, off="closed", on="open")
    assert spans(sources) == [
        (0, 1, 21, "idle"), (0, 21, 41, "heat"), (0, 41, 100, "idle"),
        (1, 1, 21, "closed"), (1, 21, 41, "open"), (1, 41, 100, "closed"),
    ]  # fmt: skip
    assert sources["spans"]["lasted"][:3] == ["20 s", "20 s", "59 s"]
    assert sources["names"]["text"] == ["mode", "door"]
    assert drawn["ranges"]["y"] == [2, 0]
    assert [(each["label"], each["text"]) for each in drawn["legend"]] == [("mode", "idle"), ("door", "closed")]


def test_what_lasts_is_drawn_ahead_while_live_only() -> None:
    assert draw(DOOR)[1]["spans"]["right"][-1] > 100_000
    drawn, sources = draw(DOOR, live=False)
    assert sources["spans"]["right"][-1] == 100_000
    assert drawn["legend"] == [{"label": "door"}]


def test_a_text_has_one_colour_and_a_switch_its_own() -> None:
    colours = draw(MODE, DOOR)[1]["spans"]["colour"]
    assert colours[0] == colours[2] != colours[1]
    assert colours[3:] == [1, 1, 1]
    assert len(set(draw(MODE, DOOR)[1]["spans"]["alpha"][3:])) == 2
    assert draw(MODE)[1]["spans"]["colour"] == colours[:3]
    modes = series("oven/mode", [f"mode {number}" for number in range(14)], kind=Kind.TEXT)
    assert len(set(draw(modes)[1]["spans"]["colour"])) == 14


def test_what_was_before_lasts_into_the_picture() -> None:
    door = replace(DOOR, before=lambda: (-500 * SECOND, 1.0))
    found = draw(door)[1]
    assert spans(found)[0] == (0, -500, 1, "on")
    only = series("oven/mode", [], kind=Kind.TEXT, before=(3 * SECOND, "run"))
    drawn, sources = draw(replace(only, now=MODE.now), start_ns=50 * SECOND)
    assert spans(sources) == [(0, 3, 100, "run")]
    # It fills what is seen, so that it is told beside the name, where it stands still.
    assert sources["names"]["text"] == ["mode · run"]
    assert sources["texts"]["text"] == []
    assert drawn["legend"][0]["text"] == "run"


def test_a_text_stands_where_its_span_begins_or_ends() -> None:
    before = replace(MODE, before=lambda: (-50 * SECOND, "long before"))
    texts = draw(before, start_ns=-30 * SECOND)[1]["texts"]
    assert list(zip(texts["text"], texts["x"], texts["align"], strict=True)) == [
        ("long before", 1000, "right"), ("idle", 1000, "left"), ("heat", 21_000, "left"), ("idle", 41_000, "left"),
    ]  # fmt: skip
    narrow = draw(MODE, width=200)[1]["texts"]
    assert narrow["text"] == ["idle"]  # there is room in the longest only


def test_gaps_stay_gaps() -> None:
    torn = series("oven/door", [1.0, 1.0, 0.0], rate=0.1, kind=Kind.STATE, gaps=[1])
    assert spans(draw(torn)[1]) == [(0, 1, 1, "on"), (0, 11, 21, "on"), (0, 21, 100, "off")]
    late = series("oven/door", [1.0, 1.0, 0.0], rate=0.1, kind=Kind.STATE, gaps=[2])
    assert spans(draw(late)[1]) == [(0, 1, 11, "on"), (0, 21, 100, "off")]


def test_a_device_that_went_away_is_in_no_state() -> None:
    assert DOOR.now is not None
    stale = replace(DOOR, now=DOOR.now._replace(stale=True))
    drawn, sources = draw(stale)
    assert spans(sources)[-1] == (0, 41, 41, "off")
    assert "text" not in drawn["legend"][0]
    recorded = replace(DOOR, now=None)
    assert spans(draw(recorded, live=False)[1])[-1] == (0, 41, 41, "off")


def test_many_changes_are_one_span() -> None:
    quick = series("oven/door", [0.0, 1.0] * 5000, rate=200, kind=Kind.STATE)
    drawn, sources = draw(quick, stop_ns=60 * SECOND, width=400)
    assert len(sources["spans"]["left"]) <= 100
    assert "many changes" in sources["spans"]["value"]
    assert drawn["note"].endswith("changes are too short to be seen")


def test_numbers_are_states_where_nothing_else_is() -> None:
    level = series("oven/level", [0.0, 2.0, 2.0, 3.5], rate=0.1)
    assert [each[3] for each in spans(draw(level)[1])] == ["off", "2", "3.5"]
    assert [each[0] for each in spans(draw(level, DOOR)[1])] == [0, 0, 0]


def test_nothing_to_show_is_told() -> None:
    with pytest.raises(StripchartError, match="no states in the time shown"):
        draw(series("oven/mode", [], kind=Kind.TEXT))
    with pytest.raises(StripchartError, match="none of these channels has come yet"):
        draw()
