from __future__ import annotations

import contextlib
import logging
import struct
import threading
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.errors import ConfigError, NoAnswer, SourceLost
from stripchart.sources.mqtt import MqttSource
from stripchart.sources.mqtt_options import MqttOptions
from stripchart.testing import SourceContract
from support.broker import (
    CONNACK,
    CONNACK_5,
    SUBACK_5,
    Broker,
    Certificates,
    ScriptedBroker,
    free_port,
    make_certificates,
    with_forbidden,
    with_password,
)
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stripchart.flow.records import Chunk

pytestmark = pytest.mark.broker

CANARY = "c4n4ry"


def mqtt(port: int, path: str = "", scheme: str = "mqtt", user: str = "", **options: Any) -> MqttSource:
    return MqttSource(f"//{user}127.0.0.1:{port}{path}", MqttOptions(**options), scheme=scheme)


@contextlib.contextmanager
def opened(*args: Any, **options: Any) -> Iterator[MqttSource]:
    source = mqtt(*args, **options)
    source.open()
    yield source
    source.close()


def collect(source: MqttSource, count: int, timeout: float = 30.0) -> list[Chunk]:
    found: list[Chunk] = []
    until(lambda: found.extend(source.read(0.1)) or len(found) >= count, timeout, every=0, what=f"{count} messages")
    return found


def pairs(chunks: list[Chunk]) -> list[tuple[str, bytes]]:
    return [(chunk.topic, chunk.data) for chunk in chunks]


def lost(source: MqttSource) -> str:
    """Return how ``open`` says in one line that it failed."""
    with pytest.raises(SourceLost) as caught:
        source.open()
    source.close()
    message = str(caught.value)
    assert message.startswith(f"{source.url}: ")
    assert "\n" not in message
    return message


class TestMqttContract(SourceContract):
    @pytest.fixture(autouse=True)
    def _broker(self, broker: Broker):
        self.broker = broker

    def make(self):
        return mqtt(self.broker.port, "/bench/#")

    def make_absent(self):
        return mqtt(free_port())

    def stimulate(self):
        self.broker.publish("bench/t", "1", "2")


# Topics and messages


@pytest.mark.parametrize("version", [5, 3])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_wildcards_keep_the_topic(broker: Broker, version: int, qos: int):
    with opened(broker.port, "/house/+/temp", version=version, qos=qos) as source:
        broker.publish("house/hall/temp", "20", "21", qos=qos)
        broker.publish("house/hall/light", "3", qos=qos)
        broker.publish("house/attic/temp", "12.5", qos=qos)
        expected = [("house/hall/temp", b"20"), ("house/hall/temp", b"21"), ("house/attic/temp", b"12.5")]
        assert pairs(collect(source, 3)) == expected
        assert source.status == f"1 filter, QoS {qos}, MQTT {'5' if version == 5 else '3.1.1'}"
        assert source.url == f"mqtt://127.0.0.1:{broker.port}/house/+/temp"


def test_leading_slash(broker: Broker):
    with opened(broker.port, "//leading/#") as source:
        broker.publish("leading/a", "no")
        broker.publish("/leading/a", "yes")
        assert pairs(collect(source, 1)) == [("/leading/a", b"yes")]


def test_several_filters(broker: Broker):
    with opened(broker.port, "/a/%23", filters=("b/+", "c")) as source:
        for topic in ("c", "a/x/y", "b/x/y", "b/x"):
            broker.publish(topic, "1")
        assert [chunk.topic for chunk in collect(source, 3)] == ["c", "a/x/y", "b/x"]
        assert source.status.startswith("3 filters, ")


def test_without_a_filter_all_topics_are_read(broker: Broker):
    with opened(broker.port) as source:
        broker.publish("any/where", "1")
        assert pairs(collect(source, 1)) == [("any/where", b"1")]


@pytest.mark.parametrize("version", [5, 3])
def test_retained_messages_are_marked_or_skipped(broker: Broker, version: int):
    broker.publish("a/old", "1", retain=True)
    with (
        opened(broker.port, "/a/#", version=version) as marking,
        opened(broker.port, "/a/#", version=version, retained="skip") as skipping,
    ):
        assert [(chunk.data, chunk.retained) for chunk in collect(marking, 1)] == [(b"1", True)]
        broker.publish("a/old", "2", retain=True)
        assert [(chunk.data, chunk.retained) for chunk in collect(marking, 1)] == [(b"2", False)]
        assert [(chunk.data, chunk.retained) for chunk in collect(skipping, 1)] == [(b"2", False)]


def test_any_bytes_come_unchanged(broker: Broker):
    payloads = [b"", b"\0", bytes(range(256)), "21,5 °C".encode(), b"x" * 200_000]
    with opened(broker.port, "/a") as source:
        for payload in payloads:
            source.write(payload, "a")
        assert [chunk.data for chunk in collect(source, len(payloads))] == payloads


@pytest.mark.parametrize("qos", [0, 1])
def test_a_burst_is_read_completely_and_in_order(broker: Broker, qos: int):
    lines = [str(i) for i in range(20_000)]
    with opened(broker.port, "/burst", qos=qos) as source:
        sending = threading.Thread(target=broker.publish, args=("burst", *lines), kwargs={"qos": qos})
        sending.start()
        chunks = collect(source, len(lines))
        sending.join()
        assert source.read(0.1) == []
    assert [chunk.data.decode() for chunk in chunks] == lines
    times = [chunk.time_ns for chunk in chunks]
    assert times == sorted(times)


# Sizes


def test_a_broker_of_mqtt_5_keeps_too_large_messages(broker: Broker):
    with opened(broker.port, "/a", max_packet=1_024) as source, opened(broker.port, "/a") as other:
        source.write(b"x" * 2_000, "a")
        source.write(b"small", "a")
        assert [len(chunk.data) for chunk in collect(other, 2)] == [2_000, 5]
        assert [chunk.data for chunk in collect(source, 1)] == [b"small"]


@pytest.mark.parametrize("qos", [0, 1])
def test_too_large_messages_of_mqtt_3_are_skipped_and_counted(
    broker: Broker, qos: int, caplog: pytest.LogCaptureFixture
):
    with opened(broker.port, "/a", max_packet=1_024, version=3, qos=qos) as source:
        for _ in range(3):
            source.write(b"x" * 300_000, "a")
        source.write(b"small", "a")
        assert [chunk.data for chunk in collect(source, 1)] == [b"small"]
        expected = f"1 filter, QoS {qos}, MQTT 3.1.1; messages above 1024 bytes, skipped: 3"
        until(lambda: source.read(0.1) or source.status == expected, what=source.status)
    assert len([record for record in caplog.records if "max_packet" in record.message]) == 1


# What a broker refuses


@pytest.mark.parametrize("version", [5, 3])
def test_refused_filters_are_named(tmp_path: Path, version: int, caplog: pytest.LogCaptureFixture):
    reason = "Not authorized" if version == 5 else "Unspecified error"
    with Broker(tmp_path, with_forbidden(tmp_path, "secret/#", "hidden")) as broker:
        with opened(broker.port, "/open/#", filters=("secret/#",), version=version) as source:
            assert source.status.startswith("1 filter, ")
            assert f"the broker refused to send 'secret/#' ({reason})" in source.status
            assert "refused to send 'secret/#'" in caplog.text
            broker.publish("open/a", "1")
            assert pairs(collect(source, 1)) == [("open/a", b"1")]
        refused = lost(mqtt(broker.port, "/secret/#", filters=("hidden",), version=version))
        assert f"the broker refused to send 'secret/#' ({reason}), 'hidden' ({reason}); check what it allows" in refused


@pytest.mark.parametrize("version", [5, 3])
@pytest.mark.parametrize("given", ["url", "option", "file"])
def test_password(tmp_path: Path, version: int, given: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "password"
    file.write_text(f"{CANARY}\n")
    options: dict[str, Any] = {
        "url": {"user": f"ann:{CANARY}@"},
        "option": {"username": "ann", "password": CANARY},
        "file": {"user": "ann@", "password_file": str(file)},
    }[given]
    with Broker(tmp_path, with_password(tmp_path, "ann", CANARY)) as broker:
        with opened(broker.port, "/a", version=version, **options) as source:
            source.write(b"1", "a")
            assert pairs(collect(source, 1)) == [("a", b"1")]
            shown = f"{source!r} {source.url} {source.status} {source._address!r} {source._options!r}"
        refused = lost(mqtt(broker.port, "/a", version=version, user=f"ann:not-{CANARY}@"))
        assert "the broker refused us: " in refused
        assert "check username and password" in refused
        assert "check username and password" in lost(mqtt(broker.port, "/a", version=version))
    assert CANARY not in f"{shown} {refused} {caplog.text}"


# Ways to connect


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


def with_tls(made: Certificates, port: int, *more: str, host: str = "127.0.0.1") -> tuple[str, ...]:
    """Return the lines of a second listener, with TLS."""
    files = f"cafile {made.authority}", f"certfile {made.server}", f"keyfile {made.server_key}"
    return f"listener {port} {host}", *files, *more


@pytest.mark.parametrize("version", [5, 3])
@pytest.mark.parametrize("scheme", ["mqtts", "wss"])
def test_tls(tmp_path: Path, certificates: Certificates, version: int, scheme: str):
    port = free_port()
    more = ("protocol websockets",) if scheme == "wss" else ()
    lines = [str(i) * 50 for i in range(2_000)]
    with (
        Broker(tmp_path, with_tls(certificates, port, *more)) as broker,
        opened(port, "/a", scheme, version=version, ca_file=str(certificates.authority)) as source,
    ):
        broker.publish("a", *lines)
        assert [chunk.data.decode() for chunk in collect(source, len(lines))] == lines
        source.write(b"x" * 10_000, "a")
        assert collect(source, 1)[0].data == b"x" * 10_000


def test_tls_with_our_own_certificate(tmp_path: Path, certificates: Certificates):
    port = free_port()
    trust = {"ca_file": str(certificates.authority)}
    ours = {"cert_file": str(certificates.client), "key_file": str(certificates.client_key)}
    with Broker(tmp_path, with_tls(certificates, port, "require_certificate true")) as broker:
        with opened(port, "/a", "mqtts", **trust, **ours) as source:
            broker.publish("a", "1")
            assert pairs(collect(source, 1)) == [("a", b"1")]
        assert "set cert_file and key_file" in lost(mqtt(port, "/a", "mqtts", **trust))


def test_tls_that_fails(tmp_path: Path, certificates: Certificates):
    port = free_port()
    trust = {"ca_file": str(certificates.authority)}
    with Broker(tmp_path, with_tls(certificates, port)) as broker:
        assert "the broker's certificate is not trusted (" in lost(mqtt(port, "/a", "mqtts"))
        with opened(port, "/a", "mqtts", insecure=True) as source:
            broker.publish("a", "1")
            assert pairs(collect(source, 1)) == [("a", b"1")]
        assert "is this its port" in lost(mqtt(port, "/a"))
        assert lost(mqtt(broker.port, "/a", "mqtts", **trust))
    with Broker(tmp_path, with_tls(certificates, port, host="127.0.0.2")):
        other_name = MqttSource(f"//127.0.0.2:{port}/a", MqttOptions(**trust), scheme="mqtts")
        assert "certificate is not valid for '127.0.0.2'" in lost(other_name)


@pytest.mark.parametrize("version", [5, 3])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_websocket(tmp_path: Path, version: int, qos: int):
    port = free_port()
    lines = [str(i) * 50 for i in range(500)]
    with (
        Broker(tmp_path, (f"listener {port} 127.0.0.1", "protocol websockets")) as broker,
        opened(port, "/a", "ws", version=version, qos=qos) as source,
    ):
        broker.publish("a", *lines, qos=qos)
        assert [chunk.data.decode() for chunk in collect(source, len(lines))] == lines
        source.write(b"x" * 10_000, "a")
        assert collect(source, 1)[0].data == b"x" * 10_000
        assert source.url == f"ws://127.0.0.1:{port}/a"


def test_a_port_without_websocket(broker: Broker):
    assert "no WebSocket at" in lost(mqtt(broker.port, "/a", "ws"))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 404 Not Found\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept\r\n\r\n",
        b"Sec-WebSocket-Accept: \xff\r\n\r\n",
    ],
)
def test_a_server_without_websocket(answer: bytes):
    with ScriptedBroker(answer) as web:
        assert "no WebSocket at" in lost(mqtt(web.port, "/a", "ws"))


def test_nobody_there():
    port = free_port()
    assert f"nothing listens at 127.0.0.1:{port}; is the broker running" in lost(mqtt(port))
    unknown = MqttSource("//no-such-host.invalid/a", MqttOptions())
    assert "cannot find the host 'no-such-host.invalid'" in lost(unknown)


# Sessions


@pytest.mark.parametrize("version", [5, 3])
@pytest.mark.parametrize("qos", [1, 2])
def test_a_persistent_session_keeps_what_came_while_we_were_away(broker: Broker, version: int, qos: int):
    broker.publish("a/old", "old", retain=True)
    source = mqtt(broker.port, "/a/#", version=version, qos=qos, persistent=True, client_id="bench")
    source.open()
    assert [chunk.retained for chunk in collect(source, 1)] == [True]
    source.close()
    broker.publish("a/new", *map(str, range(2_000)), qos=qos)
    source.open()
    chunks = [chunk for chunk in collect(source, 2_000) if not chunk.retained]
    chunks += collect(source, 2_000 - len(chunks))
    assert [chunk.data.decode() for chunk in chunks] == [str(i) for i in range(2_000)]
    source.close()


def test_retained_messages_come_once_in_a_session_of_mqtt_5(broker: Broker):
    broker.publish("a/old", "old", retain=True)
    source = mqtt(broker.port, "/a/#", qos=1, persistent=True, client_id="bench")
    source.open()
    collect(source, 1)
    source.close()
    source.open()
    source.write(b"new", "a/new")
    assert pairs(collect(source, 1)) == [("a/new", b"new")]
    source.close()


def test_another_client_of_the_same_name(broker: Broker):
    with (
        opened(broker.port, "/a", client_id="same") as first,
        opened(broker.port, "/a", client_id="same"),
        pytest.raises(SourceLost, match="if this repeats, another client may have the client_id 'same'"),
    ):
        collect(first, 1)


def test_a_lost_broker_and_its_return(broker: Broker):
    source = mqtt(broker.port, "/a")
    source.open()
    broker.publish("a", "1")
    assert pairs(collect(source, 1)) == [("a", b"1")]
    broker.stop()
    with pytest.raises(SourceLost, match="the broker closed the connection"):
        collect(source, 1)
    with pytest.raises(SourceLost, match="not connected"):
        source.write(b"1", "a")
    source.close()
    lost(source)
    broker.start()
    source.open()
    broker.publish("a", "2")
    assert pairs(collect(source, 1)) == [("a", b"2")]
    source.close()


def test_what_came_before_a_failed_subscription_is_not_lost():
    """A persistent session: the broker sends at once what it kept, and has our word that it arrived."""
    body = struct.pack("!H", 1) + b"a" + struct.pack("!H", 7) + b"kept"
    kept = bytes((0x32, len(body))) + body
    with ScriptedBroker(CONNACK + kept, b"", closes=True) as broker:
        source = mqtt(broker.port, "/a", version=3, qos=1, persistent=True, client_id="bench")
        source.open()
        assert pairs(list(source.read(0.1))) == [("a", b"kept")]
        with pytest.raises(SourceLost, match="the broker closed the connection; if this repeats"):
            source.read(0.1)
        source.close()
        assert any(b"\x40\x02\x00\x07" in said for said in broker.heard)


# Writing


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_write_from_many_threads(broker: Broker, qos: int):
    with opened(broker.port, "/back/+", qos=qos) as source:
        writers = [
            threading.Thread(target=lambda n=n: [source.write(b"%d" % i, f"back/{n}") for i in range(100)])
            for n in range(4)
        ]
        for writer in writers:
            writer.start()
        chunks = collect(source, 400)
        for writer in writers:
            writer.join()
    for n in range(4):
        assert [int(chunk.data) for chunk in chunks if chunk.topic == f"back/{n}"] == list(range(100))


@pytest.mark.parametrize("topic", ["", "a/#", "+/b", "a\0"])
def test_topics_that_cannot_be_written_to(broker: Broker, topic: str):
    with opened(broker.port, "/a") as source, pytest.raises(ConfigError, match="expected one without wildcards"):
        source.write(b"1", topic)


def test_what_mqtt_cannot_carry(broker: Broker):
    with opened(broker.port, "/a") as source:
        with pytest.raises(ConfigError, match="cannot be sent: 'utf-8' codec can't encode"):
            source.write(b"1", "a/\ud800")
        with pytest.raises(ConfigError, match="268435456 bytes on topic 'a' cannot be sent: Payload too large"):
            source.write(bytes(1 << 28), "a")
        source.write(b"1", "a")
        assert pairs(collect(source, 1)) == [("a", b"1")], "nothing has happened to the connection"


@pytest.mark.parametrize("qos", [0, 1])
def test_write_while_messages_stream_in(broker: Broker, qos: int):
    """What is written from another thread and what is read at full speed do not disturb each other."""
    with opened(broker.port, "/in/#", qos=qos) as source, opened(broker.port, "/out", qos=qos) as listener:
        feed = threading.Thread(target=lambda: broker.publish("in/a", *map(str, range(20_000)), qos=qos))
        writer = threading.Thread(target=lambda: [source.write(b"%d" % i, "out") for i in range(500)])
        feed.start()
        writer.start()
        assert [int(chunk.data) for chunk in collect(source, 20_000)] == list(range(20_000))
        assert [int(chunk.data) for chunk in collect(listener, 500)] == list(range(500))
        feed.join()
        writer.join()


def test_a_target_that_cannot_be():
    with pytest.raises(ConfigError, match="'#' must be the last level"):
        MqttSource("//broker/a/#/b", MqttOptions())
    with pytest.raises(ConfigError, match="ca_file: No such file"):
        MqttSource("//broker/a", MqttOptions(ca_file="/no/such/file"), scheme="mqtts")


@pytest.mark.parametrize("version", [5, 3])
@pytest.mark.parametrize(("qos", "durable"), [(0, False), (1, False), (2, False), (1, True), (2, True)])
def test_what_is_delivered_is_at_the_broker_when_it_returns(broker: Broker, version: int, qos: int, durable: bool):
    keep = {"persistent": True, "client_id": "bench", "durable": True} if durable else {}
    with (
        opened(broker.port, "/out/#", qos=qos, version=version, **keep) as source,
        opened(broker.port, "/out/#") as other,
    ):
        for number in range(3):
            source.deliver(b"%d" % number, "out/a")
        assert pairs(collect(other, 3)) == [("out/a", b"0"), ("out/a", b"1"), ("out/a", b"2")]
        assert pairs(collect(source, 3)) == [("out/a", b"0"), ("out/a", b"1"), ("out/a", b"2")]
        with pytest.raises(ConfigError, match=r"topic: expected one without wildcards to send to, got 'out/#'"):
            source.deliver(b"1", "out/#")


def test_a_delivery_that_the_broker_refuses(tmp_path: Path):
    (tmp_path / "rules").write_text("topic read #\n")
    lines = (f"acl_file {tmp_path}/rules",)
    with (
        Broker(tmp_path, lines) as broker,
        opened(broker.port, "/a") as source,
        pytest.raises(SourceLost, match="the broker refused the message: Not authorized"),
    ):
        source.deliver(b"1", "a")


def test_a_delivery_that_is_not_confirmed_is_not_made_later(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stripchart.sources.mqtt_connection.CONFIRM_TIMEOUT", 0.1)
    with ScriptedBroker(CONNACK_5, SUBACK_5) as silent:
        source = mqtt(silent.port, "/a")
        source.open()
        with pytest.raises(NoAnswer, match="the broker has not confirmed it within "):
            source.deliver(b"canary", "a")
        until(lambda: b"canary" in b"".join(silent.heard))
        source.close()
    with ScriptedBroker(CONNACK_5, SUBACK_5) as other:
        source._connection._address = source._connection._address._replace(port=other.port)
        source.open()
        assert source.read(0.2) == []
        source.close()
    assert b"canary" not in b"".join(other.heard)
