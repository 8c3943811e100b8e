"""A real Mosquitto on a port of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

from support.wait import until

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """A Mosquitto process with its own folder; `stop` and `start` keep its port and its persistent state."""

    def __init__(self, folder: Path, lines: tuple[str, ...] = (), port: int | None = None) -> None:
        self.port = port or free_port()
        self.folder = folder
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

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)])
        until(self._accepts, what=f"mosquitto on port {self.port}")

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

    def _accepts(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.5):
                return True
        except OSError:
            return False
