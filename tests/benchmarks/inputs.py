"""What devices send, made here: each function returns so many lines, frames or messages of one format."""

from __future__ import annotations

import json
import struct
from random import Random
from typing import TYPE_CHECKING, Any, Final

from cobs import cobs

from stripchart.flow.records import Chunk
from support.sparkplug import payload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOW_NS: Final = 1_700_000_000_000_000_000
TOPICS: Final = 16
BINARY: Final[Mapping[str, Any]] = {
    "sync": "AA 55",
    "checksum": "crc-16-modbus",
    "fields": [
        {"name": "millis", "type": "u32"},
        {"name": "acceleration", "type": "i16", "count": 3, "scale": 0.001},
        {"name": "volts", "type": "f32"},
    ],
}
COBS: Final[Mapping[str, Any]] = {**BINARY, "framing": "cobs", "sync": ""}
PATTERN: Final = r"T=(?P<temp>\S+) C H=(?P<hum>\S+) % P=(?P<pressure>\S+)"
NODE: Final = "spBv1.0/plant/N{}/mixer"
_PAYLOAD: Final = struct.Struct("<I3hf")
_METRICS: Final = ("Motor/Speed", "Motor/Current", "Oil/Temperature", "Oil/Pressure")


def _lines(make: Callable[[Random, int], str]) -> Callable[[int], bytes]:
    """Return a maker of so many lines, given one of a line by its number."""

    def lines(count: int) -> bytes:
        chance = Random(count)
        return "".join(make(chance, number) + "\r\n" for number in range(count)).encode()

    return lines


def _reading(chance: Random) -> tuple[float, float, float]:
    """Return a temperature, a humidity and a pressure."""
    return chance.gauss(21, 2), chance.gauss(45, 5), chance.gauss(1013, 3)


labels = _lines(lambda chance, _: "temp:{:.2f},hum:{:.1f},pressure:{:.2f}".format(*_reading(chance)))
pairs = _lines(lambda chance, _: "temp={:.2f} hum={:.1f} pressure={:.2f}".format(*_reading(chance)))
with_units = _lines(lambda chance, _: "T: {:.2f} C, H: {:.1f} %, P: {:.2f} hPa".format(*_reading(chance)))
objects = _lines(
    lambda chance, number: json.dumps({
        "uptime": number, "temp": round(chance.gauss(21, 2), 2), "hum": round(chance.gauss(45, 5), 1), "fan": True,
    })
)  # fmt: skip
nested = _lines(
    lambda chance, number: json.dumps({
        "id": number, "env": {"temp": round(chance.gauss(21, 2), 2)},
        "acc": [round(chance.gauss(0, 1), 3) for _ in range(3)],
    })
)  # fmt: skip
for_regex = _lines(
    lambda chance, number: "[{:8}] sensor: T={:.2f} C H={:.1f} % P={:.2f}".format(number * 10, *_reading(chance))
)
teleplot = _lines(
    lambda chance, number: (
        f">{('temp', 'hum', 'volts')[number % 3]}:{chance.gauss(20, 2):.2f}" + ("§°C", "§%", "")[number % 3]
    )
)
teleplot_timed = _lines(lambda chance, number: f">temp:{1_700_000_000_000 + number * 10}:{chance.gauss(20, 2):.3f}")


def nmea(count: int) -> bytes:
    """Return what a receiver sends each second: RMC, VTG, GGA."""
    chance = Random(count)
    sentences = []
    for number in range(count):
        minutes = f"{chance.gauss(7, 0.01):08.5f}"
        clock = f"{10 + number // 3600:02}{number // 60 % 60:02}{number % 60:02}.00"
        speed, course = chance.uniform(0, 30), chance.uniform(0, 360)
        sentences.append((
            f"GPRMC,{clock},A,48{minutes},N,011{minutes},E,{speed:.3f},{course:.2f},010125,,,A",
            f"GPVTG,{course:.2f},T,,M,{speed:.3f},N,{speed * 1.852:.3f},K,A",
            f"GPGGA,{clock},48{minutes},N,011{minutes},E,1,09,0.92,545.4,M,46.9,M,,",
        )[number % 3])  # fmt: skip
    return b"".join(b"$%b*%02X\r\n" % (text, _xor(text)) for text in map(str.encode, sentences))


def _xor(text: bytes) -> int:
    checksum = 0
    for byte in text:
        checksum ^= byte
    return checksum


def vedirect(count: int) -> bytes:
    """Return blocks of a solar charger."""
    chance = Random(count)
    blocks = []
    for _ in range(count):
        fields = {
            "PID": "0xA053", "FW": "159", "SER#": "HQ2132QY2KR", "V": chance.randrange(12000, 14400),
            "I": chance.randrange(9000), "VPV": chance.randrange(30000, 50000), "PPV": chance.randrange(120), "CS": 3,
            "MPPT": 2, "OR": "0x00000000", "ERR": 0, "LOAD": "ON", "IL": chance.randrange(2000), "H19": 5456,
            "H20": 7, "H21": 73, "H22": 14, "H23": 92, "HSDS": 36,
        }  # fmt: skip
        block = "".join(f"\r\n{label}\t{value}" for label, value in fields.items()) + "\r\nChecksum\t"
        blocks.append(block.encode() + bytes([-sum(block.encode()) % 256]))
    return b"".join(blocks)


def dsmr(count: int) -> bytes:
    """Return telegrams of a smart meter, version 5, with a gas meter."""
    chance = Random(count)
    telegrams = []
    for number in range(count):
        clock = f"2401151{number // 3600:1}{number // 60 % 60:02}{number % 60:02}W"
        phases = "".join(
            f"1-0:{30 + 20 * place + 2}.7.0({chance.gauss(230, 1):05.1f}*V)\r\n"
            f"1-0:{30 + 20 * place + 1}.7.0({chance.randrange(10):03}*A)\r\n"
            f"1-0:{20 + 20 * place + 1}.7.0({chance.uniform(0, 2):06.3f}*kW)\r\n"
            for place in range(3)
        )
        text = (
            f"/STR5BENCHMETER\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0({clock})\r\n0-0:96.1.1(4530303434303037)\r\n"
            f"1-0:1.8.1({1234 + number / 1000:010.3f}*kWh)\r\n1-0:1.8.2(002345.678*kWh)\r\n"
            "1-0:2.8.1(000012.001*kWh)\r\n1-0:2.8.2(000000.000*kWh)\r\n0-0:96.14.0(0002)\r\n"
            f"1-0:1.7.0({chance.uniform(0, 3):06.3f}*kW)\r\n1-0:2.7.0(00.000*kW)\r\n0-0:96.7.21(00004)\r\n"
            f"0-0:96.7.9(00002)\r\n{phases}0-0:96.13.0()\r\n0-1:24.1.0(003)\r\n0-1:96.1.0(4730303332353635)\r\n"
            f"0-1:24.2.1(240115100002W)(00987.654*m3)\r\n!"
        ).encode()
        telegrams.append(text + b"%04X\r\n" % crc(text, start=0))
    return b"".join(telegrams)


def crc(data: bytes, start: int = 0xFFFF) -> int:
    """Return the CRC-16 of Modbus; with another start that of DSMR."""
    register = start
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register


def binary(count: int) -> bytes:
    """Return frames of a sync word, five numbers and a CRC."""
    return b"".join(b"\xaa\x55" + body for body in _bodies(count))


def in_cobs(count: int) -> bytes:
    """Return the same, in COBS without a sync word."""
    return b"".join(cobs.encode(body) + b"\0" for body in _bodies(count))


def _bodies(count: int) -> list[bytes]:
    chance = Random(count)
    bodies = []
    for number in range(count):
        axes = [int(chance.gauss(0, 1000)) for _ in range(3)]
        body = _PAYLOAD.pack(number * 10, *axes, chance.gauss(12, 0.1))
        bodies.append(body + crc(body).to_bytes(2, "little"))
    return bodies


def sds011(count: int) -> bytes:
    """Return what the sensor sends each second."""
    chance = Random(count)
    bodies = [struct.pack("<HH", chance.randrange(300), chance.randrange(600)) + b"\xa1\x60" for _ in range(count)]
    return b"".join(b"\xaa\xc0%b%c\xab" % (body, sum(body) % 256) for body in bodies)


def pmsx003(count: int) -> bytes:
    """Return what the sensor sends each second."""
    chance = Random(count)
    frames = [b"BM" + struct.pack(">14H", 28, *(chance.randrange(1000) for _ in range(13))) for _ in range(count)]
    return b"".join(frame + sum(frame).to_bytes(2, "big") for frame in frames)


def numbers_on_topics(count: int) -> list[Chunk]:
    chance = Random(count)
    return _messages([(f"house/room{n % TOPICS}/temperature", b"%.2f" % chance.gauss(21, 2)) for n in range(count)])


def objects_on_topics(count: int) -> list[Chunk]:
    bodies = objects(count).split(b"\r\n")
    return _messages([(f"house/room{number % TOPICS}", body) for number, body in enumerate(bodies[:-1])])


def sparkplug_birth() -> list[Chunk]:
    metrics = [{"name": name, "alias": place, **_double(0)} for place, name in enumerate(_METRICS)]
    return _messages([(NODE.format("BIRTH"), payload(*metrics, seq=0, timestamp=NOW_NS // 10**6))])


def sparkplug(count: int) -> list[Chunk]:
    """Return data by alias; numbered so that a multiple of 256 of them can come again and again."""
    chance = Random(count)
    bodies = [
        payload(
            *({"alias": place, **_double(chance.gauss(20, 2))} for place in range(len(_METRICS))),
            seq=(number + 1) % 256,
            timestamp=NOW_NS // 10**6 + number,
        )
        for number in range(count)
    ]
    return _messages([(NODE.format("DATA"), body) for body in bodies])


def _double(value: float) -> dict[str, Any]:
    return {"timestamp": NOW_NS // 10**6, "datatype": 10, "double_value": value}


def _messages(messages: list[tuple[str, bytes]]) -> list[Chunk]:
    return [Chunk(data, NOW_NS + number, 0, topic) for number, (topic, data) in enumerate(messages)]
