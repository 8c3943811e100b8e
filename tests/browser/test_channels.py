"""The tree of channels: what it shows, how it is searched, and what its rows and the lines of legends can do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripchart import Monitor
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.ui.design import matches
from support.panels import watched
from support.wait import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

OPEN = "#channels=1"
STRIPS = """() => Object.fromEntries([...document.querySelectorAll("#strips > .strip")].map((section) => [
  section.getAttribute("aria-label"),
  [...section.querySelectorAll(".legend .name")].map((each) => each.textContent)]))"""
"""The names of each strip's lines by its title."""
ROWS = """() => [...document.querySelectorAll("#channels .item:not([hidden])")]
  .sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top)
  .map((row) => row.querySelector(".name").textContent)"""
ASKED = """() => performance.getEntriesByType("resource").filter(({name}) => name.includes("api/tree"))
  .map(({name}) => new URL(name).searchParams.get("rows").split(",").filter(Boolean).length)"""
"""How many rows each question to the server was about."""
NAMES = ["bench/x", "a/b/c", "a", "a/*", "a/[b]/c", "x[1]/y", "x1/y", "a.b/c", "a^/b", "a]/b", "a-/b", "π/°C", "A/B/C"]
PATTERNS = [
    "a", "a/b", "*", "a/*", "?/b", "a/?", "[ab]/*", "[!a]*", "a/[[]b]/c", "x[[]1]/y", "x[1]/y", "x[", "x[]", "[]]",
    "a[]^]/b", "a[^x]/b", "*.b/*", "a[*-]/b", "[z-a]*", "*°C", "a\\*", "(a|x)*", "[!]a]*", "a[]-]/*", "π*", "[a-x]*/?",
]  # fmt: skip


def row(page: Page, name: str) -> Locator:
    return page.locator("#channels .item:not([hidden])").filter(has=page.get_by_text(name, exact=True))


def wait_for_strips(page: Page, expected: dict[str, list[str]]) -> None:
    """Wait until these are the strips, and all their lines are drawn."""
    until(lambda: page.evaluate(STRIPS) == expected, what=f"the strips {expected}", page=page)
    page.wait_for_function(
        "[...stripchart.strips.strips.values()].every(({lines}) => lines.every(({renderer}) => renderer))"
    )


def wait_for_rows(page: Page, *expected: str) -> None:
    until(lambda: page.evaluate(ROWS) == [*expected], what=f"the rows {expected}", page=page)


def publish(monitor: Monitor, stream: str, value: Any, unit: str = "") -> None:
    """Publish one value; one that is a truth value is a state's."""
    kind = {str: Kind.TEXT, bool: Kind.STATE}.get(type(value), Kind.NUMBER)
    monitor.hub.publish(make_batch(stream, (Channel("value", unit, kind),), [time.time_ns()], [[value]]))


def choose(page: Page, what: str) -> None:
    """Take what a menu offers, which must be open."""
    page.locator("#choices").get_by_text(what, exact=True).click()


def test_it_shows_what_was_published(page: Page) -> None:
    with watched(page) as monitor:
        publish(monitor, "house/hall/door", value=True)
        publish(monitor, "house/hall/log", value="<b>hello</b>")
        publish(monitor, "house/roof/wind/speed", 3.25, "m/s")
        page.wait_for_function("document.querySelector('#channels-button small').textContent === '6'")
        page.keyboard.press("c")
        assert page.evaluate("document.activeElement.type") == "search"
        wait_for_rows(
            page, "bench", "humidity", "light", "temperature", "house", "hall", "door", "log", "roof/wind/speed"
        )
        assert page.locator("#channels .counts").inner_text() == "6 · 5 drawn"
        texts = {
            "temperature": "21.99°C",
            "humidity": "99.5%",
            "door": "1",
            "log": "<b>hello</b>",
            "roof/wind/speed": "3.25m/s",
        }
        for name, text in texts.items():
            until(
                lambda name=name, text=text: row(page, name).locator(".value").inner_text() == text,
                what=text,
                page=page,
            )
        # Its line's colour, and what it has been: temperature rose by the same in each row.
        ink = "(row) => getComputedStyle(row.querySelector('.icon, .ink')).color"
        border = "() => getComputedStyle(document.querySelector('.legend .ink')).borderTopColor"
        assert row(page, "temperature").evaluate(ink) == page.evaluate(border)
        assert row(page, "log").evaluate(ink) != row(page, "temperature").evaluate(ink)
        points = row(page, "temperature").locator("polyline").get_attribute("points")
        across, up = np.array(points.split(), float).reshape(-1, 2).T
        assert (across[0], across[-1]) == (0, 120)
        np.testing.assert_allclose(up, 32 - across * 32 / 120, atol=1.2)
        # A value that came is shown; one that has not come for long is old.
        publish(monitor, "house/roof/wind/speed", -4.5, "m/s")
        page.wait_for_function(
            "[...document.querySelectorAll('.item .value')].some((each) => each.textContent === '-4.5m/s')"
        )
        past = (Channel("value", expires=1.0),)
        monitor.hub.publish(make_batch("house/old", past, [time.time_ns() - 7_205_000_000_000], [[8.0]]))
        page.wait_for_selector(".item.stale .age:text('2 h')")
        # A reload keeps it open, and Escape leads back to the page.
        page.reload()
        page.wait_for_selector("#channels .item.drawn")
        page.locator("#channels input").press("Escape")
        assert page.locator("#channels").is_hidden()
        assert page.evaluate("document.activeElement.id") == "channels-button"
        asked = len(page.evaluate(ASKED))
        page.wait_for_timeout(1500)
        assert len(page.evaluate(ASKED)) == asked


def test_it_is_searched_and_walked_by_keys(page: Page) -> None:
    with watched(page, state=OPEN) as monitor:
        for place in range(3):
            publish(monitor, f"house/room{place}/temp", 20.0 + place, "°C")
        publish(monitor, "house/room1/mode", "heat")
        everything = [
            "bench",
            "humidity",
            "light",
            "temperature",
            "house",
            "room0/temp",
            "room1",
            "mode",
            "temp",
            "room2/temp",
        ]
        wait_for_rows(page, *everything)
        search, tree = page.locator("#channels input"), page.locator("#channels [role=tree]")
        rooms = ["house", "room0/temp", "room1/temp", "room2/temp"]
        for query, found in {
            "ROOM1 temp": ["house", "room1/temp"], "unit:°c": ["bench", "temperature", *rooms], "unit:°c house": rooms,
            "kind:text": ["house", "room1/mode"], "nothing": [],
        }.items():  # fmt: skip
            search.fill(query)
            wait_for_rows(page, *found)
        assert page.locator("#channels .none").inner_text() == "No channel is called so."
        search.fill("")
        wait_for_rows(page, *everything)

        def active() -> str:
            element = page.locator(f"#{tree.get_attribute('aria-activedescendant')}")
            return f"{element.get_attribute('aria-level')} {element.locator('.name').inner_text()}"

        search.press("ArrowDown")
        assert active() == "1 bench"
        for key, expected in [
            ("End", "2 room2/temp"), ("ArrowUp", "3 temp"), ("ArrowLeft", "2 room1"), ("ArrowLeft", "2 room1"),
            ("ArrowDown", "2 room2/temp"), ("ArrowUp", "2 room1"), ("ArrowRight", "2 room1"), ("ArrowRight", "3 mode"),
            ("Home", "1 bench"),
        ]:  # fmt: skip
            tree.press(key)
            assert active() == expected, key
        # Enter hides a line and shows it again; the page does not take the key for its own.
        tree.press("ArrowDown")
        tree.press("Enter")
        page.wait_for_selector(".item.active.off[aria-checked=false]")
        assert page.locator(".legend .line", has_text="humidity").get_attribute("aria-pressed") == "false"
        tree.press(" ")
        page.wait_for_selector(".item.active[aria-checked=true]")
        assert page.locator("#live").get_attribute("aria-pressed") == "true"


def test_the_menu_puts_a_channel_where_it_is_wanted(page: Page) -> None:
    with watched(page, state=OPEN) as monitor:
        publish(monitor, "house/mode", "heat")
        wait_for_strips(page, {"°C": ["temperature"], "%": ["humidity"], "lx": ["light"]})
        wait_for_rows(page, "bench", "humidity", "light", "temperature", "house", "mode")
        # By keys alone: the row, its menu, and what is chosen there.
        page.locator("#channels [role=tree]").focus()
        for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
            page.keyboard.press(key)
        menu = page.locator("#choices")
        assert [text.strip() for text in menu.locator("button").all_inner_texts()] == [
            "Shown", "Alone on its strip", "°C", "%", "Name, unit, scale, colour …", "Remove from the page",
        ]  # fmt: skip
        for key in ("ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
            page.keyboard.press(key)
        wait_for_strips(page, {"°C": ["temperature"], "%": ["humidity", "light"]})
        assert page.locator("#channels .said").inner_text() == "Drawn on %"
        assert page.evaluate("document.activeElement.className") == "tree"
        page.reload()
        wait_for_strips(page, {"°C": ["temperature"], "%": ["humidity", "light"]})
        # A legend's line has the same menu, by a button and by a right click.
        page.locator(".legend .line", has_text="light").hover()
        page.get_by_role("button", name="More: light").last.click()
        choose(page, "A new strip")
        wait_for_strips(page, {"°C": ["temperature"], "%": ["humidity"], "lx": ["light"]})
        page.locator(".legend .line", has_text="light").click(button="right")
        choose(page, "Remove from the page")
        wait_for_strips(page, {"°C": ["temperature"], "%": ["humidity"]})
        page.wait_for_selector("#channels .counts:text('4 · 2 drawn')")
        # A press on a channel that is not drawn draws it; that is taken back, as every change is.
        row(page, "light").click()
        wait_for_strips(page, {"°C": ["temperature"], "%": ["humidity"], "lx": ["light"]})
        page.evaluate("stripchart.design.undo()")
        wait_for_strips(page, {"°C": ["temperature"], "%": ["humidity"]})
        row(page, "mode").click()
        assert menu.locator("button").all_inner_texts() == ["Name, unit, scale, colour …"]
        page.keyboard.press("Escape")
        assert menu.is_hidden()


def test_a_group_is_moved_hidden_and_removed_as_one(page: Page) -> None:
    patterns = [{"title": "All", "channels": ["bench", "house/*"]}, {"title": "Other", "channels": ["*/none"]}]
    with watched(page, *patterns, state=OPEN) as monitor:
        for place in range(3):
            publish(monitor, f"house/room{place}/temp", 20.0 + place, "°C")
        publish(monitor, "house/room1/mode", "heat")
        bench = ["bench/temperature", "bench/humidity", "bench/light"]
        rooms = [f"house/room{place}/temp" for place in range(3)]
        wait_for_strips(page, {"All": [*bench, *rooms], "Other": []})
        alone: dict[str, list[str]] = {"All": ["temperature", "humidity", "light"], "Other": []}
        hidden = (
            "() => [...document.querySelectorAll('.legend .line[aria-pressed=false] .name')].map((e) => e.textContent)"
        )
        menu = page.locator("#choices")
        row(page, "house").click(button="right")
        assert menu.get_attribute("aria-label") == "house"
        choose(page, "Alone on the page")
        assert page.evaluate(hidden) == bench
        row(page, "house").hover()
        row(page, "house").get_by_role("button", name="More: house").click()
        choose(page, "Shown")
        assert page.evaluate(hidden) == [*bench, *rooms]
        row(page, "house").click(button="right")
        choose(page, "Shown")
        assert page.evaluate(hidden) == bench
        # What a search has found of it, and by keys; a text is not drawn.
        page.locator("#channels input").fill("house room1")
        wait_for_rows(page, "house", "room1", "mode", "temp")
        page.locator("#channels [role=tree]").focus()
        page.keyboard.press("ContextMenu")
        choose(page, "Other")
        wait_for_strips(page, {"All": [*bench, rooms[0], rooms[2]], "Other": ["room1/temp"]})
        page.locator("#channels input").fill("")
        row(page, "house").click(button="right")
        choose(page, "A new strip")
        wait_for_strips(page, {**alone, "°C": ["room0", "room1", "room2"]})
        assert page.locator("#channels .said").inner_text() == "Drawn on a new strip"
        row(page, "house").click(button="right")
        choose(page, "Remove from the page")
        wait_for_strips(page, alone)
        page.reload()
        wait_for_strips(page, alone)


def test_a_channel_is_dragged_to_another_strip(page: Page) -> None:
    patterns = [{"title": "All", "channels": ["bench", "*/none"]}, {"title": "Light", "channels": ["bench/l*"]}]
    with watched(page, *patterns, state=OPEN):
        wait_for_strips(page, {"All": ["temperature", "humidity", "light"], "Light": []})
        wait_for_rows(page, "bench", "humidity", "light", "temperature")
        strips = page.locator("#strips > .strip")
        # A pattern gives way to the names of those that stay.
        row(page, "humidity").drag_to(strips.nth(1))
        wait_for_strips(page, {"All": ["temperature", "light"], "Light": ["humidity"]})
        panels = page.evaluate("stripchart.design.whole.panel.map(({channels}) => channels)")
        assert panels == [["bench/temperature", "bench/light", "*/none"], ["bench/l*", "bench/humidity"]]
        page.locator(".legend .line", has_text="temperature").drag_to(strips.nth(1))
        wait_for_strips(page, {"All": ["light"], "Light": ["temperature", "humidity"]})
        # Where it gets a strip of its own is only there while something is dragged.
        own = page.locator("#own-strip")
        assert own.is_hidden()
        under = "document.querySelector('.legend .line:hover')?.textContent.startsWith('humidity')"
        line = page.locator(".legend .line", has_text="humidity")
        until(lambda: (line.hover(), page.evaluate(under))[1], what="the strips at rest under the pointer", page=page)
        page.mouse.down()
        page.mouse.move(600, 300, steps=4)
        own.hover(position={"x": 20, "y": 20})
        own.hover(position={"x": 40, "y": 20})  # Chromium tells what is under a drag at its second move there
        page.mouse.up()
        wait_for_strips(page, {"All": ["light"], "Light": ["temperature"], "%": ["humidity"]})
        assert own.is_hidden()
        page.reload()
        wait_for_strips(page, {"All": ["light"], "Light": ["temperature"], "%": ["humidity"]})


def test_a_channel_is_named_scaled_and_coloured(page: Page) -> None:
    with watched(page, state=OPEN):
        wait_for_strips(page, {"°C": ["temperature"], "%": ["humidity"], "lx": ["light"]})
        page.locator(".legend .line", has_text="temperature").click(button="right")
        choose(page, "Name, unit, scale, colour …")
        form = page.locator("#look-form")
        for field, text in {"name": "<i>Oven</i>", "unit": "°F", "scale": "1.8", "offset": "32"}.items():
            form.locator(f"[name={field}]").fill(text)
        form.get_by_label("Colour 7").check()
        form.get_by_role("button", name="Apply").click()
        wait_for_strips(page, {"°F": ["<i>Oven</i>"], "%": ["humidity"], "lx": ["light"]})

        def is_shown() -> bool:
            return bool(
                page.evaluate("""() => {
              const value = [...document.querySelectorAll(".legend .value")][0].textContent;
              const row = [...document.querySelectorAll(".item")].find((each) => each.textContent.includes("Oven"));
              return value === "71.582°F" && row?.querySelector(".value").textContent === "71.582°F";
            }""")
            )

        until(is_shown, what="the value in the legend and in the tree", page=page)
        drawn = page.evaluate("""() => {
          const line = [...stripchart.strips.strips.values()][0].lines[0];
          const {data} = stripchart.strips.source(line.source);
          return [line.renderer.glyph.line_color.value, ...Array.from(data[line.column]).filter(Number.isFinite)];
        }""")
        colour = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--c6')")
        assert drawn[0] == colour
        np.testing.assert_allclose(drawn[1:], (20 + np.arange(200) / 100) * 1.8 + 32)
        page.reload()
        wait_for_strips(page, {"°F": ["<i>Oven</i>"], "%": ["humidity"], "lx": ["light"]})
        # What was hidden stays so under another name.
        row(page, "<i>Oven</i>").click()
        page.wait_for_selector(".item.off")
        row(page, "<i>Oven</i>").click(button="right")
        choose(page, "Name, unit, scale, colour …")
        assert form.locator("[name=scale]").input_value() == "1.8"
        form.get_by_role("button", name="As it came").click()
        wait_for_strips(page, {"°C": ["temperature"], "%": ["humidity"], "lx": ["light"]})
        assert page.locator(".legend .line").first.get_attribute("aria-pressed") == "false"
        assert page.evaluate("stripchart.design.table.channel ?? []") == []


def test_a_page_of_text_says_where_that_is(page: Page) -> None:
    with Monitor() as monitor:
        publish(monitor, "house/mode", "<b>heat</b>")
        page.goto(monitor.url)
        page.get_by_text("Nothing is drawn yet; C shows all channels").wait_for()
        page.locator("#channels-button").click()
        until(lambda: row(page, "mode").locator(".value").inner_text() == "<b>heat</b>", page=page)


def test_thousands_are_there_at_once_and_only_those_in_sight_are_asked_for(page: Page) -> None:
    channel = (Channel("value", "V"),)
    with Monitor() as monitor:

        def publish_all(value: float) -> None:
            for place in range(2_000):
                monitor.hub.publish(make_batch(f"plant/line{place % 40}/{place}", channel, [time.time_ns()], [[value]]))

        publish_all(1.5)
        page.goto(f"{monitor.url}{OPEN}")
        page.wait_for_selector("#channels .counts:text('2,000 · 64 drawn')")
        assert page.evaluate(ROWS)[:4] == ["plant", "line0", "line1", "line2"]
        page.locator("#channels input").fill("LINE7 1967")
        wait_for_rows(page, "plant", "line7/1967")
        page.wait_for_selector(".item .value:text('1.5')")
        publish_all(2.5)
        page.wait_for_selector(".item .value:text('2.5')")
        page.locator("#channels input").fill("unit:v")
        page.wait_for_selector("#channels .item:not(.branch) >> nth=20")
        page.locator("#channels [role=tree]").press("End")
        page.wait_for_selector(".item.active .name:text('1999')")
        page.wait_for_selector(".item.active .value:text('2.5')")
        assert page.locator(".item").count() < 60
        assert max(page.evaluate(ASKED)) < 60
        # It is asked at most each second for what is known already; a frame or two more for what came into sight.
        before = len(page.evaluate(ASKED))
        page.wait_for_timeout(3_000)
        assert 1 <= len(page.evaluate(ASKED)) - before <= 4
        # The first that is drawn: the page has as many lines as it draws by itself, and takes one more.
        row(page, "1999").click()
        page.wait_for_selector("#channels .counts:text('2,000 · 65 drawn')")
        assert page.locator(".legend .line").count() == 65


def test_a_name_means_the_same_in_the_browser_and_on_the_server(page: Page) -> None:
    with watched(page):
        found = page.evaluate(
            """async ([names, patterns]) => {
              const {matches, escape} = await import("/assets/names.js");
              const each = patterns.map((pattern) => names.filter((name) => matches(name, pattern)));
              const meant = names.map((name) => names.filter((other) => matches(other, escape(name))));
              return [each, names.map(escape), meant];
            }""",
            [NAMES, PATTERNS],
        )
    assert found[0] == [[name for name in NAMES if matches(name, (pattern,))] for pattern in PATTERNS]
    for name, escaped, meant in zip(NAMES, *found[1:], strict=True):
        assert matches(name, (escaped,))
        assert meant == [other for other in NAMES if other == name or other.rpartition("/")[0] == name]
