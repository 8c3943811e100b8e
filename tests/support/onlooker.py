"""Reads a recording again and again while it is written, as a program of its own: `python onlooker.py FILE SECONDS`.

Whatever is wrong ends it with a traceback; at the end it prints how often it looked, and how many rows there were.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from stripchart.store.reading.reader import Recording


def main(path: str, seconds: str) -> None:
    """Look for so many seconds."""
    until = time.monotonic() + float(seconds)
    looks = rows = 0
    with Recording(path) as recording:
        while time.monotonic() < until:
            (stream,) = recording.streams()
            if stream.rows < rows:
                sys.exit(f"{rows} rows became {stream.rows}")
            batches = list(recording.batches("bench", after_row=rows, before_row=stream.rows))
            numbers = np.concatenate([np.empty(0), *(batch["number"] for batch in batches)])
            if not np.array_equal(numbers, np.arange(rows, stream.rows)):
                sys.exit(f"rows {rows} to {stream.rows} are not what was written")
            (picture,) = recording.picture("bench", ["number"], 0, stream.stop_ns + 1, max(stream.stop_ns // 500, 1))
            if picture.columns[0].max() < stream.rows - 1:
                sys.exit(f"the picture ends at {picture.columns[0].max()}, before row {stream.rows - 1}")
            looks, rows = looks + 1, stream.rows
        if recording.problems:
            sys.exit(f"problems: {recording.problems}")
    print(looks, rows, flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    main(*sys.argv[1:])
