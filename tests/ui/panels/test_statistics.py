from __future__ import annotations

import numpy as np
import pytest

from stripchart.flow.records import Kind
from stripchart.ui.panels.statistics import StatisticsOptions, StatisticsPanel
from support.series import SECOND, ask, series


def test_a_row_for_each_channel_of_numbers() -> None:
    value = np.sin(np.arange(100.0))
    panel = StatisticsPanel(StatisticsOptions())
    drawn = panel.draw(
        ask(
            series("bench/t", value, rate=10, unit="°C"), series("bench/mode", ["a"], kind=Kind.TEXT), series("x/e", [])
        )
    )
    told, empty = drawn["rows"]
    assert (told["name"], told["label"], told["unit"], told["count"]) == ("bench/t", "t", "°C", 100)
    assert (told["first"], told["last"], told["minimum"], told["maximum"]) == (
        value[0], value[-1], value.min(), value.max(),
    )  # fmt: skip
    assert (told["mean"], told["std"]) == pytest.approx((value.mean(), value.std()))
    assert told["slope"] == pytest.approx(np.polyfit(np.arange(100) / 10, value, 1)[0])
    assert (empty["name"], empty["count"]) == ("x/e", 0)
    assert drawn["note"] == ""


def test_the_ends_are_read_where_the_nearest_samples_are() -> None:
    panel = StatisticsPanel(StatisticsOptions(ends=True))
    question = ask(series("bench/t", np.arange(50.0)), start_ns=SECOND * 7 // 2, stop_ns=200 * SECOND)
    told = panel.draw(question)["rows"][0]
    assert (told["first"], told["last"]) == (2.0, 49.0)


def test_it_says_when_it_is_of_the_newest_samples_only() -> None:
    drawn = StatisticsPanel(StatisticsOptions()).draw(ask(series("bench/t", [1.0], whole=False)))
    assert not drawn["rows"][0]["whole"]
    assert drawn["note"] == "only the newest samples, as many as are counted"
