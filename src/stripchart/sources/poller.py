"""Waiting for a descriptor, as the sources that read one share it."""

from __future__ import annotations

import select
import time
from typing import Final

COALESCE: Final = 0.01
"""Seconds between two reads of a byte stream: a dense one is read in larger pieces, for a tenth of the CPU time."""
LONGEST_SPAN_NS: Final = 1_000_000_000
"""No two reads are further apart, unless the machine's clock was set meanwhile."""


class Poller:
    """Waits until a descriptor is readable, and knows since when nothing can have arrived.

    Parameters
    ----------
    descriptor
        What to wait for; it stays its owner's.
    coalesce
        Seconds between two waits that end at once. What arrives after a longer silence is not held back.
    """

    def __init__(self, descriptor: int, coalesce: float = COALESCE) -> None:
        self._poll = select.poll()  # unlike select(), not limited to descriptors below 1024
        self._poll.register(descriptor, select.POLLIN)
        self._coalesce = coalesce
        self._not_before = 0.0
        self._since_ns = time.time_ns()

    def wait(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds; return whether there is something to read, be it the end."""
        pause = min(self._not_before - time.monotonic(), timeout)
        if pause > 0:
            time.sleep(pause)
            timeout -= pause
        ready = bool(self._poll.poll(timeout * 1000))
        if ready:
            self._not_before = time.monotonic() + self._coalesce
        else:
            self.stamp()
        return ready

    def hurry(self) -> None:
        """Leave out the next pause: the last read took a full buffer, and its sender waits."""
        self._not_before = 0.0

    def stamp(self) -> tuple[int, int]:
        """Return now and the end of the previous read, both in nanoseconds since the epoch.

        What is read now arrived between the two. They are in order and near each other, even if the clock was set.
        """
        now = time.time_ns()
        since, self._since_ns = min(max(self._since_ns, now - LONGEST_SPAN_NS), now), now
        return now, since
