"""What the suites share: checks of a batch and of a decoder's account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.flow.clock.units import UNITS, WALL
from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    for mistake in _mistakes(batch):  # only a mistake is put in words: property tests come here often
        raise AssertionError(f"batch {batch.stream!r}: {mistake}")


def _mistakes(batch: Batch) -> Iterator[str]:
    if not len(batch):
        yield "no rows"
    if batch.time.dtype != np.int64:
        yield f"time is {batch.time.dtype}, not int64"
    if batch.time.flags.writeable:
        yield "time is writable"
    clocks = [channel for channel in batch.channels if channel.kind is Kind.TIME]
    if len(clocks) > 1:
        yield f"expected one column of Kind.TIME at most, found {clocks}"
    for clock in clocks:
        if clock.unit not in CLOCK_UNITS:
            yield f"{clock}: expected a unit of {sorted(CLOCK_UNITS)}"
    for channel, column in zip(batch.channels, batch.values, strict=True):
        expected = object if channel.kind is Kind.TEXT else np.float64
        if column.dtype != expected:
            yield f"{channel}: expected {expected.__name__}, found {column.dtype}"
        if column.flags.writeable:
            yield f"{channel}: writable"


def check_conserves(decoder: Decoder, total: int) -> None:
    """Check that a decoder knows what became of ``total`` bytes, and of each frame."""
    tally = decoder.tally
    known = tally.bytes_framed + tally.bytes_skipped + decoder.buffered
    if known != total:
        raise AssertionError(
            f"{total} bytes fed, but {known} known: {tally.bytes_framed} framed, "
            f"{tally.bytes_skipped} skipped, {decoder.buffered} held"
        )
    frames = tally.decoded + sum(tally.rejected.values())
    if frames != tally.frames:
        raise AssertionError(f"{tally.frames} frames, but {tally.decoded} decoded and {dict(tally.rejected)}")
