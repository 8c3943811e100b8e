"""A recording's file while it is written: locked, open, and in its place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from stripchart.errors import ConfigError, DamagedError
from stripchart.store.format.schema import check_version, connect, create, is_empty, upgrade
from stripchart.store.writing.lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAL_BYTES: Final = 64 << 20


class WritableFile:
    """Makes a recording if it is not there, and keeps other writers off it.

    Parameters
    ----------
    power_safe
        Each transaction waits for the disk.

    Raises
    ------
    ConfigError
        If it cannot be written, is being written already, or is of a newer version.
    DamagedError
        If SQLite cannot use it.
    """

    def __init__(self, path: Path, *, power_safe: bool = False) -> None:
        self.path = path
        self._lock = FileLock(path)
        try:
            self.connection = _open(path, power_safe=power_safe)
        except BaseException:
            self._lock.release()
            raise
        self._closed = False
        try:
            self._made: os.stat_result | None = path.stat()
        except BaseException:
            self._made = None
            self.close()
            raise

    def is_in_place(self) -> bool:
        """Say whether the file is where it was: else SQLite goes on to write it where nobody finds it."""
        try:
            return self._made is None or os.path.samestat(self._made, self.path.stat())
        except OSError:
            return False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that is executed within, or nothing of it."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def fold(self) -> None:
        """Leave nothing beside the file, if nobody reads it just now."""
        with suppress(sqlite3.Error):
            # All is in the file itself then, even if one who reads it keeps the empty rest from being removed.
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.connection.execute("PRAGMA journal_mode = DELETE")

    def close(self) -> None:
        """Let go of it; safe twice."""
        if not self._closed and not self.is_in_place():
            self._leave()
        self._closed = True
        with suppress(sqlite3.Error):
            self.connection.close()
        self._lock.release()

    def _leave(self) -> None:
        """Write all that was committed into the file, wherever it is now, and nothing stays beside its old name.

        A new recording there would take it for its own; and to cut short what others have mapped is deadly.
        """
        with suppress(sqlite3.Error, OSError):
            (is_busy, _, _) = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            for part in ("-shm",) if is_busy else ("-shm", "-wal"):
                self.path.with_name(self.path.name + part).unlink(missing_ok=True)


@contextmanager
def told_apart(path: Path) -> Iterator[None]:
    """Tell a file that is damaged from one that cannot be reached.

    Raises
    ------
    ConfigError
        Instead of an error of SQLite's, if the file cannot be reached.
    DamagedError
        Likewise, if it is damaged.
    """
    try:
        yield
    except (sqlite3.Error, UnicodeError) as error:  # a message of SQLite's quotes what is damaged
        if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
            mend = "is the disk full, or another program at it?"
            raise ConfigError(f"{path}: cannot be written: {error}; {mend}") from error
        raise DamagedError(f"{path}: {error}") from error


def _open(path: Path, *, power_safe: bool) -> sqlite3.Connection:
    try:
        path.touch(mode=0o600)
    except OSError as error:
        mend = "give another place with --record, or none with --no-record"
        raise ConfigError(f"{path}: cannot be written: {error.strerror}; {mend}") from error
    with told_apart(path):
        connection = connect(path, write=True)
        try:
            if is_empty(connection):
                create(connection)
            check_version(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            upgrade(connection)
            connection.execute(f"PRAGMA synchronous = {'FULL' if power_safe else 'NORMAL'}")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        except BaseException:
            connection.close()
            raise
    return connection
