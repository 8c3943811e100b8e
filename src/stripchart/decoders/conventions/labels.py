"""What somebody announced about the values on a topic: names, units, and which words are states."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from stripchart.decoders.conventions.clock import read_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stripchart.decoders.cells import DeviceTime
    from stripchart.decoders.conventions.values import Cell


class Label(NamedTuple):
    """What is known of one value; what is empty stays as it is."""

    name: str = ""
    unit: str = ""
    expires: float = 0.0
    """Seconds until a value is stale."""
    on: str = ""
    """The text that means on, in lower case."""
    off: str = ""
    """The text that means off."""

    @property
    def has_states(self) -> bool:
        """Whether it has texts for on or off."""
        return bool(self.on or self.off)

    def state(self, value: Any) -> Any:
        """Return a value, as a boolean if its text is one of those that mean on or off."""
        word = str(value).lower() if self.has_states else ""
        return {self.off: False, self.on: True}.get(word, value) if word else value

    def over(self, under: Label) -> Label:
        """Return both together; where both say something, this one counts."""
        return Label(
            self.name or under.name,
            self.unit or under.unit,
            self.expires or under.expires,
            self.on or under.on,
            self.off or under.off,
        )


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What is known of a topic.

    Attributes
    ----------
    stream
        Name for its stream, instead of the topic.
    channels
        A label by the name of a value.
    time, time_unit
        Name of the value that is the device's time, and its unit if that is known.
    """

    stream: str = ""
    channels: Mapping[str, Label] = field(default_factory=dict)
    time: str = ""
    time_unit: str = ""

    def rename(self, stream: str, topic: str) -> str:
        """Return a stream's name with the topic at its beginning replaced."""
        return self.stream + stream.removeprefix(topic) if self.stream and stream.startswith(topic) else stream

    def split_time(self, cells: Sequence[Cell], time: DeviceTime | None) -> tuple[Sequence[Cell], DeviceTime | None]:
        """Take the device's time out of the values."""
        if not self.time:
            return cells, time
        for name, value in cells:
            if name == self.time:
                time = read_time(value, self.time_unit) or time
        return [cell for cell in cells if cell[0] != self.time], time

    def below(self, over: Labels) -> Labels:
        """Return both together; where both say something, ``over`` counts."""
        channels = {**self.channels}
        for name, label in over.channels.items():
            channels[name] = label.over(channels.get(name, NO_LABEL))
        return Labels(
            stream=over.stream or self.stream,
            channels=channels,
            time=over.time or self.time,
            time_unit=over.time_unit or self.time_unit,
        )


NO_LABEL = Label()
NO_LABELS = Labels()
