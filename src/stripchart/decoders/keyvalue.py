r"""Lines of ``key=value`` or ``key: value``.

Grammar::

    line  = pair { separator pair } end           end = \n, \r\n or \r; separator = blanks, tabs, ",", ";" or "|"
    pair  = key ("=" | ":") value                 blanks around the sign belong to it
          | key tab value                         alone on its line
    key   = words, the first of which begins with a letter
    value = number [unit] | time | state word | text (after "=" or a tab only) | quoted text

A line must be made of pairs from end to end, else it is log text or rejected ("not key=value").

Traps, and what becomes of them:

- ``T: 23.5 C, H: 40 %``: a unit may follow its number, with or without blanks, and belongs to the channel.
- ``a=1 b=2``: a word before a sign is the next key, not a unit.
- ``t=2025-10-31T18:35:45Z`` is the time by the device's clock, and so is ``ts=1761935745`` under such a name
  (``cells.TIME_NAMES``). A date or a time of day alone is skipped.
- ``on``/``off``, ``true``/``false``, ``open``/``closed`` and the like make a state channel.
- After a colon other text is prose, so ``WiFi: connected`` is log text; ``mode=auto`` makes a text channel.
- ``0x3fff0030`` is an address, not the number 0 with a unit: text after ``=`` or a tab, prose after a colon.
- VE.Direct sends one ``key\tvalue`` a line; each makes a row. The decoder ``vedirect`` checks its blocks as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from stripchart.decoders.cells import (
    STATES,
    TIME,
    TIME_NAMES,
    DeviceTime,
    FrameError,
    is_text,
    listed,
    to_channels,
    to_device_time,
    to_text,
    to_time,
)
from stripchart.decoders.linedecoder import LineDecoder
from stripchart.decoders.rows import Row, Shape
from stripchart.decoders.samples import Sample
from stripchart.decoders.template import literals_around
from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from stripchart.flow.records import Channel, Tally

NOT_KEY_VALUE: Final = "not key=value"
_SEPARATORS: Final = " \t,;|"
# Quantifiers are possessive (``*+``) wherever they can be, so that no input makes the match try again and again.
_PAIR: Final = re.compile(
    rf"""
    (?P<key> [^\W\d] [^\s=:,;|]*+ (?: [ ] [^\s=:,;|]++ )*+ )
    (?P<sign> [ \t]*+ [=:] [ \t]*+ | \t )
    (?: (?P<time> {TIME.pattern} )
      | (?P<number> (?! [+-]?+ 0x ) [+-]?+ (?: \d++ (?: \.\d*+ )?+ | \.\d++ ) (?: e [+-]?+ \d++ )?+
                  | [+-]?+ (?: nan | inf (?: inity )?+ ) (?! \w ) )
        (?: [ ]*+ (?P<unit> (?: [^\W\d_] | [%°‰] ) (?: [^\s\d=:,;|.] | (?<=[ms]) [23] ){{0,15}}+ )
            (?= [\s,;|] | \Z ) (?! [ \t]*+ [=:] ) )?
      | " (?P<quoted> [^"]*+ ) "
      | (?P<text> [^\s=,;|"]++ )
    )
    (?: [{_SEPARATORS}]++ | \Z )
    """,
    re.VERBOSE | re.IGNORECASE,
)


class KeyValueDecoder(LineDecoder):
    """Pairs of a key and a value; see the module for the grammar.

    Its shapes are ``(name, unit, kind)`` for each value.
    """

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="key=value",
            recognised="Numbers, switches (`on`, `closed`, ...) and text.",
            data=b"temp=21.5 pump=on mode=auto\ntemp=21.6 pump=off mode=eco\n",
            values={"temp": [21.5, 21.6], "pump": [1, 0], "mode": ["auto", "eco"]},
        ),
        Sample(
            title="key: value unit",
            recognised="A unit may follow its number.",
            data="T: 23.5 °C, H: 40 %\nT: 23.6 °C, H: 41 %\n".encode(),
            values={"T": [23.5, 23.6], "H": [40, 41]},
            units={"T": "°C", "H": "%"},
        ),
        Sample(
            title="Lines of one key each",
            recognised="Each line makes a row of its own.",
            data=b"T: 23.5\nH: 40\nT: 23.6\nH: 41\n",
            values={"T": [23.5, 23.6], "H": [40, 41]},
        ),
        Sample(
            title="key=value with a time",
            recognised="A date with a time of day, or seconds (ms, ...) since the epoch as `ts` or `time`.",
            data=b"ts=1761935745 temp=21.5\nts=1761935746 temp=21.6\n",
            values={"ts": [1761935745, 1761935746], "temp": [21.5, 21.6]},
            units={"ts": "s"},
        ),
    )

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """There is nothing to set."""

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:  # noqa: ARG002 - as all
        super().__init__(tally)

    def parse(self, line: bytes) -> Row | None:
        """Read a line; see ``LineDecoder``."""
        if line.startswith(b"Checksum\t"):
            return None
        shape: list[tuple[str, str, Kind]] = []
        values: list[float | str] = []
        clock = None
        for pair in _pairs(to_text(line)):
            instant = None if clock else _time(pair)
            if instant:
                clock = instant
                shape.append((pair["key"], clock.unit, Kind.TIME))
                values.append(clock.value)
            elif not pair["time"]:
                kind, value = _value(pair)
                shape.append((pair["key"], pair["unit"] or "", kind))
                values.append(value)
        return Row(tuple(shape), values) if len(values) > bool(clock) else None

    def channels(self, shape: Shape) -> tuple[Channel, ...]:
        """Name the channels by their keys."""
        names, units, kinds = zip(*shape, strict=True)
        return to_channels(names, units, kinds)

    def labels(self, shape: Shape) -> tuple[str, ...]:
        """Return the keys."""
        return tuple(name for name, _, _ in shape)

    def literals(self, line: bytes) -> list[str] | None:
        """Return the text around the numbers; None if there are other values too, or one may be a time."""
        text = line.decode()
        pairs = _pairs(text)
        if not all(pair["number"] and pair["key"].lower() not in TIME_NAMES for pair in pairs):
            return None
        parts = [text[pair.start() : pair.end("number")] for pair in pairs]
        return literals_around(text, parts, [pair["number"] for pair in pairs])

    def describe(self, channels: tuple[Channel, ...]) -> str:
        """List the keys."""
        return f"key=value: {listed([channel.name for channel in channels])}"


def _pairs(text: str) -> list[re.Match[str]]:
    """Cut a line into pairs; FrameError if anything else is in it."""
    pairs = []
    place = len(text) - len(text.lstrip(_SEPARATORS))
    while place < len(text):
        pair = _PAIR.match(text, place)
        if pair is None or (pair["sign"] == "\t" and (place or pair.end() < len(text))):
            raise FrameError(NOT_KEY_VALUE)
        pairs.append(pair)
        place = pair.end()
    return pairs


def _time(pair: re.Match[str]) -> DeviceTime | None:
    """Return the time by the device's clock, if the pair tells it."""
    if pair["time"]:
        return to_time(pair["time"])
    if pair["number"] and not pair["unit"] and pair["key"].lower() in TIME_NAMES:
        return to_device_time(float(pair["number"]))
    return None


def _value(pair: re.Match[str]) -> tuple[Kind, float | str]:
    number = pair["number"]
    if number:
        return Kind.NUMBER, float(number) or 0.0
    text = pair["quoted"] or pair["text"] or ""
    state = STATES.get(text.lower())
    if state is not None:
        return Kind.STATE, state
    if (":" in pair["sign"] and pair["quoted"] is None) or not is_text(text):
        raise FrameError(NOT_KEY_VALUE)
    return Kind.TEXT, text
