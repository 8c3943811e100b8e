"""Every file of config/ is loaded, and really run against a pty, a broker and a Dask cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stripchart.config.file import load
from stripchart.decoders.binary.particles import PmsX003Decoder, Sds011Decoder
from stripchart.plugins import registered
from support.command import LONG, Running
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.broker import Broker
    from support.pty import PtyDevice

FOLDER = Path(__file__).parents[2] / "config"
FILES = sorted(FOLDER.glob("*.toml"))

CLUSTER = """
from distributed import LocalCluster
with LocalCluster(
    n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None
) as cluster:
    print(cluster.scheduler_address, flush=True)
    input()
"""


FRAMES = {
    "sds011.toml": (b"".join(sample.data for sample in Sds011Decoder.samples), {"PM2.5": 12.4, "PM10": 20.1}),
    "pmsx003.toml": (b"".join(sample.data for sample in PmsX003Decoder.samples), {"PM2.5": 8.0, "PM10": 10.0}),
    "binary-frames.toml": (
        bytes.fromhex("AA55 E8030000 0000 0000 E803 0000AC41 E40C 01 21 B6D4 0D0A"),
        {"acceleration[2]": 1.0, "temperature": 21.5, "battery": 3.3, "mode": "run", "heater": 1.0, "errors": 2.0},
    ),
}
"""What a device sends, and what is seen then."""


def running(name: str, **environment: str) -> Running:
    return Running("run", str(FOLDER / name), "--no-open", **environment)


def connected(monitor: Running) -> set[str]:
    return {name for name, account in monitor.account().items() if account["state"] == "connected"}


def flowing(monitor: Running) -> set[str]:
    return {name for name, account in monitor.account().items() if account["samples"]}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_loads_as_it_is(file: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("SERIAL_PORT", "MQTT_BROKER", "MQTT_USERNAME", "MQTT_PASSWORD", "DASK_SCHEDULER_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    config = load(file)
    assert config.view.title != "Stripchart"
    assert all(spec.build() for spec in config.sources)
    assert file.read_text().startswith("# ")


def test_each_is_run_here():
    texts = {
        "demo.toml",
        "panels.toml",
        "arduino.toml",
        "mqtt-home.toml",
        "home-assistant.toml",
        "several-sensors.toml",
        "dask.toml",
    }
    tested = texts | FRAMES.keys()
    assert {file.name for file in FILES} == tested


def test_demo():
    with running("demo.toml") as monitor:
        until(lambda: flowing(monitor) == {"desk", "motor"}, LONG)
        assert {"temperature", "humidity"} <= {channel["name"] for channel in monitor.ask("/api/channels")}
        assert monitor.end() == 0


def test_panels():
    kinds = {spec.kind for page in load(FOLDER / "panels.toml").pages for spec in page.panels}
    assert kinds == set(registered("panels"))
    with running("panels.toml") as monitor:
        until(lambda: flowing(monitor) == {"house", "machine", "oven", "boat"}, LONG)
        assert {"mode", "switch", "tone", "latitude"} <= {channel["name"] for channel in monitor.ask("/api/channels")}
        assert monitor.end() == 0


def test_arduino(pty_device: PtyDevice):
    with running("arduino.toml", SERIAL_PORT=str(pty_device.path)) as monitor:
        until(lambda: connected(monitor) == {"board"}, LONG)
        pty_device.write(b"temp:21.5,hum:40\r\n" * 20)
        until(lambda: {channel["name"] for channel in monitor.ask("/api/channels")} == {"temp", "hum"}, LONG)
        assert monitor.end() == 0


@pytest.mark.parametrize("name", FRAMES)
def test_binary_frames(name: str, pty_device: PtyDevice):
    data, expected = FRAMES[name]
    with running(name, SERIAL_PORT=str(pty_device.path)) as monitor:
        until(lambda: "connected" in str(monitor.account()), LONG)
        pty_device.write(data * 3)

        def newest() -> dict[str, float | str]:
            return {channel["name"]: channel["last_value"] for channel in monitor.ask("/api/channels")}

        until(lambda: newest().items() >= expected.items(), LONG)
        assert monitor.end() == 0


@pytest.mark.broker
def test_mqtt_home(broker: Broker):
    with running("mqtt-home.toml", MQTT_BROKER=f"127.0.0.1:{broker.port}") as monitor:
        until(lambda: connected(monitor) == {"home"}, LONG)
        broker.publish("zigbee2mqtt/kitchen", '{"temperature": 21.5, "battery": 80}')
        broker.publish("zigbee2mqtt/kitchen/set", '{"state": "ON"}')
        broker.publish("home/attic/w1", "17.5")
        broker.publish("unrelated/topic", "1")
        broker.publish("tele/plug/LWT", "Online")
        until(lambda: len(monitor.ask("/api/channels")) == 4, LONG)
        found = {channel["stream"]: (channel["name"], channel["unit"]) for channel in monitor.ask("/api/channels")}
        assert found == {
            "home/zigbee2mqtt/kitchen": ("battery", "%"),
            "home/home/attic/w1": ("temperature", "°C"),
            "home/tele/plug/LWT": ("value", ""),
        }
        assert monitor.end() == 0


@pytest.mark.broker
def test_home_assistant(broker: Broker):
    announced = '{"name": "Air", "stat_t": "garden/air", "unit_of_meas": "°C", "exp_aft": 600}'
    broker.publish("garden/air", "19.5", retain=True)
    broker.publish("homeassistant/sensor/air/config", announced, retain=True)
    with running("home-assistant.toml", MQTT_BROKER=f"127.0.0.1:{broker.port}") as monitor:
        (channel,) = until(lambda: monitor.ask("/api/channels"), LONG)
        assert (channel["stream"], channel["name"], channel["unit"]) == ("home/garden/air", "Air", "°C")
        assert channel["last_value"] == 19.5
        assert monitor.end() == 0


@pytest.mark.broker
def test_several_sensors(broker: Broker, pty_device: PtyDevice):
    places = {"MQTT_BROKER": f"127.0.0.1:{broker.port}", "SERIAL_PORT": str(pty_device.path)}
    with running("several-sensors.toml", **places) as monitor:
        until(lambda: connected(monitor) == {"bench", "greenhouse", "reference"}, LONG)
        pty_device.write(b"temp:21.5\r\n" * 20)
        broker.publish("greenhouse/south/temp", "24.5")
        until(lambda: flowing(monitor) == {"bench", "greenhouse", "reference"}, LONG)
        assert monitor.end() == 0


@pytest.fixture
def cluster() -> Iterator[str]:
    command = [sys.executable, "-c", CLUSTER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()
        process.communicate(b"\n", timeout=LONG)


def test_dask(cluster: str):
    with running("dask.toml", DASK_SCHEDULER_ADDRESS=cluster) as monitor:

        def newest() -> dict[str, float]:
            return {channel["name"]: channel["last_value"] for channel in monitor.ask("/api/channels")}

        until(lambda: newest() == {"workers": 2, "idle": 2, "saturated": 0}, LONG)
        assert monitor.end() == 0
