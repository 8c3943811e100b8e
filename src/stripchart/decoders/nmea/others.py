"""Sentences of NMEA 0183 that are no table: satellites, transducers, text, and what is unknown."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from stripchart.decoders.cells import (
    LOG_CHANNELS,
    LOG_STREAM,
    MAX_COLUMNS,
    TOO_MANY_COLUMNS,
    FrameError,
    distinct,
    is_name,
    to_channels,
    to_log,
    to_text,
)
from stripchart.decoders.nmea.forms import FORMS, Column, Form
from stripchart.decoders.nmea.rows import to_numbers
from stripchart.decoders.nmea.streams import own_stream, system_of
from stripchart.decoders.rows import ChannelCache
from stripchart.flow.records import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stripchart.decoders.nmea.streams import Address
    from stripchart.decoders.rows import Shape

MAX_GROUPS: Final = 32
"""Groups of satellites that may be incomplete at a time."""
_MALFORMED: Final = "malformed"
_PARTS: Final = frozenset(b"%d" % number for number in range(1, 10))
_HEAD: Final = 4
"""Fields of a group before the satellites: address, parts, number of this part, satellites in view."""
_SATELLITE: Final = 4
"""Fields of a satellite in a group: its number, elevation, azimuth and SNR."""
_IN_VIEW: Final = (Column(Channel("satellites in view"), 1), Column(Channel("satellites tracked"), 2))
_USED: Final = Form(
    tuple(
        Column(Channel(name), place)
        for place, name in enumerate(("fix mode", "satellites used", "pdop", "hdop", "vdop"), 1)
    )
)
_REFERENCES: Final = {b"R": "apparent", b"T": "true"}
"""Of a wind angle."""
_UNITS: Final = {
    b"A": {b"D": "°"}, b"C": {b"C": "°C", b"F": "°F"}, b"D": {b"M": "m"}, b"F": {b"H": "Hz"}, b"H": {b"P": "%"},
    b"L": {b"S": "ppt"}, b"P": {b"B": "bar", b"P": "Pa"}, b"T": {b"R": "rpm"}, b"V": {b"M": "m³"},
}  # fmt: skip
"""Of transducers by their type and the letter sent; any other letter is the unit itself."""
_TYPES: Final = {
    b"A": "angle", b"C": "temperature", b"D": "displacement", b"F": "frequency", b"G": "generic", b"H": "humidity",
    b"I": "current", b"L": "salinity", b"N": "force", b"P": "pressure", b"R": "flow rate", b"S": "switch",
    b"T": "tachometer", b"U": "voltage", b"V": "volume",
}  # fmt: skip
"""What a transducer without a name is called."""
_NUMBER: Final = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")


class OtherRow(NamedTuple):
    """A row and where it belongs."""

    stream: str
    channels: tuple[Channel, ...]
    values: Sequence[float | str]


class Restated(NamedTuple):
    """One or more sentences, put together such that a form fits."""

    stream: str
    form: Form
    fields: list[bytes]


_Group: TypeAlias = tuple[int, list[bytes]]
"""How many parts of a group of satellites came so far, and their fields."""
_NO_GROUP: Final[_Group] = (0, [])


class OtherRows:
    """Turns sentences into rows or what a form fits, gathering those that come in parts."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}
        self._numbered = ChannelCache(_numbered)

    def read(self, address: Address, fields: list[bytes]) -> Restated | list[OtherRow]:
        """Return what a sentence says, perhaps nothing; FrameError if it cannot be read.

        Parameters
        ----------
        address
            The first field, as read.
        fields
            All of them.
        """
        kind = address.kind
        if kind == b"GSV":
            return self._read_in_view(address, fields)
        if kind in _READERS:
            return _READERS[kind](address, fields)
        return self._read_unknown(address, fields)

    def reset(self) -> None:
        """Forget the parts of groups."""
        self._groups.clear()

    def _read_in_view(self, address: Address, fields: list[bytes]) -> Restated | list[OtherRow]:
        """Read a part of a GSV group; the last one makes the row."""
        if len(fields) < _HEAD or fields[1] not in _PARTS or fields[2] not in _PARTS:
            raise FrameError(_MALFORMED)
        parts, part, cells = int(fields[1]), int(fields[2]), fields[_HEAD:]
        stream = address.system_stream
        if len(cells) % _SATELLITE == 1:
            stream = f"{stream} signal {to_text(cells.pop())[:4]}"
        done, known = self._groups.pop(stream, _NO_GROUP) if part > 1 else _NO_GROUP
        if part != done + 1 or part > parts:
            raise FrameError("a part is missing")
        cells = known + cells
        if part < parts:
            if len(self._groups) >= MAX_GROUPS:
                self._groups.clear()
            self._groups[stream] = part, cells
            return []
        numbers, strengths = cells[::4], cells[3::4]
        tracked = len(strengths) - strengths.count(b"")
        return Restated(stream, _satellites(tuple(numbers)), [fields[0], fields[3], b"%d" % tracked, *strengths])

    def _read_unknown(self, address: Address, fields: list[bytes]) -> list[OtherRow]:
        places = [place for place, cell in enumerate(fields) if place and _NUMBER.fullmatch(cell)]
        if len(places) > MAX_COLUMNS:
            raise FrameError(TOO_MANY_COLUMNS)
        if not places:
            return []
        stream, channels = own_stream(address, fields), self._numbered[tuple(places)]
        return [OtherRow(stream, channels, to_numbers([fields[place] for place in places]))]


def _read_used(address: Address, fields: list[bytes]) -> Restated:
    """Read a GSA: the satellites of a system that the fix is made of, and how good it is."""
    used = [number for number in fields[3:15] if number]
    stream = address.system_stream
    if address.talker == b"GN":
        number = fields[18] if len(fields) > 18 else b""  # noqa: PLR2004 - its place since NMEA 4.10
        system = system_of(number, used[0] if used else b"")
        stream = f"{stream}/{system}" if system else stream
    return Restated(stream, _USED, [fields[0], *fields[2:3], b"%d" % len(used), *fields[15:18]])


def _read_transducers(address: Address, fields: list[bytes]) -> list[OtherRow]:
    """Read an XDR: type, value, unit and name of each transducer."""
    rows = []
    for kind, value, letter, name in zip(fields[1::4], fields[2::4], fields[3::4], fields[4::4], strict=False):
        if value:
            unit = _UNITS.get(kind, {}).get(letter) or to_text(letter)
            label = to_text(name).strip() or _TYPES.get(kind, "transducer")
            rows.append(OtherRow(f"{address.stream}/{label}", (Channel("value", unit),), to_numbers((value,))))
    if not rows and any(fields[1:]):
        raise FrameError(_MALFORMED)
    return rows


def _read_wind(address: Address, fields: list[bytes]) -> Restated:
    reference = _REFERENCES.get(fields[2] if len(fields) > 2 else b"", "unknown")  # noqa: PLR2004 - its place
    return Restated(f"{address.stream}/{reference}", FORMS[b"MWV"], fields)


def _read_text(_: Address, fields: list[bytes]) -> list[OtherRow]:
    text = to_log(to_text(b",".join(fields[4:])))
    return [OtherRow(LOG_STREAM, LOG_CHANNELS, (text,))] if text else []


def _read_nothing(_: Address, __: list[bytes]) -> list[OtherRow]:
    return []


_READERS: Final[Mapping[bytes, Callable[[Address, list[bytes]], Restated | list[OtherRow]]]] = {
    b"GSA": _read_used,
    b"MWV": _read_wind,
    b"XDR": _read_transducers,
    b"TXT": _read_text,
    b"ZDA": _read_nothing,  # it tells a date only
    b"VDM": _read_nothing,  # what ships say of themselves, in an armour of six bits (AIS)
    b"VDO": _read_nothing,
}


@lru_cache(maxsize=256)
def _satellites(numbers: tuple[bytes, ...]) -> Form:
    """Return the form of a group with these satellites."""
    names = distinct([f"SNR {to_text(number).lstrip('0')}" for number in numbers])
    if not all(map(is_name, names)):
        raise FrameError(_MALFORMED)
    return Form(
        (*_IN_VIEW, *[Column(Channel(name, "dBHz"), place) for place, name in enumerate(names, len(_IN_VIEW) + 1)])
    )


def _numbered(places: Shape) -> tuple[Channel, ...]:
    return to_channels([f"field {place}" for place in places])
