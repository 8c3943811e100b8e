"""The formats that can be recognised in a stream of bytes, in order of preference where several read it equally well.

A format that needs to be told what it holds (``regex``, ``binary``) cannot be recognised and is not among them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.binary.particles import PmsX003Decoder, Sds011Decoder
from stripchart.decoders.csv import CsvDecoder
from stripchart.decoders.dsmr import DsmrDecoder
from stripchart.decoders.json import JsonDecoder
from stripchart.decoders.keyvalue import KeyValueDecoder
from stripchart.decoders.nmea import NmeaDecoder
from stripchart.decoders.objects import VALUE
from stripchart.decoders.teleplot import TeleplotDecoder
from stripchart.decoders.vedirect import VeDirectDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stripchart.flow.contracts import Decoder
    from stripchart.flow.records import Batch, Tally


class Candidate(NamedTuple):
    """A format to be tried."""

    name: str
    """What its decoder is registered as."""
    kind: type[Any]
    """The decoder's class."""
    options: Mapping[str, Any] = MappingProxyType({})
    """Other than the decoder's defaults."""
    strictly: Mapping[str, Any] = MappingProxyType({})
    """Options for the trial only, such as to insist on checksums."""
    marks: tuple[bytes, ...] = ()
    """Any input of this format holds one of these; it is not tried on what holds none."""
    never: bytes = b""
    """No input of this format holds this."""
    checked: bool = False
    """Its frames carry a checksum, so a single one that is right leaves no doubt."""
    speaks: Callable[[Any, Batch], bool] = lambda _decoder, _batch: True
    """Whether rows that the decoder made speak for it, rather than for a format that says the same more plainly."""

    def make(self, tally: Tally | None = None) -> Decoder:
        """Return a new decoder for use."""
        decoder: Decoder = self.kind(self.kind.Options(**self.options), tally)
        return decoder

    def make_strict(self) -> Decoder:
        """Return a new decoder for a trial."""
        decoder: Decoder = self.kind(self.kind.Options(**self.options, **self.strictly))
        return decoder


def _arduino(decoder: ArduinoDecoder, batch: Batch) -> bool:
    """Leave several numbers without labels to CSV."""
    return decoder.labelled or len(batch.channels) == 1


def _datagrams(_: TeleplotDecoder, batch: Batch) -> bool:
    """Leave ``name:value`` to Arduino, and pass over ``12:34:56``, which is no variable called ``12``."""
    more = len(batch.channels) > 1 or bool(batch.channels[0].unit)
    return more and not batch.stream[:1].isdigit()


def _json(decoder: JsonDecoder, batch: Batch) -> bool:
    """Pass over the array in ``[12] started``: it is part of log text."""
    return not (decoder.tally.rejected and batch.channels[0].name.startswith(f"{VALUE}["))


def _csv(_: CsvDecoder, batch: Batch) -> bool:
    """Leave a single number to Arduino, whose plainest form it is."""
    return len(batch.channels) > 1


CANDIDATES: Final = (
    Candidate("nmea", NmeaDecoder, strictly={"checksum": "required"}, marks=(b"$", b"!"), checked=True),
    Candidate("vedirect", VeDirectDecoder, marks=(b"\nChecksum\t",), checked=True),
    Candidate("dsmr", DsmrDecoder, marks=(b"\n!",), checked=True),
    Candidate("sds011", Sds011Decoder, marks=(b"\xaa\xc0",), checked=True),
    Candidate("pmsx003", PmsX003Decoder, marks=(b"BM\0\x1c",), checked=True),
    Candidate("nmea", NmeaDecoder, marks=(b"$", b"!")),
    Candidate("teleplot", TeleplotDecoder, marks=(b">",)),
    Candidate("arduino", ArduinoDecoder, speaks=_arduino),
    Candidate("teleplot", TeleplotDecoder, {"transport": "udp"}, marks=(b":",), never=b"\n>", speaks=_datagrams),
    Candidate("json", JsonDecoder, marks=(b"{", b"["), speaks=_json),
    Candidate("keyvalue", KeyValueDecoder, marks=(b"=", b":", b"\t")),
    Candidate("csv", CsvDecoder, speaks=_csv),
)
