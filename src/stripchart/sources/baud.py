"""Which baud rate a device has, judged by what is read at others.

A receiver at the wrong rate samples the sender's bits at the wrong places. What it reads is not random: too fast, and
each bit counts several times, so bytes such as ``00``, ``80``, ``F8`` prevail; too slow, and bits are skipped. Of text
that way seldom more than two thirds still look like text, and line ends hardly ever come. So text is known by its
characters and its line ends, and the packets of particle sensors by their checksums. Other binary data looks the same
at any rate: there the user has to say it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from stripchart.flow.legible import text_share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stripchart.flow.records import Chunk

RATES: Final = (115200, 9600, 57600, 38400, 19200, 230400, 460800, 921600, 4800, 2400, 1200, 74880)
"""Those in use, the most likely first; 74880 is what an ESP8266 boots with. Rates less than a tenth apart, such as
230400 and 250000, cannot be told by what is read."""
NEWEST: Final = 256
"""Bytes that are judged."""
ENOUGH_TEXT: Final = 16
"""Bytes of text with a line end that are no chance."""
ENOUGH_ENDLESS: Final = 64
"""Likewise without a line end."""
ENOUGH_GARBAGE: Final = 4
"""Bytes after which a rate may be given up."""
TEXT_SHARE: Final = 0.9
"""Part of the bytes of text that must be characters: a cut one may come first."""
ENDLESS_SHARE: Final = 0.97
"""Likewise without a line end."""
GARBAGE_SHARE: Final = 0.7
"""With fewer characters than that it is no text."""
LISTEN: Final = 1.0
"""Seconds from the first byte on after which garbage speaks against a rate."""
LOSE: Final = 64
"""Bytes of garbage after which a rate that was found is looked for again."""
MAX_HELD: Final = 1 << 16

_SDS011: Final = b"\xaa\xc0"
_PMSX003: Final = b"BM\x00\x1c"


class Verdict(Enum):
    """What an input is."""

    LEGIBLE = "legible"
    GARBAGE = "garbage"
    UNCLEAR = "unclear"


def judge(data: bytes) -> Verdict:
    """Say whether bytes were read at the sender's rate, by the newest of them."""
    data = data[-NEWEST:]
    if _has_packet(data):
        return Verdict.LEGIBLE
    share = text_share(data)
    ended = b"\n" in data or b"\r" in data
    if len(data) >= (ENOUGH_TEXT if ended else ENOUGH_ENDLESS) and share >= (TEXT_SHARE if ended else ENDLESS_SHARE):
        return Verdict.LEGIBLE
    if len(data) >= ENOUGH_GARBAGE and share < GARBAGE_SHARE:
        return Verdict.GARBAGE
    return Verdict.UNCLEAR


class RateFinder:
    """Tries one rate after the other, until what is read is legible. It keeps no time and does no I/O.

    Nothing that was read at the rate found is lost: it is held until that is clear.

    Parameters
    ----------
    rates
        To be tried, the most likely first.

    Attributes
    ----------
    rate
        At which the port is to be read now.
    found
        It is the device's.
    dropped
        Bytes that were read at other rates.
    """

    def __init__(self, rates: Iterable[int] = RATES) -> None:
        self._rates = list(rates)
        self.rate = self._rates[0]
        self.found = False
        self.dropped = 0
        self._held: list[Chunk] = []
        self._newest = b""
        self._since = 0.0
        self._tried = 0

    @property
    def status(self) -> str:
        """What to tell a person."""
        if self.found:
            return f"{self.rate} baud, found by trying"
        if self._tried < len(self._rates):
            return f"looking for the baud rate: listening at {self.rate}"
        return f"no baud rate gives text; listening at {self.rate}; if the device sends binary data, set baudrate"

    def restart(self) -> None:
        """Begin anew with the rate that was the last, forgetting what is held."""
        self._rates.remove(self.rate)
        self._rates.insert(0, self.rate)
        self.found = False
        self._tried = 0
        self._forget()

    def feed(self, chunks: Iterable[Chunk], now: float) -> list[Chunk]:
        """Take what was read at ``rate``, perhaps nothing; return what was read at the device's rate.

        Parameters
        ----------
        now
            Seconds on a monotonic clock.
        """
        for chunk in chunks:
            if not self._newest:
                self._since = now
            self._newest = (self._newest + chunk.data)[-NEWEST:]
            self._held.append(chunk)
        verdict = judge(self._newest)
        if self.found and verdict is Verdict.GARBAGE and len(self._newest) >= LOSE:
            held, self._held = self._held, []
            self.restart()
            return held
        if verdict is Verdict.LEGIBLE:
            self.found = True
        elif not self.found and self._newest and now - self._since >= LISTEN and not _promising(verdict, self._newest):
            self._try_next()
        if not self.found and sum(len(chunk.data) for chunk in self._held) <= MAX_HELD:
            return []
        held, self._held = self._held, []
        return held

    def _try_next(self) -> None:
        self.dropped += sum(len(chunk.data) for chunk in self._held)
        self._tried += 1
        self.rate = self._rates[self._tried % len(self._rates)]
        self._forget()

    def _forget(self) -> None:
        self._held, self._newest = [], b""


def _promising(verdict: Verdict, data: bytes) -> bool:
    """Say whether more of it may be worth waiting for."""
    return verdict is Verdict.UNCLEAR and len(data) < ENOUGH_TEXT


def _has_packet(data: bytes) -> bool:
    """Say whether a packet of a particle sensor is in it, whole and with the right sum."""
    for place in _places(data, _SDS011):
        packet = data[place : place + 10]
        if len(packet) == 10 and packet[9] == 0xAB and sum(packet[2:8]) & 0xFF == packet[8]:  # noqa: PLR2004 - its form
            return True
    for place in _places(data, _PMSX003):
        packet = data[place : place + 32]
        if len(packet) == 32 and sum(packet[:30]) == int.from_bytes(packet[30:]):  # noqa: PLR2004 - its form
            return True
    return False


def _places(data: bytes, start: bytes) -> Iterable[int]:
    place = data.find(start)
    while place >= 0:
        yield place
        place = data.find(start, place + 1)
