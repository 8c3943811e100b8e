"""Messages that are acknowledged only when they are stored, by a real Mosquitto."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.decoders.topics import TopicsDecoder
from stripchart.errors import ConfigError, SourceLost
from stripchart.flow.hub import Hub
from stripchart.flow.ledger import describe
from stripchart.flow.pump import Backoff, Pump, State
from stripchart.sources import mqtt_connection
from stripchart.sources.mqtt import MqttSource
from stripchart.sources.mqtt_options import MqttOptions
from support.broker import CONNACK, Broker, ScriptedBroker, free_port
from support.recorder import StandInRecorder
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.broker

IN_FLIGHT = 20
SUBACK_1 = b"\x90\x03\0\x01\x01"
MESSAGE = b"\x32\x06\0\x01a\0\x071"
"""A PUBLISH of QoS 1 with the identifier 7, in MQTT 3.1.1."""
BOTH = pytest.mark.parametrize("version", [5, 3])
PAIRS = pytest.mark.parametrize(("version", "qos"), [(5, 1), (3, 2)])
EACH = pytest.mark.parametrize("qos", [1, 2])


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Broker]:
    """A broker with Mosquitto's default of messages in flight."""
    with Broker(tmp_path, (f"max_inflight_messages {IN_FLIGHT}",)) as broker:
        yield broker


def durable(port: int, scheme: str = "mqtt", **options: Any) -> MqttSource:
    given = {"qos": 1, "persistent": True, "durable": True, "client_id": "bench", **options}
    return MqttSource(f"//127.0.0.1:{port}/a/#", MqttOptions(**given), scheme)


def pump_of(source: MqttSource, hub: Hub) -> Pump:
    return Pump("a", source, TopicsDecoder(), hub, backoff=Backoff(0.01, 0.02))


def read(source: MqttSource, count: int) -> list[int]:
    """Wait for so many messages."""
    found: list[int] = []
    until(lambda: found.extend(int(chunk.data) for chunk in source.read(0.1)) or len(found) >= count, every=0)
    return found


def read_and_store(source: MqttSource, count: int) -> list[int]:
    """Wait for so many messages, each of which is stored at once."""
    found: list[int] = []
    while len(found) < count:
        found += read(source, 1)
        source.acknowledge(source.mark())
    return found


def publish(broker: Broker, numbers: range, qos: int, topic: str = "a/b") -> None:
    broker.publish(topic, *map(str, numbers), qos=qos)


@BOTH
@EACH
def test_what_is_not_stored_is_sent_again(narrow: Broker, version: int, qos: int):
    source = durable(narrow.port, qos=qos, version=version)
    source.open()
    assert source.status == f"1 filter, QoS {qos}, MQTT {'5' if version == 5 else '3.1.1'}, durable"
    publish(narrow, range(100), qos)
    assert read(source, IN_FLIGHT) == list(range(IN_FLIGHT))
    assert source.read(0.2) == [], "the broker waits for us"
    of_old = source.mark()
    source.send_again()
    source.close()
    source.open()
    assert read(source, IN_FLIGHT) == list(range(IN_FLIGHT))
    assert source.redelivered == IN_FLIGHT
    source.acknowledge(of_old)
    assert source.read(0.2) == [], "a mark of an earlier connection says nothing to this one"
    source.acknowledge(source.mark())
    assert read_and_store(source, 100 - IN_FLIGHT) == list(range(IN_FLIGHT, 100))
    assert source.read(0.1) == []
    source.close()
    source.open()
    assert source.read(0.2) == [], "all is acknowledged"
    assert source.redelivered == IN_FLIGHT
    source.close()


@BOTH
@EACH
def test_what_is_stored_comes_once(narrow: Broker, version: int, qos: int):
    hub = Hub()
    pump = pump_of(durable(narrow.port, qos=qos, version=version), hub)
    with StandInRecorder(hub, pump) as recorder:
        pump.start()
        until(lambda: pump.state is State.CONNECTED)
        publish(narrow, range(3_000), qos)
        until(lambda: len(recorder.numbers) >= 3_000, 30, what="all messages")
        assert pump.stop()
        pump.start()
        publish(narrow, range(3_000, 3_010), qos)
        until(lambda: len(recorder.numbers) >= 3_010)
        assert pump.stop()
        assert recorder.numbers == list(range(3_010))
    assert describe(pump)["redelivered"] == 0


@EACH
def test_a_source_that_stops_waits_for_what_it_read_to_be_stored(broker: Broker, qos: int):
    hub = Hub()
    pump = pump_of(durable(broker.port, qos=qos), hub)
    with StandInRecorder(hub, pump) as recorder:
        recorder.may_commit.clear()
        pump.start()
        until(lambda: pump.state is State.CONNECTED)
        publish(broker, range(10), qos)
        until(lambda: hub.published == 10)
        pump.ask_to_stop()
        recorder.may_commit.set()
        assert pump.stop()
        assert recorder.numbers == list(range(10))
    source = durable(broker.port, qos=qos)
    source.open()
    assert source.read(0.2) == [], "nothing is sent again"
    source.close()


KILLED = """
import sys, time
from stripchart.sources.mqtt import MqttSource
from stripchart.sources.mqtt_options import MqttOptions

port, version, qos, stored, count = map(int, sys.argv[1:])
options = MqttOptions(qos=qos, version=version, persistent=True, durable=True, client_id="bench")
source = MqttSource(f"//127.0.0.1:{port}/a/#", options)
source.open()
print("open", flush=True)
found = []
while len(found) < count:
    found += source.read(0.1)
    if len(found) <= stored:
        source.acknowledge(source.mark())
print("read", flush=True)
time.sleep(60)
"""


@PAIRS
def test_a_program_that_is_killed_before_it_stored(broker: Broker, version: int, qos: int):
    arguments = map(str, (broker.port, version, qos, 3, 10))
    with subprocess.Popen([sys.executable, "-c", KILLED, *arguments], stdout=subprocess.PIPE) as killed:
        assert killed.stdout
        assert killed.stdout.readline() == b"open\n"
        for number in range(3):  # one by one, so that it stores just these
            publish(broker, range(number, number + 1), qos)
        publish(broker, range(3, 10), qos)
        assert killed.stdout.readline() == b"read\n"
        killed.send_signal(signal.SIGKILL)
    source = durable(broker.port, qos=qos, version=version)
    hub = Hub()
    pump = pump_of(source, hub)
    with StandInRecorder(hub, pump) as recorder:
        pump.start()
        until(lambda: len(recorder.numbers) >= 7)
        assert pump.stop()
        assert recorder.numbers[-7:] == list(range(3, 10))
    assert describe(pump)["redelivered"] == len(recorder.numbers)


@PAIRS
def test_what_the_record_missed_is_asked_for_again(broker: Broker, version: int, qos: int):
    hub = Hub()
    pump = pump_of(durable(broker.port, qos=qos, version=version), hub)
    with StandInRecorder(hub, pump) as recorder:
        pump.start()
        until(lambda: pump.state is State.CONNECTED)
        publish(broker, range(10), qos)
        until(lambda: len(recorder.numbers) == 10)
        recorder.may_commit.clear()
        publish(broker, range(10, 110), qos)
        until(lambda: hub.published == 110)
        assert recorder.lose() == 100
        recorder.may_commit.set()
        until(lambda: len(recorder.numbers) >= 110)
        assert pump.stop()
        assert recorder.numbers == list(range(110)), "and none twice"
    assert pump.reconnects == 1
    assert describe(pump)["redelivered"] == 100


def test_exactly_once_where_the_connection_went_with_our_word(broker: Broker):
    source = durable(broker.port, qos=2)
    source.open()
    publish(broker, range(5), 2)
    assert read(source, 5) == list(range(5))
    mark = source.mark()
    broker.stop()
    with pytest.raises(SourceLost):
        read(source, 1)
    source.acknowledge(mark)  # stored, but nobody hears it
    source.close()
    broker.start()
    source.open()
    assert source.read(0.2) == [], "they are known"
    assert source.redelivered == 5
    source.acknowledge(source.mark())
    publish(broker, range(5, 10), 2)
    assert read_and_store(source, 5) == list(range(5, 10))
    source.close()
    source.open()
    assert source.read(0.2) == []
    assert source.redelivered == 5
    source.close()


def test_a_broker_that_forgot_our_session_uses_the_same_numbers_for_other_messages(broker: Broker):
    source = durable(broker.port, qos=2)
    source.open()
    publish(broker, range(5), 2)
    read(source, 5)
    broker.stop()
    with pytest.raises(SourceLost):
        read(source, 1)
    source.acknowledge(source.mark())
    source.close()
    (broker.folder / "mosquitto.db").unlink()
    broker.start()
    source.open()
    publish(broker, range(5, 10), 2)
    assert read(source, 5) == list(range(5, 10))
    source.close()


def test_by_websocket(tmp_path: Path):
    port = free_port()
    with Broker(tmp_path, (f"listener {port} 127.0.0.1", "protocol websockets")) as broker:
        source = durable(port, "ws", qos=2)
        source.open()
        publish(broker, range(100), 2)
        assert read_and_store(source, 100) == list(range(100))
        source.close()
        source.open()
        assert source.read(0.2) == []
        assert source.redelivered == 0
        source.close()


def test_messages_that_are_left_out_do_not_hold_up_others(tmp_path: Path):
    hub = Hub()
    with Broker(tmp_path, ("max_inflight_messages 2",)) as broker:
        for topic in "wxyz":
            broker.publish(f"a/{topic}", "0", qos=1, retain=True)
        pump = pump_of(durable(broker.port, version=3, retained="skip"), hub)
        with StandInRecorder(hub, pump) as recorder:
            pump.start()
            until(lambda: pump.state is State.CONNECTED)
            publish(broker, range(1, 4), 1)
            until(lambda: recorder.numbers == [1, 2, 3])
            assert pump.stop()


@EACH
def test_too_large_a_message_does_not_hold_up_others(broker: Broker, qos: int):
    source = durable(broker.port, version=3, qos=qos, max_packet=1_024)
    source.open()
    broker.publish("a/b", "9" * 2_000, qos=qos)
    publish(broker, range(1), qos)
    assert read_and_store(source, 1) == [0]
    assert source.status.endswith("durable; messages above 1024 bytes, skipped: 1")
    source.close()
    source.open()
    assert source.read(0.2) == []
    assert source.redelivered == 0
    source.close()


def test_messages_that_are_sent_without_a_promise_are_read_as_well(broker: Broker):
    source = durable(broker.port)
    source.open()
    assert source.read(0.01) == []
    nothing = source.mark()
    publish(broker, range(3), 0)
    assert read(source, 3) == [0, 1, 2]
    assert source.mark() == nothing
    source.close()


def test_nobody_is_told_anything_after_the_end(broker: Broker):
    source = durable(broker.port)
    source.acknowledge(source.mark())
    source.open()
    publish(broker, range(2), 1)
    read(source, 2)
    source.close()
    source.acknowledge(source.mark())
    source.open()
    assert read(source, 2) == [0, 1]
    broker.stop()
    source.acknowledge(source.mark())
    with pytest.raises(SourceLost):
        read(source, 1)
    source.close()


def test_a_broker_that_grants_no_more_than_qos_0(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with Broker(tmp_path, ("max_qos 0",)) as weak:
        source = durable(weak.port)
        source.open()
        told = "the broker grants only QoS 0 for 'a/#': nothing is sent again; check its max_qos"
        assert source.status == f"1 filter, QoS 1, MQTT 5, durable; {told}"
        assert told in caplog.text
        source.close()


def test_a_broker_that_does_not_wait_is_left(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stripchart.sources.mqtt_withheld.MAX_WITHHELD", 2)
    with ScriptedBroker(CONNACK, SUBACK_1 + 3 * MESSAGE) as broker:
        source = durable(broker.port, version=3)
        source.open()
        with pytest.raises(SourceLost, match="sent more than 65535 messages that are not acknowledged"):
            read(source, 4)
        source.close()


def test_what_came_before_a_failed_subscription_is_not_read():
    """It comes again with the next connection; without ``durable`` it would not."""
    with ScriptedBroker(CONNACK + MESSAGE, b"", closes=True) as broker:
        source = durable(broker.port, version=3)
        with pytest.raises(SourceLost, match="the broker closed the connection"):
            source.open()
        source.close()
        assert not any(b"\x40\x02\x00\x07" in said for said in broker.heard)


def test_a_paho_that_keeps_its_socket_to_itself(broker: Broker, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(mqtt_connection.Client, "_create_socket")
    source = durable(broker.port)
    with pytest.raises(ConfigError, match=r"durable: needs paho-mqtt 2\.1 or 2\.2, which let us acknowledge; got 2"):
        source.open()
    source.close()
