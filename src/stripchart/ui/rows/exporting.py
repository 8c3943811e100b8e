"""Rows for a visitor to keep: as a file, piece by piece, at the visitor's pace."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.errors import ConfigError
from stripchart.store.exporting.export import MEDIA_TYPES, SUFFIXES, file_names, render
from stripchart.store.reading.rows import Choice, choose
from stripchart.store.reading.sums import numbers, summarise, summed, sums
from stripchart.ui.rows.joined import Joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stripchart.flow.archive import Archive
    from stripchart.flow.hub import Hub
    from stripchart.flow.records import Batch
    from stripchart.store.reading.shape import Summary

MAX_EXPORTS: Final = 4
"""Files that are sent at once."""
PATIENCE: Final = 60.0
"""Seconds within which a visitor must take a piece."""
PIECE_BYTES: Final = 1 << 18
MAX_SUMS: Final = 2_000_000
"""Spans of time that are summed up, times channels: they are in memory together."""


class GoneError(Exception):
    """The visitor has gone, so nobody wants the rest."""


class Wanted(NamedTuple):
    """What a visitor asks for."""

    form: str = "csv"
    start_ns: int = 0
    stop_ns: int = 0
    channels: Sequence[str] = ()
    every_ns: int = 0
    """Sum up so long spans; 0 for every row."""


class Export:
    """One file. It reads from a disk: use it in worker threads, one call at a time.

    Raises
    ------
    UnknownChannelsError
        If a channel is wanted that does not exist.
    ConfigError
        If there is nothing to export, or it cannot be.
    """

    def __init__(self, hub: Hub, archive: Archive | None, wanted: Wanted) -> None:
        self._wanted = wanted
        self._rows = Joined(hub, archive)
        self._gone = threading.Event()
        choices = choose(self._rows.streams, wanted.channels)
        if not choices:
            raise ConfigError("there are no channels yet; see /api/channels")
        self._whole = {choice.stream: choice for choice in choices}
        if wanted.every_ns:
            choices = [sums for choice in choices if (sums := summed(choice)) is not None]
            if not choices:
                raise ConfigError("every: expected channels of numbers, found only texts")
            for choice in choices:
                self._check_sums(self._whole[choice.stream])
        stem = file_names([choices[0].stream], "")[0] if len(choices) == 1 else "stripchart"
        self.name = f"{stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}{SUFFIXES[wanted.form]}"
        """What the file is called: plain letters and digits."""
        self.media_type = MEDIA_TYPES[wanted.form]
        self._pieces = render(choices, wanted.form, self._read)

    def piece(self) -> bytes:
        """Return the next piece, empty at the end.

        Raises
        ------
        GoneError
            After ``leave``.
        StripchartError
            If the record cannot be read on.
        """
        parts, size = [], 0
        while size < PIECE_BYTES and (part := next(self._pieces, None)) is not None:
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    def leave(self) -> None:
        """Stop the thread that is at it, soon; from any thread."""
        self._gone.set()

    def close(self) -> None:
        """Let go of the record."""
        self._pieces.close()

    def _read(self, choice: Choice) -> Iterator[Batch]:
        wanted, whole = self._wanted, self._whole[choice.stream]
        if not wanted.every_ns:
            yield from self._batches(whole, wanted.start_ns, wanted.stop_ns)
            return
        start, stop = self._span(choice.stream)

        def between(begin: int, end: int) -> Summary:
            return summarise(self._batches(whole, begin, end), numbers(whole), begin, end, wanted.every_ns)

        # Read once as a whole: rows need not be in the order of their times.
        window = max(stop - start, 0) // wanted.every_ns + 2
        yield from sums(whole, between, start, stop, wanted.every_ns, window=window)

    def _batches(self, choice: Choice, start_ns: int, stop_ns: int) -> Iterator[Batch]:
        names = [channel.name for channel in choice.channels]
        for batch in self._rows.batches(choice.stream, start_ns, stop_ns, names):
            if self._gone.is_set():
                raise GoneError
            yield batch

    def _span(self, stream: str) -> tuple[int, int]:
        """Return from when to when there are rows that are wanted."""
        first, last = self._rows.span(stream) or (0, -1)
        return max(self._wanted.start_ns, first), min(self._wanted.stop_ns, last + 1)

    def _check_sums(self, choice: Choice) -> None:
        start, stop = self._span(choice.stream)
        count = max(stop - start, 0) // self._wanted.every_ns * len(numbers(choice))
        if count > MAX_SUMS:
            raise ConfigError(f"every: expected longer spans of time: at most {MAX_SUMS:,} sums, not {count:,}")
