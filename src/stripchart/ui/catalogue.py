"""Every channel that there is, for the page's tree: told once, and again where it has changed; and what it says now."""

from __future__ import annotations

import threading
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from stripchart.flow.hub import MAX_CHANNELS
from stripchart.flow.records import Kind
from stripchart.flow.reduce import raw_rows, reduce_rows
from stripchart.ui.labels import channel_label, safe_label
from stripchart.ui.panels.strip import MAX_NAME
from stripchart.ui.readout import channel_key
from stripchart.ui.view import memory_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from stripchart.flow.hub import Hub
    from stripchart.flow.records import Channel
    from stripchart.store.reading.rows import Described
    from stripchart.ui.past.record import Facts, Record
    from stripchart.ui.readout import ChannelKey, Readout

MAX_ENTRIES: Final = 2 * MAX_CHANNELS
"""Channels that are listed: as many as memory takes, and as many that are only in the record."""
MAX_ROWS: Final = 200
"""Rows of the tree that a page may ask for at once: more than a screen has."""
SPARK_SECONDS: Final = 300
SPARK_BUCKETS: Final = 30
"""The span of a sparkline, if there is so much, and how many pairs of extremes it is made of."""
SPARK_SIZE: Final = (120, 32)
"""Its units across and up."""


class Entry(NamedTuple):
    """A channel as the tree lists it; all texts but the name are safe to show."""

    number: int
    name: str
    """``stream/channel``, to ask for it by; empty if that is too long to be told."""
    source: str
    label: str
    """Its way below the source, with ``/`` between the steps."""
    unit: str
    kind: str


class Catalogue:
    """Numbers the channels of memory and of the record, in the order in which they were found. Safe in any thread.

    Attributes
    ----------
    version
        Grows when a channel has come or changed.
    beyond
        How many are not listed, because there are ``MAX_ENTRIES`` already.
    """

    def __init__(self, hub: Hub, record: Record | None) -> None:
        self.version = self.beyond = 0
        self._hub = hub
        self._record = record
        self._entries: list[Entry] = []
        self._keys: list[ChannelKey] = []
        self._versions: list[int] = []  # in which each entry came or changed last
        self._numbers: dict[ChannelKey, int | None] = {}
        self._known: dict[str, tuple[Channel, ...]] = {}
        self._facts: Facts | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def refresh(self, streams: Iterable[Described]) -> None:
        """Take what has come to memory, whose streams are given, and to the record."""
        facts = self._record.facts if self._record is not None else None
        with self._lock:
            fresh = [stream for stream in streams if self._known.get(stream.name) is not stream.channels]
            recorded = facts.streams.values() if facts is not None and facts is not self._facts else ()
            if not fresh and not recorded:
                return
            self.version += 1
            self._facts = facts
            self._known |= {stream.name: stream.channels for stream in fresh}
            for stream in fresh:
                for channel in stream.channels:
                    self._take(stream.name, channel)
            for stream in recorded:
                for channel in stream.channels:
                    if channel_key(stream.name, channel) not in self._numbers:  # memory knows its newest unit
                        self._take(stream.name, channel)

    def since(self, version: int) -> tuple[int, list[Entry]]:
        """Return the version now, and the channels that came or changed after another."""
        with self._lock:
            if version == self.version:
                return version, []
            entries = zip(self._entries, self._versions, strict=True)
            return self.version, [entry for entry, when in entries if when > version]

    def now(self, numbers: Sequence[int], readout: Readout) -> list[list[Any]]:
        """Return what some channels say now.

        Returns
        -------
        ``[value, stale, time]`` for each number: the newest value, or the last that is recorded; whether it is old; and
        when it came, in milliseconds since the epoch, None if never.
        """
        infos = {info.name: info for info in readout.streams}
        told: list[list[Any]] = []
        for number in numbers:
            if not 0 <= number < len(self._keys):
                told.append([None, True, None])
                continue
            key = self._keys[number]
            info = infos.get(key[0])
            value = readout.values.get(key)
            if info is None or value is None:
                last = self._record.last(key) if self._record is not None else None
                told.append([None, True, None] if last is None else [last.value, True, last.time_ns // 1_000_000])
            else:
                told.append([*value, info.last_ns // 1_000_000])
        return told

    def spark(self, number: int) -> list[int]:
        """Return the last minutes of a channel that memory has of it; see ``sparkline``."""
        stream, name, is_text = self._keys[number] if 0 <= number < len(self._keys) else ("", "", True)
        view = None if is_text else memory_of(self._hub, stream)
        if view is None:
            return []
        newest_ns = int(view.batch(view.stop - 1, view.stop).time[0])
        batch = view.only([name]).between(newest_ns - SPARK_SECONDS * 1_000_000_000, newest_ns + 1)
        column = next(v for c, v in zip(batch.channels, batch.values, strict=True) if c.kind is not Kind.TEXT)
        return sparkline(batch.time, column)

    def _take(self, stream: str, channel: Channel) -> None:
        key = channel_key(stream, channel)
        number = self._numbers.get(key, len(self._entries))
        if number is None or number >= MAX_ENTRIES:
            self.beyond += key not in self._numbers
            self._numbers[key] = None
            return
        name = f"{stream}/{channel.name}"
        entry = Entry(
            number,
            name if len(name) <= MAX_NAME else "",
            safe_label(stream.partition("/")[0]),
            safe_label(channel_label(stream, channel)),
            safe_label(channel.unit),
            str(channel.kind),
        )
        if number == len(self._entries):
            self._numbers[key] = number
            self._keys.append(key)
            self._entries.append(entry)
            self._versions.append(self.version)
        elif entry != self._entries[number]:
            self._entries[number] = entry
            self._versions[number] = self.version


def sparkline(time: NDArray[np.int64], value: NDArray[np.float64]) -> list[int]:
    """Return a sparkline: ``[x, y, x, y, ...]`` in ``SPARK_SIZE``, y upwards from the least to the greatest value.

    Parameters
    ----------
    time, value
        int64 in nanoseconds and float64, both of shape (n,).
    """
    held = np.isfinite(value)
    time, value = time[held], value[held]
    if not len(time):
        return []
    first, last = int(time.min()), int(time.max())
    rows = reduce_rows(raw_rows(time, [value]), max(1, (last - first) // SPARK_BUCKETS))
    (shown,) = rows.columns
    # Halves: the difference of two floats may be more than a float holds.
    points = [_share((rows.time - first).astype(np.float64)) * SPARK_SIZE[0], _share(shown / 2) * SPARK_SIZE[1]]
    return list(chain.from_iterable(np.rint(points).astype(int).T.tolist()))


def _share(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where between the least (0) and the greatest (1) each is; all in the middle if they are the same."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
