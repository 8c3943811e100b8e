"""What a page shows while its source comes and goes: it goes on drawing, with a gap for each loss."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from stripchart import Monitor, source
from support.chromium import ROWS
from support.wait import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from support.broker import Broker
    from support.pty import PtyDevice

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

GAPS = "() => Array.from(Bokeh.documents[0].get_model_by_name('s0').data.c0).filter(Number.isNaN).length"
REPLUGS = 50
RESTARTS = 5
BACK_WITHIN = 2.0


def open_page(page: Page, monitor: Monitor) -> None:
    page.goto(monitor.url)
    page.wait_for_selector("body[data-ready]")
    until(lambda: monitor.pumps[0].state == "connected", page=page)


def test_fifty_replugs_are_fifty_gaps(page: Page, pty_device: PtyDevice) -> None:
    returns = []
    with Monitor(source(f"serial:{pty_device.path}", decoder="csv"), window=300) as monitor:
        pump = monitor.pumps[0]
        open_page(page, monitor)
        for plug in range(REPLUGS + 1):
            if plug:
                pty_device.unplug()
                until(lambda: pump.state == "lost", page=page)
                pty_device.plug()
                plugged = time.monotonic()
                until(lambda: pump.state == "connected", page=page)
                returns.append(time.monotonic() - plugged)
            pty_device.write(b"".join(b"%d,%d\n" % (plug, row) for row in range(20)))
            wanted = 2 * 20 * (plug + 1)
            until(lambda expected=wanted: pump.counts().samples == expected, page=page)
        until(lambda: page.evaluate(ROWS, "s0") == 20 * (REPLUGS + 1), page=page, what="all rows in the browser")
        assert page.evaluate(GAPS) == REPLUGS
        assert monitor.ledger()["balanced"]
        assert pump.reconnects == REPLUGS
        # Half of them: one may be held up by a busy machine, and the fault tests look at the slowest.
        assert sorted(returns)[REPLUGS // 2] < BACK_WITHIN


@pytest.mark.broker
def test_a_broker_restarted_while_the_page_draws(page: Page, broker: Broker) -> None:
    given = source(f"{broker.url}/bench/#", qos=1, persistent=True, client_id="page")
    with Monitor(given, window=300) as monitor:
        pump = monitor.pumps[0]
        open_page(page, monitor)
        for restart in range(RESTARTS + 1):
            if restart:
                broker.stop()
                until(lambda: pump.state == "lost", page=page)
                broker.start()
                until(lambda: pump.state == "connected", timeout=20, page=page)
            broker.publish("bench/value", *map(str, range(100)), qos=1)
            wanted = 100 * (restart + 1)
            until(lambda expected=wanted: pump.counts().samples == expected, page=page)
        until(lambda: page.evaluate(ROWS, "s0") == 100 * (RESTARTS + 1), page=page, what="all rows in the browser")
        assert page.evaluate(GAPS) == RESTARTS
        assert monitor.ledger()["balanced"]
