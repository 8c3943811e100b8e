"""MQTT from a real broker: our source, with decoding, against Paho's own loop that only counts.

Sixteen topics of plain numbers at QoS 0 are published as fast as Mosquitto takes them.
"""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from stripchart.decoders.topics import TopicsDecoder
from stripchart.sources.mqtt import MqttSource
from stripchart.sources.mqtt_options import MqttOptions
from support.broker import CONNACK, Broker
from tests.benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MESSAGES: Final = 100_000
TOPICS: Final = 16
ATTEMPTS: Final = 3
VERSIONS: Final = {5: MQTTProtocolVersion.MQTTv5, 3: MQTTProtocolVersion.MQTTv311}


class Measured(NamedTuple):
    rate: float
    """Messages a second."""
    cpu: float
    """CPU time of the reading thread, in microseconds a message."""


def run() -> Iterator[Result]:
    """Measure both versions of the protocol; the best of three runs each, since the broker shares the cores."""
    with tempfile.TemporaryDirectory() as folder, Broker(Path(folder)) as broker:
        for version, protocol in VERSIONS.items():
            peer = max(_bare_paho(broker, protocol) for _ in range(ATTEMPTS))
            ours = max(_ours(broker, version) for _ in range(ATTEMPTS))
            case = f"MQTT {'5' if version == 5 else '3.1.1'}, decoded, against bare Paho"
            ratio = ours.rate / peer.rate
            yield Result("mqtt", case, ours.rate, peer.rate, "messages/s", ratio, ">= 0.9", ratio >= 0.9)
            yield Result("mqtt", f"{case}: CPU", ours.cpu, peer.cpu, "us/message", ours.cpu / peer.cpu, "", met=True)


def _ours(broker: Broker, version: int) -> Measured:
    source = MqttSource(f"//127.0.0.1:{broker.port}/bench/#", MqttOptions(version=version))
    decoder = TopicsDecoder()
    source.open()
    _publish(broker)

    def read_all() -> None:
        samples = 0
        while samples < MESSAGES:
            samples += sum(batch.samples for batch in decoder.feed(source.read(5.0)))

    measured = _measure(read_all)
    source.close()
    return measured


def _bare_paho(broker: Broker, protocol: MQTTProtocolVersion) -> Measured:
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


def _measure(work: Callable[[], object]) -> Measured:
    began, cpu_began = time.perf_counter(), time.thread_time()
    work()
    cpu = time.thread_time() - cpu_began
    return Measured(MESSAGES / (time.perf_counter() - began), cpu * 1e6 / MESSAGES)


def _publish(broker: Broker) -> None:
    """Start to send all messages, from a thread that needs no more than the system's time for it."""
    packets = _packets()
    sender = socket.create_connection(("127.0.0.1", broker.port))
    sender.sendall(b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05bench")
    assert sender.recv(4) == CONNACK

    def send() -> None:
        with sender:
            sender.sendall(packets)

    threading.Thread(target=send).start()


@lru_cache
def _packets() -> bytes:
    """Return all messages as PUBLISH packets of QoS 0, and the DISCONNECT after them."""
    packets = bytearray()
    for number in range(MESSAGES):
        topic, payload = b"bench/room%d/temperature" % (number % TOPICS), b"%.2f" % (20 + number % 1000 / 100)
        packets += struct.pack("!BBH", 0x30, 2 + len(topic) + len(payload), len(topic)) + topic + payload
    return bytes(packets) + b"\xe0\x00"
