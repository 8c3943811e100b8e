"""The dialog that answers "why isn't it plotting?", the zone of the times, and finding a channel among many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stripchart import Monitor
from support.chromium import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from support.pty import PtyDevice

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HOSTILE = b"<img src=x onerror='window.hacked=1'>"


@pytest.fixture
def monitor(pty_device: PtyDevice) -> Iterator[Monitor]:
    with Monitor(f"serial:{pty_device.path}?decoder=csv") as running:
        yield running


def open_page(page: Page, monitor: Monitor) -> None:
    page.goto(monitor.url)
    page.wait_for_selector("body[data-ready]")


def test_the_dialog_says_what_was_rejected_and_why(page: Page, monitor: Monitor, pty_device: PtyDevice) -> None:
    open_page(page, monitor)
    page.wait_for_selector("#sources [data-state=connected]")
    pty_device.write(b"1,2\r\n3,4\r\n\xff\xfe,1\r\n" + b"5,6\r\n" * 3)
    page.get_by_role("button", name="ttyTEST0").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("not UTF-8 \N{MULTIPLICATION SIGN} 1").wait_for()
    assert "CSV" in dialog.locator("dd").nth(2).inner_text()
    cells = dialog.locator("tr").first.locator("td").all_inner_texts()
    assert cells[1:] == ["not UTF-8", r"\xff\xfe,1"]
    dialog.get_by_text("No other decoder reads more of it.").wait_for()
    pty_device.write(b"7,8\r\n\xfd\r\n")
    dialog.get_by_text("not UTF-8 \N{MULTIPLICATION SIGN} 2").wait_for()
    page.keyboard.press("Escape")
    assert dialog.is_hidden()


def test_what_a_device_sends_is_shown_and_never_run(page: Page, monitor: Monitor, pty_device: PtyDevice) -> None:
    open_page(page, monitor)
    page.wait_for_selector("#sources [data-state=connected]")
    pty_device.write(b"1,2\r\n3,4\r\n" + HOSTILE + b"\r\n" + HOSTILE + b"\xff\r\n5,6\r\n")
    page.get_by_role("button", name="ttyTEST0").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("onerror").first.wait_for()
    assert dialog.locator("img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_another_decoder_is_one_copy_away(page: Page, monitor: Monitor, pty_device: PtyDevice) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_page(page, monitor)
    page.wait_for_selector("#sources [data-state=connected]")
    pty_device.write(b'{"temp": 20.5, "hum": 40}\r\n' * 20)
    page.get_by_role("button", name="ttyTEST0").click()
    offer = page.get_by_role("dialog").locator(".tries li").first
    offer.get_by_text("json", exact=True).wait_for()
    offer.get_by_role("button", name="Copy").first.click()
    offer.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("stripchart watch ")


def test_times_are_the_viewers_or_in_utc(browser: Browser, monitor: Monitor) -> None:
    context = browser.new_context(timezone_id="Asia/Kathmandu")
    page = context.new_page()
    open_page(page, monitor)
    text = "(step) => stripchart.tickText(Date.UTC(2026, 0, 2, 3, 4, 5, 678), [0, step])"
    assert page.evaluate(text, 60_000) == "08:49"
    page.locator("#clock").click()
    assert page.evaluate(text, 60_000) == "03:04"
    assert page.evaluate(text, 1_000) == "03:04:05"
    assert page.evaluate(text, 100) == "03:04:05.6"
    assert page.evaluate(text, 5) == "03:04:05.678"
    assert "UTC" in page.locator("#clock").inner_text()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate(text, 60_000) == "03:04"
    page.keyboard.press("u")
    assert page.evaluate(text, 60_000) == "08:49"
    context.close()


def test_samples_of_long_ago_are_one_click_away(page: Page, monitor: Monitor, pty_device: PtyDevice) -> None:
    open_page(page, monitor)
    page.wait_for_selector("#sources [data-state=connected]")
    pty_device.write(b"2024-03-05T10:00:00Z,1\r\n2024-03-05T10:00:01Z,2\r\n2024-03-05T10:00:02Z,3\r\n")
    page.locator("#past").get_by_text("the newest sample is of").wait_for()
    page.locator("#past button").click()
    page.wait_for_function(f"({ROWS})('s0') === 3")
    assert page.locator("#past").is_hidden()
    start, end = page.evaluate("[stripchart.strips.range.start, stripchart.strips.range.end]")
    assert start < 1_709_632_800_000
    assert end > 1_709_632_802_000
    page.locator("#live").click()
    page.locator("#past").get_by_text("the newest sample is of").wait_for()
