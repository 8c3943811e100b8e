from __future__ import annotations

from base64 import b64decode
from typing import Any

import numpy as np
import pytest

from stripchart.errors import ConfigError, StripchartError
from stripchart.flow.records import Kind
from stripchart.ui.panels.spectrogram import LEVELS, SpectrogramOptions, SpectrogramPanel
from support.series import SECOND, ask, series, shown

RATE = 200.0
RANDOM = np.random.default_rng(3)


def chirp(seconds: float, first: float, last: float) -> np.ndarray:
    """A tone that rises evenly, over a little noise."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave: np.ndarray = np.sin(2 * np.pi * (first * time + (last - first) * time**2 / (2 * seconds)))
    return wave + RANDOM.normal(0, 1e-2, len(time))


def draw(*given: Any, width: int = 800, **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what is drawn, and its images with their levels in dB."""
    panel = SpectrogramPanel(SpectrogramOptions(**options))
    drawn = panel.draw(ask(*given, width=width))
    columns = shown(panel, drawn)["images"]
    images = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    for image in images:
        packed = image["image"]
        steps = np.frombuffer(b64decode(packed["bytes"]), packed["dtype"]).reshape(packed["shape"])
        image["level"] = image["zero"] + image["step"] * steps.astype(float)
    return drawn, images


def loudest(image: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle of each column, s, and the frequency of its loudest row."""
    rows, columns = image["level"].shape
    seconds = (image["x"] + (np.arange(columns) + 0.5) * image["dw"] / columns) / 1e3
    return seconds, image["y"] + (image["level"].argmax(0) + 0.5) * image["dh"] / rows


def test_a_rising_tone_is_where_it_was_when_it_was() -> None:
    drawn, (image,) = draw(series("m/a", chirp(40, 10, 90), rate=RATE, unit="V"))
    seconds, hertz = loudest(image)
    # Samples begin at 1 s.
    assert np.abs(hertz - (10 + 2 * (seconds - 1))).max() < 3
    assert image["x"] == pytest.approx(1000, abs=700)
    assert image["x"] + image["dw"] == pytest.approx(41_000, abs=700)
    assert (image["y"], image["y"] + image["dh"]) == pytest.approx((0, 100), abs=2)
    assert drawn["ranges"] == {"y": [0, pytest.approx(100)]}
    assert drawn["note"] == "sampled at 200 Hz"
    assert drawn["scale"]["title"] == "0 dB is 1 (V)²/Hz"


def test_a_gap_is_not_bridged() -> None:
    values = chirp(40, 50, 50)
    time = SECOND + np.arange(len(values)) * 5_000_000
    time[4000:] += 20 * SECOND
    _, (before, after) = draw(series("m/a", values, time=time))
    assert before["x"] + before["dw"] <= 21_000
    assert after["x"] >= 41_000 - 1
    assert before["image"]["shape"][0] == after["image"]["shape"][0]
    marked = series("m/a", values, rate=RATE, gaps=[3000])
    assert [round(image["x"], -3) for image in draw(marked)[1]] == [1000, 16_000]


def test_no_more_columns_than_can_be_seen() -> None:
    values = chirp(100, 50, 50)
    gaps = [5000, 12_000]
    _, images = draw(series("m/a", values, rate=RATE, gaps=gaps), width=200)
    assert sum(image["image"]["shape"][1] for image in images) <= 100
    assert len(images) == 3


def test_colours_go_where_they_are_told_or_what_is_seen() -> None:
    wave = series("m/a", chirp(40, 50, 50), rate=RATE)
    drawn, (image,) = draw(wave, low=-30, high=-10)
    assert (drawn["scale"]["low"], drawn["scale"]["high"]) == ("-30 dB", "-10 dB")
    assert (image["level"].min(), image["level"].max()) == (-30, -10)
    _, (fitted,) = draw(wave)
    assert fitted["step"] * LEVELS >= 20
    assert fitted["level"].max() > -10
    assert (fitted["level"] < fitted["zero"] + 10).mean() > 0.5
    _, (half,) = draw(wave, low=-20)
    assert half["zero"] == -20


def test_silence_has_a_picture() -> None:
    drawn, (image,) = draw(series("m/a", np.zeros(4000), rate=RATE))
    assert len(np.unique(image["level"])) == 1
    assert drawn["scale"]["low"].endswith("dB")


def test_one_channel_is_shown_the_first_that_is_a_number() -> None:
    given = series("m/on", [0.0, 1] * 900, rate=RATE, kind=Kind.STATE), series("m/a", chirp(9, 50, 50), rate=RATE)
    drawn, _ = draw(*given)
    assert drawn["legend"] == [{"label": "a"}]
    assert drawn["note"].endswith(" · 1 of 2 channels")


def test_columns_stay_what_they_are_as_time_goes_on() -> None:
    wave = chirp(44, 10, 90)
    now, later = (
        dict(zip(loudest(image)[0].round(6), image["level"].T, strict=True))
        for _, (image,) in (draw(series("m/a", wave[:end], rate=RATE), low=-60, high=0) for end in (8000, 8123))
    )
    both = sorted(now.keys() & later.keys())
    assert len(both) >= len(now) - 1
    for seconds in both:
        np.testing.assert_allclose(now[seconds], later[seconds], atol=0.3)


def test_too_little_is_told() -> None:
    with pytest.raises(StripchartError, match="only 3 samples yet: at least 16 are needed"):
        draw(series("m/a", [1.0, 2, 3]))
    with pytest.raises(StripchartError, match="a state channel has no rate: choose a number"):
        draw(series("m/on", [0.0, 1] * 900, kind=Kind.STATE))
    with pytest.raises(StripchartError, match="no 16 samples in a row"):
        draw(series("m/a", np.arange(40.0), gaps=[10, 20, 30]))
    with pytest.raises(ConfigError, match=r"high: expected more than low \(-10 dB\), got -20"):
        SpectrogramOptions(low=-10, high=-20)
