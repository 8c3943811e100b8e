"""An edge node by Cirrus Link's Sparkplug client, which shares no code with ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart import Monitor, source
from support.senders import FOLDER, LONG, Sender, accounts, channels, connected, drawn, node_modules, open_page
from support.wait import until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from support.broker import Broker

pytestmark = [pytest.mark.senders, pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]

MESSAGES = 200
EXPECTED = {
    "plant/press/uptime": ("number", ""),
    "plant/press/online": ("state", ""),
    "plant/press/oil/temperature": ("number", "°C"),
    "plant/press/oil/pressure/inlet": ("number", "bar"),
    "plant/press/oil/pump": ("state", ""),
    "plant/press/oil/mode": ("text", ""),
    "plant/press/oil/online": ("state", ""),
}


@pytest.fixture(scope="module")
def modules() -> Path:
    return node_modules()


def edge_node(modules: Path, broker: Broker, messages: int) -> Sender:
    return Sender("node", FOLDER / "edge_node.js", str(broker.port), str(messages), NODE_PATH=str(modules))


@pytest.mark.browser
def test_births_data_by_alias_and_deaths(page: Page, broker: Broker, modules: Path):
    with Monitor(source(f"{broker.url}/spBv1.0/#", name="site"), window=60) as monitor:
        pump = monitor.pumps[0]
        open_page(page, monitor)
        connected(pump, page)
        with edge_node(modules, broker, MESSAGES) as node:
            frames = 2 + MESSAGES + 2  # two births and two deaths
            until(lambda: pump.counts().frames == frames, LONG, page=page, what=f"{frames} messages")
            node.finish()
        balanced, account, lost = accounts(monitor)
        assert balanced
        assert account["rejected"] == {}
        assert account["decoded"] == frames
        assert "sequence gap" not in account["decoder"]
        assert lost == [0]
        assert channels(monitor) == EXPECTED
        frame = monitor.frame("site/plant/press/oil")
        sent = np.arange(MESSAGES)
        temperature = frame["temperature"][np.isfinite(frame["temperature"])]
        assert temperature.tolist() == [-40, *(-40 + sent[::2] % 80)]
        pressure = frame["pressure/inlet"][np.isfinite(frame["pressure/inlet"])]
        np.testing.assert_allclose(pressure, [2.5, *(2.5 + np.sin(sent[1::2] / 20))], rtol=1e-6)
        online = frame["online"][np.isfinite(frame["online"])]
        assert online.tolist() == [1, 0]
        assert (np.diff(frame["time"].astype(np.int64)) >= 0).all()
        rows = MESSAGES // 2 + 2  # its half of the data, the birth and the death
        lines = {"plant/press/oil/temperature": rows, "plant/press/oil/pressure/inlet": rows}
        until(lambda: lines.items() <= drawn(page).items(), LONG, page=page, what="both lines whole")


def test_who_comes_late_asks_for_the_names(broker: Broker, modules: Path):
    with edge_node(modules, broker, 1_000) as node:
        until(lambda: "born" in node.log, LONG, what="births before anybody listens")
        with Monitor(source(f"{broker.url}/spBv1.0/#", name="site", decoder_options={"rebirth": True})) as monitor:
            pump = monitor.pumps[0]
            until(lambda: "site/plant/press/oil" in {info.name for info in monitor.hub.streams()}, LONG)
            assert node.log.count("born") == 2, "it was asked once"
            node.finish()
            until(lambda: any("online" in entry["name"] and entry["last_value"] == 0 for entry in monitor.channels()))
            balanced, account, _ = accounts(monitor)
            assert balanced
            assert account["commands_sent"] == 1
            assert set(account["rejected"]) == {"unknown alias"}, "what came before the names"
            assert account["rejected"]["unknown alias"] < pump.counts().decoded
            assert channels(monitor) == EXPECTED


def test_who_only_listens_is_told_why_nothing_is_drawn(broker: Broker, modules: Path):
    with edge_node(modules, broker, 1_000) as node:
        until(lambda: "born" in node.log, LONG, what="births before anybody listens")
        with Monitor(source(f"{broker.url}/spBv1.0/#", name="site")) as monitor:
            until(lambda: monitor.pumps[0].counts().rejected.get("unknown alias", 0) > 10, LONG)
            balanced, account, _ = accounts(monitor)
            assert balanced
            assert account["commands_sent"] == 0
            assert node.log.count("born") == 1
