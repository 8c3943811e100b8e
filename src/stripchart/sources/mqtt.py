"""Messages from an MQTT broker."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING, Final

from stripchart.errors import ConfigError, NoAnswer, SourceLost
from stripchart.sources.mqtt_connection import CONFIRM_TIMEOUT, STEP_MESSAGES, Connection
from stripchart.sources.mqtt_errors import explain, reason_words
from stripchart.sources.mqtt_options import MqttOptions, filter_mistake, resolve, tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.reasoncodes import ReasonCode

    from stripchart.flow.records import Chunk
    from stripchart.sources.mqtt_withheld import Mark

log = logging.getLogger(__name__)

GATHER: Final = 0.025
"""Seconds between two reads while messages stream, so that they are decoded in batches; each keeps its own time.

Of 64 topics at 100 Hz the whole server took 15 % of a core with it, 21 % with 0.01; a sample is 5 ms older on the page.
"""
PAUSE: Final = 0.001
"""Seconds between two looks at the network meanwhile, and so how exact these times are."""


class MqttSource:
    """A subscription at a broker, one chunk a message, with the topic that it came on.

    ``mqtt://user@host:1883/greenhouse/#`` (also ``mqtts``, ``ws`` and ``wss``) names the broker and a topic filter.

    With QoS 1 or 2 and ``persistent``, messages that come while we are away wait at the broker. How many it keeps is
    the broker's affair: Mosquitto drops what exceeds ``max_queued_messages`` (1,000 by default) without a word, also
    for a subscriber that is connected but behind, so set it to 0 (no limit) or well above rate times absence.
    A message is acknowledged when it has been read; with ``durable``, when the recording has it (see ``Acknowledging``
    in ``stripchart.flow.contracts``). Until then the broker sends no more than it lets be in flight (Mosquitto: 20, by
    ``max_inflight_messages``), so that and the time of a commit bound the rate. A message that arrived while the
    connection or this program died may be recorded twice, also with QoS 2; see ``redelivered``.

    Parameters
    ----------
    target
        The URL after its scheme and colon.
    options
        See ``MqttOptions``.
    scheme
        One of ``schemes``.

    Raises
    ------
    ConfigError
        If the URL or an option cannot be, or a file cannot be read.
    """

    Options = MqttOptions
    schemes = ("mqtt", "mqtts", "ws", "wss")
    default_decoder = "topics"
    topics = True

    def __init__(self, target: str, options: MqttOptions, scheme: str = "mqtt") -> None:
        self._address = resolve(scheme, target, options)
        self._options = options
        self.url = self._address.shown
        self.status = ""
        self.durable = options.durable
        # The 22 letters and digits that every broker accepts as a name.
        client_id = options.client_id or f"stripchart{secrets.token_hex(6)}"
        tls = tls_context(options) if self._address.tls else None
        self._connection = Connection(self._address, options, client_id, tls)
        self._subscribed = self._refused = ""
        self._oversized = 0
        self._last_read = 0.0
        self._mark = self._connection.mark()

    @property
    def redelivered(self) -> int:
        """Messages that the broker says it has sent before, whether they arrived then or not."""
        return self._connection.redelivered

    def open(self) -> None:
        """Connect and subscribe; see ``Source``."""
        try:
            self._join()
        except OSError as error:
            if self.durable or not self._connection.messages:
                raise self._source_lost(error) from error
            # The broker was told that these arrived: they are read first, and only then is it lost.
            self._connection.lost = error

    def read(self, timeout: float) -> Sequence[Chunk]:
        """Return the messages that have come; see ``Source``."""
        connection = self._connection
        connection.step(timeout)
        until = self._last_read + GATHER
        while 0 < len(connection.messages) < STEP_MESSAGES and not connection.lost and time.monotonic() < until:
            had = len(connection.messages)
            time.sleep(PAUSE)
            connection.step(0.0 if self.durable else max(0.0, until - time.monotonic()))
            if self.durable and len(connection.messages) == had:
                break  # the broker may send no more before these are acknowledged
        if connection.lost and not connection.messages:
            raise self._source_lost(connection.lost) from connection.lost
        messages, connection.messages = connection.messages, []
        self._last_read = time.monotonic()
        self._mark = connection.mark()
        if connection.oversized != self._oversized:
            if not self._oversized:
                log.warning("%s: a message above max_packet (%d bytes) is skipped", self.url, self._options.max_packet)
            self._oversized = connection.oversized
            self._tell()
        if self._options.retained == "skip":
            messages = [message for message in messages if not message.retained]
        return messages

    def write(self, data: bytes, topic: str = "") -> None:
        """Publish on a topic, with the QoS of the options; from any thread.

        Raises
        ------
        SourceLost
            If the broker is away or does not take it.
        ConfigError
            If the topic cannot be published on, or MQTT has no room for so much data.
        """
        self._publish(self._connection.publish, data, topic)

    def deliver(self, data: bytes, topic: str = "") -> None:
        """Publish on a topic, with QoS 1 at least, and wait until the broker has it; from the thread that reads.

        Raises
        ------
        SourceLost
            If the broker is away or refuses it; NoAnswer if it does not confirm it within a second.
        ConfigError
            As for ``write``.
        """
        try:
            self._publish(self._connection.deliver, data, topic)
        except TimeoutError as error:
            raise NoAnswer(f"{self.url}: the broker has not confirmed it within {CONFIRM_TIMEOUT:g} s") from error

    def _publish(self, publish: Callable[[str, bytes], None], data: bytes, topic: str) -> None:
        if not topic or "+" in topic or "#" in topic or filter_mistake(topic):
            raise ConfigError(f"{self.url}: topic: expected one without wildcards to send to, got {topic!r}")
        try:
            publish(topic, data)
        except TimeoutError:
            raise
        except OSError as error:
            raise self._source_lost(error) from error
        except ValueError as error:  # Paho's, for text that is not UTF-8 and for more than 256 MiB
            raise ConfigError(f"{self.url}: {len(data)} bytes on topic {topic!r} cannot be sent: {error}") from error

    def mark(self) -> Mark:
        """Return what stands for all that has been read; see ``Acknowledging``."""
        return self._mark

    def acknowledge(self, mark: Mark) -> None:
        """Tell the broker that all up to the mark is stored; see ``Acknowledging``."""
        self._connection.acknowledge(mark)

    def send_again(self) -> None:
        """Leave the broker, which sends what is not acknowledged to the next connection; see ``Acknowledging``."""
        self._connection.close()

    def close(self) -> None:
        """Leave the broker; see ``Source``."""
        self._connection.close()

    def _join(self) -> None:
        greeting = self._connection.connect()
        if greeting.is_failure:
            raise ConnectionError(f"the broker refused us: {reason_words(greeting)}")
        filters = self._address.filters
        answers = list(zip(filters, self._connection.subscribe(filters), strict=False))
        told = self._complaint(answers)
        count = sum(not answer.is_failure for _, answer in answers)
        if not count:
            raise ConnectionError(told)
        if told:
            log.warning("%s: %s", self.url, told)
        version = "MQTT 5" if self._options.mqtt5 else "MQTT 3.1.1"
        durable = ", durable" if self.durable else ""
        self._subscribed = f"{count} filter{'s' * (count > 1)}, QoS {self._options.qos}, {version}{durable}"
        self._refused = told
        self._tell()

    def _complaint(self, answers: Sequence[tuple[str, ReasonCode]]) -> str:
        """Say which filters the broker does not grant as asked; nothing if all is well."""
        refused = [f"{topic!r} ({answer})" for topic, answer in answers if answer.is_failure]
        weak = [repr(topic) for topic, answer in answers if self.durable and not answer.value]
        told = [f"the broker refused to send {', '.join(refused)}; check what it allows this user"] if refused else []
        if weak:
            told.append(f"the broker grants only QoS 0 for {', '.join(weak)}: nothing is sent again; check its max_qos")
        return "; ".join(told)

    def _tell(self) -> None:
        above = (
            f"messages above {self._options.max_packet} bytes, skipped: {self._oversized}" if self._oversized else ""
        )
        self.status = "; ".join(filter(None, (self._subscribed, self._refused, above)))

    def _source_lost(self, error: OSError) -> SourceLost:
        return SourceLost(f"{self.url}: {explain(error, self._address)}")
