"""What everybody needs of the page: axe finds no serious issue anywhere, in both themes, and it fits a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe

from stripchart import Monitor
from support.feeder import Feeder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

THEMES: Final = ("light", "dark")
PANELS: Final = [
    {"kind": "number", "channels": ["bench/*"], "width": 6, "high": 5},
    {"title": "Both", "channels": ["bench/*"], "right": ["*/humidity"], "width": 6},
    *({"kind": kind, "width": 4} for kind in ("gauge", "table", "log", "console", "health")),
    *({"kind": kind, "width": 6} for kind in ("histogram", "spectrum", "spectrogram", "xy", "states")),
]


def issues(page: Page) -> list[str]:
    """Return what axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{issue['id']}: {node['target']} {node['failureSummary']}"
        for issue in found
        if issue["impact"] in {"serious", "critical"}
        for node in issue["nodes"]
    ]


@pytest.fixture(scope="module")
def monitor() -> Iterator[Monitor]:
    pages: dict[str, Any] = {"/": {}, "/panels": {"title": "Panels", "panel": PANELS}}
    with Monitor(title="Bench", pages=pages) as running, Feeder(running.hub):
        yield running


def open_page(page: Page, monitor: Monitor, path: str, theme: str) -> None:
    page.goto(f"{monitor.page_url(path)}#theme={theme}")
    page.wait_for_selector("body[data-ready]")
    page.wait_for_function("[...stripchart.strips.strips.values()].some((strip) => strip.view)")


def test_axe_finds_what_is_wrong(page: Page, monitor: Monitor) -> None:
    open_page(page, monitor, "/", "light")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [issue.partition(":")[0] for issue in issues(page)] == ["button-name"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("path", ["/", "/panels"])
def test_axe_finds_nothing(page: Page, monitor: Monitor, path: str, theme: str) -> None:
    open_page(page, monitor, path, theme)
    assert issues(page) == []
    page.keyboard.press("c")
    page.wait_for_selector("#channels .item.drawn .value:not(:empty)")
    page.locator("#channels .item.drawn").first.click()
    page.wait_for_selector("#channels .item.off")
    page.locator("#channels .item.drawn").last.click(button="right")
    assert issues(page) == []
    page.get_by_role("menuitem", name="Name, unit").click()
    page.wait_for_selector("#look-form[open]")
    assert issues(page) == []
    page.locator("#look-form [data-close]").click()
    page.locator("#channels [data-close]").click()
    page.locator("#export summary").click()
    page.keyboard.press("e")
    page.wait_for_selector(".handles")
    assert issues(page) == []
    page.get_by_role("button", name="Add a panel").click()
    page.wait_for_selector("#panel-form[open]")
    assert issues(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_while_somebody_looks_closely(page: Page, monitor: Monitor, theme: str) -> None:
    open_page(page, monitor, "/", theme)
    page.keyboard.press("m")
    page.evaluate("(({end}) => stripchart.looking.cursors.use([end - 4000, end - 1000]))(stripchart.strips.range)")
    page.wait_for_selector("#measured td")
    page.keyboard.press("n")
    page.wait_for_selector("#notes[open]")
    assert issues(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+?")
    page.wait_for_selector("#help[open]")
    assert issues(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_on_a_page_that_waits(page: Page, theme: str) -> None:
    with Monitor("tcp://127.0.0.1:9") as waiting:
        page.goto(f"{waiting.url}#theme={theme}")
        page.wait_for_selector("#sources .name")
        assert issues(page) == []
        page.locator("#sources .name").click()
        page.wait_for_selector("#inspector[open] dl")
        assert issues(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_a_first_visitor_is_told_once_how_to_look_around(browser: Browser, monitor: Monitor, theme: str) -> None:
    visitor = browser.new_context(viewport={"width": 390, "height": 844})
    page = visitor.new_page()
    hint = page.locator("#hint")
    open_page(page, monitor, "/panels", theme)
    assert "turn the wheel" in hint.inner_text()
    assert issues(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    hint.get_by_role("button", name="All keys").click()
    assert hint.is_hidden()
    assert page.locator("#help").is_visible()
    page.reload()
    open_page(page, monitor, "/", theme)
    assert hint.is_hidden()
    page.evaluate("localStorage.clear()")
    page.reload()
    hint.get_by_role("button", name="Close").click()
    assert hint.is_hidden()
    visitor.close()


@pytest.mark.parametrize("width", [360, 820, 1400, 3840])
def test_nothing_sticks_out(page: Page, monitor: Monitor, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    one_line = "document.querySelector('.bar').clientHeight < 60"
    for path in ("/", "/panels"):
        open_page(page, monitor, path, "light")
        page.keyboard.press("c")
        page.wait_for_selector("#channels .item.drawn")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(one_line) or width < 1400
        page.keyboard.press("Escape")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
