"""What went wrong between us and a broker, in words that say what to mend."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final

from paho.mqtt.client import WebsocketConnectionError

if TYPE_CHECKING:
    from paho.mqtt.reasoncodes import ReasonCode

    from stripchart.sources.mqtt_options import Address

# By reason code: MQTT 5.0, section 2.4. Paho turns the return codes of 3.1.1 into these.
_ADVICE: Final = {
    0x84: "try version=3",
    0x85: "try another client_id",
    0x86: "check username and password",
    0x87: "check username and password, and what the broker allows them",
    0x8D: "the network or the broker hangs",
    0x8E: "another client has the same client_id",
}


def reason_words(reason: ReasonCode) -> str:
    """Return a broker's reason, with what may help."""
    advice = _ADVICE.get(reason.value)
    return f"{reason}; {advice}" if advice else str(reason)


def explain(error: OSError, address: Address) -> str:
    """Say in one line why a connection failed or ended."""
    where = f"{address.host}:{address.port}"
    match error:
        case socket.gaierror():
            words = f"cannot find the host {address.host!r} ({error.strerror}); check its name"
        case ConnectionRefusedError():
            words = f"nothing listens at {where}; is the broker running, and is this its port?"
        case TimeoutError():
            words = f"no answer from {where}; is this the broker's port, and does a firewall let us through?"
        case WebsocketConnectionError():
            words = f"no WebSocket at {where}; check the port and ws_path"
        case ssl.SSLCertVerificationError():
            words = (
                f"the broker's certificate is not trusted ({error.verify_message}); check ca_file and the host's name"
            )
        case ssl.SSLError():
            words = _tls_words(error.reason)
        case _:
            words = f"{error.strerror} ({where})" if error.strerror else str(error)
    return words


def _tls_words(reason: str) -> str:
    words = reason.lower().replace("_", " ")
    if "alert" in words:
        return f"the broker does not trust us ({words}); set cert_file and key_file to a certificate that it knows"
    return f"TLS failed ({words}); does this port speak TLS?"
