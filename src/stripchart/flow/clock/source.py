"""Which time the rows of a source get: that of their arrival, or what the device's own clock said.

A decoder hands on what the device said as a column of ``Kind.TIME``; here it is taken out. Nothing here reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from stripchart.errors import ConfigError
from stripchart.flow.clock.stream import NO_CLOCK, ClockReading, StreamClock
from stripchart.flow.clock.timeline import Starts
from stripchart.flow.clock.units import WALL
from stripchart.flow.records import Batch, Channel, Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

MAX_CLOCKS: Final = 5_000
"""Streams of a source whose clocks are remembered; were there more, all are learned anew."""
MAX_SHAPES: Final = 1_000
"""Sets of channels in which the place of the clock is remembered; were there more, it is found anew."""


@dataclass(frozen=True)
class ClockOptions:
    """What can be said of any source's time, beside its own options.

    Attributes
    ----------
    time
        "auto": the device's own time where it has one that can be; "host": that of arrival; "device": the device's
        is expected, and the page says so where it is missing.
    time_channel
        A number channel that is the device's clock, such as ``millis``; it is then no longer shown as a channel.
    time_unit
        Unit of the device's clock, where it does not tell it or tells it wrongly.
    time_zone
        IANA name of the zone of a device's clock that does not tell it; this machine's if empty.
    """

    time: Literal["auto", "host", "device"] = "auto"
    time_channel: str = ""
    time_unit: Literal["auto", "s", "ms", "us", "ns"] = "auto"
    time_zone: str = ""

    def __post_init__(self) -> None:
        if self.time == "host" and self.time_channel:
            raise ConfigError('time_channel: there is none with time = "host"; leave out one of the two')
        self.zone()

    def zone(self) -> tzinfo | None:
        """Return the zone; None for this machine's. ConfigError if there is none by that name."""
        try:
            return ZoneInfo(self.time_zone) if self.time_zone else None
        except (LookupError, ValueError, OSError) as error:  # names of folders and paths upwards are the last two
            expected = "a name such as Europe/Berlin or UTC"
            raise ConfigError(f"time_zone: expected {expected}, got {self.time_zone!r}") from error


class _Place(NamedTuple):
    """Where the clock is among the channels, and which are left without it."""

    column: int | None
    unit: str
    kept: tuple[int, ...]
    channels: tuple[Channel, ...]


class Clock:
    """The time of one source's rows. Not thread-safe: the pump's account guards it.

    Parameters
    ----------
    options
        What the user said of it.
    report
        Called with the arrival in nanoseconds and a sentence for all that a person should know: steps, restarts.
    """

    def __init__(self, options: ClockOptions | None = None, report: Callable[[int, str], object] | None = None) -> None:
        self.options = options or ClockOptions()
        self.report = report or (lambda _time_ns, _text: None)
        self._zone = self.options.zone()
        self._starts = Starts()
        self._streams: dict[tuple[str, str], StreamClock] = {}
        self._places: dict[tuple[Channel, ...], _Place | None] = {}
        self._shape: tuple[Channel, ...] = ()
        self._place: _Place | None = None
        self._newest: StreamClock | None = None
        self._used = False

    @property
    def complaint(self) -> str:
        """What is wrong for a user who asked for the device's time; empty if nothing."""
        wanted = self.options.time_channel
        if not self._used or self._newest is not None or not (wanted or self.options.time == "device"):
            return ""
        what = f"no number channel {wanted!r}" if wanted else "no device time"
        return f"{what} has come: rows have the time of arrival"

    def reading(self) -> ClockReading:
        """Return what is known of the clock of the newest stream that has one."""
        return NO_CLOCK if self._newest is None else self._newest.reading()

    def apply(self, batch: Batch) -> Batch:
        """Return the rows with their times, and without the column of the device's clock.

        They keep their order, also where the clock steps back. Any split of a stream's rows gives the same times.
        """
        self._used = True
        if batch.channels is not self._shape:
            self._shape, self._place = batch.channels, self._find(batch.channels)
        place = self._place
        if place is None:
            return batch
        time = batch.time
        if place.column is not None and len(time):
            self._newest = self._stream(batch.stream, place.unit)
            time = self._newest.times(batch.values[place.column], time, retained=batch.retained)
        values = tuple(batch.values[column] for column in place.kept)
        return Batch(batch.stream, place.channels, time, values, batch.gap, batch.retained)

    def _stream(self, name: str, unit: str) -> StreamClock:
        stream = self._streams.get((name, unit))
        if stream is None:
            if len(self._streams) >= MAX_CLOCKS:
                self._streams.clear()
            zone = self._zone, bool(self.options.time_zone)
            stream = self._streams[name, unit] = StreamClock(unit, zone, self._starts, self.report)
        return stream

    def _find(self, channels: tuple[Channel, ...]) -> _Place | None:
        if channels not in self._places:
            if len(self._places) >= MAX_SHAPES:
                self._places.clear()
            self._places[channels] = self._search(channels)
        return self._places[channels]

    def _search(self, channels: tuple[Channel, ...]) -> _Place | None:
        """Find the clock among the channels: the one that the user named, else the decoder's."""
        wanted = self.options.time_channel, Kind.NUMBER
        named = [place for place, channel in enumerate(channels) if (channel.name, channel.kind) == wanted]
        told = [place for place, channel in enumerate(channels) if channel.kind is Kind.TIME]
        if not named and not told:
            return None
        kept = tuple(place for place in range(len(channels)) if place not in {*named, *told})
        column = (named or told)[0]
        unit = channels[column].unit
        if self.options.time_unit != "auto" and unit != WALL:
            unit = self.options.time_unit
        used = None if self.options.time == "host" else column
        return _Place(used, unit, kept, tuple(channels[place] for place in kept))
