"""A real Mosquitto on a port of its own, what it needs to be strict, and a broker that misbehaves as told."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from support.wait import until

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
CONNACK = b"\x20\x02\0\0"
CONNACK_5 = b"\x20\x03\0\0\0"
SUBACK = b"\x90\x03\0\x01\0"
SUBACK_5 = b"\x90\x04\0\x01\0\0"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """A Mosquitto process with its own folder; `stop` and `start` keep its port and its persistent state.

    `lines` go at the end of its configuration; what follows a `listener PORT HOST` among them is for that one alone.
    """

    def __init__(self, folder: Path, lines: tuple[str, ...] = (), port: int | None = None) -> None:
        self.port = port or free_port()
        self.folder = folder
        more = (line.split() for line in lines if line.startswith("listener "))
        self._listeners = [("127.0.0.1", self.port), *((host, int(text)) for _, text, host in more)]
        self._config = folder / "mosquitto.conf"
        settings = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {folder}/",
            "max_queued_messages 0",
            "max_inflight_messages 1000",
            f"log_dest file {folder}/mosquitto.log",
            f"user {'root' if Path('/root').exists() else ''}".strip(),
            *lines,
        ]
        self._config.write_text("\n".join(settings) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)])
        for listener in self._listeners:
            until(lambda at=listener: _accepts(at), what=f"mosquitto at {listener}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def publish(self, topic: str, *messages: str, qos: int = 0, retain: bool = False) -> None:
        """Publish with mosquitto_pub, one line a message."""
        command = ["mosquitto_pub", "-p", str(self.port), "-t", topic, "-q", str(qos), "-l"]
        if retain:
            command.append("-r")
        subprocess.run(command, input="\n".join(messages).encode() + b"\n", check=True, timeout=60)


def _accepts(listener: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(listener, 0.5):
            return True
    except OSError:
        return False


class Certificates(NamedTuple):
    """PEM files: an authority, and what it signed for the broker (localhost, 127.0.0.1) and for a client."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path


def make_certificates(folder: Path) -> Certificates:
    """Make them with the openssl command; a name and its key differ in the suffix only."""

    def sign(name: str, *options: str | Path) -> tuple[Path, Path]:
        pem, key = folder / f"{name}.pem", folder / f"{name}.key"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        subprocess.run(
            [*command, "-days", "2", "-subj", f"/CN={name}", "-keyout", key, "-out", pem, *options],
            check=True,
            capture_output=True,
        )
        return pem, key

    authority, authority_key = sign("authority")
    by_authority = ("-CA", authority, "-CAkey", authority_key, "-addext", "basicConstraints=critical,CA:false")
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    return Certificates(authority, *sign("server", *by_authority, "-addext", names), *sign("client", *by_authority))


def with_password(folder: Path, user: str, password: str) -> tuple[str, ...]:
    """Return the lines of a broker that lets only this user in."""
    file = folder / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", file, user, password], check=True, capture_output=True)
    return "allow_anonymous false", f"password_file {file}"


def with_forbidden(folder: Path, *filters: str) -> tuple[str, ...]:
    """Return the lines of a broker that refuses these subscriptions to anybody."""
    refusals = [{"acltype": "subscribePattern", "topic": topic, "allow": False} for topic in filters]
    plugin = next(Path("/usr/lib").rglob("mosquitto_dynamic_security.so"))
    rules = {
        "clients": [],
        "groups": [{"groupname": "anybody", "roles": [{"rolename": "some"}]}],
        "anonymousGroup": "anybody",
        "roles": [{"rolename": "some", "acls": refusals}],
        "defaultACLAccess": {"publishClientSend": True, "publishClientReceive": True, "subscribe": True},
    }
    (folder / "rules.json").write_text(json.dumps(rules))
    return f"plugin {plugin}", f"plugin_opt_config_file {folder}/rules.json"


class ScriptedBroker:
    """Accepts one client and answers each thing it says with the next reply; then it listens, closes or is deaf."""

    def __init__(self, *replies: bytes, closes: bool = False, deaf: bool = False) -> None:
        self._replies = replies
        self._closes = closes
        self._deaf = deaf
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve)
        self.port = int(self._listener.getsockname()[1])
        self.heard: list[bytes] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in filter(None, (self._client, self._listener)):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            self._client, _ = self._listener.accept()
            for reply in self._replies:
                self.heard.append(self._client.recv(1 << 16))
                self._client.sendall(reply)
            if self._closes:
                self._client.shutdown(socket.SHUT_WR)
            while not self._deaf and (said := self._client.recv(1 << 16)):
                self.heard.append(said)
