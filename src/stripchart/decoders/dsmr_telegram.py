"""What the lines of a telegram of a smart meter say: OBIS codes to names, times to instants."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.decoders.cells import MAX_COLUMNS, TOO_MANY_COLUMNS, WALL, DeviceTime, FrameError, distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LINE: Final = re.compile(r"(\d{1,3}-(\d{1,3}):(\d{1,3}\.\d{1,3}\.\d{1,3}))(?:\.\d{1,3})?\(([^\n]*)\)")
_TIME: Final = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([SW]?)")
_VALUE: Final = re.compile(r"([+-]?\d+(?:\.\d+)?)(?:\*([^\s*]{1,16}))?")
_HOURS_EAST: Final = {"S": 2, "W": 1}
"""Of Greenwich, in Amsterdam, in summer and in winter."""
_UNITS: Final = {"m3": "m³", "degC": "°C"}
_METERS: Final = {"2": "electricity", "3": "gas", "4": "heat", "6": "warm water", "7": "water", "12": "heat"}
"""Of the M-Bus, by their type after EN 13757-3."""
_QUANTITIES: Final = {"m³": "volume", "GJ": "energy", "MJ": "energy", "kWh": "energy"}

_CLOCK: Final = "0-0:1.0.0"
_VERSION: Final = "1-3:0.2.8"
_MESSAGE: Final = "0-0:96.13.0"
_METER_TYPE: Final = "24.1.0"
_METERED: Final = frozenset({_METER_TYPE, "24.2.1", "24.2.3", "24.3.0"})
_NO_SAMPLES: Final = re.compile(r"\d+-\d+:(?:0\.2\.8|42\.0\.0|96\.1\.\d+|96\.13\.\d+|9[89]\.\d+\.\d+)")
"""Versions, serial numbers, texts, and lists of what is past."""


def _names() -> Iterator[tuple[str, str]]:
    for code, name in enumerate(("imported", "exported", "reactive imported", "reactive exported"), 1):
        yield f"1-0:{code}.7.0", f"power {name}"
        yield f"1-0:{code}.8.0", f"energy {name}"
        for tariff in range(1, 5):
            yield f"1-0:{code}.8.{tariff}", f"energy {name} {tariff}"
        for phase in range(1, 4):
            yield f"1-0:{20 * phase + code}.7.0", f"power {name} L{phase}"
    for bus in range(1, 5):
        yield f"0-{bus}:24.4.0", f"valve {bus}"
    for phase in range(1, 4):
        yield f"1-0:{20 * phase + 11}.7.0", f"current L{phase}"
        yield f"1-0:{20 * phase + 12}.7.0", f"voltage L{phase}"
        yield f"1-0:{20 * phase + 12}.32.0", f"voltage sags L{phase}"
        yield f"1-0:{20 * phase + 12}.36.0", f"voltage swells L{phase}"


NAMES: Final = {
    "0-0:96.14.0": "tariff",
    "0-0:17.0.0": "power threshold",
    "0-0:96.3.10": "breaker",
    "0-0:96.7.21": "power failures",
    "0-0:96.7.9": "long power failures",
    "1-0:31.4.0": "current threshold",
    "1-0:1.4.0": "average demand",
    "1-0:1.6.0": "peak demand",
    **dict(_names()),
}
"""By OBIS code."""


class Cell(NamedTuple):
    """A value of the telegram's row."""

    name: str
    unit: str
    value: float


class Reading(NamedTuple):
    """What a meter on the M-Bus measured."""

    meter: str
    """Its kind, or its number if that is not told."""
    cell: Cell
    time: DeviceTime | None
    """When it was read."""


class Telegram:
    """What a telegram says.

    Parameters
    ----------
    body
        From behind the first ``/`` up to ``!``.
    strict
        Every line must be readable, since no checksum says that what cannot be read is not wrong.

    Attributes
    ----------
    time
        What its clock said.
    cells
        The values of its row.
    version
        Of the standard, such as ``5.0``; empty if it is not told.
    message
        For the customer; mostly empty.

    Raises
    ------
    FrameError
        If it has too many values, or a line that must be readable is not.
    """

    def __init__(self, body: str, *, strict: bool) -> None:
        self.time: DeviceTime | None = None
        self.cells: list[Cell] = []
        self.version = self.message = ""
        self._types: dict[str, str] = {}
        self._readings: dict[str, tuple[Cell, DeviceTime | None]] = {}
        _, *lines = body.replace("\r", "").replace("\n(", "(").split("\n")
        for line in lines:
            found = _LINE.fullmatch(line)
            if found:
                code, bus, kind, values = found.groups()
                self._read_line(code, bus, kind, values.split(")("))
            elif strict and line.strip():
                raise FrameError("unreadable line")
        if len(self.cells) > MAX_COLUMNS:
            raise FrameError(TOO_MANY_COLUMNS)

    @property
    def readings(self) -> list[Reading]:
        """What the meters on the M-Bus measured."""
        meters = distinct([_METERS.get(self._types.get(bus, "").lstrip("0"), f"meter {bus}") for bus in self._readings])
        return [Reading(meter, *reading) for meter, reading in zip(meters, self._readings.values(), strict=True)]

    def _read_line(self, code: str, bus: str, kind: str, values: Sequence[str]) -> None:
        if code == _CLOCK:
            self.time = read_time(values[0])
        elif code == _VERSION:
            self.version = ".".join(values[0][:2])
        elif code == _MESSAGE:
            self.message = _from_hex(values[0])
        elif bus != "0" and kind in _METERED:
            self._read_meter(bus, kind, values)
        elif not _NO_SAMPLES.fullmatch(code):
            cell = _value(values[-1], NAMES.get(code, code))
            if cell is not None:
                self.cells.append(cell)

    def _read_meter(self, bus: str, kind: str, values: Sequence[str]) -> None:
        """Read ``(time)(value*unit)``, or ``(time)(...)(unit)(value)`` of version 3."""
        if kind == _METER_TYPE:
            self._types[bus] = values[0]
            return
        cell = _value(values[-1], "value", values[-2] if len(values) > 2 else "")  # noqa: PLR2004 - of version 3
        time = read_time(values[0]) if len(values) > 1 else None
        if cell is not None and (time is not None or len(values) == 1):  # else it is not connected
            self._readings[bus] = cell._replace(name=_QUANTITIES.get(cell.unit, cell.name)), time


def read_time(text: str) -> DeviceTime | None:
    """Return the instant of ``YYMMDDhhmmss``, and ``S`` or ``W`` if the zone is told; None if there is no such time.

    A meter of gas that is not connected tells ``632525252525S``.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    try:
        wall = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None
    season = found[7]
    return DeviceTime(wall - _HOURS_EAST[season] * 3600, "s") if season else DeviceTime(wall, WALL)


def _value(text: str, name: str, unit: str = "") -> Cell | None:
    found = _VALUE.fullmatch(text)
    if found is None:
        return None
    unit = found[2] or unit
    return Cell(name, _UNITS.get(unit, unit), float(found[1]) or 0.0)


def _from_hex(text: str) -> str:
    try:
        return bytes.fromhex(text).decode()
    except ValueError:  # so is UnicodeDecodeError
        return ""
