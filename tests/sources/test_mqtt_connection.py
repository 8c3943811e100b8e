from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.sources import mqtt_connection
from stripchart.sources.mqtt_connection import Connection
from stripchart.sources.mqtt_options import MqttOptions, resolve
from support.broker import CONNACK, CONNACK_5, SUBACK, SUBACK_5, ScriptedBroker
from support.wait import until

if TYPE_CHECKING:
    from support.broker import Broker


def connection_to(port: int, **options: Any) -> Connection:
    chosen = MqttOptions(**options)
    return Connection(resolve("mqtt", f"//127.0.0.1:{port}/a/#", chosen), chosen, "test", None)


def message(topic: bytes, payload: bytes) -> bytes:
    body = struct.pack("!H", len(topic)) + topic + payload
    return bytes((0x30, len(body))) + body


def wait_for(connection: Connection, count: int) -> list[bytes]:
    def step() -> bool:
        connection.step(0.1)
        return len(connection.messages) >= count

    until(step, every=0)
    return [message.data for message in connection.messages]


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("version", [5, 3])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_messages_also_by_plain_paho(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, buffered: bool, version: int, qos: int
):
    if not buffered:  # as with a Paho that makes its socket in another way
        monkeypatch.delattr(mqtt_connection.Client, "_create_socket")
    connection = connection_to(broker.port, qos=qos, version=version)
    assert connection.connect() == "Success"
    assert [answer.value for answer in connection.subscribe(["a/#"])] == [qos]
    assert (connection._paho.buffered is not None) is buffered
    broker.publish("a/b", *map(str, range(300)), qos=qos)
    assert wait_for(connection, 300) == [str(i).encode() for i in range(300)]
    connection.publish("a/c", b"x" * 100_000)
    assert wait_for(connection, 301)[-1] == b"x" * 100_000
    assert connection.lost is None
    connection.close()
    assert connection._paho.socket() is None


def test_a_broker_that_says_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mqtt_connection, "ANSWER_TIMEOUT", 0.2)
    with ScriptedBroker(b"") as silent:
        connection = connection_to(silent.port)
        with pytest.raises(TimeoutError):
            connection.connect()
        connection.close()


def test_a_broker_that_hangs_up_on_our_greeting():
    with ScriptedBroker(b"", closes=True) as rude:
        connection = connection_to(rude.port)
        with pytest.raises(ConnectionError, match=r"without an answer; .* speak MQTT 5 \(if not, version=3\)\?"):
            connection.connect()
        connection.close()


def test_a_server_of_another_kind():
    with ScriptedBroker(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 100) as web:
        connection = connection_to(web.port)
        with pytest.raises(ConnectionError, match="is this its port"):
            connection.connect()
        connection.close()


def test_a_broker_that_closes_after_a_message():
    with ScriptedBroker(CONNACK, SUBACK + message(b"a/b", b"last"), closes=True) as leaving:
        connection = connection_to(leaving.port, version=3)
        connection.connect()
        connection.subscribe(["a/#"])
        until(lambda: connection.step(0.1) or connection.lost, every=0)
        assert str(connection.lost) == "the broker closed the connection"
        assert [message.data for message in connection.messages] == [b"last"]
        connection.close()


def test_a_broker_that_gives_a_reason():
    with ScriptedBroker(CONNACK_5, SUBACK_5 + b"\xe0\x01\x8e") as leaving:
        connection = connection_to(leaving.port)
        connection.connect()
        connection.subscribe(["a/#"])
        until(lambda: connection.step(0.1) or connection.lost, every=0)
        assert str(connection.lost) == (
            "the broker closed the connection: Session taken over; another client has the same client_id"
        )
        connection.close()


def test_a_topic_of_qos_2_that_is_not_utf_8():
    sent = b"\x34\x08\x00\x03a/\xff\x00\x07" + b"1"
    with ScriptedBroker(CONNACK, SUBACK + sent, b"\x62\x02\x00\x07") as broker:
        connection = connection_to(broker.port, version=3, qos=2)
        connection.connect()
        connection.subscribe(["a/#"])
        assert wait_for(connection, 1) == [b"1"]
        assert connection.messages[0].topic == "a/\N{REPLACEMENT CHARACTER}"
        connection.close()


def test_what_paho_reads_is_counted_too_if_it_is_sent_again():
    sent = b"\x3c\x06\x00\x01a\x00\x071" + b"\x3a\x06\x00\x01a\x00\x081"
    with ScriptedBroker(CONNACK, SUBACK + sent, b"\x62\x02\x00\x07") as broker:
        connection = connection_to(broker.port, version=3, qos=2)
        connection.connect()
        connection.subscribe(["a/#"])
        wait_for(connection, 2)
        assert connection.redelivered == 2
        connection.close()


@pytest.mark.parametrize("junk", [b"\x30\x02\x00\x09", b"\x30\xff\xff\xff\xff", b"\xf0\x00", b"\x00\x00"])
def test_bytes_that_are_not_mqtt(junk: bytes):
    with ScriptedBroker(CONNACK, SUBACK + message(b"a", b"1") + junk) as mad:
        connection = connection_to(mad.port, version=3)
        connection.connect()
        connection.subscribe(["a/#"])
        until(lambda: connection.step(0.1) or connection.lost, every=0)
        assert [message.data for message in connection.messages] == [b"1"], "what came before it must not be lost"
        connection.close()


def test_a_broker_that_no_longer_answers_a_ping():
    with ScriptedBroker(CONNACK, SUBACK) as hanging:
        connection = connection_to(hanging.port, version=3, keepalive=1)
        connection.connect()
        connection.subscribe(["a/#"])
        until(lambda: connection.step(0.1) or connection.lost, every=0)
        assert b"\xc0\x00" in hanging.heard, "it was not asked before it was given up"
        assert str(connection.lost) == "Keep alive timeout; the network or the broker hangs"
        connection.close()


def test_publish_needs_a_connection(broker: Broker):
    connection = connection_to(broker.port)
    with pytest.raises(ConnectionError, match="not connected"):
        connection.publish("a", b"1")
    connection.connect()
    connection.publish("a", b"1")
    connection.close()
    with pytest.raises(ConnectionError, match="not connected"):
        connection.publish("a", b"1")


@pytest.mark.parametrize(("qos", "expected"), [(0, "takes no more data"), (1, "queue full")])
def test_publish_is_bounded_when_the_broker_takes_nothing(qos: int, expected: str):
    with ScriptedBroker(CONNACK, SUBACK, deaf=True) as deaf:
        connection = connection_to(deaf.port, version=3, qos=qos)
        connection.connect()
        connection.subscribe(["a/#"])

        def publish_on() -> None:
            for _ in range(2_000):
                connection.publish("a", b"x" * 10_000)

        with pytest.raises(ConnectionError, match=expected):
            publish_on()
        connection.close()
