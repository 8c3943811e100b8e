"""What a test asks about a program that runs a monitor."""

from __future__ import annotations

import socket
import threading
import urllib.request


def fetch(url: str) -> str:
    """Return the text of a page of ours."""
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own server
        return str(answer.read().decode())


def answers(port: int) -> bool:
    """Say whether something listens on a port."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5):
            return True
    except ConnectionRefusedError:
        return False


def our_threads() -> list[str]:
    """Return the names of the threads that Stripchart has started."""
    return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("stripchart"))
