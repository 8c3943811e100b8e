from __future__ import annotations

from typing import Any

import pytest

from stripchart.config.pages import read_page
from stripchart.errors import ConfigError
from stripchart.flow.records import Kind
from stripchart.ui.panels.gauge import GaugeOptions, GaugePanel
from support.series import ask, series


def cell(values: list[Any], kind: Kind = Kind.NUMBER, **options: Any) -> dict[str, Any]:
    (drawn,) = GaugePanel(GaugeOptions(**options)).draw(ask(series("bench/t", values, unit="°C", kind=kind)))["cells"]
    return dict(drawn)


def test_a_gauge_tells_its_value_and_its_scale() -> None:
    assert cell([18.0, 21.5], high=30, digits=1) == {
        "label": "t", "unit": "°C", "value": 21.5, "digits": 1, "stale": False, "level": "good",
        "start": 0.0, "end": 40.0, "zones": [(0.0, 30, "good"), (30, 40.0, "warning")],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "options", "ends"),
    [
        ([3.0, 17.0], {}, (0, 20)),  # zero is one end of what has one sign
        ([-17.0, 3.0], {}, (-20, 5)),
        ([-4.0], {}, (-4, 0)),
        ([5.0], {"high_alarm": 93}, (0, 100)),  # a limit is on the scale, and something beyond it
        ([5.0], {"low": 0, "high_alarm": 100}, (-25, 125)),
        ([5.0], {"minimum": 2, "maximum": 7}, (2, 7)),
        ([5.0], {"minimum": 1.5}, (1.5, 5)),
        ([5.0], {"minimum": 100}, (100, 200)),  # also where no value reaches it
        ([5.0], {"maximum": -10}, (-20, -10)),
        ([0.0], {}, (0, 1)),
        ([], {}, (0, 1)),
        ([float("nan"), 8.0, float("inf")], {}, (0, 8)),
        ([1e-300], {}, (0, 1e-100)),
        ([1.0], {"low": -1.7e308, "high": 1.7e308}, (-1e100, 1e100)),
    ],
)
def test_a_scale_ends_at_round_numbers_around_what_is_seen(
    values: list[float], options: dict[str, float], ends: tuple[float, float]
) -> None:
    drawn = cell(values, **options)
    assert (drawn["start"], drawn["end"]) == ends


def test_a_text_has_no_scale_of_its_own() -> None:
    drawn = cell(["on", "off"], Kind.TEXT)
    assert (drawn["value"], drawn["level"], drawn["start"], drawn["end"]) == ("off", "", 0.0, 1.0)


def test_mistakes_are_told() -> None:
    with pytest.raises(ConfigError, match=r"maximum: expected more than minimum \(3\), got 2"):
        GaugeOptions(minimum=3, maximum=2)
    with pytest.raises(ConfigError, match=r"panel\[0\]\.high: expected more than low \(5\), got 4"):
        read_page({"panel": [{"kind": "gauge", "low": 5, "high": 4}]})
    with pytest.raises(ConfigError, match=r"maximun: no such option; did you mean 'maximum'\?"):
        read_page({"panel": [{"kind": "gauge", "maximun": 4}]})
