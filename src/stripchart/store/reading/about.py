"""What a recording says of itself, and what of it is damaged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from stripchart.store.format.schema import COLUMNS

if TYPE_CHECKING:
    from stripchart.store.reading.pages import Pages


class Run(NamedTuple):
    """One time that a monitor recorded into the file."""

    started_ns: int
    stopped_ns: int
    """0 if it goes on, or did not end in order."""
    version: str
    config: dict[str, Any]
    """What recorded, without secrets."""

    @property
    def redelivered(self) -> dict[str, int]:
        """Messages that were sent again, by source: what they say may be there twice."""
        return dict(self.config.get("redelivered", {}))


class About(NamedTuple):
    """What a recording says of itself."""

    title: str
    note: str
    created_ns: int
    runs: tuple[Run, ...]
    sealed: bool
    """It was closed in order, and nobody writes it."""
    size: int
    """Bytes on the disk."""


def read_about(pages: Pages, size: int) -> About:
    """Read it; the size on the disk is the caller's to say."""
    meta = {row[0]: row[1] for row in pages.intact("meta")}
    runs = tuple(Run(row[1], row[2], row[3], json.loads(row[4])) for row in pages.intact("run", "ORDER BY id"))
    created = int(meta.get("created_ns", "0"))
    return About(meta.get("title", ""), meta.get("note", ""), created, runs, "seal" in meta, size)


def check_tables(pages: Pages) -> None:
    """Note what SQLite finds damaged, rows that are, and those that are missing since the recording was sealed."""
    if pages.connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        pages.note("SQLite finds the file's structure damaged")
    for table in COLUMNS:
        found = sum(1 for _ in pages.intact(table))
        sealed = pages.seal.get("tables", {}).get(table, 0)
        if found < sealed:
            pages.note(f"table {table}: {found:,} of {sealed:,} rows are left")
