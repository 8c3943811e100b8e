"""Opens a recording to read it, wherever it lies, and lends connections to threads."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from stripchart.errors import ConfigError
from stripchart.store.format.schema import check_version, connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IDLE: Final = 4
"""Connections kept open while nobody reads."""


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a recording that is there.

    Raises
    ------
    ConfigError
        If it is not there, not a recording, damaged at its very beginning, or of a newer version.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such recording; stripchart ls lists those there are")
    try:
        connection = connect(path, write=False)
        try:
            return _checked(connection, path)
        except sqlite3.OperationalError:
            # On a medium that cannot be written, a file that says "WAL" opens only if told that nobody changes it.
            connection.close()
            if path.with_name(f"{path.name}-wal").exists():
                raise
            connection = connect(path, write=False, immutable=True)
            return _checked(connection, path)
    except (sqlite3.Error, UnicodeError) as error:  # a message of SQLite's quotes what is damaged
        raise ConfigError(f"{path}: expected a recording of Stripchart, found none: {error}") from error


def _checked(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    try:
        check_version(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


class Pool:
    """Lends connections to one file; safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle = [open_to_read(path)]
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection within a transaction, so that all it reads is of one moment.

        Raises
        ------
        ConfigError
            If the recording was closed.
        """
        connection = self._take()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            self._give_back(connection)

    def close(self) -> None:
        """Close what is idle, now, and what is lent when it comes back; safe twice."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise ConfigError(f"{self._path}: the recording was closed")
            if self._idle:
                return self._idle.pop()
        return open_to_read(self._path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < IDLE:
                self._idle.append(connection)
                return
        connection.close()
