"""The socket that Paho gets: it reads and writes in large pieces, whatever small ones Paho asks for."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from typing import Final, Protocol

READ_BYTES: Final = 1 << 16
_NOT_NOW: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Stream(Protocol):
    """A connected socket: plain, TLS, or Paho's WebSocket."""

    def recv(self, size: int, /) -> bytes: ...  # noqa: D102 - those of socket.socket
    def send(self, data: bytearray, /) -> int: ...  # noqa: D102
    def fileno(self) -> int: ...  # noqa: D102
    def setblocking(self, flag: bool, /) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class BufferedSocket:
    """What Paho takes for its socket: it receives what it is given, and sends when flushed.

    Parameters
    ----------
    stream
        What it reads from and writes to.
    linger
        Seconds that ``close`` lets pass until the broker has read all, and closes too. Otherwise what it sends just
        then is answered by a reset, at which it may throw away what it has not read yet.
    """

    def __init__(self, stream: Stream, linger: float = 0.0) -> None:
        self._stream = stream
        self._linger = linger
        self._given = b""
        self._unsent = bytearray()

    def recv(self, size: int) -> bytes:
        """Return some of what was given; BlockingIOError if that is used up."""
        if not self._given:
            raise BlockingIOError
        data, self._given = self._given[:size], self._given[size:]
        return data

    def send(self, data: bytes | bytearray) -> int:
        """Take all of the data; it leaves with the next ``flush``."""
        self._unsent += data
        return len(data)

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._stream.fileno()

    def setblocking(self, flag: bool) -> None:
        """Set whether the stream waits."""
        self._stream.setblocking(flag)

    def close(self) -> None:
        """Send what can be sent at once, and close."""
        with contextlib.suppress(OSError):
            self.flush()
            self._wait_for_end()
        self._stream.close()

    def give(self, packet: bytes) -> None:
        """Let Paho receive a packet."""
        self._given += packet

    def take(self) -> bytes | None:
        """Return what has arrived: None if nothing, ``b""`` if the broker has closed."""
        try:
            return self._stream.recv(READ_BYTES)
        except _NOT_NOW:
            return None

    def flush(self) -> None:
        """Send what the network takes now."""
        with contextlib.suppress(*_NOT_NOW):
            while self._unsent and (sent := self._stream.send(self._unsent)):
                del self._unsent[:sent]

    @property
    def unsent(self) -> int:
        """Bytes that wait for the network."""
        return len(self._unsent)

    def _wait_for_end(self) -> None:
        deadline = time.monotonic() + self._linger
        while (left := deadline - time.monotonic()) > 0 and self.take() != b"":
            poller = select.poll()
            poller.register(self._stream, select.POLLIN)
            poller.poll(left * 1000)

    def pending(self) -> int:
        """Return how many bytes TLS holds decrypted."""
        pending = getattr(self._stream, "pending", None)
        return pending() if pending else 0


def dial(host: str, port: int, timeout: float) -> socket.socket:
    """Connect, with ``timeout`` seconds for each address of the host; OSError if nobody answers."""
    connection = socket.create_connection((host, port), timeout)
    if connection.getsockname() == connection.getpeername():
        # While nobody listens, Linux may pick just that port for our end, and connects us to ourselves.
        connection.close()
        raise ConnectionRefusedError
    return connection
