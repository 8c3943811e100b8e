from __future__ import annotations

import math

import pytest

from stripchart.errors import ConfigError
from stripchart.ui.panels.limits import Limits, level
from stripchart.ui.panels.number import NumberOptions, NumberPanel
from support.series import ask, series


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5.0, "good"), (0.9, "warning"), (10.1, "warning"), (-0.1, "alarm"), (11.5, "alarm"), (math.nan, ""), ("on", "")],
)
def test_a_value_has_a_level(value: float | str, expected: str) -> None:
    assert level(Limits(low=1, high=10, low_alarm=0, high_alarm=11), value) == expected


def test_without_limits_nothing_is_good_or_bad() -> None:
    assert level(Limits(), 5.0) == ""


def test_limits_in_the_wrong_order_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match=r"high_alarm: expected more than high \(3\), got 2"):
        Limits(high=3, high_alarm=2)


def test_a_cell_for_each_channel() -> None:
    panel = NumberPanel(NumberOptions(high=2.0, digits=1))
    drawn = panel.draw(ask(series("bench/t", [1.0, 3.0], unit="°C"), series("bench/u", [])))
    assert drawn["cells"] == [
        {"label": "t", "unit": "°C", "value": 3.0, "digits": 1, "stale": False, "level": "warning"},
        {"label": "u", "unit": "", "value": None, "digits": 1, "stale": True, "level": ""},
    ]
