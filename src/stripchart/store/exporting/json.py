"""Rows as lines of JSON: ``{"time": "2026-05-01T10:00:00.000000000Z", "stream": "bench", "temp": 21.5}``.

A channel that a row lacks is left out of it, and NaN and infinities, which JSON has not, are null. ``"gap": true`` says
that something is missing before the row. A name that is taken gets its kind behind it: ``level (text)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import orjson

from stripchart.store.exporting.iso import to_iso
from stripchart.store.reading.rows import distinct_names, held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.records import Batch
    from stripchart.store.reading.rows import Choice

_OWN: Final = ("time", "stream", "gap")


class JsonEncoder:
    """Writes one object a row."""

    suffix: ClassVar[str] = ".jsonl"
    media_type: ClassVar[str] = "application/x-ndjson"

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._names = {choice.stream: distinct_names(choice.channels, _OWN) for choice in choices}

    def begin(self) -> bytes:
        """Return nothing: every line speaks for itself."""
        return b""

    def feed(self, batch: Batch) -> bytes:
        """Return the lines of some rows, at least one, as a ``Table`` gave them."""
        names = self._names[batch.stream]
        rows: list[dict[str, Any]] = [{"time": time, "stream": batch.stream} for time in to_iso(batch.time)]
        if batch.gap:
            rows[0]["gap"] = True
        for name, column in zip(names, batch.values, strict=True):
            cells = column.tolist()
            for place in np.flatnonzero(held(column)).tolist():
                rows[place][name] = cells[place]
        return b"".join(map(_line, rows))

    def finish(self) -> bytes:
        """Return what ends the file."""
        return b""


def _line(row: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:  # a lone surrogate, or an object that a program published as a text
        return orjson.dumps(
            {_mend(name): _mend(value) for name, value in row.items()}, option=orjson.OPT_APPEND_NEWLINE
        )


def _mend(value: Any) -> Any:
    return value if isinstance(value, (float, bool)) else str(value).encode("utf-8", "replace").decode()
