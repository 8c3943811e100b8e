"""Writes a recording without end, as a program of its own that is killed: `python scribe.py FILE SEED`.

Each row of the stream "bench" holds its own number. After each commit the number of rows is printed: these are safe.
"""

from __future__ import annotations

import random
import sys
import time

import numpy as np

from stripchart.flow.records import Channel, Chunk, Kind, make_batch
from stripchart.store.writing.writer import Writer

CHANNELS = (Channel("number"), Channel("third", "V"), Channel("name", kind=Kind.TEXT))


def main(path: str, seed: str) -> None:
    """Write until the end comes from outside."""
    chance = random.Random(seed)
    writer = Writer(path)
    if writer.problems:
        sys.exit(f"damaged: {writer.problems}")
    while True:
        for _ in range(chance.randint(1, 3)):
            first, count = writer.rows("bench"), chance.choice([1, 1, 1, 7, 7, 60, 60, 2100])
            number = np.arange(first, first + count)
            names = np.array([f"row {each}" for each in number], object)
            writer.append(make_batch("bench", CHANNELS, number * 1000, [number, number / 3, names]))
            writer.chunk("bench", Chunk(b"raw" * chance.randint(1, 2000), time.time_ns()))
        writer.commit()
        print(writer.rows("bench"), flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    main(*sys.argv[1:])
