"""Panels that are figures: what Bokeh holds in the browser, against what was published."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripchart.flow.records import make_batch
from support.panels import CHANNELS, watched

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

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
        assert page.locator(".keys li").all_text_contents() == ["temperature20.995 ± 0.577 °C", "humidity49.8 ± 28.9 %"]
        head, *rows = point_at(page, 21, 5)
        assert head == "19.995 to 29.995 °C"
        assert rows == ["temperature200", "humidity20"]
        monitor.hub.publish(make_batch("bench", CHANNELS, [time.time_ns()], [[35.0], [75.0], [1.0]]))
        page.wait_for_function("stripchart.panels.views[0].data.bars.top.reduce((sum, n) => sum + n) === 402")


def test_a_panel_says_what_it_lacks(page: Page) -> None:
    with watched(page, {"kind": "histogram", "channels": ["none"]}):
        page.wait_for_selector(".panel.wrong")
        assert page.locator(".panel .note").text_content() == "none of these channels has come yet"
        page.evaluate("stripchart.design.use({panel: [{kind: 'histogram', channels: ['bench/light']}]})")
        page.wait_for_selector(".panel:not(.wrong) .keys li")
