from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripchart.config.pages import read_page
from stripchart.errors import ConfigError
from stripchart.flow.records import Kind
from stripchart.ui.panels.table import COLUMNS, POINTS, TableOptions, TablePanel
from support.series import SECOND, ask, series

if TYPE_CHECKING:
    from stripchart.ui.panels.contract import Ask, Series


def rows(asked: Ask, **options: Any) -> list[dict[str, Any]]:
    drawn = TablePanel(TableOptions(**options)).draw(asked)
    columns = drawn["columns"]
    assert len({len(column) for column in columns.values()}) == 1
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def recorded(*arguments: Any, **known: Any) -> Series:
    return replace(series(*arguments, **known), now=None)


def unread(name: str, values: list[float]) -> Series:
    def samples() -> Any:
        raise AssertionError("nobody asked for them")

    return replace(series(name, values), samples=samples)


def test_a_row_for_each_channel() -> None:
    values = np.arange(50.0)
    first, second = rows(
        ask(series("bench/t", values, unit="°C", rate=2), series("house/a/mode", ["x", "on"], kind=Kind.TEXT))
    )
    trend = first.pop("trend")
    assert first == {
        "source": "bench", "label": "t", "unit": "°C", "stale": False, "value": 49.0, "rate": 2.0,
        "age": 100 - 1 - 49 / 2, "min": 0.0, "max": 49.0, "mean": 24.5,
    }  # fmt: skip
    # 25 s of 100 s are a quarter of the trend, and go up from the bottom to the top.
    heights = [int(each, 36) for each in trend.strip()]
    assert (len(trend), len(heights)) == (POINTS, 13)
    assert (heights[0], heights[-1], sorted(heights)) == (0, 35, heights)
    assert (second["source"], second["value"], second["age"]) == ("house", "on", 98.0)
    assert {second[name] for name in ("min", "max", "mean", "trend")} == {None}


def test_what_is_only_in_the_record_tells_its_last() -> None:
    number, text, nothing = rows(
        ask(
            recorded("bench/t", [3.0, 5.0, 7.0], rate=4),
            recorded("bench/mode", ["off", "on"], kind=Kind.TEXT),
            recorded("bench/u", []),
        )
    )
    assert (number["value"], number["rate"], number["age"], number["mean"]) == (7.0, 4.0, None, 5.0)
    assert (text["value"], text["age"]) == ("on", None)
    assert (nothing["value"], nothing["trend"]) == (None, " " * POINTS)


def test_samples_are_read_only_for_columns_that_need_them() -> None:
    (row,) = rows(ask(unread("bench/t", [1.0, 2.0])), columns=("value", "age"))
    assert row["value"] == 2.0
    assert "mean" not in row
    with pytest.raises(AssertionError):
        rows(ask(unread("bench/t", [1.0])), columns=("mean",))


def test_a_trend_is_of_numbers_only_and_of_any_span() -> None:
    (flat, odd) = rows(
        ask(series("b/flat", [5.0] * 90), series("b/odd", [float("nan"), 1e300, 2.0, 4.0], rate=0.05)),
        columns=("trend",),
    )
    assert set(flat["trend"].strip()) == {"i"}
    assert odd["trend"].split() == ["0", "z"]
    ends = series("b/far", [1.0, 2.0], time=np.array([-(1 << 61), (1 << 61) - 1]))
    (far,) = rows(ask(ends, start_ns=-(1 << 61), stop_ns=1 << 61), columns=("trend",))
    assert (far["trend"][0], far["trend"][-1]) == ("0", "z")


def test_mistakes_are_told() -> None:
    assert TableOptions().columns == COLUMNS
    with pytest.raises(ConfigError, match=r"panel\[0\]\.columns: expected a list, each one of 'value', 'min', .* got"):
        read_page({"panel": [{"kind": "table", "columns": ["valu"]}]})


def test_the_rate_and_age_are_those_of_now() -> None:
    (row,) = rows(ask(series("b/t", [1.0, 2.0], rate=10), stop_ns=3 * SECOND))
    assert (row["rate"], row["age"]) == (10.0, 1.9)
