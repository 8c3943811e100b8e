"""Debian's collectd, which measures this machine, writes to the broker, and beside that to CSV files of its own."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart import Monitor, source
from support.senders import LONG, Sender, accounts, channels, connected, drawn, open_page
from support.wait import until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from support.broker import Broker

pytestmark = [
    pytest.mark.senders, pytest.mark.broker, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180),
]  # fmt: skip

COLLECTD = shutil.which("collectd") or "/usr/sbin/collectd"
ROUNDS = 15


def configure(folder: Path, port: int) -> Path:
    config = folder / "collectd.conf"
    config.write_text(
        f"""
        Hostname "bench"
        FQDNLookup false
        BaseDir "{folder}"
        PIDFile "{folder}/collectd.pid"
        Interval 0.2
        LoadPlugin logfile
        <Plugin logfile>
          File STDERR
        </Plugin>
        LoadPlugin load
        LoadPlugin memory
        LoadPlugin csv
        <Plugin csv>
          DataDir "{folder}/csv"
          StoreRates true
        </Plugin>
        LoadPlugin mqtt
        <Plugin mqtt>
          <Publish "bench">
            Host "127.0.0.1"
            Port {port}
            ClientId "collectd"
            StoreRates true
          </Publish>
        </Plugin>
        """
    )
    return config


def recorded(folder: Path, name: str) -> np.ndarray:
    """Return what collectd itself has written down: times in seconds, then values, shape (rows, 1 + values)."""
    rows = []
    for path in sorted((folder / "csv" / "bench").glob(f"{name}-*-*-*")):
        with path.open() as file:
            rows += [list(map(float, row)) for row in list(csv.reader(file))[1:]]
    return np.array(rows)


def test_the_same_values_as_in_its_own_files(page: Page, broker: Broker, tmp_path: Path):
    with Monitor(source(f"{broker.url}/collectd/#", name="c"), window=20) as monitor:
        open_page(page, monitor)
        pump = monitor.pumps[0]
        connected(pump, page)
        with Sender(COLLECTD, "-f", "-C", configure(tmp_path, broker.port)) as sender:
            until(lambda: pump.counts().frames > ROUNDS * 7, LONG, page=page, what=f"{ROUNDS} rounds; {sender.log}")
        balanced, account, lost = accounts(monitor)
        assert balanced
        assert account["rejected"] == {}
        assert lost == [0]
        found = channels(monitor)
        assert {name for name in found if "/load/" in name} == {
            f"collectd/bench/load/load/{term}term" for term in ("short", "mid", "long")
        }
        memory = "collectd/bench/memory/memory-used/value"
        assert found[memory] == ("number", "B")
        load = monitor.frame("c/collectd/bench/load/load")
        ours = np.column_stack(
            [load["time"].astype(np.int64) / 1e9, *(load[f"{term}term"] for term in ("short", "mid", "long"))]
        )
        theirs = recorded(tmp_path, "load/load")
        shared = min(len(ours), len(theirs))
        assert shared >= ROUNDS - 1
        np.testing.assert_allclose(ours[:shared, 0], theirs[:shared, 0], rtol=0, atol=0.002)  # they round the times
        np.testing.assert_allclose(ours[:shared, 1:], theirs[:shared, 1:], rtol=0, atol=1e-5)
        used = monitor.frame("c/collectd/bench/memory/memory-used")["value"]
        np.testing.assert_allclose(
            used[: shared - 1], recorded(tmp_path, "memory/memory-used")[: shared - 1, 1], rtol=1e-6
        )
        until(lambda: len(drawn(page)) == len(found), LONG, page=page, what="all lines")
        assert min(drawn(page).values()) >= ROUNDS - 1
