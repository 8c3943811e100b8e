r"""Lines of the Arduino Serial Plotter.

Grammar, after ``ArduinoSerialPlotterProtocol.md`` of the Arduino IDE::

    line   = part { separator part } end          end = \n, \r\n or \r
    part   = value | label ":" value              one sample of each series
    header = label { separator label }            names the unlabelled series that follow
    separator = "," or blanks or tabs

Traps, and what becomes of them:

- ``Temp: 23``: blanks around the colon belong to it.
- ``a:1, 5``: a series without a label is named by its place, here ``value 2``.
- ``1,,3``: an empty place is left out of the row; one comma at the end of a line means nothing.
- ``2025-10-31 18:35:45 5.1``: a date with a time of day at the beginning is the time by the device's clock; only one of
  them, as in ``12:34:56 5.1``, is skipped. Elsewhere they cannot be read.
- ``nan``, ``inf`` and ``ovf``, as ``Serial.print`` writes them, are values; ``ovf`` reads as NaN.
- A header names only rows with as many values and the same separator, and between blanks it only counts before the
  first row: so ``Sensor ready`` hardly ever names anything by chance. It is log text, too.
- A line with any other word in it is log text, or rejected as a whole ("not a number"), as ``23.5 C``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, ClassVar, Final

from stripchart.decoders.cells import (
    MAX_COLUMNS,
    NOT_A_NUMBER,
    TIME,
    TOO_MANY_COLUMNS,
    FrameError,
    counted,
    is_label,
    listed,
    to_channels,
    to_number,
    to_text,
    to_time,
)
from stripchart.decoders.headers import Header
from stripchart.decoders.linedecoder import LineDecoder
from stripchart.decoders.rows import Row, Shape
from stripchart.decoders.samples import Sample
from stripchart.decoders.template import literals_around
from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from stripchart.flow.records import Channel, Tally

_COLON: Final = re.compile(r"(?<![ \t])[ \t]*:[ \t]*")
_SEPARATOR: Final = re.compile(r"[ \t]*,[ \t]*|[ \t]+")


class ArduinoDecoder(LineDecoder):
    """Numbers, with labels or without; see the module for the grammar.

    Its shapes are ``(separator, labels, clock)`` with a label for each part: ``""`` if it has none, None for an empty
    place. The last one is the unit of the device's time, ``""`` without.

    Attributes
    ----------
    labelled
        The newest shape has labels.
    """

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="Arduino Serial Plotter: numbers",
            recognised="Numbers between blanks, tabs or commas: a channel for each place.",
            data=b"21.5 1013.2\n21.6 1013.1\n21.6,1013.0\n",
            values={"value 1": [21.5, 21.6, 21.6], "value 2": [1013.2, 1013.1, 1013.0]},
        ),
        Sample(
            title="Arduino Serial Plotter: labels",
            recognised="`label:value`, also with a blank behind the colon.",
            data=b"temp:21.5,hum:40\ntemp:21.6,hum:41\r\ntemp: 21.6, hum: nan\n",
            values={"temp": [21.5, 21.6, 21.6], "hum": [40, 41, math.nan]},
        ),
        Sample(
            title="Arduino Serial Plotter: header",
            recognised="A row of names; it may come again after a reset of the device.",
            data=b"temp,hum\n21.5,40\n21.6,41\n",
            values={"temp": [21.5, 21.6], "hum": [40, 41]},
        ),
        Sample(
            title="Log text between the samples",
            recognised="Words become rows of the stream `log`.",
            data=b"21.5\n21.6\nWiFi connected, IP 192.168.1.5\n21.7\n",
            values={"value 1": [21.5, 21.6, 21.7], "log/text": ["WiFi connected, IP 192.168.1.5"]},
        ),
        Sample(
            title="A date and a time before the numbers",
            recognised="It is the time by the device's clock.",
            data=b"2025-10-31 18:35:45 21.5\n2025-10-31 18:35:46 21.6\n",
            values={"time": [1761935745.0, 1761935746.0], "value 1": [21.5, 21.6]},
            units={"time": "wall"},
        ),
    )

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """What a user may set.

        Attributes
        ----------
        columns
            Names of the unlabelled series, separated by commas, for a device that sends no header.
        """

        columns: str = ""

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:
        super().__init__(tally, Header.of_user((options or self.Options()).columns))
        self.labelled = False

    def parse(self, line: bytes) -> Row | Header | None:
        """Read a line; see ``LineDecoder``."""
        separator, parts = _split(_text(line))
        stamp = list(takewhile(TIME.fullmatch, parts))
        del parts[: len(stamp)]
        labels: list[str | None] = []
        values: list[float] = []
        for part in parts:
            label, _, cell = part.rpartition(":")
            labels.append(label if part else None)
            value = to_number(cell)
            if value is not None and ":" not in label:
                values.append(value)
            elif part:
                if all(map(is_label, parts)):
                    return Header(separator, tuple(parts))
                raise FrameError(NOT_A_NUMBER)
        if not values:
            raise FrameError(NOT_A_NUMBER)
        if len(labels) > MAX_COLUMNS:
            raise FrameError(TOO_MANY_COLUMNS)
        clock = to_time(" ".join(stamp))
        if clock is None:
            return Row((separator, tuple(labels), ""), values)
        return Row((separator, tuple(labels), clock.unit), [clock.value, *values])

    def channels(self, shape: Shape) -> tuple[Channel, ...]:
        """Name the series by label, header or place."""
        separator, labels, clock = shape
        self.labelled = any(labels)
        places = labels if all(labels) else self.columns.names(separator, len(labels), "value")
        names = [label or place for label, place in zip(labels, places, strict=True) if label is not None]
        if not clock:
            return to_channels(names)
        numbers = len(names)
        return to_channels(["time", *names], [clock, *[""] * numbers], [Kind.TIME, *[Kind.NUMBER] * numbers])

    def labels(self, shape: Shape) -> tuple[str, ...]:
        """Return the labels."""
        return tuple(label or "" for label in shape[1])

    def literals(self, line: bytes) -> list[str] | None:
        """Return the text around the numbers; None if a time comes first or a place is empty."""
        text = _text(line)
        _, parts = _split(text)
        if not all(parts) or TIME.fullmatch(parts[0]):
            return None
        return literals_around(text, parts, [part.rpartition(":")[2] for part in parts])

    def describe(self, channels: tuple[Channel, ...]) -> str:
        """Say how many series there are, or what their labels are."""
        if self.labelled:
            return f"Arduino labels: {listed([channel.name for channel in channels])}"
        return f"Arduino, {counted(len(channels), 'value')}"


def _text(line: bytes) -> str:
    return _COLON.sub(":", to_text(line).strip())


def _split(text: str) -> tuple[str, list[str]]:
    """Return the kind of separator and the parts."""
    separator = "," if "," in text else " " if " " in text or "\t" in text else ""
    parts = _SEPARATOR.split(text)
    if not parts[-1]:
        del parts[-1]
    return separator, parts
