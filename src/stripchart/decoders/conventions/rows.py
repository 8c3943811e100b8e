"""Where readers put rows: values as devices send them become channels of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.decoders.cells import MAX_COLUMNS, TOO_MANY_COLUMNS, FrameError, distinct, is_name
from stripchart.decoders.conventions.labels import NO_LABEL, NO_LABELS
from stripchart.decoders.conventions.units import NO_UNITS
from stripchart.decoders.conventions.values import to_value
from stripchart.decoders.objects import KINDS, VALUE
from stripchart.decoders.rows import MAX_REMEMBERED, BatchBuilder, ChannelCache
from stripchart.decoders.template import to_array
from stripchart.flow.records import Batch, Channel, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.decoders.cells import DeviceTime
    from stripchart.decoders.conventions.labels import Labels
    from stripchart.decoders.conventions.units import Units
    from stripchart.decoders.conventions.values import Cell
    from stripchart.decoders.objects import Column
    from stripchart.decoders.rows import Shape
    from stripchart.flow.records import Chunk

TIME: Final = "time"
"""Name of the channel of kind TIME."""


class PlainNumber(NamedTuple):
    """The stream and the only channel of a topic's numbers."""

    stream: str
    channels: tuple[Channel, ...]


class _Row(NamedTuple):
    stream: str
    channels: tuple[Channel, ...]
    time_ns: int
    values: Sequence[float | str]
    retained: bool
    gap: bool


class _Known(NamedTuple):
    """What a stream's newest row was, and what each of its values last was, text aside."""

    channels: tuple[Channel, ...]
    kinds: dict[str, Kind]


class Rows:
    """Gathers the rows of messages into batches, a stream each.

    Attributes
    ----------
    labels
        Names and units by topic, where somebody announced them.
    """

    def __init__(self) -> None:
        self.labels: dict[str, Labels] = {}
        self._channels = ChannelCache(_to_channels)
        self._known: dict[str, _Known] = {}
        self._remembered = 0
        self._pending: list[_Row] = []
        self._builders: dict[str, BatchBuilder] = {}
        self._batches: list[Batch] = []

    def add(
        self,
        message: Chunk,
        cells: Sequence[Cell],
        units: Units = NO_UNITS,
        *,
        stream: str = "",
        time: DeviceTime | None = None,
    ) -> bool:
        """Add a row of values as a device sent them.

        Numbers and numeric texts are numbers; booleans and words such as ``ON`` are states; other texts are text. None,
        or a word such as ``unavailable``, is NaN in a channel that had numbers or states before; else None is left out.

        Parameters
        ----------
        units
            Units by name.
        stream
            Name of the stream; the topic if it is not given.
        time
            What the device's clock said.

        Returns
        -------
        Whether there was a value.

        Raises
        ------
        FrameError
            If there are too many values, or a name cannot be shown.
        """
        stream = stream or message.topic
        labels = self.labels.get(message.topic)
        if labels is not None:
            stream = labels.rename(stream, message.topic)
            cells, time = labels.split_time(cells, time)
        known = self._known.get(stream)
        shape: list[Shape] = []
        values: list[float | str] = []
        for name, value in cells:
            unit = units[name]
            expires = 0.0
            label = labels and labels.channels.get(name)
            if label:
                name, unit, expires = label.name or name, label.unit or unit, label.expires  # noqa: PLW2901 - renamed
                value = label.state(value)  # noqa: PLW2901 - as announced
            kind, number = to_value(value)
            if kind is None:
                if known is not None and name in known.kinds:
                    kind = known.kinds[name]
                elif value is None:
                    continue
                else:
                    kind, number = Kind.TEXT, value
            shape.append((name, unit, kind, expires))
            values.append(number)
        if len(values) > MAX_COLUMNS:
            raise FrameError(TOO_MANY_COLUMNS)
        if not values:
            return False
        if time is not None:
            shape.append((TIME, time.unit, Kind.TIME, 0.0))
            values.append(time.value)
        self.row(message, self._channels[tuple(shape)], values, stream=stream)
        return True

    def row(
        self,
        message: Chunk,
        channels: tuple[Channel, ...],
        values: Sequence[float | str],
        *,
        stream: str = "",
        gap: bool = False,
    ) -> None:
        """Add a row whose channels the reader knows; equal ones should be the same tuple again.

        A column of kind TIME may be among them. The names must differ and be printable, see ``cells.is_name``.
        ``gap`` says that something is missing before it.
        """
        row = _Row(stream or message.topic, channels, message.time_ns, values, message.retained, gap)
        self._pending.append(row)

    def plain_number(self, topic: str, units: Units = NO_UNITS) -> PlainNumber | None:
        """Return what a number alone on a topic becomes; None if only ``add`` can tell."""
        labels = self.labels.get(topic) or NO_LABELS
        label = labels.channels.get(VALUE) or NO_LABEL
        if label.has_states or labels.time == VALUE:
            return None
        unit = label.unit or units[VALUE]
        shape = ((label.name or VALUE, unit, Kind.NUMBER, label.expires),)
        return PlainNumber(labels.rename(topic, topic), self._channels[shape])

    def numbers(self, plain: PlainNumber, messages: Sequence[Chunk], numbers: NDArray[np.float64]) -> None:
        """Add a number a message, all retained or none."""
        stream, channels = plain
        time = np.array([message.time_ns for message in messages], np.int64)
        self._learn(stream, channels)
        self._batches.append(Batch(stream, channels, time, (numbers,), retained=messages[0].retained))

    def columns(
        self,
        messages: Sequence[Chunk],
        columns: Sequence[Column],
        units: Units,
        clock: tuple[Sequence[float], str] | None,
    ) -> bool:
        """Add a row a message of one topic, all retained or none, given as columns of numbers and booleans.

        Parameters
        ----------
        clock
            What the device's clock said for each, and the unit.

        Returns
        -------
        Whether it could be done; if not, only ``add`` can.
        """
        topic = messages[0].topic
        kinds = [KINDS.get(types) for _, types, _ in columns]
        if topic in self.labels or not columns or None in kinds:
            return False
        shape = [(name, units[name], kind, 0.0) for (name, *_), kind in zip(columns, kinds, strict=True)]
        values = [to_array(column) for *_, column in columns]
        if clock is not None:
            shape.append((TIME, clock[1], Kind.TIME, 0.0))
            values.append(to_array(clock[0]))
        try:
            channels = self._channels[tuple(shape)]
        except FrameError:
            return False
        self._learn(topic, channels)
        time = np.array([message.time_ns for message in messages], np.int64)
        self._batches.append(Batch(topic, channels, time, tuple(values), retained=messages[0].retained))
        return True

    def commit(self) -> None:
        """Keep the rows of a message that was read."""
        for stream, channels, time_ns, values, retained, gap in self._pending:
            builder = self._builders.get(stream)
            if builder is None:
                builder = self._builders[stream] = BatchBuilder(stream)
            builder.row(channels, time_ns, values, retained=retained, gap=gap)
            self._learn(stream, channels)
        self._pending.clear()

    def discard(self) -> None:
        """Drop the rows of a message that was rejected."""
        self._pending.clear()

    def take(self) -> list[Batch]:
        """Return the batches of what was kept, and begin anew."""
        batches = self._batches
        for builder in self._builders.values():
            batches += builder.finish()
        self._batches = []
        self._builders.clear()
        return batches

    def _learn(self, stream: str, channels: tuple[Channel, ...]) -> None:
        known = self._known.get(stream)
        if known is not None and known.channels is channels:
            return
        kinds = {} if known is None else known.kinds
        before = len(kinds)
        kinds.update({channel.name: channel.kind for channel in channels if channel.kind in _NUMERIC})
        self._remembered += len(kinds) - before + (known is None)
        if self._remembered > MAX_REMEMBERED:
            self._known.clear()
            self._remembered = len(kinds) + 1
        self._known[stream] = _Known(channels, kinds)


_NUMERIC: Final = frozenset({Kind.NUMBER, Kind.STATE})


def _to_channels(shape: Shape) -> tuple[Channel, ...]:
    names = [name for name, *_ in shape]
    if not all(map(is_name, names)):
        raise FrameError("bad name")
    return tuple(Channel(name, *rest) for name, (_, *rest) in zip(distinct(names), shape, strict=True))
