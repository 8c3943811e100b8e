"""What the suites share: checks of a batch and of a decoder's account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.flow.clock.units import UNITS, WALL
from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from stripchart.flow.contracts import Decoder
    from stripchart.flow.records import Batch

TIME_NS: Final = 1_700_000_000_000_000_000
"""The instant at which all test input of decoders arrives."""
CLOCK_UNITS: Final = frozenset({*UNITS, WALL, ""})


def expect(holds: bool, message: str) -> None:
    """Raise AssertionError with the message if it does not hold."""
    if not holds:
        raise AssertionError(message)


def check_batch(batch: Batch) -> None:
    """Check that a batch is well-formed."""
    expect(len(batch) > 0, f"batch {batch.stream!r} has no rows")
    expect(batch.time.dtype == np.int64, f"batch {batch.stream!r}: time is {batch.time.dtype}, not int64")
    expect(not batch.time.flags.writeable, f"batch {batch.stream!r}: time is writable")
    clocks = [channel for channel in batch.channels if channel.kind is Kind.TIME]
    expect(len(clocks) <= 1, f"batch {batch.stream!r}: expected one column of Kind.TIME at most, found {clocks}")
    for clock in clocks:
        expect(clock.unit in CLOCK_UNITS, f"{clock}: expected a unit of {sorted(CLOCK_UNITS)}")
    for channel, column in zip(batch.channels, batch.values, strict=True):
        expected = object if channel.kind is Kind.TEXT else np.float64
        expect(column.dtype == expected, f"{channel}: expected {expected.__name__}, found {column.dtype}")
        expect(not column.flags.writeable, f"{channel}: writable")


def check_conserves(decoder: Decoder, total: int) -> None:
    """Check that a decoder knows what became of ``total`` bytes, and of each frame."""
    tally = decoder.tally
    known = tally.bytes_framed + tally.bytes_skipped + decoder.buffered
    expect(
        known == total,
        f"{total} bytes fed, but {known} known: {tally.bytes_framed} framed, "
        f"{tally.bytes_skipped} skipped, {decoder.buffered} held",
    )
    frames = tally.decoded + sum(tally.rejected.values())
    expect(frames == tally.frames, f"{tally.frames} frames, but {tally.decoded} decoded and {dict(tally.rejected)}")
