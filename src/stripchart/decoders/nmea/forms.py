"""The sentences of NMEA 0183 that are known, as tables, and how their fields are read.

Fields are numbered from 1; the address is number 0. The sentences are those of NMEA 0183 as E. S. Raymond's "NMEA
Revealed" and the manuals of receivers describe them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.decoders.cells import FrameError
from stripchart.flow.records import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_FOOT: Final = 0.3048
_NAUTICAL_MILE: Final = 1.852
_VALID: Final = (b"A", b"")
_STEPS: Final = 10**10
_STEPS_OF_MINUTE: Final = _STEPS / 60
"""A position is told in steps of 1e-10 degrees, 11 µm, so that 4807.038 is 48.1173, and not a little less."""


class Column(NamedTuple):
    """A channel of a sentence."""

    channel: Channel
    place: int
    """Of its number. It is left out of rows in which this is empty."""
    factor: float = 1.0
    mark: tuple[int, bytes] | None = None
    """A place, and what must stand there, such as the letter of a unit; else the column is left out."""
    direction: int | None = None
    """Place of a letter that gives the number a direction; if it is empty, the column is left out."""
    turn: Callable[[Sequence[float], Sequence[bytes]], list[float]] | None = None
    """Turns numbers and their directions into values."""
    of_fix: bool = False
    """Only if the sentence is valid."""


class Form(NamedTuple):
    """What a type of sentence holds."""

    columns: tuple[Column, ...]
    """Of several with the same name, the first that is there counts."""
    status: int | None = None
    """Place of the letter that is A if the sentence is valid."""
    void: tuple[int, bytes] | None = None
    """A place, and the letters of which all that stands there consists if the sentence is not valid."""
    time: int | None = None
    """Place of the time of day, UTC."""
    date: int | None = None
    """Place of the date."""
    tells_fix: bool = False
    """Whether it is valid becomes the channel ``fix``."""

    def is_valid(self, fields: Sequence[bytes]) -> bool:
        """Say whether a sentence is valid; a field that is missing, as on an older device, or empty speaks for it."""
        if self.status is not None and self.status < len(fields) and fields[self.status] not in _VALID:
            return False
        if self.void is None or self.void[0] >= len(fields):
            return True
        place, letters = self.void
        return not fields[place] or bool(fields[place].strip(letters))


def _signed(values: Sequence[float], directions: Sequence[bytes]) -> list[float]:
    """Make what points west negative."""
    return _directed(values, directions, b"E", b"W")


def _latitudes(values: Sequence[float], directions: Sequence[bytes]) -> list[float]:
    """Turn ``ddmm.mmm`` with N or S into degrees."""
    return _directed(_degrees(values, 90), directions, b"N", b"S")


def _longitudes(values: Sequence[float], directions: Sequence[bytes]) -> list[float]:
    """Turn ``dddmm.mmm`` with E or W into degrees."""
    return _directed(_degrees(values, 180), directions, b"E", b"W")


def _degrees(values: Sequence[float], limit: int) -> list[float]:
    if min(values) < 0 or max(values) > 100 * limit:
        raise FrameError("bad position")
    minutes = [value - 40 * (value // 100) for value in values]
    return [int(minute * _STEPS_OF_MINUTE + 0.5) / _STEPS for minute in minutes]


def _directed(values: Sequence[float], directions: Sequence[bytes], positive: bytes, negative: bytes) -> list[float]:
    if b"".join(directions).strip(positive + negative):
        raise FrameError("bad direction")
    if negative not in directions:
        return list(values)
    return [-value if letter == negative else value for value, letter in zip(values, directions, strict=True)]


def _plain(place: int, name: str, unit: str = "", mark: str = "", factor: float = 1.0) -> Column:
    """Describe a number; after it comes the letter of its unit, if ``mark`` is one."""
    return Column(Channel(name, unit), place, factor, (place + 1, mark.encode()) if mark else None)


def _variation(place: int, name: str = "magnetic variation") -> Column:
    return Column(Channel(name, "°"), place, direction=place + 1, turn=_signed)


def _position(place: int) -> tuple[Column, ...]:
    return _fix(
        Column(Channel("latitude", "°"), place, direction=place + 1, turn=_latitudes),
        Column(Channel("longitude", "°"), place + 2, direction=place + 3, turn=_longitudes),
    )


def _fix(*columns: Column) -> tuple[Column, ...]:
    """Say of columns that they need a fix."""
    return tuple(column._replace(of_fix=True) for column in columns)


def _depth(name: str) -> Form:
    return Form((
        _plain(3, name, "m", "M"), _plain(1, name, "m", "f", _FOOT), _plain(5, name, "m", "F", 6 * _FOOT),
    ))  # fmt: skip


FORMS: Final[Mapping[bytes, Form]] = {
    b"GGA": Form(
        (
            *_position(2), _plain(6, "fix quality"), _plain(7, "satellites"), _plain(8, "hdop"),
            *_fix(
                _plain(9, "altitude", "m", "M"), _plain(11, "geoid separation", "m", "M"),
                _plain(13, "correction age", "s"),
            ),
        ),
        void=(6, b"0"), time=1,
    ),
    b"GNS": Form(
        (
            *_position(2), _plain(7, "satellites"), _plain(8, "hdop"),
            *_fix(
                _plain(9, "altitude", "m"), _plain(10, "geoid separation", "m"), _plain(11, "correction age", "s"),
            ),
        ),
        void=(6, b"N"), time=1,
    ),
    b"RMC": Form(
        (*_position(3), *_fix(_plain(7, "speed", "kn"), _plain(8, "course", "°"), _variation(10))),
        status=2, void=(12, b"N"), time=1, date=9, tells_fix=True,
    ),
    b"GLL": Form(_position(1), status=6, void=(7, b"N"), time=5, tells_fix=True),
    b"GST": Form(
        (
            _plain(2, "range error", "m"), _plain(6, "latitude error", "m"), _plain(7, "longitude error", "m"),
            _plain(8, "altitude error", "m"),
        ),
        time=1,
    ),
    b"VTG": Form(
        _fix(
            _plain(1, "course", "°", "T"), _plain(3, "magnetic course", "°", "M"), _plain(5, "speed", "kn", "N"),
            _plain(7, "speed", "kn", "K", 1 / _NAUTICAL_MILE),
        ),
        void=(9, b"N"),
    ),
    b"HDT": Form((_plain(1, "true heading", "°", "T"),)),
    b"HDM": Form((_plain(1, "magnetic heading", "°", "M"),)),
    b"HDG": Form((_plain(1, "magnetic heading", "°"), _variation(2, "magnetic deviation"), _variation(4))),
    b"ROT": Form(_fix(_plain(1, "rate of turn", "°/min")), status=2),
    b"RSA": Form(_fix(_plain(1, "rudder angle", "°")), status=2),
    b"MWV": Form(
        _fix(
            _plain(1, "wind angle", "°"), _plain(3, "wind speed", "kn", "N"), _plain(3, "wind speed", "m/s", "M"),
            _plain(3, "wind speed", "km/h", "K"), _plain(3, "wind speed", "mph", "S"),
        ),
        status=5,
    ),
    b"MWD": Form((
        _plain(1, "wind direction", "°", "T"), _plain(3, "magnetic wind direction", "°", "M"),
        _plain(5, "wind speed", "kn", "N"), _plain(7, "wind speed", "kn", "M", 3.6 / _NAUTICAL_MILE),
    )),
    b"DBT": _depth("depth"),
    b"DBS": _depth("depth below surface"),
    b"DBK": _depth("depth below keel"),
    b"DPT": Form((_plain(1, "depth", "m"), _plain(2, "depth offset", "m"))),
    b"VHW": Form((
        _plain(1, "true heading", "°", "T"), _plain(3, "magnetic heading", "°", "M"),
        _plain(5, "speed through water", "kn", "N"), _plain(7, "speed through water", "kn", "K", 1 / _NAUTICAL_MILE),
    )),
    b"MTW": Form((_plain(1, "water temperature", "°C", "C"),)),
}  # fmt: skip
"""By the three letters after the talker."""
