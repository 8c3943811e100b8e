"""The rows of several streams of a recording, in the order of their times, as far as each stream's own order allows."""

from __future__ import annotations

from collections import Counter, deque
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from stripchart.decoders.recorded import part
from stripchart.store.reading.pages import EVER
from stripchart.store.reading.rows import held

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from numpy.typing import NDArray

    from stripchart.flow.archive import StreamRecord
    from stripchart.flow.records import Batch
    from stripchart.store.reading.reader import Recording

AHEAD_VALUES: Final = 1 << 19
"""Values that are read ahead, of all streams together; but at least one batch of each stream."""


class Rows:
    """Reads ahead a little of each stream, and never holds a recording's connection between two calls.

    It gives what is there when it is made, also if the recording goes on.

    Parameters
    ----------
    names
        The streams by their recorded names, and what they are called here.
    times
        Only rows from the one to before the other.
    """

    def __init__(self, recording: Recording, names: Mapping[str, str], times: tuple[int, int]) -> None:
        found = [stream for stream in recording.streams() if stream.name in names]
        ahead = AHEAD_VALUES // max(sum(len(stream.channels) + 1 for stream in found), 1)
        streams = [_Stream(recording, stream, names[stream.name], times, ahead) for stream in found]
        self._streams = [stream for stream in streams if stream.fill()]

    def next_ns(self) -> int | None:
        """Return when the next row is due, by recorded time; None behind the last."""
        return min((stream.next_ns for stream in self._streams), default=None)

    def take(self, until_ns: int) -> list[Batch]:
        """Return rows that are due by then: not always all, but some if there are any, and none before its time."""
        # Beyond what is read of one stream, its rows and those of the others could be out of order.
        until_ns = min([until_ns, *(stream.last_ns for stream in self._streams)])
        batches = [batch for stream in self._streams for batch in stream.take(until_ns)]
        self._streams = [stream for stream in self._streams if stream.fill()]
        return batches


def distinct(batch: Batch) -> Iterator[Batch]:
    """Yield the rows of a batch so that no name occurs twice in one: texts and numbers may share a name, but no row.

    A recording's batch has a column for both; no row that was recorded had.
    """
    names = Counter(channel.name for channel in batch.channels)
    twice = [place for place, channel in enumerate(batch.channels) if names[channel.name] > 1]
    if not twice:
        yield batch
        return
    holds = np.array([held(batch.values[place]) for place in twice])
    edges = [0, *(np.flatnonzero((holds[:, 1:] != holds[:, :-1]).any(axis=0)) + 1).tolist(), len(batch)]
    for begin, end in pairwise(edges):
        chosen: dict[str, int] = {}
        empty = {place for place, holding in zip(twice, holds[:, begin], strict=True) if not holding}
        for place in sorted(range(len(batch.channels)), key=lambda place: (place in empty, place)):
            chosen.setdefault(batch.channels[place].name, place)
        kept = sorted(chosen.values())
        rows = part(batch, begin, end)
        channels, values = tuple(rows.channels[place] for place in kept), tuple(rows.values[place] for place in kept)
        yield replace(rows, channels=channels, values=values)


class _Stream:
    """One stream; its rows keep their order, so one with an older time than the row before it is due with that."""

    def __init__(
        self, recording: Recording, recorded: StreamRecord, name: str, times: tuple[int, int], ahead: int
    ) -> None:
        self._recording = recording
        self._recorded = recorded
        self._name = name
        self._times = times
        self._ahead = ahead
        self._read: deque[tuple[Batch, NDArray[np.int64]]] = deque()  # with when each row is due
        self._newest_ns = EVER[0]
        self._next_row = 0

    @property
    def next_ns(self) -> int:
        """When the next row is due."""
        return int(self._read[0][1][0])

    @property
    def last_ns(self) -> int:
        """When the last row that was read is due."""
        return int(self._read[-1][1][-1])

    def fill(self) -> bool:
        """Read on if nothing is left; return whether there is something."""
        if not self._read:
            rows = 0
            with closing(cast("Generator[Batch, Any, Any]", self._batches())) as batches:
                for batch in batches:
                    for piece in distinct(batch):
                        self._add(piece)
                    rows += len(batch)
                    if rows >= self._ahead:
                        break
        return bool(self._read)

    def take(self, until_ns: int) -> Iterator[Batch]:
        """Yield the rows that are due by then, of those that were read."""
        while self._read:
            batch, due = self._read.popleft()
            count = int(np.searchsorted(due, until_ns, "right"))
            if count:
                yield part(batch, 0, count)
            if count < len(batch):
                self._read.appendleft((part(batch, count, len(batch)), due[count:]))
                return

    def _batches(self) -> Iterator[Batch]:
        return self._recording.batches(
            self._recorded.name, *self._times, before_row=self._recorded.rows, after_row=self._next_row
        )

    def _add(self, batch: Batch) -> None:
        missing = 0 < self._next_row < batch.first  # as the recording cannot know that begins to read here
        due = np.maximum(np.maximum.accumulate(batch.time), self._newest_ns)
        self._newest_ns = int(due[-1])
        self._next_row = batch.first + len(batch)
        self._read.append((replace(batch, stream=self._name, gap=batch.gap or missing), due))
