from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripchart import Monitor
from stripchart.flow.records import Channel, Kind, make_batch
from support.chromium import ROWS
from support.feeder import Feeder
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    with Monitor(title="Test bench") as running:
        yield running


def open_page(page: Page, monitor: Monitor, state: str = "") -> list[str]:
    """Open the page and return the list to which it will add its complaints."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(monitor.url + state)
    page.wait_for_selector("body[data-ready]")
    return complaints


def rows(page: Page, key: str = "s0") -> int:
    return int(page.evaluate(ROWS, key))


def time_range(page: Page) -> tuple[float, float]:
    start, end = page.evaluate("[stripchart.strips.range.start, stripchart.strips.range.end]")
    return start, end


def plot_box(page: Page, place: int = 0) -> dict[str, Any]:
    box = page.locator(".strip .plot").nth(place).bounding_box()
    assert box is not None
    return dict(box)


def test_an_empty_page_says_what_it_waits_for(page: Page, monitor: Monitor) -> None:
    complaints = open_page(page, monitor)
    assert page.get_by_text("Waiting for the first samples").is_visible()
    assert page.title() == "Test bench"
    assert complaints == []


def test_it_moves(page: Page, monitor: Monitor) -> None:
    with Feeder(monitor.hub) as feeder:
        complaints = open_page(page, monitor)
        page.wait_for_function("document.querySelectorAll('.strip').length === 2")
        page.wait_for_function(f"({ROWS})('s0') > 100")
        first = time_range(page)
        page.wait_for_function(f"stripchart.strips.range.end > {first[1] + 500}")
        assert page.locator(".legend .name").all_inner_texts() == ["temperature", "humidity"]
        page.wait_for_function("document.querySelector('.legend .value').textContent.endsWith('°C')")
        feeder.stop()
        until(lambda: rows(page) == feeder.rows, what=f"{feeder.rows} rows in the browser", page=page)
    low, high = page.evaluate("(({start, end}) => [start, end])(stripchart.strips.strips.get('strip0').figure.y_range)")
    drawn = page.evaluate("Array.from(Bokeh.documents[0].get_model_by_name('s0').data.c0)")
    assert low < min(drawn) < max(drawn) < high
    assert complaints == []


def test_nothing_comes_from_elsewhere(page: Page, monitor: Monitor) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with Feeder(monitor.hub):
        open_page(page, monitor)
        page.wait_for_function(f"({ROWS})('s0') > 10")
    assert len(asked) > 5
    assert all(url.startswith((monitor.url, "data:", "blob:")) for url in asked), asked


def test_a_late_visitor_sees_the_recent_past_without_gap_or_duplicate(page: Page, monitor: Monitor) -> None:
    with Feeder(monitor.hub, rate=200) as feeder:
        until(lambda: feeder.rows > 400, page=page)
        open_page(page, monitor)
        page.wait_for_function(f"({ROWS})('s0') > 800")
        feeder.stop()
        until(lambda: rows(page) == feeder.rows, what=f"{feeder.rows} rows in the browser", page=page)
    times = page.evaluate("Array.from(Bokeh.documents[0].get_model_by_name('s0').data.t)")
    assert times == sorted(times)
    assert len(set(times)) == len(times)


def test_pause_stops_only_the_view_and_loses_nothing(page: Page, monitor: Monitor) -> None:
    with Feeder(monitor.hub) as feeder:
        open_page(page, monitor)
        page.wait_for_function(f"({ROWS})('s0') > 50")
        page.keyboard.press("Space")
        assert page.locator("#live").inner_text().strip() == "Paused"
        held = time_range(page)
        seen = feeder.rows
        until(lambda: feeder.rows > seen + 100, page=page)
        assert time_range(page) == held
        page.locator("#live").click()
        page.wait_for_function(f"stripchart.strips.range.end > {held[1] + 1500}")
        feeder.stop()
        until(lambda: rows(page) == feeder.rows, what=f"{feeder.rows} rows in the browser", page=page)
    (account,) = monitor.ledger()["subscriptions"].values()
    assert account["lost"] == 0


def test_a_drag_pans_and_a_reset_follows_again(page: Page, monitor: Monitor) -> None:
    with Feeder(monitor.hub):
        open_page(page, monitor)
        page.wait_for_function(f"({ROWS})('s0') > 50")
        box = plot_box(page)
        x, y = box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.4
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 100, y, steps=5)
        page.mouse.move(x - 200, y, steps=5)
        page.mouse.up()
        page.wait_for_function("!stripchart.toolbar.live && stripchart.page.view.length === 2")
        start, end = time_range(page)
        assert end - start == pytest.approx(60_000, rel=0.01)
        assert end > time.time() * 1000 + 5_000  # the drag went to the left, so the future shows
        assert "view=" in page.url
        page.locator("#more summary").click()
        page.locator("#reset").click()
        page.wait_for_function("stripchart.toolbar.live && stripchart.strips.range.end < Date.now() + 1000")
    assert "view=" not in page.url


def test_wheel_and_box_look_closer_with_finer_rows(page: Page, monitor: Monitor) -> None:
    with Feeder(monitor.hub, rate=2000) as feeder:
        open_page(page, monitor, "#window=60")
        page.wait_for_function(f"({ROWS})('s0') > 8000")
        feeder.stop()
        dense = page.evaluate("Bokeh.documents[0].get_model_by_name('s0').data.t.length")
        assert dense < feeder.rows / 2  # reduced before the wire
        page.locator("[data-drag=box]").click()
        box = plot_box(page)
        right = box["x"] + box["width"] - 20
        y = box["y"] + 20
        page.mouse.move(right - 60, y)
        page.mouse.down()
        page.mouse.move(right - 40, y + 40, steps=4)
        page.mouse.move(right - 30, y + 80, steps=4)
        page.mouse.up()
        page.wait_for_function("stripchart.page.view.length === 2")
        start, end = time_range(page)
        assert end - start < 10_000
        # The rows of the span come anew, finer: a tenth of the time now has more rows than the whole had for it.
        page.wait_for_function(
            "([start, end]) => { const t = Bokeh.documents[0].get_model_by_name('s0').data.t;"
            " return t.length > 400 && t[0] > start - 2000 && t[t.length - 1] < end + 2000; }",
            arg=[start, end],
        )
        page.mouse.wheel(0, 400)
        page.wait_for_function(f"stripchart.strips.range.end - stripchart.strips.range.start > {1.05 * (end - start)}")


def test_the_window_is_chosen_and_kept_in_the_address(page: Page, monitor: Monitor) -> None:
    with Feeder(monitor.hub):
        open_page(page, monitor)
        page.wait_for_function(f"({ROWS})('s0') > 10")
        page.locator("[data-window='300']").click()
        page.wait_for_function("Math.abs(stripchart.strips.range.end - stripchart.strips.range.start - 300000) < 1")
        page.reload()
        page.wait_for_selector("body[data-ready]")
        page.wait_for_function("Math.abs(stripchart.strips.range?.end - stripchart.strips.range?.start - 300000) < 1")
        assert page.locator("[data-window='300']").get_attribute("aria-checked") == "true"


def test_the_legend_hides_shows_and_leaves_one_alone(page: Page, monitor: Monitor) -> None:
    channels = (Channel("a"), Channel("b"), Channel("c"))
    shown = "() => [...stripchart.strips.strips.values()][0]?.lines.map((line) => line.renderer?.visible)"
    with Feeder(monitor.hub, channels=channels):
        open_page(page, monitor)
        page.wait_for_function(f"({ROWS})('s0') > 10")
        page.wait_for_function(f"({shown})()?.every((each) => each === true)")
        buttons = page.locator(".legend .line")
        buttons.nth(1).click()
        assert page.evaluate(shown) == [True, False, True]
        assert buttons.nth(1).get_attribute("aria-pressed") == "false"
        # The y axis fits what is left: 0 and 20, then 20 alone.
        buttons.nth(2).click(modifiers=["Alt"])
        assert page.evaluate(shown) == [False, False, True]
        page.wait_for_function("[...stripchart.strips.strips.values()][0].figure.y_range.start > 15")
        page.reload()
        page.wait_for_selector("body[data-ready]")
        page.wait_for_function(f"JSON.stringify(({shown})()) === '[false,false,true]'")


def test_the_pointer_reads_all_channels_at_its_time(page: Page, monitor: Monitor) -> None:
    feeder = Feeder(monitor.hub, rate=10)
    now = time.time_ns()
    feeder.publish(300, now)
    open_page(page, monitor)
    page.wait_for_function(f"({ROWS})('s0') === 300")
    page.locator("#live").click()
    box = plot_box(page)
    page.mouse.move(box["x"] + box["width"] * 0.85, box["y"] + box["height"] / 2)
    page.wait_for_selector("#tip:not([hidden])")
    under = page.evaluate("stripchart.strips.strips.get('strip0').cursor.location")
    row = 299 - round((now / 1e6 - under) / 100)
    assert now / 1e6 - under == pytest.approx((299 - row) * 100, abs=0.01)  # it snaps to a sample
    values = page.evaluate("[...stripchart.strips.strips.values()].map((strip) => strip.lines[0].under.value)")
    expected = page.evaluate(
        "(place) => ['c0', 'c1'].map((column) => Bokeh.documents[0].get_model_by_name('s0').data[column][place])", row
    )
    assert values == pytest.approx(expected)
    assert page.locator("#tip div").count() == 1  # the strip under the pointer; the legends show the others
    assert "temperature" in page.locator("#tip").inner_text()
    page.mouse.move(5, 5)
    page.wait_for_selector("#tip", state="hidden")


def test_themes(page: Page, monitor: Monitor) -> None:
    with Feeder(monitor.hub):
        page.emulate_media(color_scheme="dark")
        open_page(page, monitor)
        page.wait_for_function(f"({ROWS})('s0') > 10")
        background = "stripchart.strips.strips.get('strip0').figure.background_fill_color"
        page.wait_for_function(f"{background} === '#191f26'")
        for wanted in ("light", "dark"):
            page.keyboard.press("t")
            assert page.evaluate("document.documentElement.dataset.theme") == wanted
        page.locator("#more summary").click()
        page.locator("#theme").click()
        page.emulate_media(color_scheme="light")
        page.wait_for_function(f"{background} === '#ffffff'")


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800), (3840, 2160)])
def test_every_size_fits(page: Page, monitor: Monitor, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    with Feeder(monitor.hub):
        open_page(page, monitor)
        page.wait_for_function(f"({ROWS})('s0') > 10")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for place in range(2):
            box = plot_box(page, place)
            assert box["width"] > width * 0.6
            assert box["height"] >= 110


def test_a_gap_is_drawn(page: Page, monitor: Monitor) -> None:
    channels = (Channel("a"),)
    now = time.time_ns()
    times = now - 20_000_000_000 + 100_000_000 * np.arange(100)
    monitor.hub.publish(make_batch("s", channels, times, [range(100)]))
    monitor.hub.publish(make_batch("s", channels, times + 11_000_000_000, [range(100)], gap=True))
    open_page(page, monitor)
    page.wait_for_function(f"({ROWS})('s0') === 200")
    empty = page.evaluate("Array.from(Bokeh.documents[0].get_model_by_name('s0').data.c0).filter(Number.isNaN).length")
    assert empty == 1
    monitor.hub.publish(make_batch("s", channels, [now - 5_000_000_000], [[1]], gap=True))
    page.wait_for_function(f"({ROWS})('s0') === 201")
    empty = page.evaluate("Array.from(Bokeh.documents[0].get_model_by_name('s0').data.c0).filter(Number.isNaN).length")
    assert empty == 2


def test_channels_that_come_later_join_with_all_their_rows(page: Page, monitor: Monitor) -> None:
    now = time.time_ns()
    first, both = (Channel("a"),), (Channel("a"), Channel("b", "V"))
    monitor.hub.publish(make_batch("s", first, [now - 3_000_000_000], [[1]]))
    open_page(page, monitor)
    page.wait_for_function(f"({ROWS})('s0') === 1")
    monitor.hub.publish(make_batch("s", both, [now - 2_000_000_000], [[2], [20]]))
    page.wait_for_function("document.querySelectorAll('.strip').length === 2")
    page.wait_for_function(f"({ROWS})('s0') === 2")
    page.wait_for_function(f"({ROWS})('s1') === 1")


DRAWN = """label => {
  const all = [...stripchart.strips.strips.values()].flatMap((strip) => strip.lines);
  const line = all.find((each) => each.label === label);
  const renderer = line?.renderer;
  const column = renderer?.data_source.data[renderer.glyph.y.field];  // none while the line moves to another source
  return column ? Array.from(column).join() : "";
}"""


def test_channels_that_come_in_turns_are_drawn_as_whole_lines(page: Page, monitor: Monitor) -> None:
    now, a, b = time.time_ns(), Channel("a"), Channel("b")
    monitor.hub.publish(make_batch("s", (a, b), [now - 9_000_000_000], [[0], [0]]))
    open_page(page, monitor)
    page.wait_for_function(f"({DRAWN})('b') === '0'")
    for step in range(1, 4):
        for place, channel in enumerate((a, b)):
            at = now - 9_000_000_000 + step * 1_000_000_000 + place
            monitor.hub.publish(make_batch("s", (channel,), [at], [[step * 10 + place]]))
        page.wait_for_function(f"({DRAWN})('b').endsWith('{step * 10 + 1}')")
    for label, values in (("a", "0,10,20,30"), ("b", "0,11,21,31")):
        page.wait_for_function(f"({DRAWN})('{label}') === '{values}'")
    page.locator(".legend .line", has_text="b").first.click()
    page.wait_for_function("[...stripchart.strips.strips.values()][0].lines[1].renderer.visible === false")


def test_the_page_comes_back_when_the_server_does(page: Page) -> None:
    monitor = Monitor()
    monitor.start()
    port = monitor.port
    open_page(page, monitor)
    monitor.stop()
    page.wait_for_selector("#away:not([hidden])")
    assert "comes back by itself" in page.locator("#away").inner_text()
    with Monitor(port=port) as second, Feeder(second.hub):
        page.wait_for_function(f"window.Bokeh && ({ROWS})('s0') > 10", timeout=30_000)
        assert page.locator("#away").is_hidden()


def test_long_names_show_where_they_differ(page: Page, monitor: Monitor) -> None:
    value = (Channel("value"),)
    now = time.time_ns()
    for place in ("north", "south"):
        monitor.hub.publish(make_batch(f"home/greenhouse/{place}/temp", value, [now], [[20.0]]))
    monitor.hub.publish(make_batch("home/greenhouse/north/fan", (Channel("value", "", Kind.STATE),), [now], [[1.0]]))
    open_page(page, monitor)
    page.wait_for_function("document.querySelectorAll('.legend li').length === 3")
    assert page.locator(".legend .name").all_inner_texts() == ["north", "south", "greenhouse/north/fan"]
    assert page.locator(".strip h2").all_inner_texts() == ["temp", "fan"]
    # A switch is drawn as steps.
    glyphs = page.evaluate("[...stripchart.strips.strips.values()].map((strip) => strip.lines[0].renderer.glyph.type)")
    assert glyphs == ["Line", "Step"]
