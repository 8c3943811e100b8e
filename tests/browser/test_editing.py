"""A page is edited by hand and by keys, saved, and loaded by ``stripchart run``: it is the same page."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from support.command import Running

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CONFIG = """
[server]
open = false
[recording]
enabled = false
[sources.sim]
url = "sim:"
"""
PICTURE = """() => [...document.querySelectorAll("#strips > section")].map((section) => ({
  name: section.getAttribute("aria-label"), width: section.style.getPropertyValue("--width"),
  height: section.style.getPropertyValue("--height"), kind: section.className.split(" ").at(-1),
  lines: [...section.querySelectorAll(".legend .name")].map((each) => each.textContent)}))"""
"""What a page is made of, as its viewer sees it."""


def open_page(page: Page, url: str, strips: int) -> list[str]:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(url)
    settled(page, strips)
    return complaints


def settled(page: Page, strips: int) -> None:
    """Wait for so many strips, all drawn."""
    all_strips = "[...(window.stripchart?.strips?.strips.values() ?? [])]"
    drawn = "(strip) => strip.lines.length && strip.lines.every((line) => line.renderer)"
    page.wait_for_function(f"(count) => {all_strips}.length === count && {all_strips}.every({drawn})", arg=strips)


def names(page: Page) -> list[str]:
    return [section["name"] for section in page.evaluate(PICTURE)]


def press(page: Page, name: str, what: str) -> None:
    """Press one of the handles of a panel, and wait until the page is laid out anew."""
    before = page.evaluate("stripchart.strips.generation")
    page.get_by_role("button", name=f"{what}: {name}").click()
    page.wait_for_function(f"stripchart.strips.generation > {before}")
    page.wait_for_selector(".handles")


def edited(page: Page) -> list[dict[str, Any]]:
    """Edit the page of the simulated sensors in every way there is, and return what it is then."""
    page.keyboard.press("e")
    page.wait_for_function("document.querySelectorAll('.grip').length >= 5")
    first, second, *_ = names(page)
    press(page, second, "Remove")
    assert second not in names(page)
    press(page, first, "Narrower")
    press(page, first, "Taller")
    page.get_by_role("button", name=f"Drag to move (or the arrow keys): {first}").press("ArrowRight")
    page.wait_for_function(
        f"document.querySelectorAll('#strips > section')[1].getAttribute('aria-label') === '{first}'"
    )
    page.get_by_role("button", name="Add a panel").click()
    form = page.locator("#panel-form")
    form.get_by_label("Kind").select_option("number")
    form.get_by_label("Title").fill("Now")
    form.locator("[name=channels]").fill("sim/temperature\nsim/h*")
    form.locator("[name=high]").fill("30.5")
    form.get_by_role("button", name="Apply").click()
    page.wait_for_selector(".numbers figure >> nth=1")
    page.wait_for_selector(".handles")
    # The corner is dragged: half as wide.
    section = page.locator("section.number")
    section.scroll_into_view_if_needed()
    box = section.bounding_box()
    corner = section.locator(".corner").bounding_box()
    assert box
    assert corner
    page.mouse.move(corner["x"] + 9, corner["y"] + 9)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, corner["y"] + 9, steps=5)
    page.mouse.up()
    page.wait_for_function("document.querySelector('section.number')?.style.getPropertyValue('--width') === '6'")
    page.wait_for_selector("section.number .handles")
    return list(page.evaluate(PICTURE))


def test_an_edited_page_is_saved_and_loaded(page: Page, tmp_path: Path) -> None:
    config, layout = tmp_path / "bench.toml", tmp_path / "bench.layout.toml"
    config.write_text(CONFIG)
    arguments = ["run", str(config), "--layout", str(layout)]
    with Running(*arguments) as running:
        complaints = open_page(page, running.url(), 6)
        before = page.evaluate(PICTURE)
        picture = edited(page)
        assert picture != before
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_function("document.querySelector('#editing .said').textContent.startsWith('Saved to')")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        assert tomllib.loads(download.value.path().read_text()) == tomllib.loads(layout.read_text())
        # Undo brings the last step back, reset the page as it was made.
        page.get_by_role("button", name="Undo").click()
        page.wait_for_function("document.querySelector('section.number')?.style.getPropertyValue('--width') === '12'")
        page.get_by_role("button", name="Done").click()
        assert page.locator(".handles").count() == 0
        assert complaints == []
        page.goto("about:blank")  # else it would ask for the server, which ends
    number = tomllib.loads(layout.read_text())["page"][0]["panel"][-1]
    assert number == {
        "kind": "number", "title": "Now", "channels": ["sim/temperature", "sim/h*"], "width": 6, "high": 30.5,
    }  # fmt: skip
    with Running(*arguments) as running:
        complaints = open_page(page, running.url(), 5)
        page.wait_for_selector(".numbers figure >> nth=1")
        assert page.evaluate(PICTURE) == picture
        assert complaints == []


def test_a_kiosk_shows_the_panels_alone(page: Page, tmp_path: Path) -> None:
    layout = tmp_path / "wall.toml"
    layout.write_text("[[page]]\nkiosk = true\n")
    with Running("demo", "--no-record", "--no-open", "--layout", str(layout)) as running:
        open_page(page, running.url(), 6)
        assert not page.locator("header.bar").is_visible()
        page.keyboard.press("Escape")
        assert page.locator("header.bar").is_visible()
        page.keyboard.press("k")
        assert not page.locator("header.bar").is_visible()
        page.reload()
        settled(page, 6)
        assert not page.locator("header.bar").is_visible()


def test_a_wrong_layout_file_is_a_mistake_that_is_told(tmp_path: Path) -> None:
    layout = tmp_path / "wrong.toml"
    layout.write_text('[[page]]\n[[page.panel]]\nkind = "nmber"\n')
    with Running("demo", "--no-record", "--no-open", "--layout", str(layout)) as running:
        assert running.process.wait(40) == 2
        assert "wrong.toml: page[0].panel[0].kind: no panel named 'nmber'; did you mean 'number'?" in running.err
