"""What is on the canvas, pixel by pixel: lines are not drawn by Bokeh's own glyphs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart.config.layouts import Layouts
from stripchart.config.pages import read_page
from stripchart.flow.records import Channel, Kind, make_batch
from support.chromium import ROWS
from support.feeder import Feeder
from support.page import Site, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# The values at which a line has ink on the canvas at a time, from the top to the bottom.
INK = """([strip, place, time]) => {
  const {view, lines, figure} = stripchart.strips.strips.get(strip);
  const {canvas} = view.canvas_view.primary;
  const pen = canvas.getContext("2d");
  const scale = canvas.width / view.bbox.width;
  const {x_scale, y_scale, bbox} = view.frame;
  const hex = getComputedStyle(document.documentElement).getPropertyValue(`--c${lines[place].colour}`).trim();
  const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const {data} = pen.getImageData(Math.round(x_scale.compute(time) * scale), 0, 1, canvas.height);
  const found = [];
  for (let row = Math.ceil(bbox.top * scale); row < bbox.bottom * scale; row++) {
    const near = wanted.every((part, at) => Math.abs(part - data[4 * row + at]) < 40);
    if (near) found.push(y_scale.invert((row + 0.5) / scale));
  }
  return found;
}"""


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        yield running


def open_page(page: Page, site: Site, rows: int) -> None:
    page.goto(site.url)
    page.wait_for_selector("body[data-ready]")
    page.wait_for_function(f"({ROWS})('s0') >= {rows}")
    page.wait_for_function(
        "[...stripchart.strips.strips.values()].every(({view, lines}) => view && lines.every(({renderer}) => renderer))"
    )
    painted(page)


def painted(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def ink(page: Page, strip: str, place: int, at_ns: int) -> list[float]:
    painted(page)
    return [float(value) for value in page.evaluate(INK, [strip, place, at_ns / 1e6])]


def test_lines_steps_and_gaps_are_where_the_samples_are(page: Page, site: Site) -> None:
    channels = (Channel("level", "m"), Channel("valve", "", Kind.STATE))
    begin = time.time_ns() - 40_000_000_000
    times = [begin + second * 1_000_000_000 for second in range(31)]
    levels = [float(second) for second in range(31)]
    valves = [float(second >= 5) for second in range(31)]
    site.hub.publish(make_batch("tank", channels, times[:11], [levels[:11], valves[:11]]))
    site.hub.publish(make_batch("tank", channels, times[20:], [levels[20:], valves[20:]], gap=True))
    open_page(page, site, 22)
    page.keyboard.press("Space")  # nothing moves any more
    half = 500_000_000
    for second in (2, 7, 25):
        drawn = ink(page, "strip0", 0, times[second] + half)
        assert drawn, f"no line at {second}.5 s"
        assert sum(drawn) / len(drawn) == pytest.approx(second + 0.5, abs=0.4)
    assert ink(page, "strip0", 0, times[15]) == []  # something is missing there
    before = ink(page, "strip1", 0, times[4] + half)  # a state holds until the next sample
    assert sum(before) / len(before) == pytest.approx(0.0, abs=0.05)
    after = ink(page, "strip1", 0, times[5] + half)
    assert sum(after) / len(after) == pytest.approx(1.0, abs=0.05)
    page.locator(".legend .line").first.click()
    assert ink(page, "strip0", 0, times[7]) == []
    page.locator(".legend .line").first.click()
    assert ink(page, "strip0", 0, times[7])


def test_a_band_reaches_from_the_least_to_the_greatest_of_each_moment(page: Page) -> None:
    designs = (read_page({"panel": [{"style": "band", "channels": ["tank"]}]}),)
    with serve(look={"designer": Layouts()}, designs=designs) as site:
        begin = time.time_ns() - 40_000_000_000
        times = begin + np.arange(1500) * 20_000_000
        values = np.where(np.arange(1500) % 2, 7.0, -3.0)
        site.hub.publish(make_batch("tank", (Channel("level", "m"),), times[:700], [values[:700]]))
        site.hub.publish(make_batch("tank", (Channel("level", "m"),), times[900:], [values[900:]], gap=True))
        open_page(page, site, 1300)
        page.keyboard.press("Space")
        drawn = ink(page, "strip0", 0, int(times[350]))
        assert (min(drawn), max(drawn)) == pytest.approx((-3, 7), abs=0.3)
        assert [value for value in drawn if -2 < value < 6] == []  # it is pale there
        assert ink(page, "strip0", 0, int(times[800])) == []
        stretches = page.evaluate("""async () => (await import("./assets/band.js")).envelope(
          [0, 3, 9, 70, 75, 90, 200], [1, 5, 2, 4, NaN, -1, 3], Number.isFinite, 1)""")
        # Moments of eight pixels: 0 to 8, 8 to 16, 64 to 72, 88 to 96, 200 to 208.
        assert stretches == [[[1.5, 1, 5], [9, 2, 2], [70, 4, 4]], [[90, -1, -1], [200, 3, 3]]]
        page.evaluate("""async () => { window.svg = (await import("./assets/drawing.js")).drawing(
          stripchart.strips, stripchart.panels, stripchart.marks, stripchart.looking.cursors, "").svg; }""")
        path = page.evaluate("svg.querySelector('[fill-opacity]').getAttribute('d')")
        assert path.count("M") == path.count("Z") == 2


def test_an_append_makes_no_copies_of_a_line_and_no_style_sheets(page: Page, site: Site) -> None:
    with Feeder(site.hub):
        open_page(page, site, 20)
        page.evaluate("""() => {
          window.copies = window.sheets = 0;
          for (const {view} of stripchart.strips.strips.values()) {
            for (const drawn of view.computed_renderer_views.filter(({model}) => model.type === "GlyphRenderer")) {
              drawn.position.replace = () => { window.sheets++; };
            }
          }
          const glyph = Bokeh.Models.Line.prototype.default_view.prototype;
          const made = glyph.set_data;
          glyph.set_data = function (...given) { window.copies++; return made.apply(this, given); };
        }""")
        page.wait_for_function(f"({ROWS})('s0') > {page.evaluate(ROWS, 's0') + 50}")
        assert page.evaluate("[copies, sheets]") == [0, 0]
