"""Which stream a sentence of NMEA 0183 belongs to."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.decoders.cells import to_text
from stripchart.decoders.nmea.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.nmea.forms import Form

SYSTEMS: Final = {
    b"GP": "GPS", b"GL": "GLONASS", b"GA": "Galileo", b"GB": "BeiDou", b"BD": "BeiDou", b"GQ": "QZSS", b"QZ": "QZSS",
    b"GI": "NavIC", b"GN": "",
}  # fmt: skip
"""Talkers of receivers of satellites, and what they receive: ``GN`` is several systems together."""
_NUMBERED: Final = {b"1": "GPS", b"2": "GLONASS", b"3": "Galileo", b"4": "BeiDou", b"5": "QZSS", b"6": "NavIC"}
_FIRST_SATELLITES: Final = ((401, "BeiDou"), (301, "Galileo"), (193, "QZSS"), (65, "GLONASS"), (1, "GPS"))
"""The numbers from which on satellites are of a system, where it is not told; those of SBAS go with GPS."""
_SPLIT: Final = frozenset({b"MWV"})
"""Types of which one makes several streams."""
_NAMED_BY_FIELD: Final = frozenset({"PUBX", "PTNL", "PSTI"})
"""Manufacturers that tell their sentences apart by the first field."""


class Address(NamedTuple):
    """What the first word of a sentence says."""

    talker: bytes
    kind: bytes
    """The type; empty if the sentence is a manufacturer's own."""
    stream: str
    system_stream: str
    """The stream, if the sentence is about the satellites of one system."""
    form: Form | None
    """What its type holds, if that is all there is to it."""


@lru_cache(maxsize=256)
def read_address(word: bytes) -> Address:
    """Take an address apart."""
    if word.startswith(b"P"):
        return Address(b"", b"", to_text(word), to_text(word), None)
    talker, kind = word[:2], word[2:]
    shared = talker in SYSTEMS and len(kind) == 3  # noqa: PLR2004 - letters of a type
    stream = to_text(kind if shared else word)
    system = SYSTEMS.get(talker, "")
    form = None if kind in _SPLIT else FORMS.get(kind)
    return Address(talker, kind, stream, f"{stream}/{system}" if system else stream, form)


def own_stream(address: Address, fields: Sequence[bytes]) -> str:
    """Return the stream of a sentence that is not known."""
    if address.stream in _NAMED_BY_FIELD and len(fields) > 1 and fields[1].isalnum():
        return f"{address.stream}/{to_text(fields[1])[:8]}"
    return address.stream


def system_of(number: bytes, satellite: bytes) -> str:
    """Return the system that a ``GN`` talker tells of, empty if that is not told.

    Parameters
    ----------
    number
        What NMEA 4.10 calls the system.
    satellite
        The number of one of its satellites.
    """
    if number in _NUMBERED or not satellite.isdigit():
        return _NUMBERED.get(number, "")
    return next((name for first, name in _FIRST_SATELLITES if int(satellite) >= first), "")
