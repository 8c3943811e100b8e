"""Consecutive rows of a stream: as a recording holds them, and as batches."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from stripchart.flow.records import Batch, Channel, nothing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


class Piece(NamedTuple):
    """Consecutive rows, as they are."""

    first: int
    time: NDArray[np.int64]
    gaps: NDArray[np.intp]
    """Places of the rows before which something is missing."""
    columns: dict[int, NDArray[Any]]
    """By the ids of the channels; one that occurs in no row is left out."""


def cut(piece: Piece, first: int, stop: int) -> Piece:
    """Return just the rows ``first <= row < stop`` of a piece."""
    begin, end = max(first - piece.first, 0), min(stop - piece.first, len(piece.time))
    if begin == 0 and end == len(piece.time):
        return piece
    gaps = piece.gaps[(piece.gaps >= begin) & (piece.gaps < end)] - begin
    columns = {channel: column[begin:end] for channel, column in piece.columns.items()}
    return Piece(piece.first + begin, piece.time[begin:end], gaps, columns)


def to_batches(stream: str, piece: Piece, ids: Sequence[int], channels: tuple[Channel, ...]) -> Iterator[Batch]:
    """Cut a piece where something is missing."""
    edges = np.unique([0, *piece.gaps.tolist(), len(piece.time)]).tolist()
    gaps = set(piece.gaps.tolist())
    columns = [
        piece.columns.get(number, nothing(channel.kind, len(piece.time)))
        for number, channel in zip(ids, channels, strict=True)
    ]
    for begin, end in pairwise(edges):
        values = tuple(column[begin:end] for column in columns)
        time = piece.time[begin:end]
        yield Batch(stream, channels, time, values, gap=begin in gaps, first=piece.first + begin)


def within(batch: Batch, start_ns: int, stop_ns: int) -> Iterator[Batch]:
    """Yield the rows of a span, cut where others lie between them: a clock may step back."""
    chosen = (batch.time >= start_ns) & (batch.time < stop_ns)
    if chosen.all():
        yield batch
        return
    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False)).tolist()
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        values = tuple(column[begin:end] for column in batch.values)
        gap = batch.gap and begin == 0
        yield Batch(batch.stream, batch.channels, batch.time[begin:end], values, gap=gap, first=batch.first + begin)


def join(stream: str, channels: tuple[Channel, ...], batches: Sequence[Batch]) -> Batch:
    """Return the rows of some batches with the same channels as one."""
    if not batches:
        return Batch(stream, channels, np.empty(0, np.int64), tuple(nothing(channel.kind, 0) for channel in channels))
    values = tuple(map(np.concatenate, zip(*(batch.values for batch in batches), strict=True)))
    return Batch(stream, channels, np.concatenate([batch.time for batch in batches]), values)
