"""MQTT from a real broker: our source, with decoding, against Paho's own loop that only counts.

Sixteen topics of plain numbers at QoS 0 are published as fast as Mosquitto takes them.
"""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from stripchart.decoders.topics import TopicsDecoder
from stripchart.sources.mqtt import MqttSource
from stripchart.sources.mqtt_options import MqttOptions
from support.broker import Broker
from tests.benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MESSAGES: Final = 100_000
TOPICS: Final = 16
VERSIONS: Final = {5: MQTTProtocolVersion.MQTTv5, 3: MQTTProtocolVersion.MQTTv311}


def run() -> Iterator[Result]:
    """Measure both protocol versions: messages a second, and CPU time of the reading thread a message."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder))
        broker.start()
        try:
            for version, protocol in VERSIONS.items():
                peer_rate, peer_cpu = _bare_paho(broker, protocol)
                rate, cpu = _ours(broker, version)
                case = f"MQTT {'5' if version == 5 else '3.1.1'}"
                ratio = rate / peer_rate
                yield Result("mqtt", f"{case}, decoded", rate, peer_rate, "messages/s", ratio, ">= 0.9", ratio >= 0.9)
                yield Result("mqtt", f"{case}, CPU", cpu, peer_cpu, "us/message", cpu / peer_cpu, "", met=True)
        finally:
            broker.stop()


def _ours(broker: Broker, version: int) -> tuple[float, float]:
    source = MqttSource(f"//127.0.0.1:{broker.port}/bench/#", MqttOptions(version=version))
    decoder = TopicsDecoder(TopicsDecoder.Options())
    source.open()
    _publish(broker)

    def read_all() -> None:
        samples = 0
        while samples < MESSAGES:
            samples += sum(batch.samples for batch in decoder.feed(source.read(5.0)))

    measured = _measure(read_all)
    source.close()
    return measured


def _bare_paho(broker: Broker, protocol: MQTTProtocolVersion) -> tuple[float, float]:
    client = Client(CallbackAPIVersion.VERSION2, protocol=protocol)
    count = 0

    def on_message(client: Client, *_: object) -> None:
        nonlocal count
        count += 1
        if count == MESSAGES:
            client.disconnect()

    client.on_connect = lambda client, *_: client.subscribe("bench/#")
    client.on_subscribe = lambda *_: _publish(broker)
    client.on_message = on_message
    client.connect("127.0.0.1", broker.port)
    return _measure(client.loop_forever)


def _measure(work: Callable[[], object]) -> tuple[float, float]:
    """Return messages a second and microseconds of this thread's CPU time a message."""
    began, cpu_began = time.perf_counter(), time.thread_time()
    work()
    cpu = time.thread_time() - cpu_began
    return MESSAGES / (time.perf_counter() - began), cpu * 1e6 / MESSAGES


def _publish(broker: Broker) -> None:
    """Start to send all messages from a thread: packets made before, so that it needs next to no CPU time."""
    greeting = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05bench"
    sender = socket.create_connection(("127.0.0.1", broker.port))
    sender.sendall(greeting)
    threading.Thread(target=_send, args=(sender,)).start()


def _send(sender: socket.socket) -> None:
    with sender:
        sender.recv(4)
        sender.sendall(b"".join(map(_packet, range(MESSAGES))) + b"\xe0\x00")


def _packet(number: int) -> bytes:
    topic, payload = b"bench/room%d/temperature" % (number % TOPICS), b"%.2f" % (20 + number % 1000 / 100)
    body = struct.pack("!H", len(topic)) + topic + payload
    return bytes((0x30, len(body))) + body
