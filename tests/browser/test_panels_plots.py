"""Panels that are figures: what Bokeh holds in the browser, against what was published."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripchart.config.layouts import Layouts
from stripchart.config.pages import read_page
from stripchart.flow.records import Channel, Kind, make_batch
from support.page import serve
from support.panels import CHANNELS, watched
from support.shelf import Shelf

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from stripchart.flow.records import Batch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SECOND = 1_000_000_000
SOURCE = """(name) => Object.fromEntries(Object.entries(Bokeh.documents[0].get_model_by_name(`panel0-${name}`).data)
  .map(([column, values]) => [column, Array.from(values)]))"""
TIP = "[...document.querySelectorAll('#tip:not([hidden]) > *')].map((each) => each.textContent)"
TO_PIXELS = (
    "([x, y]) => (({x_scale, y_scale}) => [x_scale.compute(x), y_scale.compute(y)])(stripchart.panels.views[0].frame)"
)


def source(page: Page, name: str) -> dict[str, list[Any]]:
    """Return the columns of a source of the first panel."""
    return dict(page.evaluate(SOURCE, name))


def point_at(page: Page, x: float, y: float) -> list[str]:
    """Move the pointer to a place on the axes of the first panel, and return what is told there."""
    box = page.locator("section.panel .body").first.bounding_box()
    assert box is not None
    across, up = page.evaluate(TO_PIXELS, [x, y])
    page.mouse.move(box["x"] + across, box["y"] + up)
    page.wait_for_selector("#tip:not([hidden])")
    return list(page.evaluate(TIP))


def test_a_histogram_counts_and_goes_on(page: Page) -> None:
    panel = {"kind": "histogram", "channels": ["bench/temperature", "bench/humidity"], "bins": 10}
    with watched(page, panel) as monitor:
        page.wait_for_function("stripchart.panels.views[0]?.data.bars?.top.length")
        bars = source(page, "bars")
        assert sum(bars["top"]) == 400
        values = np.concatenate([20 + np.arange(200) / 100, np.arange(200) / 2])
        edges = np.unique([*bars["left"], *bars["right"]])
        np.testing.assert_array_equal(
            np.bincount(np.searchsorted(edges, bars["left"]), bars["top"]), np.histogram(values, edges)[0]
        )
        colours = page.evaluate("[0, 1].map((n) => getComputedStyle(document.body).getPropertyValue(`--c${n}`).trim())")
        assert set(bars["colour"]) == set(colours)
        page.evaluate("stripchart.toolbar.setTheme('dark')")
        dark = page.evaluate("getComputedStyle(document.body).getPropertyValue('--c0').trim()")
        assert dark not in colours
        assert dark in source(page, "bars")["colour"]
        assert page.locator(".keys li").all_text_contents() == ["temperature20.995 ± 0.577 °C", "humidity49.8 ± 28.9 %"]
        head, *rows = point_at(page, 21, 5)
        assert head == "19.995 to 29.995 °C"
        assert rows == ["temperature200", "humidity20"]
        monitor.hub.publish(make_batch("bench", CHANNELS, [time.time_ns()], [[35.0], [75.0], [1.0]]))
        page.wait_for_function("stripchart.panels.views[0].data.bars.top.reduce((sum, n) => sum + n) === 402")


def test_a_panel_says_what_it_lacks(page: Page) -> None:
    with watched(page, {"kind": "histogram", "channels": ["none"]}):
        page.wait_for_selector(".panel.wrong")
        assert page.locator(".panel .note").text_content() == "none of these channels has come yet; is a name misspelt?"
        page.evaluate("stripchart.design.use({panel: [{kind: 'histogram', channels: ['bench/light']}]})")
        page.wait_for_selector(".panel:not(.wrong) .keys li")


def at_rate(seconds: float, rate: float) -> np.ndarray:
    """Return times that end now, ns."""
    return time.time_ns() - (np.arange(round(seconds * rate))[::-1] * (1e9 / rate)).astype(np.int64)


def motor(stop_hz: float, seconds: float = 20, rate: float = 200.0) -> Batch:
    """A tone that rises from 0 Hz."""
    since = np.arange(round(seconds * rate)) / rate
    wave = np.sin(np.pi * stop_hz / seconds * since**2)
    return make_batch("motor", (Channel("speed", "g"),), at_rate(seconds, rate), [wave])


def test_a_spectrum_has_its_tone_at_its_frequency(page: Page) -> None:
    panel = {"kind": "spectrum", "channels": ["motor/speed"], "length": 200, "window": "boxcar", "scaling": "amplitude"}
    with watched(page, panel) as monitor:
        page.wait_for_selector(".panel.wrong")  # nothing has come yet
        times = at_rate(10, 200)
        wave = 3 * np.sin(2 * np.pi * 30 * np.arange(2000) / 200)
        monitor.hub.publish(make_batch("motor", (Channel("speed", "g"),), times, [wave]))
        page.wait_for_function("stripchart.panels.views[0].data.lines?.x[0]?.length === 100")
        lines = source(page, "lines")
        assert lines["x"][0] == pytest.approx(np.arange(1, 101), rel=1e-6)
        assert max(lines["y"][0]) == lines["y"][0][29] == pytest.approx(3)
        assert page.locator(".keys li").all_text_contents() == ["speedpeak at 30 Hz"]
        head, row = point_at(page, 30.2, 1)
        assert (head, row) == ("30 Hz", "speed3 g")


def test_a_spectrogram_shares_the_time_and_follows_the_tone(page: Page) -> None:
    panel = {"kind": "spectrogram", "channels": ["motor/speed"], "low": -60, "high": 0}
    with watched(page, panel, {"channels": ["motor/speed"]}) as monitor:
        batch = motor(90)
        monitor.hub.publish(batch)
        page.wait_for_function("stripchart.panels.views[0]?.data.images?.x.length === 1")
        page.keyboard.press("Space")  # nothing moves any more
        page.wait_for_timeout(1000)
        assert page.evaluate("stripchart.panels.views[0].figure.x_range === stripchart.strips.range")
        image, x, y, dw, dh = page.evaluate("""(({image: [a], x: [x], y: [y], dw: [dw], dh: [dh]}) =>
          [{shape: a.shape, values: [...a]}, x, y, dw, dh])(
          Bokeh.documents[0].get_model_by_name('panel0-images').data)""")
        level = np.array(image["values"]).reshape(image["shape"])
        columns = x + (np.arange(level.shape[1]) + 0.5) * dw / level.shape[1]
        hertz = y + (level.argmax(0) + 0.5) * dh / level.shape[0]
        expected = (columns - batch.time[0] / 1e6) / 1e3 * 90 / 20
        assert np.abs(hertz - expected)[2:-2].max() < 4
        assert (x, x + dw) == pytest.approx((batch.time[0] / 1e6, batch.time[-1] / 1e6), abs=700)
        # The frames of the panel and of the strip below are above each other.
        frames = page.evaluate("""[stripchart.panels.views[0], ...stripchart.strips.strips.values()]
          .map(({view: {frame: {bbox}}}) => [bbox.left, bbox.right])""")
        assert frames[0] == frames[1]
        middle = level.shape[1] // 2
        _, row = point_at(page, columns[middle], hertz[middle])
        assert row.endswith("dB")
        assert float(row.split(" Hz")[0]) == pytest.approx(hertz[middle], abs=0.01)
        assert float(row.split(" Hz")[1].removesuffix(" dB")) == pytest.approx(
            -60 + level[:, middle].max() * 60 / 255, abs=0.1
        )


def test_a_map_has_as_many_pixels_a_metre_both_ways(page: Page) -> None:
    channels = (Channel("latitude", "°"), Channel("longitude", "°"))
    angle = np.linspace(0, 1.5 * np.pi, 300)
    panel = {"kind": "xy", "channels": ["gps/latitude", "gps/longitude"], "map": True, "width": 5}
    with watched(page, panel) as monitor:
        times = at_rate(30, 10)
        places = [60 + 1e-3 * np.sin(angle), 10 + 2e-3 * np.cos(angle)]
        monitor.hub.publish(make_batch("gps", channels, times, places))
        page.wait_for_function("stripchart.panels.views[0]?.data.trails?.x[0]?.length === 300")
        trails, newest = source(page, "trails"), source(page, "newest")
        assert np.hypot(trails["x"][0], trails["y"][0]) == pytest.approx([111.5] * 300, abs=0.2)
        assert (newest["x"], newest["y"]) == ([trails["x"][0][-1]], [trails["y"][0][-1]])
        page.wait_for_function("""(({x_scale, y_scale}) => Math.abs(
          (x_scale.compute(100) - x_scale.compute(0)) / (y_scale.compute(0) - y_scale.compute(100)) - 1) < 1e-3)(
          stripchart.panels.views[0].frame)""")
        _, row = point_at(page, newest["x"][0], newest["y"][0])
        assert row == "gps59.99900°, 10.00000°"
        monitor.hub.publish(make_batch("gps", channels, [time.time_ns()], [[60.0], [10.004]]))
        page.wait_for_function("stripchart.panels.views[0].data.newest.x[0] > 150")


def test_an_axis_that_a_hand_moved_stays_until_a_double_click(page: Page) -> None:
    panel = {"kind": "xy", "channels": ["bench/temperature", "bench/humidity"]}
    with watched(page, panel):
        page.wait_for_function("stripchart.panels.views[0]?.data.trails?.x[0]?.length === 200")
        trails = source(page, "trails")
        assert trails["x"][0] == pytest.approx(20 + np.arange(200) / 100)
        assert trails["y"][0] == pytest.approx(np.arange(200) / 2)
        ends = page.evaluate("(({start, end}) => [start, end])(stripchart.panels.views[0].figure.x_range)")
        box = page.locator("section.panel .body").bounding_box()
        assert box is not None
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + 80, middle[1], steps=4)
        page.mouse.up()
        page.wait_for_function("stripchart.panels.views[0].held")
        page.wait_for_timeout(600)  # drawn anew meanwhile
        moved = page.evaluate("stripchart.panels.views[0].figure.x_range.start")
        assert moved < ends[0]
        page.mouse.dblclick(*middle)
        page.wait_for_function(f"stripchart.panels.views[0].figure.x_range.start === {ends[0]}")


def test_states_go_on_with_what_comes(page: Page) -> None:
    channels = (Channel("mode", kind=Kind.TEXT), Channel("door", kind=Kind.STATE))
    hostile = "<img src=x onerror=alert(1)>"
    with watched(page, {"kind": "states", "channels": ["oven"]}) as monitor:
        now = time.time_ns()
        times = [now - 20 * SECOND, now - 15 * SECOND, now - 5 * SECOND]
        monitor.hub.publish(make_batch("oven", channels, times, [["idle", hostile, "idle"], [0.0, 1.0, 1.0]]))
        page.wait_for_function("stripchart.panels.views[0]?.data.spans?.left.length === 5")
        spans = source(page, "spans")
        assert spans["value"] == ["idle", hostile, "idle", "off", "on"]
        assert spans["left"] == pytest.approx([each / 1e6 for each in (*times, times[0], times[1])])
        assert spans["right"][:2] == spans["left"][1:3]
        assert source(page, "names")["text"] == ["mode", "door"]
        monitor.hub.publish(make_batch("oven", channels, [time.time_ns()], [["heat"], [0.0]]))
        page.wait_for_function("stripchart.panels.views[0].data.spans.left.length === 7")
        assert page.locator(".keys li").all_text_contents() == ["modeheat", "dooroff"]
        _, row = point_at(page, times[1] / 1e6 + 1000, 0.6)
        assert row == f"mode{hostile} · 10 s"
        assert page.locator("#tip img").count() == 0


def test_panels_look_at_the_past_of_a_recording(page: Page) -> None:
    shelf = Shelf()
    start = time.time_ns() // SECOND * SECOND - 7200 * SECOND
    times = start + np.arange(36_000) * 100_000_000
    channels = (Channel("t", "°C"), Channel("door", kind=Kind.STATE))
    wave = np.sin(2 * np.pi * 2.0 * np.arange(36_000) / 10)
    shelf.add(make_batch("bench", channels, times, [np.arange(36_000) + wave, (np.arange(36_000) // 5_000) % 2]))
    panels = [{"kind": "histogram", "channels": ["bench/t"]}, {"kind": "spectrum", "channels": ["bench/t"],
        "detrend": "linear", "length": 100}, {"kind": "states", "channels": ["bench/door"]}]  # fmt: skip
    design = read_page({"panel": panels})
    with serve(look={"archive": shelf, "designer": Layouts()}, designs=(design,)) as site:
        page.goto(f"{site.url}#view={times[11_000] / 1e6:.0f},{times[12_000] / 1e6:.0f}")
        page.wait_for_function(
            "stripchart?.panels?.views.length === 3 && stripchart.panels.views.every((v) => v.drawn)"
        )
        bars = source(page, "bars")
        assert sum(bars["top"]) == 1000
        assert (bars["left"][0], bars["right"][-1]) == pytest.approx((11_000, 12_000), abs=60)
        peak = page.evaluate(
            "(({x: [x], y: [y]}) => x[y.indexOf(Math.max(...y))])(stripchart.panels.views[1].data.lines)"
        )
        assert peak == pytest.approx(2.0)
        # Nothing changed in the span: what was before it lasts.
        spans = page.evaluate("stripchart.panels.views[2].data.spans")
        assert spans["value"] == ["off"]
        assert spans["left"][0] < times[11_000] / 1e6
        assert spans["end"][0] == pytest.approx(times[11_999] / 1e6)
        page.evaluate(f"stripchart.toolbar.look({times[100] / 1e6}, {times[200] / 1e6})")
        page.wait_for_function("stripchart.panels.views[0].data.bars.top.reduce((sum, n) => sum + n) === 100")
        assert max(source(page, "bars")["right"]) < 210
