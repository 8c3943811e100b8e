"""Changes what a recording says of itself, once nobody writes it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from stripchart.errors import ConfigError, DamagedError
from stripchart.flow.events import NOTE, as_note
from stripchart.store.format.names import read_seal, stored_text
from stripchart.store.format.schema import check_version, connect, highest, insert
from stripchart.store.writing.lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def annotate(path: Path, *, title: str | None = None, note: str | None = None) -> None:
    """Give a recording another title or note; what is not given stays. Its rows are not touched.

    Raises
    ------
    ConfigError
        If it is being written, or cannot be.
    DamagedError
        If SQLite cannot use it.
    """
    with alone(path), to_change(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for key, text in (("title", title), ("note", note)):
            if text is not None:  # a row takes another's place: the seal, which counts rows, stays true
                insert(connection, "meta", key, stored_text(text))
        connection.execute("COMMIT")


def add_note(path: Path, time_ns: int, text: str) -> None:
    """Write a note at a time (nanoseconds) into a recording; see ``flow.events.NOTE``.

    Raises
    ------
    ConfigError
        If it is being written, or cannot be; or the text is too long.
    DamagedError
        If SQLite cannot use it.
    """
    time_ns, text = as_note(time_ns, text)
    with alone(path), to_change(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        insert(connection, "event", highest(connection, "event") + 1, time_ns, "", NOTE, stored_text(text))
        seal = read_seal(connection)
        if "event" in seal.get("tables", {}):
            seal["tables"]["event"] += 1
            insert(connection, "meta", "seal", json.dumps(seal))
        connection.execute("COMMIT")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep writers away from a recording; ConfigError if one is at it."""
    try:
        lock = FileLock(path)
    except ConfigError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and not isinstance(cause, BlockingIOError):
            raise ConfigError(f"{path}: cannot be changed: {cause.strerror}") from error
        raise ConfigError(f"{path}: is being written; stop its monitor first") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def to_change(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a recording that nobody writes; what was begun and not committed is undone if something is raised."""
    try:
        connection = connect(path, write=True)
        try:
            check_version(connection, path)
            yield connection
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        raise ConfigError(f"{path}: cannot be changed: {error}; is another program at it?") from error
    except sqlite3.DatabaseError as error:
        raise DamagedError(f"{path}: {error}") from error
