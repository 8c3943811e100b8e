"""One writer a recording: a lock on a small file beside it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

if sys.platform != "win32":
    import fcntl


def lock_path(recording: Path) -> Path:
    """Return the file whose lock stands for the recording."""
    return recording.with_name(recording.name + ".lock")


def is_locked(recording: Path) -> bool:
    """Say whether a recording is being written; nothing is made or changed, so it may lie where nobody can write."""
    if sys.platform == "win32":
        return False
    with suppress(OSError), lock_path(recording).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


class FileLock:
    """Held until ``release``, or until the process ends in whatever way.

    It is not the recording's own file that is locked: to close that would let go of SQLite's locks on it.

    Raises
    ------
    ConfigError
        If another writer holds it, or the folder cannot be written.
    """

    def __init__(self, recording: Path) -> None:
        self._path = lock_path(recording)
        self._file: IO[str] | None = None
        while self._file is None:
            self._file = self._take(recording)

    def release(self) -> None:
        """Let go; safe twice."""
        if self._file is not None:
            with suppress(OSError):
                self._path.unlink()
            self._file.close()
            self._file = None

    def _take(self, recording: Path) -> IO[str] | None:
        try:
            file = self._path.open("a+")
        except OSError as error:
            mend = "give another place with --record, or none with --no-record"
            raise ConfigError(f"{recording}: cannot be written: {error.strerror}; {mend}") from error
        if sys.platform == "win32":  # SQLite's own lock has to do
            return file
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise ConfigError(f"{recording}: is being recorded already, by another monitor") from error
        # Its holder may have removed the file between our opening and locking it: then a new one counts.
        with suppress(OSError):
            if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                return file
        file.close()
        return None
