"""Reduce a stream while it grows: what was emitted never changes, so a plot only ever appends."""

from __future__ import annotations

from typing import Final

from stripchart.flow.reduce import RAW_ROWS, Rows, join_rows, reduce_rows

HELD_ROWS: Final = 4096
"""Rows of an open bucket that are held as they are; more are reduced at once."""


class LiveReducer:
    """Passes a slow stream row by row, and a dense one as two rows for each bucket of time that has ended.

    At most ``RAW_ROWS`` rows of the open bucket pass at once; what comes on top waits until the bucket ends, so
    the newest drawn row of a dense stream is at most one bucket (about one pixel) old.

    Parameters
    ----------
    bucket_ns
        Width of a bucket in nanoseconds.
    """

    def __init__(self, bucket_ns: int) -> None:
        self.bucket_ns = max(1, bucket_ns)
        self._held: Rows | None = None
        self._passed = 0
        self._dense = False

    def feed(self, rows: Rows) -> list[Rows]:
        """Take rows in order and return those to draw now."""
        rows = rows if self._held is None else join_rows([self._held, rows])
        self._held = None
        if not len(rows.time):
            return []
        bucket = rows.time // self.bucket_ns
        ended = len(bucket) - int((bucket[::-1] != bucket[-1]).argmax()) if bucket[0] != bucket[-1] else 0
        out = []
        if ended:
            done = rows.pick(slice(0, ended))
            per_bucket = (ended + self._passed) / max(1, int(bucket[ended - 1] - bucket[0]) + 1)
            self._dense, self._passed = per_bucket > RAW_ROWS, 0
            out.append(reduce_rows(done, self.bucket_ns))
        rest = rows.pick(slice(ended, None))
        if not self._dense and self._passed + len(rest.time) <= RAW_ROWS:
            self._passed += len(rest.time)
            out.append(rest)
        else:
            self._held = reduce_rows(rest, self.bucket_ns) if len(rest.time) > HELD_ROWS else rest
        return out

    def flush(self, now_ns: int | None = None) -> list[Rows]:
        """Return what is held if its bucket has ended by ``now_ns``, or in any case without a time."""
        held = self._held
        if held is None or (now_ns is not None and now_ns // self.bucket_ns <= held.time[-1] // self.bucket_ns):
            return []
        self._held = None
        self._passed = 0
        return [reduce_rows(held, self.bucket_ns)]
