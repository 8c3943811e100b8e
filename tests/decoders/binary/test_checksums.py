"""Check values are those of the catalogue of parametrised CRC algorithms: of the text ``123456789``."""

from __future__ import annotations

import binascii
import threading
import zlib
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.binary.checksums import CHECKSUMS, ChecksumName, Crc
from support.decoding import many_examples

CHECK_VALUES = {
    "crc-8": 0xF4,
    "crc-8-maxim": 0xA1,
    "crc-16-arc": 0xBB3D,
    "crc-16-modbus": 0x4B37,
    "crc-16-xmodem": 0x31C3,
    "crc-16-ccitt-false": 0x29B1,
    "crc-16-kermit": 0x2189,
    "crc-16-x25": 0x906E,
    "crc-32": 0xCBF43926,
    "xor-8": 0x31,
    "sum-8": 0xDD,
    "sum-8-negated": 0x23,
    "sum-16": 0x01DD,
    "fletcher-16": 0x1EDE,
    "adler-32": 0x091E01DE,
}


def plain_crc(data: bytes, width: int, polynomial: int, start: int, end: int, *, reflected: bool) -> int:
    """Shift bit by bit, as a data sheet has it."""

    def mirrored(value: int, bits: int) -> int:
        return int(f"{value:0{bits}b}"[::-1], 2)

    register = start
    for byte in data:
        register ^= (mirrored(byte, 8) if reflected else byte) << (width - 8)
        for _ in range(8):
            register = (register << 1) ^ (polynomial if register >> (width - 1) else 0)
            register &= (1 << width) - 1
    return (mirrored(register, width) if reflected else register) ^ end


def plain_fletcher(data: bytes) -> int:
    low = high = 0
    for byte in data:
        low = (low + byte) % 255
        high = (high + low) % 255
    return high << 8 | low


def one(name: ChecksumName, data: bytes) -> int:
    return int(CHECKSUMS[name].compute(np.frombuffer(data, np.uint8)[np.newaxis])[0])


@pytest.mark.parametrize(("name", "value"), CHECK_VALUES.items())
def test_check_values(name: ChecksumName, value: int):
    assert one(name, b"123456789") == value
    assert value < 1 << 8 * CHECKSUMS[name].size


def test_every_name_has_its_algorithm_and_its_check_value():
    assert set(get_args(ChecksumName)) == set(CHECKSUMS) == set(CHECK_VALUES)


@many_examples
@given(data=st.binary(max_size=600))
def test_against_the_standard_library(data: bytes):
    assert one("crc-32", data) == zlib.crc32(data)
    assert one("adler-32", data) == zlib.adler32(data)
    assert one("crc-16-xmodem", data) == binascii.crc_hqx(data, 0)
    assert one("crc-16-ccitt-false", data) == binascii.crc_hqx(data, 0xFFFF)
    assert one("fletcher-16", data) == plain_fletcher(data)
    assert one("sum-16", data) == sum(data) % (1 << 16)
    assert (one("sum-8-negated", data) + sum(data)) % 256 == 0


@many_examples
@given(
    data=st.binary(max_size=40),
    width=st.sampled_from([8, 16, 32]),
    parameters=st.tuples(*[st.integers(0, (1 << 32) - 1)] * 3),
    reflected=st.booleans(),
)
def test_a_crc_of_any_parameters_is_as_bit_by_bit(
    data: bytes, width: int, parameters: tuple[int, int, int], reflected: bool
):
    polynomial, start, end = (value & (1 << width) - 1 for value in parameters)
    symmetric = start if not reflected else int(f"{start:0{width}b}"[::-1], 2)  # the register itself is mirrored
    crc = Crc(width, polynomial, start, end, reflected=reflected)
    found = int(crc(np.frombuffer(data, np.uint8)[np.newaxis])[0])
    assert found == plain_crc(data, width, polynomial, symmetric, end, reflected=reflected)


@pytest.mark.parametrize("name", CHECKSUMS)
@pytest.mark.parametrize(("count", "size"), [(1, 1), (3000, 42), (2, 5000), (0, 4), (5, 0)])
def test_many_messages_are_as_each_alone(name: ChecksumName, count: int, size: int):
    messages = np.random.default_rng(1).integers(0, 256, (count, size), dtype=np.uint8)
    expected = [one(name, message.tobytes()) for message in messages]
    found = CHECKSUMS[name].compute(messages)
    assert (found.dtype, found.tolist()) == (np.uint32, expected)


def test_messages_that_overlap_in_memory():
    data = np.frombuffer(bytes(range(100)), np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(data, 10)
    assert CHECKSUMS["crc-32"].compute(windows).tolist() == [zlib.crc32(window.tobytes()) for window in windows]


def test_threads_may_lengthen_a_table_together():
    crc = Crc(16, 0x1021, 0, 0, reflected=False)
    messages = {size: np.arange(size, dtype=np.uint8)[np.newaxis] for size in range(1, 200)}
    expected = {size: binascii.crc_hqx(message.tobytes(), 0) for size, message in messages.items()}
    found: dict[int, int] = {}

    def compute(sizes: list[int]) -> None:
        for size in sizes:
            found[size] = int(crc(messages[size])[0])

    threads = [threading.Thread(target=compute, args=(list(range(first, 200, 4)),)) for first in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == expected
