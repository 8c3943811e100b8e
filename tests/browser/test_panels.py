"""Panels of a page's design, as a viewer meets them: what they show is held against what was published."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.flow.records import make_batch
from support.chromium import ROWS
from support.panels import CHANNELS, watched

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def redesign(page: Page, **table: Any) -> None:
    page.evaluate("(table) => stripchart.design.use(table)", table)


def strip_titles(page: Page) -> list[str]:
    return page.locator("section.strip h2").all_text_contents()


def test_strips_are_as_the_design_says(page: Page) -> None:
    panels = [
        {"title": "Both", "channels": ["bench/temperature", "bench/humidity"], "right": ["*/humidity"], "width": 8},
        {"channels": ["*/light"], "log": True, "style": "points", "width": 4, "height": 2},
    ]
    looks = [{"match": "*/temperature", "name": "Oven", "unit": "°F", "scale": 1.8, "offset": 32, "colour": 5}]
    with watched(page, *panels, channel=looks):
        page.wait_for_function("stripchart.strips.strips.size === 2")
        page.wait_for_function("[...stripchart.strips.strips.values()].every((s) => s.lines.every((l) => l.renderer))")
        page.wait_for_function(f"({ROWS})('s0') === 200")
        assert strip_titles(page) == ["Both", "lx"]
        assert page.locator(".legend .name").all_text_contents() == ["Oven", "humidity", "light"]
        page.wait_for_function("document.querySelector('.legend .value').textContent.startsWith('71.58')")
        boxes = [page.locator("section.strip").nth(place).bounding_box() for place in range(2)]
        assert boxes[0]
        assert boxes[1]
        assert boxes[0]["width"] > 1.8 * boxes[1]["width"]
        assert boxes[1]["height"] > 1.8 * boxes[0]["height"]
        assert boxes[0]["x"] < boxes[1]["x"]
        # The line is scaled, and each axis holds its own lines.
        left, right, log = page.evaluate("""[...stripchart.strips.strips.values()].flatMap(({figure}) => [
          figure.y_range, ...Object.values(figure.extra_y_ranges.right ? {r: figure.extra_y_ranges.right} : {})])
          .map(({start, end}) => [start, end])""")
        assert 60 < left[0] < 68.1
        assert 71.5 < left[1] < 76
        assert right[0] < 1
        assert 99 < right[1] < 120
        assert 0.5 < log[0] <= 1
        assert log[1] > 9_000
        glyphs = page.evaluate("[...stripchart.strips.strips.values()].map((s) => s.lines[0].renderer.glyph.type)")
        assert glyphs == ["Line", "Scatter"]
        colour = page.evaluate("stripchart.strips.strips.get('strip0').lines[0].renderer.glyph.line_color.value")
        assert colour == page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--c4').trim()")


def test_names_stand_where_there_is_room_for_them(page: Page) -> None:
    panels = [
        {"channels": ["bench/temperature", "bench/humidity"], "right": ["*/humidity"], "width": 8, "height": 2},
        {"channels": ["bench/light"], "width": 4},
        {"kind": "number", "channels": ["bench/light"], "width": 4},
    ]
    with watched(page, *panels):
        page.wait_for_function("document.querySelectorAll('#strips > section').length === 3")
        page.wait_for_function("[...stripchart.strips.strips.values()].every(({view}) => view?.frame?.bbox.width > 0)")

        def places(width: int) -> list[dict[str, float]]:
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            sections = page.locator("#strips > section")
            return [box for each in sections.all() if (box := each.bounding_box())]

        def beside(strip: int) -> bool:
            plot = page.locator("section.strip .plot").nth(strip).bounding_box()
            names = page.locator("section.strip .side").nth(strip).bounding_box()
            assert plot
            assert names
            if names["x"] >= plot["x"] + plot["width"]:
                return True
            assert names["y"] + names["height"] <= plot["y"]
            return False

        wide, narrow, number = places(1280)
        assert wide["y"] == narrow["y"]
        assert narrow["x"] == number["x"]
        assert [beside(0), beside(1)] == [True, False]
        # On a tablet a third of the page is too little, and on a phone everything has all of it.
        wide, narrow, number = places(820)
        assert wide["width"] > 1.9 * narrow["width"]
        assert wide["y"] < narrow["y"] == number["y"]
        assert [beside(0), beside(1)] == [True, False]
        wide, narrow, number = places(390)
        assert wide["width"] == narrow["width"] == number["width"]
        assert [beside(0), beside(1)] == [False, False]


def test_numbers_have_limits_and_go_on(page: Page) -> None:
    panel = {
        "kind": "number",
        "title": "Now",
        "channels": ["bench/temperature", "bench/humidity"],
        "high": 50,
        "digits": 1,
    }
    with watched(page, panel) as monitor:
        page.wait_for_selector(".numbers figure")
        shown = page.locator(".numbers figure")
        assert shown.all_text_contents() == ["22.0°Ctemperature", "99.5%humidity"]
        assert [each.get_attribute("class") for each in shown.all()] == ["good", "warning"]
        monitor.hub.publish(make_batch("bench", CHANNELS, [time.time_ns()], [[-5.25], [40.0], [1.0]]))
        page.wait_for_function("document.querySelector('.numbers b').textContent === '-5.3°C'")
        assert [each.get_attribute("class") for each in shown.all()] == ["good", "good"]


def test_a_viewer_lays_the_page_out_anew_and_a_reload_keeps_it(page: Page) -> None:
    with watched(page, state="#window=300") as monitor:
        page.wait_for_function("stripchart.strips.strips.size === 3")
        page.wait_for_function(f"({ROWS})('s0') === 200")
        redesign(
            page, panel=[{"title": "One", "channels": ["bench/*"]}, {"kind": "number", "channels": ["bench/light"]}]
        )
        page.wait_for_function("[...stripchart.strips.strips.values()].map(({lines}) => lines.length).join() === '3'")
        page.wait_for_function("[...stripchart.strips.strips.values()][0].lines.every((line) => line.renderer)")
        source = page.evaluate("[...stripchart.strips.strips.values()][0].lines[0].source")
        page.wait_for_function(f"({ROWS})('{source}') === 200")
        page.wait_for_selector(".numbers figure")
        page.wait_for_function("location.hash.includes('design=')")
        page.reload()
        page.wait_for_function("window.stripchart?.strips?.strips.size === 1")
        assert strip_titles(page) == ["One"]
        page.evaluate("stripchart.design.reset()")
        page.wait_for_function("stripchart.strips.strips.size === 3")
        assert len(monitor.ledger()["subscriptions"]) == 1


def test_a_wrong_layout_is_told_and_the_page_stays(page: Page) -> None:
    with watched(page):
        page.wait_for_function("stripchart.strips.strips.size === 3")
        redesign(page, panel=[{"kind": "strp"}])
        page.wait_for_selector("#wrong:not([hidden])")
        assert "no panel named 'strp'; did you mean 'strip'?" in (page.locator("#wrong").text_content() or "")
        assert page.evaluate("stripchart.strips.strips.size") == 3
