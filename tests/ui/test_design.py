from __future__ import annotations

import pytest

from stripchart.ui.design import ChannelLook, PageDesign, matches


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("house/a/t", True),
        ("house/a", True),  # the stream
        ("house/*", True),
        ("*/t", True),
        ("house/b*", False),
        ("house", False),
        ("T", False),
        ("HOUSE/A/T", False),
    ],
)
def test_a_name_or_a_pattern_means_a_channel(pattern: str, meant: bool) -> None:
    assert matches("house/a/t", (pattern,)) is meant


def test_a_name_is_taken_literally_first() -> None:
    assert matches("house/[x]/t", ("house/[x]/t",))
    assert not matches("house/x/y", ("house/[y]/y",))


def test_a_look_that_names_a_channel_holds_then_the_first_that_matches() -> None:
    design = PageDesign(
        looks=(ChannelLook("a/*", name="A"), ChannelLook("*", unit="V", scale=2), ChannelLook("a/x", name="X"))
    )
    assert (design.look("a/x") or ChannelLook("")).name == "X"
    assert (design.look("a/b") or ChannelLook("")).name == "A"
    assert (design.look("c/b") or ChannelLook("")).unit == "V"
    assert PageDesign().look("a") is None
    assert ChannelLook("*", unit="V", scale=2).describe() == {"match": "*", "unit": "V", "scale": 2}
