"""What sensors really send and is easily read wrong, one line each: the list that a reader can check.

Most of this is tested in detail elsewhere, beside the part that reads it. Messages on topics are in
``conventions/test_traps.py``, times in ``tests/flow/clock/test_traps.py``.
"""

from __future__ import annotations

import struct
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from pydantic import TypeAdapter

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.binary.decoder import BinaryDecoder
from stripchart.decoders.binary.options import BinaryOptions
from stripchart.decoders.binary.particles import PmsX003Decoder, Sds011Decoder
from stripchart.decoders.csv import CsvDecoder
from stripchart.decoders.detection.auto import AutoDecoder
from stripchart.decoders.dsmr import DsmrDecoder
from stripchart.decoders.json import JsonDecoder
from stripchart.decoders.keyvalue import KeyValueDecoder
from stripchart.decoders.nmea import NmeaDecoder
from stripchart.decoders.regex import RegexDecoder
from stripchart.decoders.teleplot import TeleplotDecoder
from stripchart.decoders.vedirect import VeDirectDecoder
from support.decoding import feed
from support.messages import columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stripchart.flow.contracts import Decoder


class Trap(NamedTuple):
    decoder: Callable[[], Decoder]
    data: bytes
    values: dict[str, list[Any]]
    """Of each channel in order, with the unit behind them if there is one; NaN as None."""
    rejected: Mapping[str, int] = MappingProxyType({})


def udp() -> TeleplotDecoder:
    return TeleplotDecoder(TeleplotDecoder.Options(transport="udp"))


def binary(**options: Any) -> Callable[[], BinaryDecoder]:
    return lambda: BinaryDecoder(TypeAdapter(BinaryOptions).validate_python(options))


def regex(pattern: str) -> Callable[[], RegexDecoder]:
    return lambda: RegexDecoder(RegexDecoder.Options(pattern=pattern))


def sentence(body: str) -> bytes:
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return f"${body}*{checksum:02X}\r\n".encode()


def block(**fields: object) -> bytes:
    text = "".join(f"\r\n{label}\t{value}" for label, value in fields.items()).encode() + b"\r\nChecksum\t"
    return text + bytes([-sum(text) % 256])


U8 = [{"name": "x", "type": "u8"}]
U16 = [{"name": "x", "type": "u16"}]
RMC = "GPRMC,101530.00,{},4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W"
TELEGRAM = b"/EXA5TRAPS\r\n\r\n1-0:1.7.0(00.456*kW)\r\n1-0:32.7.0(230.1*V)\r\n!"
SDS011 = bytes.fromhex("AA C0 7B 00 C8 00 A1 60 44 AB")
PMS5003 = bytes.fromhex(
    "42 4D 00 1C 00 05 00 08 00 09 00 05 00 08 00 0A 03 84 01 0E 00 2A 00 06 00 02 00 01 97 00 02 38"
)

ARDUINO = {
    "parts between blanks": Trap(ArduinoDecoder, b"1 2\n3  4\n", {"value 1": [1, 3], "value 2": [2, 4]}),
    "parts between tabs": Trap(ArduinoDecoder, b"1\t2\n3\t4\n", {"value 1": [1, 3], "value 2": [2, 4]}),
    "parts between commas": Trap(ArduinoDecoder, b"1,2\n3, 4\n", {"value 1": [1, 3], "value 2": [2, 4]}),
    "both line ends": Trap(ArduinoDecoder, b"1\n2\r\n3\n", {"value 1": [1, 2, 3]}),
    "labels": Trap(ArduinoDecoder, b"temp:21,hum:40\ntemp:22,hum:41\n", {"temp": [21, 22], "hum": [40, 41]}),
    "a header row names the values": Trap(
        ArduinoDecoder, b"temp,hum\n21,40\n22,41\n", {"temp": [21, 22], "hum": [40, 41]}
    ),
    "a first line cut off": Trap(
        ArduinoDecoder, b"mp:1,hum:40\ntemp:22,hum:41\n", {"temp": [22], "hum": [41]}, {"partial first line": 1}
    ),
    "a first row cut off": Trap(
        ArduinoDecoder, b"5,6\n1,2,3\n4,5,6\n", {"value 1": [1, 4], "value 2": [2, 5], "value 3": [3, 6]},
        {"partial first line": 1},
    ),
    "a blank after the colon": Trap(ArduinoDecoder, b"Temp: 23\nTemp: 24\n", {"Temp": [23, 24]}),
    "a value without a label": Trap(ArduinoDecoder, b"a:1, 5\na:2, 6\n", {"a": [1, 2], "value 2": [5, 6]}),
    "a time of day is no label": Trap(ArduinoDecoder, b"12:34:56 5.1\n12:34:57 5.2\n", {"value 1": [5.1, 5.2]}),
    "an equals sign instead of the colon": Trap(AutoDecoder, b"temp=21\n" * 5, {"temp": [21] * 5}),
}  # fmt: skip

TELEPLOT = {
    "a line without > is log text": Trap(
        TeleplotDecoder, b"temp is high: 3\n>temp:3\n", {"log/text": ["temp is high: 3"], "temp/value": [3]}
    ),
    "on UDP every line is a message": Trap(udp, b"temp:1\nhum:2\n", {"temp/value": [1], "hum/value": [2]}),
    "a command is none of ours": Trap(TeleplotDecoder, b">|reset|\n>a:1\n", {"a/value": [1]}),
    "names that begin with _ are ignored": Trap(TeleplotDecoder, b">_cpu:1\n>a:1\n", {"a/value": [1]}),
    "log text": Trap(TeleplotDecoder, b">>:low battery\n", {"log/text": ["low battery"]}),
    "log text with a time": Trap(
        TeleplotDecoder, b">>1761935745000:low battery\n",
        {"log/text": ["low battery"], "log/time": [1761935745000, "ms"]},
    ),
    "a 3-D object": Trap(TeleplotDecoder, b">3D|cube:S:cube:P:1:1:1\n", {}, {"3-D object": 1}),
    "a 3-D object with a widget": Trap(TeleplotDecoder, b">3D|cube,w:1761935745000:S:cube|g\n", {}, {"3-D object": 1}),
    "a widget behind the name": Trap(TeleplotDecoder, b">a,left:1\n", {"a/value": [1]}),
    "a time with a fraction": Trap(
        TeleplotDecoder, b">a:1761935745000.25:1\n", {"a/value": [1], "a/time": [1761935745000.25, "ms"]}
    ),
    "several samples in a line": Trap(TeleplotDecoder, b">a:1;2;3\n", {"a/value": [1, 2, 3]}),
    "several samples with times": Trap(
        TeleplotDecoder, b">a:1761935745000:1;1761935745100:2\n",
        {"a/value": [1, 2], "a/time": [1761935745000, 1761935745100, "ms"]},
    ),
    "a unit": Trap(TeleplotDecoder, ">a:1§km²\n".encode(), {"a/value": [1, "km²"]}),
    "the first paragraph sign begins the unit": Trap(TeleplotDecoder, ">a:1§x§y\n".encode(), {"a/value": [1, "x§y"]}),
    "a unit and flags": Trap(TeleplotDecoder, ">a:1§V|np\n".encode(), {"a/value": [1, "V"]}),
    "a curve": Trap(TeleplotDecoder, b">p:1:2;3:4|xy\n", {"p/x": [1, 3], "p/y": [2, 4]}),
    "a curve with times": Trap(
        TeleplotDecoder, b">p:1:2:1761935745000|xy\n", {"p/x": [1], "p/y": [2], "p/time": [1761935745000, "ms"]}
    ),
    "clearing holds no value": Trap(TeleplotDecoder, b">a:|clr\n>a:1\n", {"a/value": [1]}),
    "what shall not be plotted is kept": Trap(TeleplotDecoder, b">a:1|np\n", {"a/value": [1]}),
    "a flag without effect": Trap(TeleplotDecoder, b">a:1|g\n", {"a/value": [1]}),
    "text": Trap(TeleplotDecoder, b">a:Idle|t\n", {"a/value": ["Idle"]}),
    "text with a colon": Trap(TeleplotDecoder, b">a:On: 12:30|t\n", {"a/value": ["On: 12:30"]}),
    "text with a colon and a time": Trap(
        TeleplotDecoder, b">a:1761935745000:Door: open|t\n",
        {"a/value": ["Door: open"], "a/time": [1761935745000, "ms"]},
    ),
    "the last bar begins the flags": Trap(TeleplotDecoder, b">a:left|right|t\n", {"a/value": ["left|right"]}),
}  # fmt: skip

CSV = {
    "commas": Trap(CsvDecoder, b"1,2\n3,4\n", {"column 1": [1, 3], "column 2": [2, 4]}),
    "semicolons": Trap(CsvDecoder, b"1;2\n3;4\n", {"column 1": [1, 3], "column 2": [2, 4]}),
    "tabs": Trap(CsvDecoder, b"1\t2\n3\t4\n", {"column 1": [1, 3], "column 2": [2, 4]}),
    "blanks": Trap(CsvDecoder, b"1 2\n3   4\n", {"column 1": [1, 3], "column 2": [2, 4]}),
    "all line ends": Trap(CsvDecoder, b"1\n2\r\n3\r4\n", {"column 1": [1, 2, 3, 4]}),
    "a header": Trap(CsvDecoder, b"t,h\n1,2\n3,4\n", {"t": [1, 3], "h": [2, 4]}),
    "a header again after a reset": Trap(CsvDecoder, b"t,h\n1,2\nt,h\n3,4\n", {"t": [1, 3], "h": [2, 4]}),
    "a header that comes late": Trap(
        CsvDecoder, b"1,2\n3,4\nt,h\n5,6\n", {"column 1": [1, 3], "column 2": [2, 4], "t": [5], "h": [6]}
    ),
    "a decimal comma": Trap(CsvDecoder, b"1,5;2,25\n3,5;4\n", {"column 1": [1.5, 3.5], "column 2": [2.25, 4]}),
    "quoted cells": Trap(CsvDecoder, b'"1","a, b"\n"2","c"\n', {"column 1": [1, 2], "column 2": ["a, b", "c"]}),
    "hexadecimal cells": Trap(CsvDecoder, b"0x1A,1\n0x1B,2\n", {"column 1": [26, 27], "column 2": [1, 2]}),
    "rows of varying length": Trap(
        CsvDecoder, b"1,2\n3,4\n5\n6,7,8\n", {"column 1": [1, 3, 5, 6], "column 2": [2, 4, 7], "column 3": [8]}
    ),
    "the time since the start is a column": Trap(
        CsvDecoder, b"1000,21\n1100,22\n", {"column 1": [1000, 1100], "column 2": [21, 22]}
    ),
    "seconds since the epoch are a column": Trap(
        CsvDecoder, b"1761935745.5,21\n1761935746,22\n", {"column 1": [1761935745.5, 1761935746], "column 2": [21, 22]}
    ),
    "milliseconds since the epoch are a column": Trap(
        CsvDecoder, b"1761935745500,1\n", {"column 1": [1761935745500], "column 2": [1]}
    ),
    "ISO 8601": Trap(CsvDecoder, b"2025-10-31T18:35:45Z,21\n", {"column 1": [1761935745, "s"], "column 2": [21]}),
    "a date and a time between hyphens": Trap(
        CsvDecoder, b"2025-10-31-18:35:45,21\n", {"column 1": [1761935745, "wall"], "column 2": [21]}
    ),
    "boot text first": Trap(
        AutoDecoder, b"ets Jun  8 2016 00:22:57\nrst:0x1 (POWERON_RESET)\nWiFi connected\n" + b"1,2\n" * 6,
        {"column 1": [1] * 6, "column 2": [2] * 6,
         "log/text": ["ets Jun  8 2016 00:22:57", "rst:0x1 (POWERON_RESET)", "WiFi connected"]},
    ),
}  # fmt: skip

KEY_VALUE = {
    "key=value": Trap(KeyValueDecoder, b"temp=23.5 hum=40.2\n", {"temp": [23.5], "hum": [40.2]}),
    "a unit after the number": Trap(KeyValueDecoder, b"T: 23.5 C, H: 40 %\n", {"T": [23.5, "C"], "H": [40, "%"]}),
    "a key, a tab and a value": Trap(KeyValueDecoder, b"V\t12800\nI\t-15\n", {"V": [12800], "I": [-15]}),
    "blocks with a checksum": Trap(
        VeDirectDecoder, block(V=12800, I=-1500) + block(V=12900, I=100),
        {"battery voltage": [12.8, 12.9, "V"], "battery current": [-1.5, 0.1, "A"]},
    ),
    "a block whose sum is not 0": Trap(
        VeDirectDecoder, block(V=12800) + block(V=12900).replace(b"129", b"229") + block(V=13000),
        {"battery voltage": [12.8, 13, "V"]}, {"wrong checksum": 1},
    ),
}  # fmt: skip

JSON = {
    "nested, with arrays": Trap(JsonDecoder, b'{"a":{"b":[1,2]}}\n', {"a/b[0]": [1], "a/b[1]": [2]}),
    "booleans": Trap(JsonDecoder, b'{"on":true}\n{"on":false}\n', {"on": [1, 0]}),
    "numbers as text": Trap(JsonDecoder, b'{"t":"21.5"}\n', {"t": [21.5]}),
    "a time": Trap(JsonDecoder, b'{"time":1761935745,"t":21}\n', {"time": [1761935745, "s"], "t": [21]}),
    "a time in milliseconds": Trap(
        JsonDecoder, b'{"ts":1761935745000,"t":1}\n', {"ts": [1761935745000, "ms"], "t": [1]}
    ),
    "objects of changing shape": Trap(JsonDecoder, b'{"a":1}\n{"b":2}\n{"a":3,"b":4}\n', {"a": [1, 3], "b": [2, 4]}),
    "an array is several rows": Trap(JsonDecoder, b'[{"a":1},{"a":2}]\n', {"a": [1, 2]}),
    "no line end between objects": Trap(JsonDecoder, b'{"a":1}{"a":{"b":2}}{"a":3}\n', {"a": [1, 3], "a/b": [2]}),
    "a brace in a text": Trap(JsonDecoder, b'{"s":"}{"}{"a":2}\n', {"s": ["}{"], "a": [2]}),
    "junk between objects": Trap(JsonDecoder, b'{"a":1}\n#!7\n{"a":2}\xff{"a":3}\n', {"a": [1, 2, 3]}, {"not JSON": 2}),
}  # fmt: skip

NMEA = {
    "GGA": Trap(
        NmeaDecoder, sentence("GPGGA,,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"),
        {"GGA/latitude": [48.1173, "°"], "GGA/longitude": [11.5166666667, "°"], "GGA/fix quality": [1],
         "GGA/satellites": [8], "GGA/hdop": [0.9], "GGA/altitude": [545.4, "m"], "GGA/geoid separation": [46.9, "m"]},
    ),
    "VTG": Trap(
        NmeaDecoder, sentence("GPVTG,054.7,T,034.4,M,005.5,N,010.2,K"),
        {"VTG/course": [54.7, "°"], "VTG/magnetic course": [34.4, "°"], "VTG/speed": [5.5, "kn"]},
    ),
    "no fix is no position, not 0": Trap(NmeaDecoder, sentence("GPRMC,,V,,,,,,,,,,N"), {"RMC/fix": [0]}),
    "a position without a fix is none": Trap(NmeaDecoder, sentence(RMC.format("V")), {"RMC/fix": [0]}),
    "RMC": Trap(
        NmeaDecoder, sentence(RMC.format("A")),
        {"RMC/latitude": [48.1173, "°"], "RMC/longitude": [11.5166666667, "°"], "RMC/speed": [22.4, "kn"],
         "RMC/course": [84.4, "°"], "RMC/magnetic variation": [-3.1, "°"], "RMC/fix": [1],
         "RMC/time": [764417730, "s"]},
    ),
    "GSA": Trap(
        NmeaDecoder, sentence("GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1"),
        {"GSA/GPS/fix mode": [3], "GSA/GPS/satellites used": [5], "GSA/GPS/pdop": [2.5], "GSA/GPS/hdop": [1.3],
         "GSA/GPS/vdop": [2.1]},
    ),
    "GSV": Trap(
        NmeaDecoder, sentence("GPGSV,1,1,02,01,40,083,46,02,17,308,41"),
        {"GSV/GPS/satellites in view": [2], "GSV/GPS/satellites tracked": [2], "GSV/GPS/SNR 1": [46, "dBHz"],
         "GSV/GPS/SNR 2": [41, "dBHz"]},
    ),
    "a wrong checksum": Trap(
        NmeaDecoder, b"$GPHDT,1.5,T*00\r\n" + sentence("GPHDT,2.5,T"), {"HDT/true heading": [2.5, "°"]},
        {"wrong checksum": 1},
    ),
    "garbage in front of a sentence": Trap(
        NmeaDecoder, b"\x00\xff$GP$!" + sentence("GPHDT,2.5,T"), {"HDT/true heading": [2.5, "°"]}, {"not UTF-8": 1}
    ),
    "a sentence that another cuts off": Trap(
        NmeaDecoder, b"$GPHDT,1.5" + sentence("GPHDT,2.5,T"), {"HDT/true heading": [2.5, "°"]}, {"cut off": 1}
    ),
}  # fmt: skip

DSMR = {
    "many lines are one row, each with its unit": Trap(
        DsmrDecoder, TELEGRAM + b"\r\n", {"power imported": [0.456, "kW"], "voltage L1": [230.1, "V"]}
    ),
    "a wrong CRC": Trap(DsmrDecoder, TELEGRAM + b"0000\r\n", {}, {"wrong checksum": 1}),
}

FRAMES = {
    "a frame between marks": Trap(
        binary(framing="delimited", sync=b"/*".hex(), end=b"*/".hex(), fields=U8), b"noise/*1*/\n/*2*/", {"x": [49, 50]}
    ),
    "text in a frame between marks": Trap(
        regex(r"/\*(?P<t>[^,]+),(?P<h>[^*]+)\*/"), b"/*21.5,40*/\n/*22.5,41*/\n", {"t": [21.5, 22.5], "h": [40, 41]}
    ),
    "a fixed length": Trap(binary(sync="AA 55", fields=U8), bytes.fromhex("AA 55 01 AA 55 02"), {"x": [1, 2]}),
    "a length of one byte": Trap(
        binary(sync="AA 55", length="u8", fields=U8), bytes.fromhex("AA 55 01 07 AA 55 02 08 00"), {"x": [7, 8]}
    ),
    "a length of two bytes": Trap(
        binary(sync="AA 55", length="u16", endian="big", fields=U8), bytes.fromhex("AA 55 00 01 07 AA 55 00 02 08 00"),
        {"x": [7, 8]},
    ),
    "a wrong checksum": Trap(
        binary(sync="AA 55", checksum="sum-8", fields=U8), bytes.fromhex("AA 55 01 02 AA 55 03 03"), {"x": [3]},
        {"wrong checksum": 1},
    ),
    "COBS": Trap(binary(framing="cobs", fields=U16), bytes.fromhex("02 07 01 00 01 02 01 00"), {"x": [7, 256]}),
    "SLIP": Trap(
        binary(framing="slip", fields=U16), bytes.fromhex("C0 DB DC 01 C0 C0 DB DD 00 C0"), {"x": [0x1C0, 0xDB]}
    ),
    "a sync word split by noise is none": Trap(
        binary(sync="AA 55", fields=U8), bytes.fromhex("AA 00 55 01 AA 55 02"), {"x": [2]}
    ),
    "the byte that breaks a sync word may begin the next": Trap(
        binary(sync="AA 55", fields=U8), bytes.fromhex("AA AA 55 01"), {"x": [1]}
    ),
    "SDS011": Trap(Sds011Decoder, SDS011, {"PM2.5": [12.3, "µg/m³"], "PM10": [20, "µg/m³"], "id": ["A160"]}),
    "PMS5003": Trap(
        PmsX003Decoder, PMS5003, {
            "PM1.0 factory": [5, "µg/m³"], "PM2.5 factory": [8, "µg/m³"], "PM10 factory": [9, "µg/m³"],
            "PM1.0": [5, "µg/m³"], "PM2.5": [8, "µg/m³"], "PM10": [10, "µg/m³"],
            "particles > 0.3 µm": [900, "per 0.1 L"], "particles > 0.5 µm": [270, "per 0.1 L"],
            "particles > 1.0 µm": [42, "per 0.1 L"], "particles > 2.5 µm": [6, "per 0.1 L"],
            "particles > 5.0 µm": [2, "per 0.1 L"], "particles > 10 µm": [1, "per 0.1 L"],
        },
    ),
    "SDS011 behind a frame cut off": Trap(
        Sds011Decoder, SDS011[:7] + SDS011, {"PM2.5": [12.3, "µg/m³"], "PM10": [20, "µg/m³"], "id": ["A160"]},
        {"no end mark": 1},
    ),
}  # fmt: skip

FIELDS = {
    "u8": "<B", "i8": "<b", "u16": "<H", "i16": "<h", "u32": "<I", "i32": "<i", "u64": "<Q", "i64": "<q", "f32": "<f",
    "f64": "<d",
}  # fmt: skip
CHECK_VALUES: dict[str, int] = {
    "xor-8": 0x31, "sum-8": 0xDD, "crc-8": 0xF4, "crc-16-modbus": 0x4B37, "crc-16-ccitt-false": 0x29B1,
    "crc-16-xmodem": 0x31C3, "fletcher-16": 0x1EDE, "crc-32": 0xCBF43926, "adler-32": 0x091E01DE,
}  # fmt: skip
"""Of the text 123456789."""

TRAPS = {
    f"{name}: {words}": trap
    for name, traps in {
        "Arduino": ARDUINO, "Teleplot": TELEPLOT, "CSV": CSV, "key=value": KEY_VALUE, "JSON": JSON, "NMEA": NMEA,
        "DSMR": DSMR, "frames": FRAMES,
    }.items()
    for words, trap in traps.items()
}  # fmt: skip


@pytest.mark.parametrize("size", [0, 1], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_it_is_read_right(trap: Trap, size: int):
    decoder = trap.decoder()
    pieces = [trap.data[place : place + 1] for place in range(len(trap.data))] if size else [trap.data]
    found = columns(feed(decoder, *pieces, finish=True))
    assert found == trap.values
    assert dict(decoder.tally.rejected) == dict(trap.rejected)


@pytest.mark.parametrize("endian", ["little", "big"])
@pytest.mark.parametrize("kind", FIELDS)
def test_fields_of_every_type(kind: str, endian: str):
    decoder = binary(sync="AA 55", endian=endian, fields=[{"name": "x", "type": kind}])()
    packed = struct.pack(FIELDS[kind], 100)
    found = feed(decoder, b"\xaa\x55" + (packed if endian == "little" else packed[::-1]))
    assert columns(found) == {"x": [100]}


@pytest.mark.parametrize("name", CHECK_VALUES)
def test_checksums_as_others_compute_them(name: str):
    decoder = binary(sync="AA 55", endian="big", checksum=name, fields=[{"name": "x", "type": "text", "size": 9}])()
    size = 4 if name.endswith("32") else 2 if name.endswith("16") or "-16-" in name else 1
    frame = b"\xaa\x55123456789" + CHECK_VALUES[name].to_bytes(size, "big")
    assert columns(feed(decoder, frame, frame[:-1] + b"?", finish=True)) == {"x": ["123456789"]}
    assert decoder.tally.rejected == {"wrong checksum": 1}
