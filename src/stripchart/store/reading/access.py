"""Lends what reads a recording at one moment, to any number of threads."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stripchart.errors import DamagedError
from stripchart.store.format.names import Names, read_names, read_seal
from stripchart.store.reading.opening import Pool
from stripchart.store.reading.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Access:
    """The way to a recording's file.

    Parameters
    ----------
    problems
        Where damage is noted, in words with its place.

    Raises
    ------
    ConfigError
        If there is no such recording, or it cannot be read at all.
    """

    def __init__(self, path: Path, problems: list[str]) -> None:
        self._path = path
        self._problems = problems
        self._pool = Pool(path)
        self._cache: tuple[tuple[Any, ...], Names, dict[str, Any]] | None = None

    def close(self) -> None:
        """Let go of the file; safe twice."""
        self._pool.close()

    @contextmanager
    def reading(self) -> Iterator[Pages]:
        """Lend what reads at one moment.

        Raises
        ------
        DamagedError
            If SQLite cannot read on.
        """
        try:
            with self._pool.reading() as connection:
                names, seal = self._known(connection)
                yield Pages(connection, names, seal, self._problems)
        except (sqlite3.Error, UnicodeError) as error:  # a message of SQLite's quotes what is damaged
            problem = f"{self._path}: SQLite cannot read on: {error}"
            if problem not in self._problems:
                self._problems.append(problem)
            raise DamagedError(problem) from error

    def _known(self, connection: sqlite3.Connection) -> tuple[Names, dict[str, Any]]:
        """Return names and seal, read anew when there are more: a page asks for a dozen pictures at once."""
        counts = connection.execute(
            "SELECT (SELECT max(id) FROM stream), (SELECT max(id) FROM channel), (SELECT max(started_ns) FROM run),"
            " (SELECT count(*) FROM meta)"
        ).fetchone()
        if self._cache is None or self._cache[0] != counts:
            seal = read_seal(connection)
            self._cache = counts, read_names(connection, seal), seal
        return self._cache[1:]
