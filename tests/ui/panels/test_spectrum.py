from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import numpy as np
import pytest

from stripchart.errors import StripchartError
from stripchart.flow.analysis.window import WINDOWS
from stripchart.flow.records import Kind
from stripchart.ui.panels.spectrum import MOST_POINTS, SpectrumOptions, SpectrumPanel, Window
from support.series import SECOND, ask, series, shown

RATE = 500.0
TIME = np.arange(5000) / RATE
RANDOM = np.random.default_rng(2)


def sine(hz: float, amplitude: float = 1.0) -> np.ndarray:
    wave: np.ndarray = amplitude * np.sin(2 * np.pi * hz * TIME) + RANDOM.normal(0, 1e-3, len(TIME))
    return wave


def drawn_lines(*given: Any, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    panel = SpectrumPanel(SpectrumOptions(**options))
    drawn = panel.draw(ask(*given))
    return drawn, shown(panel, drawn)["lines"]


def test_the_windows_are_those_there_are() -> None:
    assert get_args(Window) == WINDOWS
    assert {field.name for field in fields(SpectrumOptions)} >= {"window", "length", "overlap"}


def test_each_tone_is_at_its_frequency_and_told() -> None:
    drawn, lines = drawn_lines(
        series("m/a", sine(50.0), rate=RATE, unit="V"), series("m/b", sine(120.0), rate=RATE, unit="V"), length=1000
    )
    assert [float(x[np.argmax(y)]) for x, y in zip(lines["x"], lines["y"], strict=True)] == [50.0, 120.0]
    assert lines["name"] == ["a", "b"]
    assert lines["unit"] == ["V²/Hz"] * 2
    assert drawn["labels"] == {"x": "Hz", "y": "V²/Hz"}
    assert drawn["note"] == "500 samples/s · resolution 0.75 Hz · 9 segments"
    assert [each["text"] for each in drawn["legend"]] == ["peak at 50 Hz", "peak at 120 Hz"]
    assert drawn["ranges"]["x"] == [0, 250.0]
    low, high = drawn["ranges"]["y"]
    assert low <= min(y.min() for y in lines["y"])
    assert high > max(y.max() for y in lines["y"])
    assert np.log10([low, high]) == pytest.approx(np.rint(np.log10([low, high])))


def test_an_amplitude_is_read_off_in_the_unit() -> None:
    wave = series("m/a", sine(50.0, 3.0) + 7, rate=RATE, unit="m/s")
    drawn, lines = drawn_lines(wave, length=1000, scaling="amplitude", window="flattop", log=False)
    assert lines["y"][0].max() == pytest.approx(3.0, rel=1e-3)
    assert lines["x"][0][0] == 0.5  # nothing is told of what was taken off
    assert drawn["labels"]["y"] == "m/s"
    assert drawn["ranges"]["y"] == [0, 3.5]


def test_what_was_not_taken_off_is_seen_at_0_hz() -> None:
    wave = series("m/a", sine(50.0) + 7, rate=RATE)
    _, lines = drawn_lines(wave, scaling="amplitude", detrend="none", log=False, window="boxcar", length=1000)
    assert (lines["x"][0][0], lines["y"][0][0]) == (0.0, pytest.approx(7, rel=1e-3))
    _, lines = drawn_lines(wave, detrend="none", log_x=True)
    assert lines["x"][0][0] > 0


def test_units_that_cannot_have_a_power_or_differ() -> None:
    drawn, lines = drawn_lines(
        series("m/a", sine(9), rate=RATE, unit="m/s"), series("m/b", sine(9), rate=RATE, unit="V")
    )
    assert lines["unit"] == ["(m/s)²/Hz", "V²/Hz"]
    assert drawn["labels"]["y"] == "power per Hz"


def test_a_long_spectrum_keeps_its_peaks() -> None:
    time = np.arange(200_000) / RATE
    drawn, lines = drawn_lines(series("m/a", np.sin(2 * np.pi * 77.7 * time), rate=RATE), length=100_000)
    assert len(lines["x"][0]) <= MOST_POINTS
    assert lines["x"][0][np.argmax(lines["y"][0])] == pytest.approx(77.7, abs=0.01)
    assert drawn["legend"][0]["text"] == "peak at 77.7 Hz"


def test_a_channel_without_a_rate_says_why_beside_the_others() -> None:
    switch = series("m/on", [0, 1] * 20, kind=Kind.STATE)
    drawn, lines = drawn_lines(series("m/a", sine(50), rate=RATE), switch, series("m/c", [1.0]))
    assert lines["name"] == ["a"]
    told = [each["text"] for each in drawn["legend"]]
    assert told[1:] == ["a state channel has no rate: choose a number", "only 1 samples yet: at least 16 are needed"]
    with pytest.raises(StripchartError, match=r"^only 1 samples yet: at least 16 are needed \(c\)$"):
        drawn_lines(series("m/c", [1.0]))


def test_uneven_samples_are_told() -> None:
    time = SECOND * 100 + np.cumsum(RANDOM.integers(1, 60, 500)) * 10_000_000
    drawn, _ = drawn_lines(series("m/a", np.sin(np.arange(500)), time=time))
    assert drawn["note"].endswith("uneven, so interpolated")
