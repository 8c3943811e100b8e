from __future__ import annotations

import pytest

from stripchart.decoders.conventions.filters import Filter


@pytest.mark.parametrize(
    ("text", "topic", "found"),
    [
        ("a/b", "a/b", ()),
        ("a/b", "a/bc", None),
        ("a/b", "a/b/c", None),
        ("+/b", "a/b", ("a",)),
        ("+/b", "/b", ("",)),
        ("+", "a/b", None),
        ("a/+/c/+", "a/x y/c/", ("x y", "")),
        ("a/#", "a/b/c", ("b/c",)),
        ("a/#", "a", ("",)),
        ("a/#", "ab", None),
        ("#", "/x", ("/x",)),
        ("#", "", ("",)),
        ("+/#", "a/b\nc", ("a", "b\nc")),
        ("a.c/$1", "abc/$1", None),
        ("a.c/$1", "a.c/$1", ()),
    ],
)
def test_matches(text: str, topic: str, found: tuple[str, ...] | None):
    assert Filter(text).match(topic) == found


@pytest.mark.parametrize(("text", "count"), [("a", 0), ("+/a/#", 2), ("#", 1), ("+/+", 2)])
def test_counts_its_wildcards(text: str, count: int):
    assert Filter(text).wildcards == count


@pytest.mark.parametrize("text", ["", "a+/b", "#/a", "a#", "a/##", "a/+b", "a\0"])
def test_refuses_what_is_none(text: str):
    with pytest.raises(ValueError, match=r"^"):
        Filter(text)
