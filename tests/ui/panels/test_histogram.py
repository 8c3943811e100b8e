from __future__ import annotations

import numpy as np
import pytest

from stripchart.errors import ConfigError, StripchartError
from stripchart.flow.records import ABSENT
from stripchart.ui.panels.histogram import HistogramOptions, HistogramPanel
from support.series import ask, series, shown

RANDOM = np.random.default_rng(1)


def test_every_sample_is_in_a_bar_and_all_channels_have_the_same_bins() -> None:
    values = [RANDOM.normal(20, 1, 5_000), RANDOM.normal(23, 0.5, 2_000)]
    panel = HistogramPanel(HistogramOptions())
    drawn = panel.draw(ask(*(series(f"bench/t{place}", value, unit="°C") for place, value in enumerate(values))))
    bars = shown(panel, drawn)["bars"]
    for place, value in enumerate(values):
        mine = bars["colour"] == place
        assert bars["top"][mine].sum() == len(value)
        within = [
            ((value >= low) & (value < high)).sum() for low, high in zip(bars["left"], bars["right"], strict=True)
        ]
        np.testing.assert_array_equal(bars["top"][mine], np.array(within)[mine])
        assert {name for name, chosen in zip(bars["name"], mine, strict=True) if chosen} == {f"t{place}"}
    assert len(np.unique((bars["right"] - bars["left"]).round(9))) == 1
    assert drawn["labels"] == {"x": "°C", "y": "samples"}
    assert drawn["ranges"]["y"][1] > bars["top"].max()


def test_it_tells_mean_and_deviation() -> None:
    value = RANDOM.normal(-5, 0.25, 1_000)
    panel = HistogramPanel(HistogramOptions())
    drawn = panel.draw(ask(series("bench/u", value, unit="V")))
    sources = shown(panel, drawn)
    assert sources["means"]["x"] == pytest.approx([value.mean()])
    assert sources["deviations"]["x"] == pytest.approx([value.mean() - value.std(), value.mean() + value.std()])
    text = f"{value.mean():.3f} ± {value.std():.3g} V"
    assert drawn["legend"] == [{"label": "u", "colour": 0, "text": text}]
    assert drawn["note"] == "mean ± σ of 1,000 samples"


def test_what_lies_beyond_the_limits_or_is_no_number_is_told() -> None:
    panel = HistogramPanel(HistogramOptions(bins=5, low=0.0, high=1000.0))
    value = [*np.linspace(-1, 11, 1201) ** 3, np.nan, np.inf, ABSENT]
    drawn = panel.draw(ask(series("a/x", value, whole=False)))
    bars = shown(panel, drawn)["bars"]
    assert bars["top"].sum() == 1001
    assert drawn["ranges"]["x"] == [0, 1000]
    beyond = "100 below · 100 above · 2 no numbers"
    assert drawn["note"] == f"mean ± σ of 1,201 samples · {beyond} · the newest 1,204 samples of each"


def test_the_outline_goes_round_the_bars() -> None:
    panel = HistogramPanel(HistogramOptions())
    outlines = shown(panel, panel.draw(ask(series("a/x", [1.0, 1, 2, 3, 3, 3]))))["outlines"]
    assert outlines["x"][0].tolist() == [0.5, 0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5]
    assert outlines["y"][0].tolist() == [0, 2, 2, 1, 1, 3, 3, 0]


def test_nothing_to_count_is_told() -> None:
    with pytest.raises(StripchartError, match="no numbers in the time shown"):
        HistogramPanel(HistogramOptions()).draw(ask(series("a/x", [np.nan]), series("a/y", [])))


def test_one_channel_without_numbers_does_not_matter() -> None:
    panel = HistogramPanel(HistogramOptions())
    drawn = panel.draw(ask(series("a/x", []), series("a/y", [1.0, 2.0])))
    assert [each["text"] for each in drawn["legend"]] == ["no numbers", "1.500 ± 0.5"]
    assert shown(panel, drawn)["means"]["colour"] == [1]


def test_limits_in_the_wrong_order_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match=r"high: expected more than low \(3\), got 3"):
        HistogramOptions(low=3, high=3)
