"""A broker that is restarted while messages flow: nothing that it acknowledged is lost, and we are soon back."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from stripchart.decoders.topics import TopicsDecoder
from stripchart.flow.hub import Hub, Subscription
from stripchart.flow.ledger import snapshot
from stripchart.flow.pump import Pump, State
from stripchart.sources.mqtt import MqttSource
from stripchart.sources.mqtt_options import MqttOptions
from support.wait import until

if TYPE_CHECKING:
    from support.broker import Broker

SECONDS_AWAY = (0.0, 0.5, 1.0, 2.0, 3.0)
RATE = 500
SOON = 2.0


class Publisher:
    """Publishes 0, 1, 2 … with QoS 1, and again after a restart what was not acknowledged."""

    def __init__(self, port: int) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, "publisher", clean_session=False)
        self._client.on_publish = lambda *details: self.acknowledged.add(details[2] - 1)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sent = 0
        self.acknowledged: set[int] = set()

    def start(self) -> None:
        self._client.loop_start()
        self._thread.start()

    def stop(self) -> None:
        """Stop when all is acknowledged."""
        self._stopping.set()
        self._thread.join()
        until(lambda: len(self.acknowledged) == self.sent, 30, what=f"the acknowledgement of {self.sent} messages")
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        while not self._stopping.wait(1 / RATE):
            message = self._client.publish("bench/number", str(self.sent), qos=1)
            self.sent += 1
            assert message.mid == self.sent, "identifiers count from 1, which tells what was acknowledged"


class Reader(threading.Thread):
    """Drains a subscription, as a page does."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(daemon=True)
        self.numbers: list[int] = []
        self.gaps = 0
        self._subscription = subscription
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(0.05):
            for batch in self._subscription.drain().batches:
                self.numbers += map(int, batch["value"])
                self.gaps += batch.gap

    def stop(self) -> None:
        self._stopping.set()
        self.join()


def held() -> tuple[int, int]:
    """Count this process's threads and descriptors."""
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.timeout(240)
def test_restarts_lose_nothing(broker: Broker):
    options = MqttOptions(qos=1, persistent=True, client_id="monitor")
    hub = Hub()
    pump = Pump("mqtt", MqttSource(f"//127.0.0.1:{broker.port}/bench/#", options), TopicsDecoder(), hub)
    reader = Reader(hub.subscribe(name="reader"))
    publisher = Publisher(broker.port)
    reader.start()
    pump.start()
    until(lambda: pump.state is State.CONNECTED)
    publisher.start()
    until(lambda: reader.numbers)
    before = held()

    delays = []
    for away in SECONDS_AWAY:
        seen = len(reader.numbers)
        until(lambda more=seen + RATE // 2: len(reader.numbers) > more, 30, what="messages")
        broker.stop()
        until(lambda: pump.state is State.LOST, what="the loss")
        time.sleep(away)
        broker.start()
        returned = time.monotonic()
        until(lambda: pump.state is State.CONNECTED, 30, every=0.005, what="the connection")
        delays.append(time.monotonic() - returned)
    until(lambda: held() == before, what=f"{before} threads and descriptors, as before")
    publisher.stop()
    until(lambda: publisher.acknowledged <= set(reader.numbers), 30, every=0.2, what="every acknowledged message")
    until(lambda: snapshot([pump], hub)["balanced"])

    assert pump.reconnects == len(SECONDS_AWAY)
    assert reader.gaps == len(SECONDS_AWAY), "each loss is one gap"
    reader.stop()
    assert pump.stop()
    print(  # noqa: T201 - figures to know
        f"\n{publisher.sent} messages acknowledged, none lost, {len(reader.numbers) - publisher.sent} came twice; "
        f"connected again {', '.join(f'{delay:.2f}' for delay in delays)} s after the broker's return"
    )
    assert sorted(delays)[len(delays) // 2] < SOON, "the median, as a busy machine may stall once"
