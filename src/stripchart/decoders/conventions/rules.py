"""What a user says about topics, where it differs from what the built-in conventions make of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from stripchart.decoders.cells import is_name
from stripchart.decoders.conventions.filters import EXPECTED, Filter
from stripchart.decoders.conventions.labels import Label, Labels
from stripchart.decoders.objects import VALUE
from stripchart.errors import ConfigError

_PLACE: Final = re.compile(r"\{(\d+)\}")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: which topics it is about, and what holds for them.

    All rules that match a topic hold; where two say the same thing, the first counts. In TOML::

        [[sources.home.decoder_options.rules]]
        topic = "attic/+/w1"
        name = "temperature"
        unit = "°C"

    Raises
    ------
    ConfigError
        With all that is wrong, one mistake a line.
    """

    topic: str
    """Topic filter: ``+`` stands for one level, ``#`` at the end for all that follow."""
    ignore: bool = False
    """Leave these topics out."""
    convention: str = ""
    """Name of the convention that reads them, such as ``tasmota``, whatever they look like."""
    stream: str = ""
    """Name of the stream instead of the topic; ``{1}`` is what the first wildcard stands for, and so on."""
    key: str = VALUE
    """Which value the next ones are about: its path in JSON, such as ``out/volts``; a value alone is ``value``."""
    name: str = ""
    """Name of its channel."""
    unit: str = ""
    """Its unit."""
    on: str = ""
    """The text that means on, in any case."""
    off: str = ""
    """The text that means off."""
    expires: float = 0.0
    """Seconds until it is stale."""
    time: str = ""
    """Path in JSON of what the device's clock says."""
    time_unit: Literal["", "s", "ms", "us", "ns"] = ""
    """Its unit, where it is a number."""

    @cached_property
    def filter(self) -> Filter:
        """The compiled filter; ValueError if it is none."""
        return Filter(self.topic)

    def __post_init__(self) -> None:
        mistakes = []
        try:
            wildcards = self.filter.wildcards
        except ValueError:
            mistakes.append(f"topic: expected {EXPECTED}, got {self.topic!r}")
        else:
            if self.stream and {int(place) for place in _PLACE.findall(self.stream)} != set(range(1, wildcards + 1)):
                places = ", ".join(f"{{{number}}}" for number in range(1, wildcards + 1)) or "no places"
                expected = f"a name with {places}, one for each wildcard of {self.topic!r}"
                mistakes.append(f"stream: expected {expected}, got {self.stream!r}")
        if self.name and not is_name(self.name):
            mistakes.append(f"name: expected up to 128 printable characters, got {self.name[:129]!r}")
        if not 0 <= self.expires < float("inf"):
            mistakes.append(f"expires: expected seconds, 0 or more, got {self.expires!r}")
        if mistakes:
            raise ConfigError("\n".join(mistakes))

    def labels(self, topic: str) -> Labels | None:
        """Return what it says about a topic; None if it is not about that."""
        found = self.filter.match(topic)
        if found is None:
            return None
        label = Label(self.name, self.unit, self.expires, self.on.lower(), self.off.lower())
        stream = _PLACE.sub(lambda place: found[int(place[1]) - 1], self.stream)
        return Labels(stream=stream, channels={self.key: label}, time=self.time, time_unit=self.time_unit)
