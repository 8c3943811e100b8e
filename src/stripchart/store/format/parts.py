"""The files that a recording consists of."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

PARTS: Final = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name of a database for the files beside it."""


def size_of(path: Path) -> int:
    """Return the bytes of a recording on the disk, with the files beside it."""
    size = 0
    for part in PARTS:
        with suppress(OSError):  # SQLite makes and removes them as it goes
            size += path.with_name(path.name + part).stat().st_size
    return size
