"""From a real device or broker to the pixels, with every record accounted for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from stripchart import Channel, Monitor
from support.chromium import ROWS
from support.feeder import Feeder
from support.wait import until

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

    from support.broker import Broker
    from support.pty import PtyDevice

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LINEFEED = Path(__file__).parent.parent / "support" / "linefeed.py"


def rows(page: Page, key: str = "s0") -> int:
    return int(page.evaluate(ROWS, key))


def shots(page: Page, name: str) -> None:
    """Keep a picture in each shade, where `SHOTS` names a folder for them."""
    folder = os.environ.get("SHOTS")
    if folder:
        for shade in ("light", "dark"):
            page.emulate_media(color_scheme=shade)  # type: ignore[arg-type]
            page.wait_for_timeout(300)
            page.screenshot(path=f"{folder}/{name}-{shade}.png")


@pytest.mark.timeout(180)
def test_a_serial_device_at_1000_lines_a_second_for_a_minute(page: Page, pty_device: PtyDevice) -> None:
    wanted = 60_000
    with Monitor(f"serial:{pty_device.path}", window=300) as monitor:
        page.goto(monitor.url)
        page.wait_for_selector("body[data-ready]")
        until(lambda: monitor.pumps[0].state == "connected", page=page)
        feed = subprocess.Popen(
            [sys.executable, str(LINEFEED), str(pty_device.master), "1000", str(wanted)], pass_fds=[pty_device.master]
        )
        assert feed.wait(120) == 0
        until(lambda: monitor.pumps[0].counts().frames == wanted, what=f"{wanted} lines received", page=page)
        account = monitor.ledger()
        source = account["sources"][monitor.pumps[0].name]
        (session,) = account["subscriptions"].values()
        # Every line is decoded, delivered to the page, and stood for by a row that the browser holds.
        assert source["rejected"] == {}
        assert source["samples"] == 2 * wanted
        assert session["lost"] == 0
        until(
            lambda: rows(page) == wanted, timeout=20, what=f"{wanted} rows in the browser, not {rows(page)}", page=page
        )
        assert monitor.ledger()["balanced"]
        numbers = page.evaluate("Array.from(Bokeh.documents[0].get_model_by_name('s0').data.c0)")
        assert numbers == sorted(numbers)
        assert {numbers[0], numbers[-1]} == {0, wanted - 1}
        shots(page, "serial")


@pytest.mark.broker
@pytest.mark.timeout(120)
def test_mosquitto_pub_line_by_line(page: Page, broker: Broker) -> None:
    wanted = 20_000
    with Monitor(f"{broker.url}/greenhouse/#", window=300) as monitor:
        page.goto(monitor.url)
        page.wait_for_selector("body[data-ready]")
        until(lambda: monitor.pumps[0].state == "connected", page=page)
        broker.publish("greenhouse/north/temp", *(f"{20 + row % 100 / 50}" for row in range(wanted)))
        broker.publish("greenhouse/south/temp", *(f"{22 + row % 70 / 50}" for row in range(wanted // 10)))
        broker.publish("greenhouse/north/fan", "ON", "OFF", "ON")
        until(lambda: monitor.pumps[0].counts().frames == wanted + wanted // 10 + 3, page=page)
        until(lambda: rows(page, "s0") == wanted, what=f"{wanted} rows in the browser", page=page)
        until(lambda: rows(page, "s1") == wanted // 10, page=page)
        until(lambda: rows(page, "s2") == 3, page=page)
        account = monitor.ledger()
        assert account["balanced"]
        assert [entry["lost"] for entry in account["subscriptions"].values()] == [0]
        assert page.locator(".strip h2").all_inner_texts() == ["temp", "fan"]
        shots(page, "mqtt")


@pytest.mark.timeout(240)
def test_a_stalled_browser_costs_the_other_nothing(
    page: Page, playwright: Playwright, browser_type_launch_args: dict[str, Any]
) -> None:
    channels = tuple(Channel(f"c{place}") for place in range(16))
    others = set(psutil.Process().children(recursive=True))
    second = playwright.chromium.launch(**browser_type_launch_args)
    stalled = set(psutil.Process().children(recursive=True)) - others
    try:
        with Monitor(window=1) as monitor, Feeder(monitor.hub, rate=5000, channels=channels):
            page.goto(monitor.url)
            page.wait_for_selector("body[data-ready]")
            until(lambda: len(monitor.hub.subscriptions()) == 1, page=page)
            second.new_page().goto(monitor.url)
            until(lambda: len(monitor.hub.subscriptions()) == 2, page=page)
            healthy, slow = monitor.hub.subscriptions()
            page.evaluate("window.ticks = 0; stripchart.page.properties.tick.change.connect(() => window.ticks++)")
            for process in stalled:
                process.send_signal(signal.SIGSTOP)
            memory = psutil.Process().memory_info().rss
            until(
                lambda: slow.counts().lost > 0, timeout=90, every=0.5, what="the stalled page misses samples", page=page
            )
            ticks = page.evaluate("window.ticks")
            page.wait_for_timeout(5000)
            assert page.evaluate("window.ticks") - ticks > 40  # of 100; these machines are shared
            assert healthy.counts().lost == 0
            assert monitor.ledger()["balanced"]
            # The hub's history may still be filling (256 MiB at most); what the stalled page adds is its queue.
            assert psutil.Process().memory_info().rss - memory < 350e6
            # A browser that answers no ping is hung up on, and its place is free again.
            until(lambda: len(monitor.hub.subscriptions()) == 1, timeout=90, every=0.5, what="hung up on", page=page)
    finally:
        for process in stalled:
            process.send_signal(signal.SIGCONT)
        second.close()
