from __future__ import annotations

from base64 import b64decode

import numpy as np
import pytest
from bokeh.models import Range1d

from stripchart.errors import StripchartError
from stripchart.flow.records import Kind
from stripchart.ui.design import ChannelLook
from stripchart.ui.panels.plot import calm_ends, calm_top, caveats, numbers, pack, palette, plot, short, unit_of
from support.series import ask, series


def test_a_figure_over_time_shares_its_axis() -> None:
    time = Range1d(start=0, end=1)
    timed, other = plot("a", time=time), plot("b", log_y=True)
    assert timed.x_range is time
    assert other.x_range is not time
    assert {tool.dimensions for tool in timed.toolbar.tools if hasattr(tool, "dimensions")} == {"width"}
    assert (other.y_range.start, other.y_range.end) == (1, 10)


def test_text_is_left_out_and_missed_where_there_is_nothing_else() -> None:
    text, number = series("bench/mode", ["a"], kind=Kind.TEXT), series("bench/t", [1.0])
    assert numbers(ask(text, number), "plot") == [number]
    with pytest.raises(StripchartError, match="only text comes in these channels: a plot needs one with numbers"):
        numbers(ask(text), "plot")
    with pytest.raises(StripchartError, match="none of these channels has come yet"):
        numbers(ask(), "plot")


def test_what_is_not_shown_is_told() -> None:
    whole, cut = series("a/x", [1.0]), series("a/y", [1.0, 2.0], whole=False)
    assert caveats([whole], 1) == []
    assert caveats([whole, cut], 7) == ["the newest 2 samples of each", "2 of 7 channels"]


def test_colours_follow_each_other_or_are_given() -> None:
    given = series("a/x", [])
    chosen = given.__class__(**{**vars(given), "look": ChannelLook("*", colour=9)})
    assert palette([given, chosen, given]) == [0, 8, 2]


def test_a_unit_is_told_where_all_have_it() -> None:
    a, b = series("a/x", [], unit="V"), series("a/y", [], unit="A")
    assert [unit_of([a, a]), unit_of([a, b]), unit_of([])] == ["V", "", ""]


@pytest.mark.parametrize(("most", "top"), [(119, 140), (598, 700), (1, 1.2), (7, 8), (0, 0)])
def test_an_axis_has_room_above(most: float, top: float) -> None:
    assert calm_top(most) == pytest.approx(top)


@pytest.mark.parametrize(
    ("low", "high", "ends"),
    [(0.13, 0.97, [0.1, 1.0]), (-1.2, 7.9, [-2, 8]), (5.0, 5.0, [4.5, 5.5]), (0.0, 0.0, [-0.5, 0.5])],
)
def test_an_axis_ends_at_round_numbers(low: float, high: float, ends: list[float]) -> None:
    assert calm_ends(low, high) == pytest.approx(ends)


def test_an_array_is_packed() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    packed = pack(array.T)
    assert packed["shape"] == (3, 2)
    read = np.frombuffer(b64decode(packed["bytes"]), packed["dtype"]).reshape(packed["shape"])
    np.testing.assert_array_equal(read, array.T)


@pytest.mark.parametrize(
    ("value", "uncertain", "text"),
    [
        (22.7213, 0.2824, "22.721"),
        (5.8596e-3, 0.334, "0.006"),
        (12345, 1e4, "12345"),
        (3.0, 0, "3"),
        (0, 1, "0.00"),
    ],
)
def test_a_number_has_as_many_digits_as_are_known(value: float, uncertain: float, text: str) -> None:
    assert short(value, uncertain) == text
