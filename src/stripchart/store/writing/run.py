"""The row of a run: one time that a monitor records into the file."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from stripchart._version import __version__
from stripchart.store.format.names import stored_text
from stripchart.store.format.schema import highest, insert

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


class RunRow:
    """Written when the run begins, whenever what it counts has changed, and when it ends.

    Parameters
    ----------
    connection
        Of the file, whose runs it follows.
    config
        What records; JSON, without secrets.

    Attributes
    ----------
    is_new
        Whether the row in the file is not as it should be.
    """

    def __init__(self, connection: sqlite3.Connection, began_ns: int, config: Mapping[str, Any]) -> None:
        self.is_new = True
        self._number = highest(connection, "run") + 1
        self._began_ns = began_ns
        self._config = config
        self._redelivered: Counter[str] = Counter()

    def count_redelivered(self, messages: Mapping[str, int]) -> None:
        """Add messages that were sent again, by the names of their sources."""
        self._redelivered.update(messages)
        self.is_new |= bool(messages)

    def write(self, connection: sqlite3.Connection, stopped_ns: int = 0) -> None:
        """Write it instead of what stood in its place."""
        config = {**self._config, "redelivered": self._redelivered} if self._redelivered else self._config
        text = stored_text(json.dumps(config, ensure_ascii=False))
        insert(connection, "run", self._number, self._began_ns, stopped_ns, __version__, text)
