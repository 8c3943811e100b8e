"""Bytes from a TCP server."""

from __future__ import annotations

import socket
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stripchart.errors import ConfigError, NoAnswer, SourceLost
from stripchart.flow.records import Chunk
from stripchart.sources.poller import Poller
from stripchart.sources.url import endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECT_TIMEOUT: Final = 1.5
"""Seconds for all addresses of a host together; below the time that a pump waits for its thread to stop."""
WRITE_TIMEOUT: Final = 1.0
"""Seconds that a peer which does not read may hold up a write."""
READ_SIZE: Final = 1 << 20
"""Bytes that one read of a TCP connection takes at most."""


class TcpSource:
    """A connection to a TCP server (``tcp://host:port``, ``tcp://[::1]:port``).

    Parameters
    ----------
    target
        ``//host:port``.
    options
        See ``Options``.

    Raises
    ------
    ConfigError
        If ``target`` is not a host and a port.
    """

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """Options of ``tcp:``."""

        keepalive: int = 10
        """Seconds of silence after which the peer is probed; three probes without an answer end the connection."""

    def __init__(self, target: str, options: Options) -> None:
        self.url = f"tcp:{target}"
        self.default_decoder = "auto"
        self.status = ""
        self._host, self._port = endpoint(self.url)
        if not self._host:
            raise ConfigError(f"{self.url}: expected a host before the port, as in tcp://localhost:{self._port}")
        if options.keepalive < 1:
            raise ConfigError(f"{self.url}: keepalive: expected seconds, 1 or more, got {options.keepalive}")
        self._keepalive = options.keepalive
        self._socket: socket.socket | None = None
        self._poller: Poller | None = None

    def open(self) -> None:
        """Connect; SourceLost if nobody answers."""
        self.close()
        try:
            self._socket = _connect(self._host, self._port)
            _keep_alive(self._socket, self._keepalive)
        except OSError as error:
            raise SourceLost(f"{self.url}: cannot connect: {error.strerror or error}") from error
        self._socket.settimeout(WRITE_TIMEOUT)
        self._poller = Poller(self._socket.fileno())

    def read(self, timeout: float) -> Sequence[Chunk]:
        """Return what has arrived; SourceLost when the connection is closed."""
        if self._socket is None or self._poller is None:
            raise SourceLost(f"{self.url}: not open")
        if not self._poller.wait(timeout):
            return ()
        try:
            data = self._socket.recv(READ_SIZE)
        except OSError as error:
            raise SourceLost(f"{self.url}: {error.strerror or error}") from error
        if not data:
            raise SourceLost(f"{self.url}: closed by the peer")
        return (Chunk(data, *self._poller.stamp()),)

    def write(self, data: bytes, topic: str = "") -> None:  # noqa: ARG002 - of the protocol; a connection has no topics
        """Send bytes to the server; SourceLost if it is away, NoAnswer if it does not take them within a second."""
        if self._socket is None:
            raise SourceLost(f"{self.url}: not open")
        try:
            self._socket.sendall(data)
        except TimeoutError as error:
            raise NoAnswer(f"{self.url}: took only a part, or nothing, within {WRITE_TIMEOUT:g} s") from error
        except OSError as error:
            raise SourceLost(f"{self.url}: cannot write: {error.strerror or error}") from error

    def close(self) -> None:
        """Disconnect."""
        if self._socket is not None:
            self._socket.close()
        self._socket = self._poller = None


def _connect(host: str, port: int) -> socket.socket:
    """Connect to the first address that answers; each gets an equal share of the time that is left."""
    deadline = time.monotonic() + CONNECT_TIMEOUT
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure = OSError("no address")
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(max(deadline - time.monotonic(), 0.1) / (len(addresses) - tried))
            connection.connect(address)
            if connection.getsockname() != connection.getpeername():
                return connection
            # Linux connects a socket to itself when it happens to pick the port it calls; only retries meet this.
            failure = ConnectionRefusedError("Connection refused")
        except OSError as error:
            failure = error
        connection.close()
    raise failure


def _keep_alive(connection: socket.socket, idle: int) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, idle)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(1, idle // 3))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
