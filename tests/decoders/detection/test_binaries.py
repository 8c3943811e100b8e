from __future__ import annotations

import random
import struct

import pytest

from stripchart.decoders.detection.binaries import UNKNOWN, describe_binary
from support.corpus import cobs, noise, slip

RANDOM = random.Random(3).randbytes(2000)


def packet(number: int, values: str = "<Hhf") -> bytes:
    return struct.pack(values, 300 + number, -number, 20 + number / 7)


@pytest.mark.parametrize(
    ("data", "description"),
    [
        (b"".join(map(cobs, map(packet, range(30)))), "binary, looks like COBS frames of 9 bytes"),
        (b"xy" + b"".join(map(cobs, map(packet, range(30))))[3:], "binary, looks like COBS frames of 9 bytes"),
        (b"".join(map(slip, map(packet, range(30)))), "binary, looks like SLIP frames of 8 to 9 bytes"),
        (
            b"".join(b"\xa5\x5a" + RANDOM[8 * place : 8 * place + 8] for place in range(30)),
            "binary, frames of 10 bytes with A5 5A at the same place",
        ),
        (RANDOM, UNKNOWN),
        (noise(2000), UNKNOWN),
        (b"\x81" * 200, UNKNOWN),
        (b"23.5,1\r\n" * 30, ""),
        (RANDOM[:63], ""),
        (b"", ""),
    ],
)
def test_what_it_looks_like(data: bytes, description: str) -> None:
    assert describe_binary(data) == description


def test_the_newest_bytes_count() -> None:
    assert describe_binary(RANDOM * 10 + b"23.5,1\r\n" * 1000) == ""
