"""Which rows and columns leave a recording: streams and channels by name, as tables with a column for each channel."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from stripchart.flow.records import Batch, Channel, channel_key, is_absent, nothing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray


class Described(Protocol):
    """A stream as the hub or a recording tells of it."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All its channels."""
        ...


class UnknownChannelsError(LookupError):
    """Some of the channels asked for do not exist; ``args[0]`` is their names."""


class Choice(NamedTuple):
    """What is wanted of one stream."""

    stream: str
    channels: tuple[Channel, ...]
    whole: bool = True
    """All its channels are wanted, so every row is, even one that holds nothing."""


def choose(streams: Iterable[Described], wanted: Sequence[str]) -> list[Choice]:
    """Find the channels that are wanted; streams of which none is wanted are left out.

    Parameters
    ----------
    wanted
        Names of channels (``stream/channel``) or of streams, each alone or several with commas between; all there are
        if empty.

    Raises
    ------
    UnknownChannelsError
        If something wanted does not exist.
    """
    names = {stream.name: [f"{stream.name}/{channel.name}" for channel in stream.channels] for stream in streams}
    known = names.keys() | {name for each in names.values() for name in each}
    asked = {name for text in wanted for name in ([text] if text in known else text.split(",")) if name}
    if asked - known:
        raise UnknownChannelsError(sorted(asked - known))
    choices = []
    for stream in streams:
        keep = [not asked or name in asked or stream.name in asked for name in names[stream.name]]
        channels = tuple(channel for channel, kept in zip(stream.channels, keep, strict=True) if kept)
        if channels:
            choices.append(Choice(stream.name, channels, all(keep)))
    return choices


class Table:
    """Brings batches of a stream to the columns of a choice.

    Cells that never came are ``ABSENT`` or empty. Unless the whole stream is wanted, rows that hold none of the
    channels are left out; what was missing before them is then missing before the next one.
    """

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self._shape: tuple[Channel, ...] | None = None
        self._places: list[int | None] = []
        self._gap = False

    def feed(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield the rows, all with the channels of the choice."""
        for batch in batches:
            aligned = self._align(batch)
            if len(aligned):
                yield aligned

    def _align(self, batch: Batch) -> Batch:
        choice = self.choice
        if batch.channels is not self._shape:
            found = {channel_key(channel): place for place, channel in enumerate(batch.channels)}
            self._places = [found.get(channel_key(channel)) for channel in choice.channels]
            self._shape = batch.channels
        time = batch.time
        values = [
            nothing(channel.kind, len(time)) if place is None else batch.values[place]
            for channel, place in zip(choice.channels, self._places, strict=True)
        ]
        self._gap |= batch.gap
        if not choice.whole and len(time):
            kept = np.logical_or.reduce(list(map(held, values)))
            if not kept.all():
                time, values = time[kept], [column[kept] for column in values]
        aligned = Batch(choice.stream, choice.channels, time, tuple(values), gap=self._gap)
        if len(time):
            self._gap = False
        return aligned


def held(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which cells of a column hold a value."""
    if column.dtype == object:
        filled: NDArray[np.bool_] = column != ""
        return filled.astype(np.bool_)
    return ~is_absent(column)


def distinct_names(channels: Iterable[Channel], taken: Iterable[str]) -> list[str]:
    """Name the channels so that no name comes twice: one that is taken gets its kind behind it, then a number too."""
    known = set(taken)
    names = []
    for channel in channels:
        name = channel.name if channel.name not in known else f"{channel.name} ({channel.kind})"
        numbered = (f"{name} {number}" for number in count(2))
        free = name if name not in known else next(each for each in numbered if each not in known)
        known.add(free)
        names.append(free)
    return names
