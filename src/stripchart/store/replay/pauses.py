"""Times in which nobody recorded: a recording goes on at each start, but no replay shall last through the nights."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.store.reading.reader import Recording

KEPT_NS: Final = 1_000_000_000
"""What is left of a pause."""
MOST_STREAMS: Final = 20
"""Streams that are looked at, those with the most rows; what others hold in a pause comes all at once."""
MOST_PAUSES: Final = 200
"""Pauses that are cut, the longest."""
_FIRST_LOOK_NS: Final = 1_000_000_000


class Pauses:
    """Times by the recording's clock, and by one that stands still in all but the first second of each pause.

    Parameters
    ----------
    spans
        When each pause began and ended, in order.
    """

    def __init__(self, spans: Sequence[tuple[int, int]] = ()) -> None:
        spans = [(start + KEPT_NS, stop) for start, stop in spans if stop - start > KEPT_NS]
        self._starts = np.array([start for start, _ in spans], np.int64)
        self._stops = np.array([stop for _, stop in spans], np.int64)
        self._lengths = self._stops - self._starts
        self._total = np.concatenate(([0], np.cumsum(self._lengths)))  # before each, and at the end
        self._at = self._starts - self._total[:-1]  # where each is, once they are cut

    def played(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return times without the pauses before them."""
        before = np.searchsorted(self._stops, times, "right")
        cut = self._total[before]
        if len(self._starts):
            place = np.minimum(before, len(self._starts) - 1)
            within = np.where(before < len(self._starts), times - self._starts[place], 0)
            cut = cut + np.maximum(within, 0)
        return times - cut

    def played_at(self, time_ns: int) -> int:
        """Return one time without the pauses before it."""
        return int(self.played(np.array([time_ns], np.int64))[0])

    def recorded_at(self, played_ns: int) -> int:
        """Return the latest time that is played by then."""
        before = int(np.searchsorted(self._at, played_ns, "right"))
        return played_ns + int(self._total[before])


def find_pauses(recording: Recording) -> Pauses:
    """Return the pauses between the runs of a recording, but for those that an import has filled."""
    runs = sorted(recording.about().runs, key=lambda run: run.started_ns)
    streams = sorted(recording.streams(), key=lambda stream: stream.first_row - stream.rows)[:MOST_STREAMS]
    names = [stream.name for stream in streams]
    spans = [(run.stopped_ns, run.started_ns, later.started_ns) for run, later in pairwise(runs)]
    tells = not recording.raw_sources()  # bytes of which no rows were made are not looked at
    found = []
    for stopped_ns, started_ns, stop in sorted(spans, key=lambda span: max(span[:2]) - span[2])[:MOST_PAUSES]:
        newest = _newest(recording, names, stopped_ns or started_ns, stop)
        if stopped_ns and newest is None:
            found.append((stopped_ns, stop))
        elif not stopped_ns and (newest is not None or tells):  # not closed in order, so its rows tell when it ended
            found.append((newest or started_ns, stop))
    return Pauses(sorted(found))


def _newest(recording: Recording, streams: Sequence[str], start_ns: int, stop_ns: int) -> int | None:
    """Return the time of the newest row in a span; None if there is none."""
    length, begin = _FIRST_LOOK_NS, stop_ns
    while begin > start_ns:  # further and further back, so that never much more is read than the pause is long
        begin = max(stop_ns - length, start_ns)
        times = [
            int(batch.time.max())
            for stream in streams
            for batch in recording.batches(stream, begin, stop_ns, channels=[])
        ]
        if times:
            return max(times)
        length *= 4
    return None
