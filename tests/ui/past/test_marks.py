from __future__ import annotations

import re
from importlib.resources import files

from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.events import Event
from stripchart.ui.labels import MAX_LABEL
from stripchart.ui.past.marks import KINDS, MAX_MARKS, marks, merge


def event(time_ns: int, kind: str = "lost", source: str = "s", text: str = "text") -> Event:
    return Event(time_ns, source, kind, text, 0)


def test_only_what_is_worth_a_mark_is_marked_and_only_once() -> None:
    log = [event(3), event(1, "connected"), event(2, "gap")]
    record = [event(2, "gap"), event(0, "clock"), event(2, "gap", source="t")]
    assert [(e.time_ns, e.source, e.kind) for e in merge(log, record)] == [
        (0, "s", "clock"), (2, "s", "gap"), (2, "t", "gap"), (3, "s", "lost"),
    ]  # fmt: skip


def test_a_mark_says_where_what_and_how_many() -> None:
    events = [event(1_500_000, "gap", text="12 rows"), event(9_000_000, "annotation", source="", text="by hand")]
    assert marks(events, 0, 9_000_001) == [[1.5, "gap", "s: 12 rows", 1], [9.0, "annotation", "by hand", 1]]
    assert marks(events, 0, 9_000_000) == [[1.5, "gap", "s: 12 rows", 1]]


def test_a_note_that_was_taken_away_is_not_marked() -> None:
    assert marks([event(1, "annotation", source="", text=""), event(2, "annotation", text="a")], 0, 9) == [
        [2 / 1e6, "annotation", "s: a", 1]
    ]


def test_neighbours_share_a_mark_that_says_the_gravest() -> None:
    events = [event(time, "failed" if time == 77 else "gap") for time in range(100)]
    shared = marks(events, 0, 100, limit=10)
    assert [mark[3] for mark in shared] == [10] * 10
    assert [(mark[0], mark[1]) for mark in shared if mark[1] == "failed"] == [(77 / 1e6, "failed")]


@given(st.lists(st.tuples(st.integers(-(1 << 62), 1 << 62), st.sampled_from(KINDS)), max_size=600))
def test_there_are_never_more_than_can_be_told_apart(drawn: list[tuple[int, str]]) -> None:
    events = merge([event(time, kind, source=str(number)) for number, (time, kind) in enumerate(drawn)])
    shared = marks(events, -(1 << 62), (1 << 62) + 1)
    assert len(shared) <= MAX_MARKS
    assert sum(count for *_, count in shared) == len(drawn)


def test_the_browser_knows_every_kind_by_colour_and_name() -> None:
    script = (files("stripchart.ui") / "static" / "marks.js").read_text()
    tables = [re.search(rf"{name} = \{{(.+?)\}};", script, re.DOTALL) for name in ("MARK_COLOURS", "NAMES")]
    assert [set(re.findall(r'(\w+): "', table[1])) if table else None for table in tables] == [set(KINDS)] * 2


def test_hostile_texts_are_safe_and_short() -> None:
    ((_, _, text, _),) = marks([event(0, source="\u202e$$x$$", text="y" * 10_000)], 0, 1)
    assert len(text) <= MAX_LABEL
    assert "$$" not in text
    assert "\u202e" not in text
