r"""Lines that match a regular expression with named groups.

The user writes, for a line such as ``T=21.5 H=40 auto``::

    decoder = "regex"
    pattern = 'T=(?P<temp>\S+) H=(?P<hum>\S+)( (?P<mode>\w+))?'
    units = { temp = "°C", hum = "%" }

Each group is a channel, and each line that the pattern is found in makes a row. A group that does not take part in the
match, or is empty, is left out of it. Expressions are those of RE2: they take time in proportion to the line, whatever
is in it, so no input can stall.

- A group is a number, a state (``on``, ``off`` and the like) or text, as its values are. Text in a group that held a
  number before rejects the line ("not a number"); a group that held text stays text.
- The group ``time`` is what the device's clock said: a date with a time of day, or a number, of which ``units`` may
  tell the unit: ``s``, ``ms``, ``us`` or ``ns``. A time of day alone is passed over.
- A line that does not match is log text if it reads like words, else rejected ("does not match").
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from stripchart.decoders.cells import (
    LOG_STREAM,
    NOT_A_NUMBER,
    STATES,
    TIME,
    DeviceTime,
    FrameError,
    is_name,
    is_text,
    listed,
    to_channels,
    to_device_time,
    to_number,
    to_text,
)
from stripchart.decoders.framed import FramedDecoder
from stripchart.decoders.lines import LineFramer, Lines
from stripchart.decoders.regex_pattern import LinePattern
from stripchart.decoders.rows import ChannelCache
from stripchart.decoders.samples import Sample
from stripchart.decoders.streams import Builders, read_leftover
from stripchart.errors import ConfigError
from stripchart.flow.records import Kind, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.rows import Shape
    from stripchart.flow.records import Batch, Channel

NO_MATCH: Final = "does not match"
NOT_A_TIME: Final = "not a time"
TIME_GROUP: Final = "time"
TIME_UNITS: Final = ("s", "ms", "us", "ns")


class RegexDecoder(FramedDecoder[Lines]):
    """Lines that match an expression; see the module for what becomes of them."""

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="Any line, by a regular expression",
            recognised="Each named group of the pattern is a channel. What does not match is log text or rejected.",
            data=b"sensor ready\r\n"
            b"[2024-06-24 08:18:36Z] T=21.5C H=40 fan:on\r\n"
            b"[2024-06-24 08:18:37Z] T=21.6C H=41\r\n",
            values={
                "time": [1719217116, 1719217117],
                "Air temperature": [21.5, 21.6],
                "hum": [40, 41],
                "fan": [1],
                "log/text": ["sensor ready"],
            },
            units={"Air temperature": "°C", "hum": "%"},
            options={
                "pattern": r"^\[(?P<time>[^\]]+)\] T=(?P<temp>\S+)C H=(?P<hum>\S+)(?: fan:(?P<fan>\w+))?",
                "names": {"temp": "Air temperature"},
                "units": {"temp": "°C", "hum": "%"},
            },
        ),
    )

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """What a user may set.

        Attributes
        ----------
        pattern
            An expression with named groups, ``(?P<name>...)`` or ``(?<name>...)``, in the syntax of RE2. It may match
            anywhere in a line, unless it has ``^`` or ``$``.
        names
            Names of the channels by group, where a group's own will not do.
        units
            Units by group.
        """

        pattern: str
        names: dict[str, str] = field(default_factory=dict)
        units: dict[str, str] = field(default_factory=dict)

        def __post_init__(self) -> None:
            groups = LinePattern(self.pattern).groups
            mistakes = [
                f"{option}: expected groups of the pattern ({', '.join(groups)}), got {group!r}"
                for option, given in (("names", self.names), ("units", self.units))
                for group in given
                if group not in groups
            ]
            mistakes += [
                f"names: expected a name that can be shown, got {name!r}"
                for name in self.names.values()
                if not is_name(name)
            ]
            unit = self.units.get(TIME_GROUP, "s")
            if unit not in TIME_UNITS:
                mistakes.append(f"units: {TIME_GROUP}: expected one of {', '.join(TIME_UNITS)}, got {unit!r}")
            if mistakes:
                raise ConfigError("\n".join(mistakes))

    def __init__(self, options: Options, tally: Tally | None = None) -> None:
        super().__init__(tally)
        self._options = options
        self._pattern = LinePattern(options.pattern)
        self.note = f"regular expression: {listed(self._pattern.groups)}"
        self._framer = LineFramer(self.tally, hold_first=False)
        self._channels = ChannelCache(self._make_channels)
        self._kinds: dict[str, Kind] = {}
        """What the values of each group were so far."""

    def _decode(self, lines: Lines) -> list[Batch]:
        builders = Builders()
        for line, time_ns in zip(lines.data.split(b"\n"), lines.time.tolist(), strict=False):  # the last is no line
            parts = self._pattern.search(line)
            if parts is None:
                read_leftover(line, time_ns, self.tally, builders[LOG_STREAM], NO_MATCH)
                continue
            self.tally.frames += 1
            try:
                shape, values = self._read(parts)
                channels = self._channels[shape]
            except FrameError as reason:
                self.tally.reject(time_ns, str(reason), line)
            else:
                self.tally.decoded += 1
                builders[""].row(channels, time_ns, values)
        return builders.finish()

    def _read(self, parts: Sequence[bytes | None]) -> tuple[Shape, list[float | str]]:
        """Return a group, a kind and a unit for each value, and the values; FrameError if one cannot be."""
        shape: list[tuple[str, Kind, str]] = []
        values: list[float | str] = []
        for group, part in zip(self._pattern.groups, parts, strict=True):
            text = to_text(part).strip() if part else ""
            if not text:
                continue
            if group == TIME_GROUP:
                time = self._read_time(text)
                if time is not None:
                    shape.append((group, Kind.TIME, time.unit))
                    values.append(time.value)
                continue
            kind, value = _read_value(text, self._kinds.get(group))
            shape.append((group, kind, self._options.units.get(group, "")))
            values.append(value)
        self._kinds.update((group, kind) for group, kind, _ in shape)
        return tuple(shape), values

    def _read_time(self, text: str) -> DeviceTime | None:
        """Return what the clock said; None for a time of day alone."""
        number = to_number(text)
        unit = self._options.units.get(TIME_GROUP, "")
        if number is not None and math.isfinite(number):
            return DeviceTime(number, unit) if unit else to_device_time(number) or DeviceTime(number, "")
        time = to_device_time(text)
        if time is None and not TIME.fullmatch(text):
            raise FrameError(NOT_A_TIME)
        return time

    def _make_channels(self, shape: Shape) -> tuple[Channel, ...]:
        if all(kind is Kind.TIME for _, kind, _ in shape):
            return ()  # a time alone is no sample
        groups, kinds, units = zip(*shape, strict=True)
        return to_channels([self._options.names.get(group, group) for group in groups], units, kinds)


def _read_value(text: str, known: Kind | None) -> tuple[Kind, float | str]:
    """Return a value and its kind, given the kind of the values before."""
    if known is not Kind.TEXT:
        number = to_number(text)
        if number is not None:
            return Kind.NUMBER, number
        if known is Kind.NUMBER:
            raise FrameError(NOT_A_NUMBER)
        state = STATES.get(text.lower())
        if state is not None:
            return Kind.STATE, state
    if not is_text(text):
        raise FrameError("not text")
    return Kind.TEXT, text
