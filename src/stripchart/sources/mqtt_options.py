"""What a user says about a broker: the URL, the options, and whether they make sense."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import unquote

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
MAX_PORT: Final = 65_535
MAX_TOPIC_BYTES: Final = 65_535
MIN_PACKET: Final = 1_024
MAX_UINT32: Final = 0xFFFF_FFFF
_PLACE: Final = re.compile(r"(?:\[(?P<ipv6>[^]]+)]|(?P<name>[^][:]+))(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, kw_only=True)
class MqttOptions:
    """Options of ``mqtt:``, ``mqtts:``, ``ws:`` and ``wss:``.

    Raises
    ------
    ConfigError
        With all that is wrong, one mistake a line.
    """

    filters: tuple[str, ...] = ()
    """Topic filters beside the one in the URL, such as ``bench/+/temp``; separated by commas where a list is text."""
    qos: int = 0
    """Quality of service asked for, and used for what is sent: 0, 1 or 2."""
    username: str = ""
    """Also taken from the URL."""
    password: str = field(default="", repr=False)
    """Also taken from the URL, where it is percent-encoded."""
    password_file: str = ""
    """A file that holds the password as its only line."""
    client_id: str = ""
    """Our name at the broker, made up for each run if empty. Two clients of one name throw each other out."""
    persistent: bool = False
    """Let the broker keep messages of QoS 1 and 2 while we are away, under our ``client_id``. A filter that is taken
    away later stays subscribed until the session expires."""
    session_expiry: int = 3_600
    """Seconds for which it keeps them, from when we left (with MQTT 3.1.1 the broker decides)."""
    durable: bool = False
    """Acknowledge a message only when the recording has it on disk: what a crash takes with it is sent again. Needs
    ``persistent``, and a broker that keeps all that waits (Mosquitto: ``max_queued_messages 0``)."""
    version: int = 5
    """Of the protocol: 5, or 3 for MQTT 3.1.1."""
    keepalive: int = 30
    """Seconds of silence after which the broker is asked if it is there; after as many more it counts as lost."""
    ca_file: str = ""
    """PEM file of the authorities to trust, instead of the system's; this and the next for mqtts and wss only."""
    cert_file: str = ""
    """PEM file of our own certificate, where the broker asks for one."""
    key_file: str = ""
    """PEM file of its key, without a passphrase; empty if it is in ``cert_file``."""
    insecure: bool = False
    """Trust any certificate under any name."""
    ws_path: str = "/mqtt"
    """Path of the WebSocket on its server, for ws and wss."""
    max_packet: int = 262_144
    """Bytes of the largest message taken, topic included. An MQTT 5 broker keeps larger ones to itself; those of others
    are skipped, and counted in the status."""
    retained: Literal["mark", "skip"] = "mark"
    """What to do with the old values that a broker keeps for new subscribers."""

    def __post_init__(self) -> None:
        mistakes = [
            *(f"filters: {mistake}" for mistake in map(filter_mistake, self.filters) if mistake),
            *_outside("qos", self.qos, 0, 2),
            *_outside("session_expiry", self.session_expiry, 0, MAX_UINT32),
            *_outside("keepalive", self.keepalive, 1, 65_535),
            *_outside("max_packet", self.max_packet, MIN_PACKET, MAX_UINT32),
        ]
        if self.version not in {3, 5}:
            mistakes.append(f"version: expected 5, or 3 for MQTT 3.1.1, got {self.version}")
        if self.persistent and not self.client_id:
            mistakes.append(
                "persistent: needs a client_id, a name that stays the same, such as client_id=bench-monitor"
            )
        if self.persistent and not self.qos:
            mistakes.append("persistent: needs qos=1 or qos=2; of other messages a broker keeps none")
        if self.durable and not self.persistent:
            mistakes.append(
                "durable: needs persistent=true with a client_id and qos=1 or qos=2, so that the broker sends again"
            )
        if self.durable and self.mqtt5 and not self.session_expiry:
            mistakes.append("durable: needs a session_expiry above 0, the seconds for which the broker keeps messages")
        if self.password and self.password_file:
            mistakes.append("password_file: the password is given beside it")
        if self.key_file and not self.cert_file:
            mistakes.append("key_file: needs a cert_file")
        if not self.ws_path.startswith("/"):
            mistakes.append(f"ws_path: expected a path that begins with '/', got {self.ws_path!r}")
        _raise(mistakes)

    @property
    def mqtt5(self) -> bool:
        """Whether MQTT 5 is spoken."""
        return self.version == 5  # noqa: PLR2004 - a version is its own name


class Address(NamedTuple):
    """Where a broker is, and who asks."""

    host: str
    port: int
    tls: bool
    websocket: bool
    username: str
    password: str
    filters: tuple[str, ...]
    shown: str
    """The URL without credentials."""

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"


def resolve(scheme: str, target: str, options: MqttOptions) -> Address:
    """Join the URL and the options.

    Parameters
    ----------
    target
        What follows the colon: ``//[user[:password]@]host[:port][/filter]``. The filter is percent-decoded; it begins
        after the first slash, so ``//host//a`` asks for the topic ``/a``, and it is ``#`` if no filter is given at all.

    Raises
    ------
    ConfigError
        With all that is wrong, one mistake a line; it repeats nothing that might be a password.
    """
    authority, slash, path = target.removeprefix("//").partition("/")
    user, _, place = authority.rpartition("@")
    username, _, password = user.partition(":")
    parts = _PLACE.fullmatch(place)
    host = (parts["ipv6"] or parts["name"]) if parts else ""
    port = int(parts["port"] or DEFAULT_PORTS[scheme]) if parts else 0
    if not target.startswith("//") or not _is_host(host) or not 0 < port <= MAX_PORT:
        raise ConfigError(
            f"expected {scheme}://[user@]host[:port][/filter] with a port from 1 to 65535; "
            "in a user name or password, write '/' as %2F and '@' as %40"
        )
    found = unquote(path)
    mistakes = [f"filter in the URL: {mistake}"] if found and (mistake := filter_mistake(found)) else []
    tls = scheme in {"mqtts", "wss"}
    if not tls and (options.ca_file or options.cert_file or options.insecure):
        mistakes.append(f"ca_file, cert_file and insecure are for mqtts and wss, not for {scheme}")
    if username and options.username:
        mistakes.append("username: is given twice, in the URL and beside it")
    if password and (options.password or options.password_file):
        mistakes.append("password: is given twice, in the URL and beside it")
    username = unquote(username) or options.username
    password = unquote(password) or options.password or _read_password(options.password_file, mistakes)
    if password and not username:
        mistakes.append("password: needs a username")
    _raise(mistakes)
    filters = tuple(dict.fromkeys(((found,) if found else ()) + options.filters)) or ("#",)
    shown = f"{scheme}://{place}{slash}{path}"
    return Address(host, port, tls, scheme in {"ws", "wss"}, username, password, filters, shown)


def tls_context(options: MqttOptions) -> ssl.SSLContext:
    """Load the certificates; ConfigError with the files that cannot be used."""
    try:
        context = ssl.create_default_context(cafile=options.ca_file or None)
    except OSError as error:
        raise ConfigError(f"ca_file: {_file_trouble(error)}: {options.ca_file}") from error
    if options.ca_file:
        # From Python 3.13 on, the default refuses an authority without a key usage, as openssl makes one's own unless
        # told otherwise: many a broker at home has one. Signatures, dates and the host's name are checked all the same.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        if options.cert_file:
            # OpenSSL would ask for a passphrase on the terminal, where nobody may be: an empty one is refused instead.
            context.load_cert_chain(options.cert_file, options.key_file or None, password="")
    except OSError as error:
        raise ConfigError(f"cert_file: {_file_trouble(error)}: {options.cert_file} {options.key_file}") from error
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def filter_mistake(topic: str) -> str:
    """Return what is wrong with a topic filter, or an empty text (MQTT 5.0, section 4.7)."""
    levels = topic.split("/")
    if not topic:
        return "a filter is empty"
    if "\0" in topic or len(topic.encode("utf-8", "replace")) > MAX_TOPIC_BYTES:
        return f"a filter holds a NUL or is longer than {MAX_TOPIC_BYTES} bytes"
    if "#" in topic and (levels[-1] != "#" or topic.count("#") > 1):
        return f"{topic!r}: '#' must be the last level, alone, as in a/b/#"
    if any("+" in level and level != "+" for level in levels):
        return f"{topic!r}: '+' must be a whole level, as in a/+/b"
    return ""


def _is_host(name: str) -> bool:
    try:
        return bool(name.encode("idna"))
    except UnicodeError:
        return False


def _read_password(path: str, mistakes: list[str]) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        mistakes.append(f"password_file: cannot be read: {path}: {getattr(error, 'strerror', 'not UTF-8')}")
        return ""


def _file_trouble(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return "expected PEM without a passphrase, and a key that fits its certificate"
    return str(error.strerror)


def _outside(name: str, value: int, low: int, high: int) -> Iterable[str]:
    return () if low <= value <= high else (f"{name}: expected {low} to {high}, got {value}",)


def _raise(mistakes: list[str]) -> None:
    if mistakes:
        raise ConfigError("\n".join(mistakes))
