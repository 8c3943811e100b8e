"""Messages from an MQTT broker."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING, Final

from stripchart.errors import ConfigError, SourceLost
from stripchart.sources.mqtt_connection import STEP_MESSAGES, Connection
from stripchart.sources.mqtt_errors import explain, reason_words
from stripchart.sources.mqtt_options import MqttOptions, filter_mistake, resolve, tls_context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.records import Chunk

log = logging.getLogger(__name__)

GATHER: Final = 0.01
"""Seconds between two reads while messages stream, so that they are decoded in batches; each keeps its own time."""
PAUSE: Final = 0.001
"""Seconds between two looks at the network meanwhile, and so how exact these times are."""


class MqttSource:
    """A subscription at a broker, one chunk a message, with the topic that it came on.

    ``mqtt://user@host:1883/greenhouse/#`` (also ``mqtts``, ``ws`` and ``wss``) names the broker and a topic filter.

    With QoS 1 or 2 and ``persistent``, messages that come while we are away wait at the broker. How many it keeps is
    the broker's affair: Mosquitto drops what exceeds ``max_queued_messages`` (1,000 by default) without a word, also
    for a subscriber that is connected but behind, so set it to 0 (no limit) or well above rate times absence.
    A message is acknowledged when it has been read.

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

    def __init__(self, target: str, options: MqttOptions, scheme: str = "mqtt") -> None:
        self._address = resolve(scheme, target, options)
        self._options = options
        self.url = self._address.shown
        self.status = ""
        # The 22 letters and digits that every broker accepts as a name.
        client_id = options.client_id or f"stripchart{secrets.token_hex(6)}"
        tls = tls_context(options) if self._address.tls else None
        self._connection = Connection(self._address, options, client_id, tls)
        self._subscribed = self._refused = ""
        self._oversized = 0
        self._last_read = 0.0

    def open(self) -> None:
        """Connect and subscribe; see ``Source``."""
        try:
            self._join()
        except OSError as error:
            if not self._connection.messages:
                raise self._source_lost(error) from error
            # The broker was told that these arrived: they are read first, and only then is it lost.
            self._connection.lost = error

    def read(self, timeout: float) -> Sequence[Chunk]:
        """Return the messages that have come; see ``Source``."""
        connection = self._connection
        connection.step(timeout)
        until = self._last_read + GATHER
        while 0 < len(connection.messages) < STEP_MESSAGES and not connection.lost and time.monotonic() < until:
            time.sleep(PAUSE)
            connection.step(max(0.0, until - time.monotonic()))
        if connection.lost and not connection.messages:
            raise self._source_lost(connection.lost) from connection.lost
        messages, connection.messages = connection.messages, []
        self._last_read = time.monotonic()
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
        if not topic or "+" in topic or "#" in topic or filter_mistake(topic):
            raise ConfigError(f"{self.url}: topic: expected one without wildcards to send to, got {topic!r}")
        try:
            self._connection.publish(topic, data)
        except OSError as error:
            raise self._source_lost(error) from error
        except ValueError as error:  # Paho's, for text that is not UTF-8 and for more than 256 MiB
            raise ConfigError(f"{self.url}: {len(data)} bytes on topic {topic!r} cannot be sent: {error}") from error

    def close(self) -> None:
        """Leave the broker; see ``Source``."""
        self._connection.close()

    def _join(self) -> None:
        greeting = self._connection.connect()
        if greeting.is_failure:
            raise ConnectionError(f"the broker refused us: {reason_words(greeting)}")
        filters = self._address.filters
        answers = zip(filters, self._connection.subscribe(filters), strict=False)
        refused = [f"{topic!r} ({answer})" for topic, answer in answers if answer.is_failure]
        told = f"the broker refused to send {', '.join(refused)}; check what it allows this user" if refused else ""
        count = len(filters) - len(refused)
        if not count:
            raise ConnectionError(told)
        if refused:
            log.warning("%s: %s", self.url, told)
        version = "MQTT 5" if self._options.mqtt5 else "MQTT 3.1.1"
        self._subscribed = f"{count} filter{'s' * (count > 1)}, QoS {self._options.qos}, {version}"
        self._refused = told
        self._tell()

    def _tell(self) -> None:
        above = (
            f"messages above {self._options.max_packet} bytes, skipped: {self._oversized}" if self._oversized else ""
        )
        self.status = "; ".join(filter(None, (self._subscribed, self._refused, above)))

    def _source_lost(self, error: OSError) -> SourceLost:
        return SourceLost(f"{self.url}: {explain(error, self._address)}")
