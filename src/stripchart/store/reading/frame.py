"""A stream of a recording as columns: all its rows, or about so many as are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from stripchart.flow.records import Batch, Channel, Kind
from stripchart.frames import Frame, to_frame
from stripchart.store.reading.instants import to_ns
from stripchart.store.reading.pieces import join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.store.reading.instants import Instant
    from stripchart.store.reading.reader import Recording


def read_frame(
    recording: Recording,
    stream: str,
    channels: Sequence[str] | None,
    span: tuple[Instant | None, Instant | None],
    *,
    max_points: int | None,
    kind: Literal["numpy", "pandas", "polars", "arrow"],
) -> Frame:
    """Return the rows of a stream from one instant to before another; see ``Recording.read``."""
    start, stop = span
    record = next((each for each in recording.streams() if each.name == stream), None)
    if record is None:
        raise KeyError(f"no stream {stream!r}; there are: {', '.join(each.name for each in recording.streams())}")
    start_ns = record.start_ns if start is None else to_ns(start, record.stop_ns)
    stop_ns = record.stop_ns + 1 if stop is None else to_ns(stop, record.stop_ns)
    wanted = tuple(channel for channel in record.channels if channels is None or channel.name in set(channels))
    if max_points is not None:
        numbers = tuple(channel for channel in wanted if channel.kind is not Kind.TEXT)
        return to_frame(_reduced(recording, stream, numbers, (start_ns, stop_ns), max_points), kind)
    batches = list(recording.batches(stream, start_ns, stop_ns, channels=channels))
    return to_frame(join(stream, wanted, batches), kind)


def _reduced(
    recording: Recording, stream: str, channels: tuple[Channel, ...], times: tuple[int, int], max_points: int
) -> Batch:
    bucket = max((times[1] - times[0]) * 2 // max(max_points, 2), 1)
    runs = recording.picture(stream, [channel.name for channel in channels], *times, bucket)
    time = np.concatenate([run.time for run in runs] or [np.empty(0, np.int64)])
    values = tuple(
        np.concatenate([run.columns[place] for run in runs] or [np.empty(0)]) for place in range(len(channels))
    )
    return Batch(stream, channels, time, values)
