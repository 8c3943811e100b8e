"""What a recording ought to hold, as a plain list of rows a stream, and pictures by brute force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from stripchart.flow.records import channel_key
from support.tables import PlainRow, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from stripchart.flow.records import Batch, Channel
    from stripchart.flow.reduce import Rows
    from stripchart.store.reading.reader import Recording


class Drawn(NamedTuple):
    """What a picture says of one bucket of time."""

    weight: int
    low: tuple[float, ...]
    high: tuple[float, ...]


class Truth:
    """Rows and channels of each stream, in order of appearance."""

    def __init__(self) -> None:
        self.rows: dict[str, list[PlainRow]] = {}
        self.channels: dict[str, dict[tuple[str, bool], Channel]] = {}

    def append(self, batch: Batch) -> None:
        """Take a batch as a writer does: a gap before the very first row means nothing."""
        rows = self.rows.setdefault(batch.stream, [])
        added = plain([batch])
        if not rows:
            added = [row._replace(gap=False) for row in added]
        rows += added
        known = self.channels.setdefault(batch.stream, {})
        known.update((channel_key(channel), channel) for channel in batch.channels)

    def copy(self) -> Truth:
        """Return one that does not change with this one."""
        copied = Truth()
        copied.rows = {stream: list(rows) for stream, rows in self.rows.items()}
        copied.channels = {stream: dict(known) for stream, known in self.channels.items()}
        return copied

    def check(self, recording: Recording) -> None:
        """Assert that a recording holds this and nothing else."""
        streams = {record.name: record for record in recording.streams()}
        assert list(streams) == list(self.rows)
        for name, rows in self.rows.items():
            record = streams[name]
            assert {channel_key(channel): channel for channel in record.channels} == self.channels[name]
            assert (record.first_row, record.rows) == (0, len(rows))
            times = [row.time for row in rows] or [0]
            assert (record.start_ns, record.stop_ns) == (min(times), max(times))
            assert read_back(recording, name) == rows
        assert recording.problems == []


def read_back(recording: Recording, stream: str, *span: int, **choice: Any) -> list[PlainRow]:
    """Return the rows that a recording gives, and assert that their numbers have no hole but where a gap is."""
    batches = list(recording.batches(stream, *span, **choice))
    assert all(0 < len(batch) <= 2048 for batch in batches)
    numbers = [number for batch in batches for number in range(batch.first, batch.first + len(batch))]
    assert numbers == sorted(set(numbers))
    return plain(batches)


def drawn(runs: Iterable[Rows], bucket_ns: int) -> dict[int, Drawn]:
    """Return weight and extremes of each bucket of a picture."""
    time = np.concatenate([run.time for run in runs])
    weight = np.concatenate([run.weight for run in runs])
    columns = [np.concatenate(column) for column in zip(*(run.columns for run in runs), strict=True)]
    return by_bucket(time, weight, columns, bucket_ns)


def by_bucket(
    time: NDArray[np.int64], weight: NDArray[np.int64], columns: Sequence[NDArray[np.float64]], bucket_ns: int
) -> dict[int, Drawn]:
    """Return weight and extremes of each bucket of time."""
    found = {}
    buckets = time // bucket_ns
    for bucket in np.unique(buckets).tolist():
        here = buckets == bucket
        low = tuple(float(np.fmin.reduce(column[here])) for column in columns)
        high = tuple(float(np.fmax.reduce(column[here])) for column in columns)
        found[bucket] = Drawn(int(weight[here].sum()), low, high)
    return found
