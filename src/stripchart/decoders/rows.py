"""Rows to batches: consecutive rows with the same channels make one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from stripchart.flow.records import Batch, Channel, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Shape: TypeAlias = tuple[Any, ...]
"""All that decides the channels of a row, in a decoder's own terms."""

MAX_REMEMBERED: Final = 50_000
"""Channels of all shapes that are remembered together; an input of ever-changing shape makes the memory start anew."""


class Row(NamedTuple):
    """What one line or object said at one instant."""

    shape: Shape
    values: Sequence[float | str]
    """One for each channel of its shape."""


class ChannelCache:
    """The channels of each shape: made once, so that equal ones are the same tuple.

    Parameters
    ----------
    make
        Makes the channels of a shape that is new.
    """

    def __init__(self, make: Callable[[Any], tuple[Channel, ...]]) -> None:
        self._make = make
        self._known: dict[Shape, tuple[Channel, ...]] = {}
        self._same: dict[tuple[Channel, ...], tuple[Channel, ...]] = {}
        self._size = 0

    def __getitem__(self, shape: Shape) -> tuple[Channel, ...]:
        channels = self._known.get(shape)
        if channels is None:
            made = self._make(shape)
            self._size += len(made) + 1
            if self._size > MAX_REMEMBERED:
                self._same.clear()
                self._known.clear()
                self._size = len(made) + 1
            channels = self._known[shape] = self._same.setdefault(made, made)
        return channels

    def rename(self) -> None:
        """Ask again what the channels of each shape are; equal ones stay the same tuple."""
        self._known.clear()


class BatchBuilder:
    """Gathers rows in order, one by one or in blocks, into as few batches as possible.

    Parameters
    ----------
    stream
        Name of their stream.
    """

    def __init__(self, stream: str = "") -> None:
        self._stream = stream
        self._batches: list[Batch] = []
        self._channels: tuple[Channel, ...] = ()
        self._retained = self._gap = False
        self._blocks: list[tuple[NDArray[np.int64], tuple[NDArray[Any], ...]]] = []
        self._times: list[int] = []
        self._rows: list[Sequence[float | str]] = []

    def row(
        self,
        channels: tuple[Channel, ...],
        time_ns: int,
        values: Sequence[float | str],
        *,
        retained: bool = False,
        gap: bool = False,
    ) -> None:
        """Add one row, perhaps with something missing before it; a row without values adds nothing."""
        if channels:
            self._begin(channels, retained=retained, gap=gap)
            self._times.append(time_ns)
            self._rows.append(values)

    def block(self, channels: tuple[Channel, ...], time: NDArray[np.int64], values: Sequence[NDArray[Any]]) -> None:
        """Add rows as columns: ``time`` of shape (n,), and an array of shape (n,) for each channel."""
        if len(time):
            self._begin(channels)
            self._close_rows()
            self._blocks.append((time, tuple(values)))

    def finish(self) -> list[Batch]:
        """Return the batches; the builder is spent."""
        self._close_batch()
        return self._batches

    def _begin(self, channels: tuple[Channel, ...], *, retained: bool = False, gap: bool = False) -> None:
        if gap or channels is not self._channels or retained is not self._retained:
            self._close_batch()
            self._channels, self._retained, self._gap = channels, retained, gap

    def _close_rows(self) -> None:
        if self._rows:
            columns = zip(self._channels, zip(*self._rows, strict=True), strict=True)
            values = tuple(
                np.array(column, object if channel.kind is Kind.TEXT else np.float64) for channel, column in columns
            )
            self._blocks.append((np.array(self._times, np.int64), values))
            self._times, self._rows = [], []

    def _close_batch(self) -> None:
        self._close_rows()
        if not self._blocks:
            return
        time, values = self._blocks[0]
        if len(self._blocks) > 1:
            times, blocks = zip(*self._blocks, strict=True)
            time = np.concatenate(times)
            values = tuple(map(np.concatenate, zip(*blocks, strict=True)))
        flags = {"gap": self._gap, "retained": self._retained}
        self._batches.append(Batch(self._stream, self._channels, time, values, **flags))
        self._blocks = []
