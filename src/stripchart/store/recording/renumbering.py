"""The hub numbers the rows of a run, a recording those of all runs: which is which."""

from __future__ import annotations

import threading
from bisect import bisect_right
from typing import Final, NamedTuple

MAX_STRETCHES: Final = 1_000
"""Stretches of one stream that are remembered; older ones are long out of the hub's memory."""


class _Stretch(NamedTuple):
    """Rows that follow on each other in both."""

    hub: int
    recording: int


class Renumbering:
    """Safe from any thread."""

    def __init__(self) -> None:
        self._stretches: dict[str, list[_Stretch]] = {}
        self._next: dict[str, int] = {}
        self._lock = threading.Lock()

    def note(self, stream: str, hub_row: int, row: int, count: int) -> bool:
        """Note that rows are recorded; return whether they follow on those before, or are the first ones.

        Parameters
        ----------
        hub_row, row
            Number of the first of them, by the hub and in the recording.
        count
            How many there are.
        """
        with self._lock:
            expected = self._next.get(stream)
            self._next[stream] = hub_row + count
            if expected == hub_row:
                return True
            stretches = self._stretches.setdefault(stream, [])
            stretches.append(_Stretch(hub_row, row))
            del stretches[:-MAX_STRETCHES]
            return expected is None

    def row_of(self, stream: str, hub_row: int) -> int | None:
        """Return the recording's number of a hub's row, or of the first one after it that was recorded.

        None if nothing of the stream was recorded in this run.
        """
        with self._lock:
            stretches = self._stretches.get(stream)
            if not stretches:
                return None
            place = bisect_right(stretches, hub_row, key=lambda stretch: stretch.hub) - 1
            if place < 0:
                return stretches[0].recording
            found = stretches[place].recording + hub_row - stretches[place].hub
            following = stretches[place + 1 : place + 2]
            return min([found, *(stretch.recording for stretch in following)])

    def clear(self) -> None:
        """Forget all: the recording's numbers are others now."""
        with self._lock:
            self._stretches.clear()
            self._next.clear()
