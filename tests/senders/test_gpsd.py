"""Debian's gpsd: its gpsfake plays a log into it, and what gpsd hands on goes to a serial port."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart import Monitor, source
from support.broker import free_port
from support.senders import LONG, Sender, accounts, channels, connected, drawn, open_page
from support.wait import until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from support.pty import PtyDevice

pytestmark = [pytest.mark.senders, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

FIXES = 60
STEP = timedelta(seconds=0.1)
INTRODUCTION = 3
"""Lines of JSON in which gpsd says what it is: log text, to us."""


def sentence(body: str) -> str:
    return f"${body}*{reduce(lambda total, char: total ^ ord(char), body, 0):02X}\r\n"


def write_log(path: Path, start: datetime) -> None:
    """A receiver with ten fixes a second, which climbs and speeds up on its way north."""
    with path.open("w", newline="") as file:
        file.write(f"# Date: {start:%Y-%m-%d}\n")
        for fix in range(FIXES):
            at = start + fix * STEP
            time, place = f"{at:%H%M%S}.{at.microsecond // 10_000:02d}", f"4722.{1000 + fix},N,00832.5000,E"
            file.write(sentence(f"GPRMC,{time},A,{place},{fix / 2:.1f},90.0,{at:%d%m%y},,,A"))
            file.write(sentence(f"GPGGA,{time},{place},1,08,0.9,{400 + fix / 10:.1f},M,47.0,M,,"))


def test_fixes_on_a_serial_port(page: Page, pty_device: PtyDevice, tmp_path: Path):
    log = tmp_path / "log.nmea"
    with Monitor(source(f"serial:{pty_device.path}", name="gps"), window=60) as monitor:
        open_page(page, monitor)
        pump = monitor.pumps[0]
        connected(pump, page)
        start = datetime.now(UTC).replace(microsecond=0)
        write_log(log, start)
        play = ("gpsfake", "-1", "-q", "-p", "-c", "0.05", "-P", str(free_port()))
        watch = ("-r", '?WATCH={"enable":true,"nmea":true};')
        with Sender(*play, *watch, log, stdout=pty_device.master) as sender:
            lines = INTRODUCTION + 2 * FIXES
            until(lambda: pump.counts().frames >= lines, LONG, page=page, what=f"{lines} lines; {sender.log}")
        balanced, account, lost = accounts(monitor)
        assert balanced
        assert account["rejected"] == {}
        assert account["decoder"].startswith("NMEA 0183: ")
        assert lost == [0]
        found = channels(monitor)
        assert {name: found[name] for name in ("RMC/latitude", "RMC/speed", "GGA/altitude", "GGA/hdop")} == {
            "RMC/latitude": ("number", "°"),
            "RMC/speed": ("number", "kn"),
            "GGA/altitude": ("number", "m"),
            "GGA/hdop": ("number", ""),
        }
        assert len(monitor.frame("gps/log")["text"]) == INTRODUCTION
        fixes, heights = monitor.frame("gps/RMC"), monitor.frame("gps/GGA")
        number = np.arange(FIXES)
        np.testing.assert_allclose(fixes["latitude"], 47 + (22.1 + number / 10_000) / 60)
        np.testing.assert_allclose(fixes["speed"], number / 2)
        np.testing.assert_allclose(heights["altitude"], 400 + number / 10)
        sent = np.datetime64(start.replace(tzinfo=None), "ns") + number * np.timedelta64(STEP)
        assert (abs(fixes["time"] - sent) < np.timedelta64(1, "us")).all(), "the receiver's clock"
        until(lambda: set(drawn(page).values()) == {FIXES}, LONG, page=page, what="all lines whole")
