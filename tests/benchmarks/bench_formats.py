"""Each format, whole chunks at a time, against what a script does line by line, on the same bytes in the same run.

A line is a frame, a sentence, a block, a telegram or a message where the format has those.
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from math import nan
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import TypeAdapter

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.binary.decoder import BinaryDecoder
from stripchart.decoders.binary.options import BinaryOptions
from stripchart.decoders.binary.particles import PmsX003Decoder, Sds011Decoder
from stripchart.decoders.dsmr import DsmrDecoder
from stripchart.decoders.json import JsonDecoder
from stripchart.decoders.keyvalue import KeyValueDecoder
from stripchart.decoders.nmea import NmeaDecoder
from stripchart.decoders.regex import RegexDecoder
from stripchart.decoders.teleplot import TeleplotDecoder
from stripchart.decoders.topics import TopicsDecoder
from stripchart.decoders.vedirect import VeDirectDecoder
from stripchart.flow.records import Chunk
from tests.benchmarks import inputs, readers
from tests.benchmarks.result import Result
from tests.benchmarks.rounds import best_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stripchart.flow.contracts import Decoder

    Peers = Mapping[str, Callable[[Any], object] | None]
    """None for one that is not installed."""

LABELS_TARGET: Final = 4.0
"""Of a script's rate, from 100 lines on: as for lines of numbers alone."""


class Case(NamedTuple):
    name: str
    decoder: Decoder
    count: int
    """Of lines."""
    given: bytes | Sequence[Chunk]
    peers: Peers
    target: float | None = None


def run() -> Iterator[Result]:
    """Compare thousands of lines a second, and millions of samples a second."""
    for case in (*_lines(), *_blocks(), *_frames(), *_messages()):
        yield from _compare(case)


def _lines() -> Iterator[Case]:
    for count in (100, 1000):
        labels, pairs, teleplot = inputs.labels(count), inputs.pairs(count), inputs.teleplot(count)
        yield Case("Arduino labels", ArduinoDecoder(), count, labels, {"split + float": readers.labels}, LABELS_TARGET)
        yield Case("key=value", KeyValueDecoder(), count, pairs, {"re": readers.pairs})
        yield Case("Teleplot", TeleplotDecoder(), count, teleplot, {"split": readers.teleplot})
    with_times, with_units = inputs.teleplot_timed(100), inputs.with_units(100)
    yield Case("Teleplot, times", TeleplotDecoder(), 100, with_times, {"split": readers.teleplot})
    yield Case("key: value unit", KeyValueDecoder(), 100, with_units, {"re": readers.pairs})
    yield Case("JSON lines", JsonDecoder(), 100, inputs.objects(100), {"orjson": readers.objects})
    yield Case("JSON, nested", JsonDecoder(), 100, inputs.nested(100), {"orjson": readers.nested})
    pattern = RegexDecoder(RegexDecoder.Options(pattern=inputs.PATTERN))
    yield Case("regex", pattern, 100, inputs.for_regex(100), {"re": readers.expression})
    yield Case("NMEA 0183", NmeaDecoder(), 100, inputs.nmea(100), {"pynmea2": readers.nmea})


def _blocks() -> Iterator[Case]:
    yield Case("VE.Direct", VeDirectDecoder(), 20, inputs.vedirect(20), {"split": readers.vedirect})
    yield Case("DSMR", DsmrDecoder(), 20, inputs.dsmr(20), {"re + CRC": readers.dsmr, **_dsmr_parser()})


def _dsmr_parser() -> Peers:
    if find_spec("dsmr_parser") is None:
        return {"dsmr-parser": None}
    from dsmr_parser.parsers import TelegramParser
    from dsmr_parser.telegram_specifications import V5

    parser = TelegramParser(V5)
    return {"dsmr-parser": lambda data: [parser.parse(f"/{part}") for part in data.decode().split("/")[1:]]}


def _frames() -> Iterator[Case]:
    for count in (100, 1000):
        plain, stuffed = (_binary(options) for options in (inputs.BINARY, inputs.COBS))
        peers = {
            "struct + CRC": readers.binary,
            "struct": readers.binary_unchecked,
            "frombuffer": readers.binary_at_once,
        }
        yield Case("binary, CRC-16", plain, count, inputs.binary(count), peers)
        yield Case("COBS, CRC-16", stuffed, count, inputs.in_cobs(count), {"cobs + CRC": readers.in_cobs})
    yield Case("SDS011", Sds011Decoder(), 100, inputs.sds011(100), {"struct + sum": readers.sds011})
    yield Case("PMS5003", PmsX003Decoder(), 100, inputs.pmsx003(100), {"struct + sum": readers.pmsx003})


def _binary(options: Mapping[str, Any]) -> BinaryDecoder:
    return BinaryDecoder(TypeAdapter(BinaryOptions).validate_python(options))


def _messages() -> Iterator[Case]:
    """As many messages as come in a few milliseconds."""
    plain, objects, metrics = inputs.numbers_on_topics(320), inputs.objects_on_topics(320), inputs.sparkplug(256)
    edge_node = TopicsDecoder()
    edge_node.feed(inputs.sparkplug_birth())
    yield Case("MQTT, numbers", TopicsDecoder(), 320, plain, {"float": readers.numbers_on_topics})
    yield Case("MQTT, JSON", TopicsDecoder(), 320, objects, {"orjson": readers.objects_on_topics})
    yield Case("Sparkplug B", edge_node, 256, metrics, {"protobuf": readers.sparkplug})


def _compare(case: Case) -> Iterator[Result]:
    decoder, given, count = case.decoder, case.given, case.count
    chunks = [Chunk(given, inputs.NOW_NS, inputs.NOW_NS - 10_000_000)] if isinstance(given, bytes) else given
    for _ in range(20):  # until it knows the form
        samples = sum(batch.samples for batch in decoder.feed(chunks))
    assert not decoder.tally.rejected, f"{case.name}: {decoder.tally.rejected}"
    peers = [partial(reader, given) if reader else None for reader in case.peers.values()]
    ours, *seconds = best_seconds(lambda: decoder.feed(chunks), *filter(None, peers))
    theirs = iter(seconds)
    for name, peer in zip(case.peers, peers, strict=True):
        text = f"{case.name} x {count}, against {name}"
        if peer is None:
            yield Result("formats", f"{text}: not installed", count / ours / 1e3, nan, "k lines/s", nan, "", met=True)
            continue
        ratio = (second := next(theirs)) / ours
        wanted, met = (f">= {case.target:g}", ratio >= case.target) if case.target else ("", True)
        yield Result("formats", text, count / ours / 1e3, count / second / 1e3, "k lines/s", ratio, wanted, met)
    rates = samples / ours / 1e6, samples / seconds[0] / 1e6
    yield Result("formats", f"{case.name} x {count}, samples", *rates, "M samples/s", seconds[0] / ours, "", met=True)
