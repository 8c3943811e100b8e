from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest
from paho.mqtt.client import WebsocketConnectionError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from stripchart.sources.mqtt_errors import explain, reason_words
from stripchart.sources.mqtt_options import MqttOptions, resolve

ADDRESS = resolve("mqtt", "//broker:1884/a", MqttOptions())


def not_tls() -> ssl.SSLError:
    """Return what a client raises at an answer in plain text."""
    incoming = ssl.MemoryBIO()
    incoming.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(ssl.SSLError) as caught:
        ssl.create_default_context().wrap_bio(incoming, ssl.MemoryBIO(), server_hostname="broker").do_handshake()
    return caught.value


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (socket.gaierror(-2, "Name or service not known"), "cannot find the host 'broker' (Name or service not known)"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "nothing listens at broker:1884"),
        (TimeoutError("timed out"), "no answer from broker:1884"),
        (
            WebsocketConnectionError("WebSocket handshake error"),
            "no WebSocket at broker:1884; check the port and ws_path",
        ),
        (not_tls(), "TLS failed (wrong version number); does this port speak TLS?"),
        (OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH)), "No route to host (broker:1884)"),
        (ConnectionError("the broker closed the connection"), "the broker closed the connection"),
    ],
)
def test_says_in_one_line_what_to_mend(error: OSError, expected: str):
    assert expected in explain(error, ADDRESS)
    assert "\n" not in explain(error, ADDRESS)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0x86, "Bad user name or password; check username and password"),
        (0x8E, "Session taken over; another client has the same client_id"),
        (0x8B, "Server shutting down"),
    ],
)
def test_reasons_come_with_advice(code: int, expected: str):
    packet = PacketTypes.CONNACK if code == 0x86 else PacketTypes.DISCONNECT
    assert reason_words(ReasonCode(packet, identifier=code)) == expected
