"""Talking back to real things: a pty, a Mosquitto, and other programs that want the port meanwhile."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from stripchart import Button, ConfigError, Monitor, SourceLost, source
from stripchart import open as open_recording
from support.loop import no_running_loop
from support.page import Site
from support.program import our_threads
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.broker import Broker
    from support.pty import PtyDevice

EXCLUSIVE = "import serial, sys; serial.Serial(sys.argv[1], exclusive=True).write(b'flash')"


@contextmanager
def monitored(*sources: Any, **options: Any) -> Iterator[tuple[Monitor, Site]]:
    """Run a monitor in which visitors may send; afterwards no thread of it is left."""
    with no_running_loop():
        with Monitor(*sources, control=True, **options) as monitor:
            server = monitor._server
            assert server is not None
            yield monitor, Site(monitor.hub, server._context, server)
        until(lambda: our_threads() == [])


def state(monitor: Monitor, name: str = "bench") -> str:
    return str(monitor.ledger()["sources"][name]["state"])


def flashes(path: Path) -> subprocess.CompletedProcess[str]:
    """Open the port in another program that wants it for itself alone."""
    return subprocess.run(
        [sys.executable, "-c", EXCLUSIVE, str(path)], capture_output=True, text=True, check=False, timeout=30
    )


def test_a_serial_device_is_talked_to_and_answers_in_the_same_log(pty_device: PtyDevice, tmp_path: Path) -> None:
    zero = Button(label="Zero", hex="5A 0d")
    record = tmp_path / "bench.stripchart"
    with monitored(
        source(f"serial:{pty_device.path}", name="bench", decoder="keyvalue", ending="\r\n", buttons=[zero]),
        record=record,
    ) as (monitor, site):
        until(lambda: state(monitor) == "connected")
        answer = site.post("/api/send", {"source": "bench", "text": "rate 10"})
        assert answer.status == 200
        assert pty_device.read(9) == b"rate 10\r\n"
        pty_device.write(b"rate=10\n")
        lines = until(
            lambda: len(found := site.ask("/api/console?source=bench").json()["lines"]) == 2 and found, every=0.01
        )
        assert [(line["direction"], line["text"]) for line in lines] == [("out", "rate 10"), ("in", "rate=10")]
        assert lines[0]["number"] == answer.json()["number"]
        until(lambda: monitor.channels())
        assert monitor.device("bench").send(b"\0\xff") > lines[1]["number"]
        assert pty_device.read(2) == b"\0\xff"
        (button,) = monitor.device("bench").console()["buttons"]
        assert site.post("/api/send", {"source": "bench", "hex": button["hex"]}).status == 200
        assert pty_device.read(2) == b"Z\r"
        assert monitor.device("bench").send("wifi_password=canary") > 0
        assert "canary" not in str(monitor.device("bench").console())
        ledger = monitor.ledger()
        assert ledger["balanced"]
        assert ledger["sources"]["bench"]["commands_sent"] == 4
        sent = ["rate 10", "\\x00\\xff", "Z", "wifi_password=***"]
        assert [event.text for event in monitor.events() if event.kind == "command"] == sent
        with pytest.raises(KeyError):
            monitor.device("nix")
    with open_recording(record) as recording:
        assert [event.text for event in recording.events() if event.kind == "command"] == sent


def test_another_program_has_the_port_while_it_is_released(pty_device: PtyDevice) -> None:
    with monitored(source(f"serial:{pty_device.path}", name="bench", decoder="keyvalue")) as (monitor, site):
        until(lambda: state(monitor) == "connected")
        pty_device.write(b"a=1\n")
        until(lambda: monitor.ledger()["sources"]["bench"]["samples"] == 1)
        assert "exclusively lock" in flashes(pty_device.path).stderr
        assert site.post("/api/port", {"source": "bench", "action": "release"}).status == 200
        assert flashes(pty_device.path).returncode == 0
        assert pty_device.read(5) == b"flash"
        with pytest.raises(SourceLost, match="released"):
            monitor.device("bench").send("x")
        time.sleep(0.3)
        assert state(monitor) == "released"
        assert site.post("/api/port", {"source": "bench", "action": "take"}).status == 200
        until(lambda: state(monitor) == "connected")
        pty_device.write(b"a=2\n")
        until(lambda: monitor.ledger()["sources"]["bench"]["samples"] == 2)
        batch, gaps = monitor.hub.read("bench")
        assert (batch["a"].tolist(), gaps.tolist()) == ([1, 2], [1])
        kinds = [event.kind for event in monitor.events() if event.kind in {"released", "gap", "connected", "lost"}]
        assert kinds == ["connected", "released", "gap", "connected"]
        monitor.device("bench").release()
        assert state(monitor) == "released"
        monitor.device("bench").retake()


@pytest.mark.broker
def test_a_message_is_published_for_others_to_hear(broker: Broker) -> None:
    heard: list[tuple[str, bytes, int]] = []
    other = paho.Client(CallbackAPIVersion.VERSION2)
    other.on_message = lambda _client, _data, message: heard.append((message.topic, message.payload, message.qos))
    ready: list[int] = []
    other.on_subscribe = lambda _client, _data, mid, *_rest: ready.append(mid)
    other.connect("127.0.0.1", broker.port)
    other.subscribe("lamp/#", qos=1)
    other.loop_start()
    until(lambda: ready)
    try:
        with monitored(source(f"{broker.url}/lamp/#", name="home")) as (monitor, site):
            until(lambda: state(monitor, "home") == "connected")
            assert site.post("/api/send", {"source": "home", "text": "ON", "topic": "lamp/set"}).status == 200
            until(lambda: heard)
            assert heard == [("lamp/set", b"ON", 1)]
            lines = until(lambda: len(found := monitor.device("home").console()["lines"]) == 2 and found)
            assert [(line["direction"], line["topic"], line["text"]) for line in lines] == [
                ("out", "lamp/set", "ON"), ("in", "lamp/set", "ON"),
            ]  # fmt: skip
            for topic in ("lamp/#", "lamp/+", ""):
                answer = site.post("/api/send", {"source": "home", "text": "ON", "topic": topic})
                assert answer.status == 400
                assert "expected one without wildcards" in answer.json()["error"]
            with pytest.raises(ConfigError, match="wildcards"):
                monitor.device("home").send("x", "lamp/#")
            (event,) = (event for event in monitor.events() if event.kind == "command")
            assert event.text == "lamp/set: ON"
            counts = monitor.ledger()["sources"]["home"]
            assert (counts["commands_sent"], counts["commands_dropped"]) == (1, 4)
            broker.stop()
            until(lambda: state(monitor, "home") == "lost")
            assert site.post("/api/send", {"source": "home", "text": "ON", "topic": "lamp/set"}).status == 409
    finally:
        other.disconnect()
        other.loop_stop()
