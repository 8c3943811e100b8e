"""Plain payloads, which any device may send on any topic; other conventions build on them.

A payload is, in this order:

- ``23.5`` or another number as text: channel ``value``;
- ``ON``/``OFF``, ``true``/``false``, ``online``/``offline``, ``yes``/``no``, ``open``/``closed``, in any case: the same
  as a state, 1 or 0;
- a JSON object or array: ``{"a": {"b": [1, 2]}}`` gives ``a/b[0]`` and ``a/b[1]``; an array of objects is a row each.
  A field named ``time`` or the like (see ``cells.TIME_NAMES``) with a date or a time since the epoch is the row's time;
- other text, printable and of at most 256 characters: channel ``value`` as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from stripchart.decoders.cells import MAX_TEXT, TIME_NAMES, FrameError, is_text, to_device_time, to_number, to_text
from stripchart.decoders.conventions.base import Convention, Reader
from stripchart.decoders.conventions.units import NO_UNITS
from stripchart.decoders.conventions.values import MISSING, leaves
from stripchart.decoders.objects import VALUE, parse_json, split, to_clock
from stripchart.decoders.samples import Sample
from stripchart.decoders.template import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.decoders.cells import DeviceTime
    from stripchart.decoders.conventions.rows import PlainNumber, Rows
    from stripchart.decoders.conventions.units import Units
    from stripchart.flow.records import Chunk

FEW: Final = 3
"""Objects that are sooner read one by one."""
_PADDING: Final = b" \t\r\n\0"
"""Some devices send the zero that ends a string in C."""
_NUMBERS: Final = Template(["", ""])


def parse(payload: bytes) -> Any:
    """Return what a payload says: a JSON object or array, or else its text.

    Raises
    ------
    FrameError
        If it is empty, broken JSON, or not text.
    """
    payload = payload.strip(_PADDING)
    if not payload:
        raise FrameError("empty payload")
    if payload[:1] in b"{[":
        return parse_json(payload)
    text = to_text(payload)
    return _unquoted(text) if text.startswith('"') else text


def parse_object(payload: bytes) -> dict[str, Any]:
    """Return a payload that must be a JSON object.

    Raises
    ------
    FrameError
        If it is none.
    """
    value = parse(payload)
    if not isinstance(value, dict):
        raise FrameError("not a JSON object")
    return value


def read_text(text: str, message: Chunk, rows: Rows, units: Units = NO_UNITS) -> None:
    """Add the row of a payload that is no JSON object or array.

    Raises
    ------
    FrameError
        If there is no value, or it is not text that can be shown.
    """
    if len(text) > MAX_TEXT and to_number(text) is None:
        raise FrameError("text too long")
    if not is_text(text) and to_number(text) is None:
        raise FrameError("not text")
    if not rows.add(message, [(VALUE, None if text.lower() in MISSING else text)], units):
        raise FrameError("no value")


class PlainReader(Reader):
    """Reads plain payloads.

    Parameters
    ----------
    units
        Units by name.
    """

    def __init__(self, units: Units = NO_UNITS) -> None:
        self._units = units
        self._plain: PlainNumber | None = None

    def read(self, message: Chunk, rows: Rows) -> None:
        """Read one message; see the module."""
        value = parse(message.data)
        if isinstance(value, str):
            read_text(value, message, rows, self._units)
            return
        objects = value if isinstance(value, list) and all(isinstance(item, dict) for item in value) else [value]
        for item in objects:
            time = _take_time(item) if isinstance(item, dict) and len(item) > 1 else None
            rows.add(message, leaves(item), self._units, time=time)

    def read_all(self, messages: Sequence[Chunk], rows: Rows) -> bool:
        """Read the messages of a topic together, if all are plain numbers or like objects, and all retained or none."""
        if len(messages) > 1 and len({message.retained for message in messages}) > 1:
            return False
        if messages[0].data.startswith(b"{"):
            return len(messages) > FEW and self._read_objects(messages, rows)
        numbers = _one_number(messages[0]) if len(messages) == 1 else _many_numbers(messages)
        if numbers is None:
            return False
        if self._plain is None:
            self._plain = rows.plain_number(messages[0].topic, self._units)
            if self._plain is None:
                return False
        rows.numbers(self._plain, messages, numbers)
        return True

    def _read_objects(self, messages: Sequence[Chunk], rows: Rows) -> bool:
        """Read objects that hold the same names with numbers and booleans, and perhaps a time."""
        try:
            objects = [orjson.loads(message.data) for message in messages]
        except orjson.JSONDecodeError:
            return False
        columns = split(objects) if all(type(item) is dict for item in objects) else None
        if not columns:
            return False
        clock = None
        if len(objects[0]) > 1:
            for place, (name, _, values) in enumerate(columns):
                if name in objects[0] and name.lower() in TIME_NAMES:
                    times = to_clock(values)
                    if times is None:
                        return False
                    if times[1]:
                        clock = times
                        del columns[place]
                        break
        return rows.columns(messages, columns, self._units, clock)


class Plain(Convention):
    """What reads every topic that no other convention takes."""

    name = "plain"
    title = "plain"
    filters = ("#",)
    samples = (
        Sample(
            title="MQTT, plain payloads",
            recognised="A number, a word such as ON or offline, other text, or JSON on any topic; one stream a topic.",
            messages=(
                ("greenhouse/south/temp", b"24.5"),
                ("/pump", b"ON"),
                ("bench/psu", b'{"out": {"volts": 12.1, "limit": false}, "mode": "cv", "spare": null}'),
            ),
            values={
                "greenhouse/south/temp/value": [24.5],
                "/pump/value": [1.0],
                "bench/psu/out/volts": [12.1],
                "bench/psu/out/limit": [0.0],
                "bench/psu/mode": ["cv"],
            },
        ),
    )

    def reader(self, topic: str) -> Reader:  # noqa: ARG002 - all topics are alike
        """Return a reader of plain payloads."""
        return PlainReader()


def _one_number(message: Chunk) -> NDArray[np.float64] | None:
    """Read one message that is plainly a number; half as long as ``_many_numbers`` takes for it."""
    if b"_" in message.data:
        return None
    try:
        return np.array((float(message.data) or 0.0,), np.float64)
    except ValueError:
        return None


def _many_numbers(messages: Sequence[Chunk]) -> NDArray[np.float64] | None:
    table = _NUMBERS.read_all(b"\n".join([message.data for message in messages]) + b"\n", len(messages))
    if table is None:
        return None
    numbers: NDArray[np.float64] = table[0]
    return numbers


def _take_time(value: dict[str, Any]) -> DeviceTime | None:
    """Take the first field out that is a time by its name and by what it says."""
    for name, item in value.items():
        if name.lower() in TIME_NAMES and (time := to_device_time(item)):
            del value[name]
            return time
    return None


def _unquoted(text: str) -> str:
    """Take a JSON string out of its quotes; leave anything else as it is."""
    try:
        return str(parse_json(text.encode())).strip()
    except FrameError:
        return text
