from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stripchart.errors import StripchartError
from stripchart.ui.panels.xy import XYOptions, XYPanel
from support.series import SECOND, ask, series, shown

ANGLE = np.linspace(0, 2 * np.pi, 91)


def draw(*given: Any, stop_ns: int = 100 * SECOND, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    panel = XYPanel(XYOptions(**options))
    drawn = panel.draw(ask(*given, stop_ns=stop_ns))
    return drawn, shown(panel, drawn)


def test_each_further_channel_is_over_the_first() -> None:
    x, y, z = (series(f"a/{name}", wave, unit=unit) for name, wave, unit in (
        ("x", np.cos(ANGLE), "mm"), ("y", np.sin(ANGLE), "V"), ("z", np.sin(2 * ANGLE), "V"),
    ))  # fmt: skip
    drawn, sources = draw(x, y, z)
    for place, wave in enumerate((np.sin(ANGLE), np.sin(2 * ANGLE))):
        np.testing.assert_array_equal(sources["trails"]["x"][place], np.cos(ANGLE))
        np.testing.assert_array_equal(sources["trails"]["y"][place], wave)
    np.testing.assert_array_equal(sources["trails"]["t"][0], 1000 + np.arange(91) * 1000)
    assert sources["newest"]["x"] == [1.0, 1.0]
    assert sources["newest"]["y"] == pytest.approx([0, 0], abs=1e-9)
    assert sources["newest"]["colour"] == [0, 1]
    assert drawn["labels"] == {"x": "x, mm", "y": "V"}
    assert drawn["note"] == "182 points"
    assert not drawn["equal"]
    for axis in drawn["ranges"].values():
        assert axis[0] < -1
        assert axis[1] > 1
    assert draw(x, y)[0]["labels"]["y"] == "y, V"


def test_points_are_rows_each() -> None:
    given = series("a/x", [1.0, 2, 3]), series("a/y", [4.0, 5, 6]), series("a/z", [7.0, 8, 9])
    _, sources = draw(*given, style="points")
    assert sources["trails"]["y"].tolist() == [4, 5, 6, 7, 8, 9]
    assert sources["trails"]["name"] == ["y"] * 3 + ["z"] * 3
    assert sources["trails"]["colour"] == [0] * 3 + [1] * 3


def test_a_trail_is_as_long_as_wanted() -> None:
    drawn, sources = draw(series("a/x", ANGLE), series("a/y", ANGLE), trail=5.5, stop_ns=92 * SECOND)
    assert sources["trails"]["t"][0].tolist() == [87_000, 88_000, 89_000, 90_000, 91_000]
    assert drawn["note"] == "5 points"
    with pytest.raises(StripchartError, match="no pairs of values in the time shown"):
        draw(series("a/x", ANGLE), series("a/y", ANGLE), trail=5.5, stop_ns=200 * SECOND)


def test_a_gap_is_one_in_the_line() -> None:
    time = SECOND * np.array([1, 2, 3, 4, 5, 6, 7, 8, 30, 31, 32, 33])
    _, sources = draw(series("a/x", np.arange(12.0), time=time), series("a/y", np.arange(12.0), time=time))
    assert np.flatnonzero(np.isnan(sources["trails"]["x"][0])).tolist() == [8]


def test_a_map_is_in_metres_with_the_middle_at_0() -> None:
    latitude, longitude = 60 + 0.001 * np.sin(ANGLE), 10 + 0.002 * np.cos(ANGLE)
    drawn, sources = draw(series("gps/lat", latitude), series("gps/lon", longitude), map=True)
    # A degree is 111,412 m of latitude and 55,800 m of longitude there (Snyder, table 2).
    np.testing.assert_allclose(sources["trails"]["y"][0], 111.412 * np.sin(ANGLE), atol=0.05)
    np.testing.assert_allclose(sources["trails"]["x"][0], 111.600 * np.cos(ANGLE), atol=0.05)
    np.testing.assert_allclose(sources["trails"]["latitude"][0], latitude)
    np.testing.assert_allclose(sources["trails"]["longitude"][0], longitude)
    assert drawn["equal"]
    assert drawn["labels"] == {"x": "m east", "y": "m north"}
    assert drawn["note"] == "91 points · 0, 0 is 60.00000° N, 10.00000° E"
    assert drawn["legend"] == [{"label": "gps", "colour": 0}]


def test_several_tracks_share_a_map_in_kilometres() -> None:
    one = series("a/lat", [0.0, 0.1]), series("a/lon", [0.0, 0.0])
    other = series("b/lat", [-0.1, -0.1]), series("b/lon", [-0.2, 0.0])
    drawn, sources = draw(*one, *other, map=True)
    assert drawn["labels"]["x"] == "km east"
    assert sources["trails"]["x"][0] - sources["trails"]["x"][1] == pytest.approx([22.264, 0.0], abs=1e-3)
    assert sources["newest"]["colour"] == [0, 1]


def test_who_stands_still_is_not_seen_to_jump() -> None:
    noise = np.random.default_rng(5).normal(0, 1e-6, (2, 50))
    drawn, _ = draw(series("gps/lat", 48 + noise[0]), series("gps/lon", 11 + noise[1]), map=True)
    assert drawn["ranges"]["x"][1] - drawn["ranges"]["x"][0] >= 20


def test_what_is_missing_is_told() -> None:
    with pytest.raises(StripchartError, match=r"two channels are needed: the first is x \(x\), the others are y"):
        draw(series("a/x", [1.0]))
    with pytest.raises(StripchartError, match=r"two by two: latitude, then longitude \(speed is left over\)"):
        draw(series("a/lat", [1.0]), series("a/lon", [1.0]), series("a/speed", [1.0]), map=True)
    with pytest.raises(StripchartError, match="no pairs of values in the time shown"):
        draw(series("a/lat", [91.0]), series("a/lon", [1.0]), map=True)
