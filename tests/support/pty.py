"""A serial device made of a pseudo-terminal: the test holds the master, Stripchart opens the slave by its path."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import threading
import tty
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class PtyDevice:
    """A device behind a path that can be unplugged and plugged in again (the path is a link to the pty)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.master = -1
        self.slave = -1

    def plug(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, True)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self.slave))

    def unplug(self) -> None:
        self.path.unlink(missing_ok=True)
        for descriptor in (self.slave, self.master):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self.master = self.slave = -1

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self.master, view) :]

    def read(self, count: int, timeout: float = 10.0) -> bytes:
        """What Stripchart sent: that many bytes, or fewer when no more came in time."""
        data = b""
        while len(data) < count and select.select([self.master], [], [], timeout)[0]:
            data += os.read(self.master, count - len(data))
        return data

    @contextlib.contextmanager
    def answering(self, answer: Callable[[bytes], bytes]) -> Iterator[list[bytes]]:
        """Be a device that answers each line; the lines that came are in the list."""
        heard: list[bytes] = []
        ended = threading.Event()

        def run() -> None:
            rest = b""
            while not ended.is_set():
                if select.select([self.master], [], [], 0.05)[0]:
                    *lines, rest = (rest + os.read(self.master, 4096)).split(b"\n")
                    for line in lines:
                        heard.append(line)
                        self.write(answer(line))

        device = threading.Thread(target=run, daemon=True)
        device.start()
        try:
            yield heard
        finally:
            ended.set()
            device.join(10)
