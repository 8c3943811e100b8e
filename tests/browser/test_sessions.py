from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.chromium import ARGS, ROWS
from support.feeder import Feeder
from support.page import Site, serve
from support.wait import until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

MOST_POOLED = min(32, (os.cpu_count() or 1) + 4) + 4
"""Threads of asyncio's pool, by its own rule, and of Bokeh's."""
FREED_WITHIN = 40
"""Seconds; a session that nobody uses is freed after five to seven."""


def visit(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(site.url)
    page.wait_for_selector("body[data-ready]")
    page.wait_for_function("document.querySelectorAll('.strip').length > 0")
    return page


def assert_all_freed(site: Site) -> None:
    until(lambda: not site.server.sessions(), timeout=FREED_WITHIN, what="all sessions to be freed")
    assert site.hub.subscriptions() == []
    assert site.context.sessions == 0


def threads() -> tuple[Counter[str], int]:
    """Count all by name, and apart those of the pools of asyncio and Bokeh: as many as were ever busy at once."""
    names = [each.name for each in threading.enumerate()]
    pooled = [name for name in names if name.startswith(("asyncio_", "bokeh-response_"))]
    return Counter(names) - Counter(pooled), len(pooled)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_bare_get_costs_nothing_and_is_freed() -> None:
    with serve() as site, Feeder(site.hub):
        for _ in range(5):
            assert site.ask("/").status == 200
        sessions = site.server.sessions()
        assert len(sessions) == 5
        assert site.hub.subscriptions() == []
        assert site.context.sessions == 0
        for session in sessions:
            assert session.document.session_callbacks == []
        del sessions, session
        assert_all_freed(site)


@pytest.mark.slow
def test_thirty_pages_leave_nothing_behind(context: BrowserContext) -> None:
    with serve() as site, Feeder(site.hub, rate=20):
        visit(context, site).close()
        assert_all_freed(site)
        gc.collect()
        (before, _), held = threads(), descriptors()
        for _ in range(6):
            pages = [visit(context, site) for _ in range(5)]
            until(lambda: site.context.sessions >= 5, page=pages[0])
            for page in pages:
                page.close()
        assert site.context.refused_sessions == 0
        assert_all_freed(site)
        gc.collect()
        after, pooled = threads()
        assert after <= before
        assert pooled <= MOST_POOLED
        assert descriptors() <= held + 2  # the browser itself keeps a connection or two


def test_each_page_has_one_subscription_which_balances(context: BrowserContext) -> None:
    with serve() as site, Feeder(site.hub):
        pages = [visit(context, site) for _ in range(3)]
        for _ in range(3):
            pages[0].reload()
            pages[0].wait_for_selector("body[data-ready]")
        until(lambda: site.context.sessions == 3, timeout=FREED_WITHIN, page=pages[0])
        account = site.ask("/api/ledger").json()
        assert len(account["subscriptions"]) == 3
        assert account["balanced"]
        assert all(counts["lost"] == 0 for counts in account["subscriptions"].values())
        for page in pages:
            page.close()
        assert_all_freed(site)


def test_a_hidden_tab_costs_nothing_and_catches_up(context: BrowserContext) -> None:
    turn = """(state) => {
      Object.defineProperty(document, "hidden", {value: state === "hidden", configurable: true});
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with serve() as site, Feeder(site.hub, rate=100) as feeder:
        page = context.new_page()
        heard: list[object] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame)))
        page.goto(site.url)
        page.wait_for_function("document.querySelectorAll('.strip').length > 0")
        page.evaluate(turn, "hidden")
        until(lambda: not site.hub.subscriptions(), page=page, what="no subscription")
        (session,) = site.server.sessions()
        assert session.document.session_callbacks == []
        assert site.context.sessions == 1
        page.wait_for_timeout(300)  # what was on its way has come
        told, seen = len(heard), feeder.rows
        until(lambda: feeder.rows > seen + 200, page=page)
        assert len(heard) == told
        page.evaluate(turn, "visible")
        feeder.stop()
        page.wait_for_function(f"({ROWS})('s0') === {feeder.rows}")
        assert page.evaluate("stripchart.strips.range.end") > time.time() * 1000 - 2_000


def test_the_page_beyond_the_limit_is_told_so_and_served_when_one_has_closed(context: BrowserContext) -> None:
    with serve(look={"max_sessions": 2}) as site, Feeder(site.hub):
        first, second = visit(context, site), visit(context, site)
        third = context.new_page()
        answer = third.goto(site.url)
        assert answer is not None
        assert answer.status == 503
        assert "2 pages are open already" in third.locator("main").inner_text()
        assert site.context.refused_sessions == 1
        moved = first.evaluate("stripchart.strips.range.end")
        first.wait_for_function(f"stripchart.strips.range.end > {moved}")  # the others go on
        second.close()
        until(lambda: len(site.server.sessions()) == 1, timeout=FREED_WITHIN, page=first)
        third.reload()
        third.wait_for_selector("body[data-ready]")
        third.wait_for_function("document.querySelectorAll('.strip').length > 0")


def test_a_browser_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium is not None
    with serve(look={"max_sessions": 1}) as site, Feeder(site.hub):
        for _ in range(2):
            command = [
                chromium,
                "--headless=new",
                *ARGS,
                f"--user-data-dir={tmp_path}/profile",
                "--remote-debugging-port=0",
                site.url,
            ]
            with (tmp_path / "log").open("wb") as log:
                browser = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
            try:
                until(lambda: site.context.sessions == 1, timeout=60, what="the page to be ready")
                assert site.ask("/").status == 503
            finally:
                os.killpg(browser.pid, signal.SIGKILL)
                browser.wait(10)
            until(lambda: not site.hub.subscriptions(), timeout=FREED_WITHIN)
            assert_all_freed(site)


def test_a_page_outlives_the_limit_of_idle_connections(
    context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripchart.ui.serving.server.IDLE_SECONDS", 0.5)
    with serve() as site, Feeder(site.hub):
        page = visit(context, site)
        page.wait_for_timeout(3_000)
        moved = page.evaluate("stripchart.strips.range.end")
        page.wait_for_function(f"stripchart.strips.range.end > {moved}")
        assert page.locator("#away").is_hidden()


def test_stopping_the_server_ends_all_sessions(context: BrowserContext) -> None:
    with serve() as site, Feeder(site.hub):
        visit(context, site)
        visit(context, site)
        assert len(site.hub.subscriptions()) == 2
        site.server.stop()
        assert site.hub.subscriptions() == []
        assert site.context.sessions == 0
