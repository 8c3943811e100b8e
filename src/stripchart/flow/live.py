"""Reduce a stream while it grows: what was emitted never changes, so a plot only ever appends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripchart.flow.reduce import RAW_ROWS, Rows, join_rows, reduce_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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

    Attributes
    ----------
    eager
        Hold nothing: for a caller that draws about once a bucket, where waiting would only make the newest row late.
    """

    def __init__(self, bucket_ns: int) -> None:
        self.bucket_ns = max(1, bucket_ns)
        self.eager = False
        self._held: Rows | None = None
        self._bucket: int | None = None
        self._passed = 0
        self._dense = False
        self._lag = 0

    def feed(self, rows: Rows, now_ns: int | None = None) -> list[Rows]:
        """Take rows in order and return those to draw now.

        ``now_ns`` says how far the stream's clock is behind this machine's, for ``flush``.
        """
        if now_ns is not None and len(rows.time):
            self._lag = now_ns - int(rows.time[-1])
        rows = rows if self._held is None else join_rows([self._held, rows])
        self._held = None
        if not len(rows.time):
            return []
        if self.eager:
            self._bucket, self._passed = int(rows.time[-1]) // self.bucket_ns, len(rows.time)
            return [reduce_rows(rows, self.bucket_ns)]
        bucket = rows.time // self.bucket_ns
        out = []
        ended = len(bucket) - _last_run(bucket)
        if ended:
            done = rows.pick(slice(0, ended))
            self._end(int(bucket[ended - 1]), int(done.weight[-_last_run(bucket[:ended]) :].sum()))
            out.append(reduce_rows(done, self.bucket_ns))
        if int(bucket[-1]) != self._bucket:
            self._bucket, self._passed = int(bucket[-1]), 0
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
        if held is None:
            return []
        bucket = int(held.time[-1]) // self.bucket_ns
        if now_ns is not None and (now_ns - self._lag) // self.bucket_ns <= bucket:
            return []
        self._held = None
        self._end(bucket, int(held.weight.sum()))
        return [reduce_rows(held, self.bucket_ns)]

    def _end(self, bucket: int, rows: int) -> None:
        """Judge by a bucket that has ended whether the stream is dense."""
        self._dense = rows + (self._passed if bucket == self._bucket else 0) > RAW_ROWS


def _last_run(values: NDArray[np.int64]) -> int:
    """Count the equal values at the end."""
    differs = values[::-1] != values[-1]
    return int(differs.argmax()) if differs.any() else len(values)
