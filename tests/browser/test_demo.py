"""The demo, as `make demo` shows it: a page of strips, and a dashboard of which every panel has something to say."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from stripchart.config.pages import read_pages
from stripchart.examples import dashboard
from support.command import Running

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SAID = """() => [...stripchart.panels.panels.values()].filter(({view, note, section}) =>
  !section.classList.contains("wrong") && (view.drawn || section.querySelector(".body").textContent.trim())).length"""
"""How many panels have something to show."""


def test_every_panel_of_the_dashboard_shows_something(page: Page) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    designs, mistakes = read_pages(list(dashboard().values()))
    assert mistakes == []
    panels = designs[0].panels
    page.set_viewport_size({"width": 1400, "height": 1000})
    with Running("demo", "--no-open", "--no-record") as running:
        page.goto(running.url())
        page.get_by_role("link", name="Dashboard").click()
        page.wait_for_selector("body[data-ready]")
        strips = sum(panel.kind == "strip" for panel in panels)
        page.wait_for_function("(count) => stripchart.strips.strips.size === count", arg=strips)
        page.wait_for_function(f"({SAID})() === {len(panels) - strips}")
        page.wait_for_function("[...stripchart.strips.strips.values()].every(({lines}) => lines.length > 0)")
        answer = page.request.post(f"{running.url()}api/layout", data=page.evaluate("stripchart.design.table"))
        assert tomllib.loads(answer.text()) == {"page": [design.describe() for design in designs]}
        page.goto("about:blank")
    assert complaints == []
