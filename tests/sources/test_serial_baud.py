"""A port whose baud rate is looked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from stripchart.config.spec import source
from stripchart.flow.hub import Hub
from stripchart.flow.pump import Pump
from stripchart.sources.serial import SerialSource
from support.uart import Device
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.pty import PtyDevice

LONG = 40.0


@pytest.fixture
def auto(pty_device: PtyDevice) -> Iterator[SerialSource]:
    port = SerialSource(str(pty_device.path), SerialSource.Options(baudrate="auto", coalesce_ms=0))
    port.open()
    yield port
    port.close()


def read_until(port: SerialSource, words: str) -> bytes:
    data = b""
    deadline = time.monotonic() + LONG
    while words not in port.status:
        data += b"".join(chunk.data for chunk in port.read(0.1))
        assert time.monotonic() < deadline, port.status
    return data


@pytest.mark.timeout(120)
def test_the_rate_is_found_and_nothing_read_at_it_is_lost(pty_device: PtyDevice, auto: SerialSource) -> None:
    assert not auto.read(0.1)
    assert auto.status.endswith("looking for the baud rate: listening at 115200")
    with Device(pty_device, 57600) as device:
        data = read_until(auto, "57600 baud, found by trying")
        data = data[data.index(b"\n") + 1 :]  # the rate was set within a line
        assert data.splitlines()[0].startswith(b"21.50,45.0,")
        device.rate = 9600
        read_until(auto, "looking for the baud rate")
        data = read_until(auto, "9600 baud, found by trying")
        assert b"21.50,45.0," in data


@pytest.mark.timeout(120)
def test_a_pump_plots_what_came_at_the_rate_that_was_found(pty_device: PtyDevice) -> None:
    spec = source(f"serial:{pty_device.path}?baudrate=auto", name="bench")
    hub = Hub()
    pump = Pump("bench", *spec.build(), hub)
    with Device(pty_device, 9600):
        pump.start()
        try:
            until(lambda: pump.counts().samples > 30, LONG)
        finally:
            pump.stop()
    batch, _ = hub.read("bench")
    assert batch["column 1"].tolist() == [21.5] * len(batch)
    numbers = batch["column 3"].astype(int).tolist()
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert pump.counts().rejected.keys() <= {"partial first line", "not UTF-8", "not recognised"}
