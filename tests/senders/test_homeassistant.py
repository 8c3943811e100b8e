"""Sensors that announce themselves to Home Assistant, by the library ha-mqtt-discoverable."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from stripchart import Monitor, source
from support.senders import FOLDER, LONG, Sender, accounts, channels, connected, drawn, open_page
from support.wait import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from support.broker import Broker

pytestmark = [
    pytest.mark.senders, pytest.mark.broker, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180),
]  # fmt: skip

MESSAGES = 100
SWITCHED = MESSAGES // 10


def test_names_units_and_states_as_announced(page: Page, broker: Broker):
    with Monitor(source(broker.url, name="home"), window=20) as monitor:
        open_page(page, monitor)
        pump = monitor.pumps[0]
        connected(pump, page)
        with Sender(sys.executable, FOLDER / "discoverable.py", str(broker.port), str(MESSAGES)) as sender:
            frames = 2 + MESSAGES + SWITCHED
            until(lambda: pump.counts().frames == frames, LONG, page=page, what=f"{frames} messages; {sender.log}")
        balanced, account, lost = accounts(monitor)
        assert balanced
        assert account["rejected"] == {}
        assert account["samples"] == MESSAGES + SWITCHED
        assert lost == [0]
        air, window = "hmd/sensor/Desk/Air-temperature/state", "hmd/binary_sensor/Desk/Window/state"
        assert channels(monitor) == {f"{air}/Air temperature": ("number", "°C"), f"{window}/Window": ("state", "")}
        assert monitor.frame(f"home/{air}")["Air temperature"].tolist() == [20 + n / 10 for n in range(MESSAGES)]
        assert monitor.frame(f"home/{window}")["Window"].tolist() == [0, 1] * (SWITCHED // 2)
        lines = {f"{air}/Air temperature": MESSAGES, f"{window}/Window": SWITCHED}
        until(lambda: drawn(page) == lines, LONG, page=page, what="both lines whole")
