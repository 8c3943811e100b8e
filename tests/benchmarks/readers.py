"""How a careful script reads the formats: one line, frame or message after the other, to an array a channel.

What cannot be read is passed over without a count, and each row has a time.
"""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
import pynmea2
from cobs import cobs

from support.sparkplug import Payload
from tests.benchmarks import inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from stripchart.flow.records import Chunk

    Row = Mapping[Any, float]
    Arrays = dict[Any, NDArray[np.float64]]

_FRAME: Final = struct.Struct("<2sI3hfH")
_BODY: Final = struct.Struct("<I3hf")
_RECORD: Final = np.dtype([("sync", "S2"), ("millis", "<u4"), ("acc", "<i2", 3), ("volts", "<f4"), ("crc", "<u2")])
_PAIR: Final = re.compile(r"(\w+)[=:]\s*([-+\d.]+)")
_PATTERN: Final = re.compile(inputs.PATTERN)
_OBIS: Final = re.compile(r"^(\d-\d:\d+\.\d+\.\d+).*\(([\d.]+)(?:\*(\w+))?\)\r?$", re.MULTILINE)
_NMEA: Final = {
    "GGA": ("latitude", "longitude", "altitude", "num_sats", "horizontal_dil"),
    "RMC": ("latitude", "longitude", "spd_over_grnd", "true_course"),
    "VTG": ("true_track", "spd_over_grnd_kts"),
}
_CRC: Final = [inputs.crc(bytes([byte]), start=0) for byte in range(256)]


def _to_arrays(reader: Callable[[Any], Iterable[Row]]) -> Callable[[Any], Arrays]:
    """Make arrays of rows, and of their times."""

    @wraps(reader)
    def read(data: Any) -> Arrays:
        columns: dict[Any, list[float]] = defaultdict(list)
        for row in reader(data):
            columns["time"].append(inputs.NOW_NS)
            for name, value in row.items():
                columns[name].append(value)
        return {name: np.array(column) for name, column in columns.items()}

    return read


def _lines(reader: Callable[[str], Row]) -> Callable[[bytes], Arrays]:
    """Make arrays of lines, given what one line says."""

    def rows(data: bytes) -> Iterator[Row]:
        for line in data.splitlines():
            try:
                yield reader(line.decode(errors="replace").strip())
            except ValueError:
                continue

    return _to_arrays(rows)


@_lines
def labels(line: str) -> Row:
    parts = [part.partition(":") for part in line.split(",")]
    return {label.strip(): float(cell) for label, _, cell in parts}


@_lines
def teleplot(line: str) -> Row:
    if not line.startswith(">"):
        return {}
    name, _, rest = line[1:].partition(":")
    *_, cell = rest.partition("|")[0].partition("§")[0].split(":")
    return {name: float(cell)}


@_lines
def pairs(line: str) -> Row:
    return {key: float(cell) for key, cell in _PAIR.findall(line)}


@_lines
def objects(line: str) -> Row:
    return {key: float(value) for key, value in orjson.loads(line).items()}


@_lines
def nested(line: str) -> Row:
    found = orjson.loads(line)
    acc = {f"acc[{place}]": value for place, value in enumerate(found["acc"])}
    return {"id": found["id"], "env/temp": found["env"]["temp"], **acc}


@_lines
def expression(line: str) -> Row:
    found = _PATTERN.search(line)
    return {name: float(cell) for name, cell in found.groupdict().items()} if found else {}


@_lines
def nmea(line: str) -> Row:
    sentence = pynmea2.parse(line, check=True)
    return {name: float(getattr(sentence, name)) for name in _NMEA[sentence.sentence_type]}


@_to_arrays
def vedirect(data: bytes) -> Iterator[Row]:
    block, checksum = {}, 0
    for line in data.split(b"\r\n")[1:]:
        checksum += sum(line) + 23  # the line end counts
        label, _, cell = line.partition(b"\t")
        if label != b"Checksum":
            block[label.decode()] = cell.decode()
            continue
        if checksum % 256 == 0:
            yield {key: float(text) for key, text in block.items() if text.lstrip("-").isdigit()}
        block, checksum = {}, 0


@_to_arrays
def dsmr(data: bytes) -> Iterator[Row]:
    for telegram in data.split(b"/")[1:]:
        body, _, told = telegram.partition(b"!")
        if _modbus(b"/" + body + b"!", start=0) == int(told, 16):
            yield {code: float(cell) for code, cell, _ in _OBIS.findall(body.decode())}


def binary(data: bytes) -> NDArray[np.float64]:
    rows = []
    for place, (_, *row, told) in zip(range(0, len(data), _FRAME.size), _FRAME.iter_unpack(data), strict=True):
        if _modbus(data[place + 2 : place + _FRAME.size - 2]) == told:
            rows.append(row)
    return np.array(rows).T


def binary_unchecked(data: bytes) -> NDArray[np.float64]:
    return np.array([row[1:-1] for row in _FRAME.iter_unpack(data)]).T


def binary_at_once(data: bytes) -> list[NDArray[np.float64]]:
    records = np.frombuffer(data, _RECORD)
    return [records[name].astype(np.float64) for name in ("millis", "acc", "volts")]


def in_cobs(data: bytes) -> NDArray[np.float64]:
    frames = [cobs.decode(frame) for frame in data.split(b"\0")[:-1]]
    return np.array([_BODY.unpack(frame[:-2]) for frame in frames if _modbus(frame) == 0]).T


def sds011(data: bytes) -> NDArray[np.float64]:
    rows = []
    for place in range(0, len(data), 10):
        head, fine, coarse, _, checksum, tail = struct.unpack("<HHH2sBB", data[place : place + 10])
        if head == 0xC0AA and tail == 0xAB and sum(data[place + 2 : place + 8]) % 256 == checksum:
            rows.append((fine / 10, coarse / 10))
    return np.array(rows).T


def pmsx003(data: bytes) -> NDArray[np.float64]:
    rows = []
    for place in range(0, len(data), 32):
        head, size, *row, checksum = struct.unpack(">2sH14H", data[place : place + 32])
        if head == b"BM" and size == 28 and sum(data[place : place + 30]) == checksum:
            rows.append(row)
    return np.array(rows).T


def _modbus(data: bytes, start: int = 0xFFFF) -> int:
    register = start
    for byte in data:
        register = register >> 8 ^ _CRC[(register ^ byte) & 0xFF]
    return register


@_to_arrays
def numbers_on_topics(messages: Sequence[Chunk]) -> Iterator[Row]:
    for message in messages:
        yield {message.topic: float(message.data)}


@_to_arrays
def objects_on_topics(messages: Sequence[Chunk]) -> Iterator[Row]:
    for message in messages:
        yield {(message.topic, name): float(value) for name, value in orjson.loads(message.data).items()}


@_to_arrays
def sparkplug(messages: Sequence[Chunk]) -> Iterator[Row]:
    for message in messages:
        yield {metric.alias: metric.double_value for metric in Payload.FromString(message.data).metrics}
