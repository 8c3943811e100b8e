"""Renames and deletes recordings, with what SQLite keeps beside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stripchart.errors import ConfigError
from stripchart.store.format.schema import SUFFIX
from stripchart.store.library.annotate import alone, to_change
from stripchart.store.library.folder import MAX_NAME
from stripchart.store.reading.reader import Recording

if TYPE_CHECKING:
    from pathlib import Path

SIDES: Final = ("-wal", "-shm", "-journal")
"""Ends of the names of SQLite's files beside a recording."""
_SAFE: Final = re.compile(r"[\w+=@](?:[\w+=@. -]*[\w+=@-])?")


def rename(path: Path, name: str) -> Path:
    """Give a recording another name in its folder; return its new path.

    Raises
    ------
    ConfigError
        If the name is not safe or taken, or somebody is at the file.
    """
    _check_ours(path)
    stem = name.removesuffix(SUFFIX)
    if not _SAFE.fullmatch(stem) or len(stem.encode()) > MAX_NAME:
        expected = f"a name of letters, digits, blanks and any of _+=@.-, at most {MAX_NAME} bytes, and no folder"
        raise ConfigError(f"expected {expected}, got {name[:MAX_NAME]!r}")
    target = path.with_name(stem + SUFFIX)
    with alone(path):
        if target.exists():
            raise ConfigError(f"{target}: is there already; delete it first, or give another name")
        with alone(target):
            if any(side.exists() for side in _sides(path)):
                _settle(path)
            try:
                path.rename(target)
            except OSError as error:
                raise ConfigError(f"{path}: cannot be renamed: {error.strerror}") from error
    return target


def delete(path: Path) -> None:
    """Delete a recording.

    Raises
    ------
    ConfigError
        If it is none, is being written, or cannot be deleted.
    """
    _check_ours(path)
    with alone(path):
        try:
            path.unlink()
            for side in _sides(path):
                side.unlink(missing_ok=True)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be deleted: {error.strerror}") from error


def _check_ours(path: Path) -> None:
    """Leave other people's files alone; a recording that is beyond reading is known by its ending."""
    if path.suffix != SUFFIX:
        Recording(path).close()


def _settle(path: Path) -> None:
    """Make one file of those that SQLite left when a writer ended without order: their names tell they are one."""
    with to_change(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _sides(path: Path) -> list[Path]:
    return [path.with_name(path.name + side) for side in SIDES]
