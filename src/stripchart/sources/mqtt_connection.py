"""One connection to a broker: Paho's client without its thread, reading and writing in large pieces.

Paho asks its socket for one byte, one more and then the rest of every packet, after a ``select``. Here it gets a
socket that reads whatever is there; the messages in it are taken out directly, and Paho is given what remains: the
handshakes, the pings and the exactly-once protocol of QoS 2 (of which, where messages are acknowledged only when they
are stored, it gets the last step). ``tests/benchmarks/bench_mqtt.py`` has the figures.
"""

from __future__ import annotations

import contextlib
import select
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from paho.mqtt import __version__ as paho_version
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from stripchart.errors import ConfigError
from stripchart.flow.records import Chunk
from stripchart.sources.mqtt_client import CONNECT_TIMEOUT, Client
from stripchart.sources.mqtt_errors import reason_words
from stripchart.sources.mqtt_packets import PacketReader
from stripchart.sources.mqtt_withheld import MAX_WITHHELD, Mark, Withheld

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from paho.mqtt.reasoncodes import ReasonCode

    from stripchart.sources.mqtt_options import Address, MqttOptions
    from stripchart.sources.mqtt_socket import BufferedSocket

T = TypeVar("T")

ANSWER_TIMEOUT: Final = 2.5
"""Seconds that the broker has to answer a greeting or a subscription."""
CONFIRM_TIMEOUT: Final = 1.0
"""Seconds that it has to confirm what is delivered to it."""
LINGER: Final = 0.25
"""Seconds that the broker has, on our leaving, to read which messages are stored."""
STEP_MESSAGES: Final = 5_000
STEP_SECONDS: Final = 0.05
"""A step ends after so many messages or so long, even if more are waiting."""
MAX_UNSENT: Final = 1 << 20
MAX_UNCONFIRMED: Final = 1_000
"""Bytes, and messages of QoS 1 and 2, that ``publish`` lets wait for the broker."""


class Connection:
    """A connection that can be made again and again; all work is done in ``step``, by the thread that owns it.

    Attributes
    ----------
    messages
        What has arrived; whoever takes them leaves an empty list.
    lost
        Why the connection is gone; None while it is there.
    redelivered
        Messages that the broker says it has sent before.
    """

    def __init__(self, address: Address, options: MqttOptions, client_id: str, tls: ssl.SSLContext | None) -> None:
        self.messages: list[Chunk] = []
        self.lost: OSError | None = None
        self.redelivered = 0
        self._address = address
        self._options = options
        self._withheld = Withheld() if options.durable else None
        settled = self._withheld.settled if self._withheld else None
        self._reader = PacketReader(options.version, options.max_packet, settled)
        self._connack: ReasonCode | None = None
        self._suback: Sequence[ReasonCode] | None = None
        self._confirmed: ReasonCode | None = None
        self._awaited = 0  # the identifier of the message that ``deliver`` waits for
        self._more = False  # the last step ended before it had read everything
        self._lock = threading.Lock()  # between step, publish and acknowledge
        self._paho = self._make_client(client_id, tls)

    @property
    def oversized(self) -> int:
        """Messages that were skipped because they are larger than allowed."""
        return self._reader.oversized

    def connect(self) -> ReasonCode:
        """Reach the broker and return its answer to our greeting; OSError if there is none."""
        if self._withheld:
            self.messages = []  # those of a connection that failed early; they come again
            with self._lock:
                self._withheld.begin()
        self._reader.reset()
        self._paho.forget()
        self._more, self._connack, self.lost = False, None, None
        options = self._options
        extra: dict[str, Any] = {}
        if options.mqtt5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # Paho's
            properties.MaximumPacketSize = options.max_packet
            if options.persistent:
                properties.SessionExpiryInterval = options.session_expiry
            extra = {"clean_start": not options.persistent, "properties": properties}
        self._paho.connect(self._address.host, self._address.port, options.keepalive, **extra)
        if self._withheld and not self._paho.buffered:
            raise ConfigError(f"durable: needs paho-mqtt 2.1 or 2.2, which let us acknowledge; got {paho_version}")
        try:
            return self._answer(lambda: self._connack, ANSWER_TIMEOUT)
        except ConnectionError as error:
            hint = ", and does it speak MQTT 5 (if not, version=3)" if options.mqtt5 else ""
            raise ConnectionError(f"{error.strerror or error}, without an answer; is this its port{hint}?") from error

    def subscribe(self, filters: Sequence[str]) -> Sequence[ReasonCode]:
        """Ask for messages, and return one answer a filter; OSError if there is none."""
        self._suback = None
        qos = self._options.qos
        if self._options.mqtt5:
            # 0: send retained messages, 1: only if the session has no such subscription yet, 2: never.
            handling = 2 if self._options.retained == "skip" else int(self._options.persistent)
            self._paho.subscribe([(topic, SubscribeOptions(qos, retainHandling=handling)) for topic in filters])
        else:
            self._paho.subscribe([(topic, qos) for topic in filters])
        return self._answer(lambda: self._suback, ANSWER_TIMEOUT)

    def step(self, timeout: float) -> None:
        """Wait at most ``timeout`` seconds for the network, and do what there is to do."""
        sock = self._paho.socket()
        if self.lost or sock is None:
            self._lose("not connected")
            return
        self._wait(sock, timeout)
        with self._lock:
            try:
                if self._paho.buffered:
                    self._receive(self._paho.buffered)
                else:
                    self._receive_by_paho()
                self._paho.loop_misc()
                self._flush()
            except OSError as error:
                self.lost = self.lost or error

    def publish(self, topic: str, data: bytes) -> None:
        """Send a message, from any thread; ConnectionError if the broker does not take it."""
        self._publish(topic, data, self._options.qos)

    def deliver(self, topic: str, data: bytes) -> None:
        """Send a message and wait until the broker has it, from the thread that owns the connection.

        Raises
        ------
        ConnectionError
            If the broker does not take it.
        TimeoutError
            If it does not say so in time. The message is then not sent again: a command must not come late.
        """
        self._confirmed = None
        self._awaited = self._publish(topic, data, max(self._options.qos, 1))
        try:
            reason = self._answer(lambda: self._confirmed, CONFIRM_TIMEOUT)
        finally:
            self._awaited = 0
        if reason.is_failure:
            raise ConnectionError(f"the broker refused the message: {reason_words(reason)}")

    def _publish(self, topic: str, data: bytes, qos: int) -> int:
        with self._lock:
            if self.lost or not self._paho.is_connected():
                raise ConnectionError("not connected")
            if self._paho.buffered and self._paho.buffered.unsent > MAX_UNSENT:
                raise ConnectionError("the broker takes no more data")
            sent = self._paho.publish(topic, data, qos)
            if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise ConnectionError(paho.error_string(sent.rc))
            self._flush()
            return sent.mid

    def mark(self) -> Mark:
        """Return what stands for all messages up to the newest; from the thread that owns it."""
        return self._withheld.mark() if self._withheld else Mark(0, 0)

    def acknowledge(self, mark: Mark) -> None:
        """Tell the broker, from any thread, that all up to the mark is stored, if the connection is still the same."""
        with self._lock:
            acks = self._withheld.release(mark) if self._withheld else b""
            if not acks or self.lost or self._paho.socket() is None or not self._paho.buffered:
                return
            try:
                self._paho.buffered.send(acks)
                self._flush()
            except OSError as error:
                self.lost = self.lost or error  # the next step finds it

    def close(self) -> None:
        """Say goodbye, if possible, and let go of the socket."""
        with self._lock, contextlib.suppress(OSError):
            sock = self._paho.socket()
            self._paho.disconnect()
            if sock is not None:
                sock.close()

    def _make_client(self, client_id: str, tls: ssl.SSLContext | None) -> Client:
        options = self._options
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if options.mqtt5 else not options.persistent,
            protocol=MQTTProtocolVersion.MQTTv5 if options.mqtt5 else MQTTProtocolVersion.MQTTv311,
            transport="websockets" if self._address.websocket else "tcp",
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT
        client.linger = LINGER if options.durable else 0.0
        client.max_queued_messages_set(MAX_UNCONFIRMED)
        if self._address.username:
            client.username_pw_set(self._address.username, self._address.password or None)
        if self._address.websocket:
            client.websocket_path = options.ws_path
            client.ws_set_options(options.ws_path)
        if tls:
            client.tls = tls
            client.tls_set_context(tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _answer(self, answer: Callable[[], T | None], timeout: float) -> T:
        deadline = time.monotonic() + timeout
        while (found := answer()) is None:
            if self.lost:
                raise self.lost
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.step(left)
        return found

    def _wait(self, sock: paho.SocketLike, timeout: float) -> None:
        unsent = self._paho.want_write() or (self._paho.buffered and self._paho.buffered.unsent)
        pending = getattr(sock, "pending", None)  # what TLS holds decrypted; poll does not know of it
        if self._more or (pending and pending()):
            timeout = 0.0
        poller = select.poll()
        poller.register(sock, select.POLLIN | (select.POLLOUT if unsent else 0))
        poller.poll(timeout * 1000)

    def _receive(self, sock: BufferedSocket) -> None:
        deadline = time.monotonic() + STEP_SECONDS
        self._more = False
        while not self.lost and not self._more and (data := sock.take()) is not None:
            if not data:
                client_id = self._options.client_id
                hint = f"; if this repeats, another client may have the client_id {client_id!r}" if client_id else ""
                self._lose(f"the broker closed the connection{hint}")
                return
            packets = self._reader.feed(data, time.time_ns())
            self.messages += packets.messages
            self.redelivered += packets.redelivered
            if self._withheld is None:
                sock.send(packets.acks)
            elif not self._withheld.hold(packets.acks):
                self._lose(f"the broker sent more than {MAX_WITHHELD} messages that are not acknowledged")
            for packet in packets.others:
                sock.give(packet)
                self._paho.loop_read()
            if packets.error:
                self._lose(f"the broker does not speak MQTT {self._options.version}: {packets.error}")
            self._more = len(self.messages) >= STEP_MESSAGES or time.monotonic() > deadline

    def _receive_by_paho(self) -> None:
        before = -1
        while before < len(self.messages) < STEP_MESSAGES and not self.lost:
            before = len(self.messages)
            self._paho.loop_read()

    def _flush(self) -> None:
        if self._paho.want_write():
            self._paho.loop_write()
        if self._paho.buffered:
            self._paho.buffered.flush()

    def _lose(self, reason: str) -> None:
        self.lost = self.lost or ConnectionError(reason)

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        self._connack = reason

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any) -> None:
        self._suback = reasons

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        if mid == self._awaited:
            self._confirmed = reason

    def _on_disconnect(
        self, _client: Any, _data: Any, flags: paho.DisconnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        told = "the broker closed the connection: " if flags.is_disconnect_packet_from_server else ""
        self._lose(f"{told}{reason_words(reason)}")

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError as error:
            topic = error.object.decode("utf-8", "replace")
        self.redelivered += message.dup
        self.messages.append(Chunk(bytes(message.payload), time.time_ns(), 0, topic, message.retain))
