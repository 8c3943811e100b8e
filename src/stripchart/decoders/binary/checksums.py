"""Checksums of many equally long messages at once.

A CRC is linear: what a byte adds to it depends only on its value and on how many bytes follow it. So the CRC of a
message is the XOR of one table entry a byte, and thousands of messages are looked up in a few NumPy calls.

The parameters of the CRCs, and their check values in the tests, are those of the catalogue of parametrised CRC
algorithms by Greg Cook; Adler-32 is that of RFC 1950, Fletcher-16 that of J. G. Fletcher (1982), modulo 255.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_AT_ONCE: Final = 1 << 16
"""Bytes of messages that are looked up together: the intermediate arrays stay in the processor's cache."""
_ADLER: Final = 65521


class Checksum(NamedTuple):
    """An algorithm."""

    size: int
    """Bytes of its result."""
    compute: Callable[[NDArray[np.uint8]], NDArray[np.uint32]]
    """Takes messages, uint8 of shape (n, bytes), and returns their checksums, uint32 of shape (n,)."""


class Crc:
    """A CRC of up to 32 bits.

    Parameters
    ----------
    width
        Bits: 8, 16 or 32.
    polynomial
        Normal (not reflected) form, without the highest bit.
    start, end
        What the register begins with, and what its last value is XORed with.
    reflected
        Bits go through the register lowest first.
    """

    def __init__(self, width: int, polynomial: int, start: int, end: int, *, reflected: bool) -> None:
        self._width, self._start, self._end, self._reflected = width, start, end, reflected
        self._mask = (1 << width) - 1
        self._by_byte = np.array([self._shift_out(byte, polynomial) for byte in range(256)], np.uint32)
        narrow = {8: np.uint8, 16: np.uint16, 32: np.uint32}[width]
        self._table = self._by_byte[np.newaxis].astype(narrow)  # row d: what a byte adds if d bytes follow it
        self._of_zeros = lru_cache(maxsize=64)(self._run_zeros)

    def __call__(self, messages: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return the CRC of each message; see ``Checksum``."""
        count, size = messages.shape
        table = self._rows(size).ravel()
        places = np.arange(size - 1, -1, -1) * 256
        result = np.empty(count, np.uint32)
        step = max(1, _AT_ONCE // max(1, size))
        for first in range(0, count, step):
            added = table.take(messages[first : first + step] + places)
            np.bitwise_xor.reduce(added, axis=1, out=result[first : first + step])
        result ^= self._of_zeros(size)
        return result

    def _shift_out(self, byte: int, polynomial: int) -> int:
        """Return what the register holds when a byte has gone through it alone."""
        if self._reflected:
            polynomial = int(f"{polynomial:0{self._width}b}"[::-1], 2)
            for _ in range(8):
                byte = byte >> 1 ^ (polynomial if byte & 1 else 0)
            return byte
        register = byte << self._width - 8
        for _ in range(8):
            register = register << 1 ^ (polynomial if register >> self._width - 1 else 0)
            register &= self._mask
        return register

    def _shift_zero(self, register: Any) -> Any:
        """Return what the register, or each of many, holds when one more zero byte has gone through it."""
        if self._reflected:
            return register >> 8 ^ self._by_byte[register & 0xFF]
        return register << 8 & self._mask ^ self._by_byte[register >> self._width - 8]

    def _rows(self, size: int) -> NDArray[Any]:
        """Return the table, long enough for messages of this size. Several threads may use and lengthen it."""
        table = self._table
        if len(table) < size:
            rows = list(table)
            while len(rows) < size:
                rows.append(self._shift_zero(rows[-1].astype(np.uint32)).astype(table.dtype))
            table = self._table = np.array(rows)
        return table

    def _run_zeros(self, size: int) -> np.uint32:
        """Return the CRC of as many zero bytes: what the start and the end add to every message of this size."""
        register = np.uint32(self._start)
        for _ in range(size):
            register = self._shift_zero(register)
        return np.uint32(register ^ self._end)


def _sum(messages: NDArray[np.uint8], bits: int) -> NDArray[np.uint32]:
    total: NDArray[np.uint32] = messages.sum(axis=1, dtype=np.uint32)
    return total & np.uint32((1 << bits) - 1)


def _negated_sum(messages: NDArray[np.uint8]) -> NDArray[np.uint32]:
    return -_sum(messages, 8) & np.uint32(0xFF)


def _xor(messages: NDArray[np.uint8]) -> NDArray[np.uint32]:
    return np.asarray(np.bitwise_xor.reduce(messages, axis=1), np.uint32)


def _two_sums(messages: NDArray[np.uint8], start: int, modulus: int, bits: int) -> NDArray[np.uint32]:
    """Sum the bytes, and sum these sums as they grow: each byte counts once more for each one that follows."""
    size = messages.shape[1]
    plain = messages.sum(axis=1, dtype=np.int64) + start
    growing = messages @ np.arange(size, 0, -1, dtype=np.int64) + start * size
    return np.asarray((growing % modulus << bits) + plain % modulus, np.uint32)


ChecksumName = Literal[
    "xor-8", "sum-8", "sum-8-negated", "sum-16", "fletcher-16", "adler-32", "crc-8", "crc-8-maxim", "crc-16-arc",
    "crc-16-modbus", "crc-16-xmodem", "crc-16-ccitt-false", "crc-16-kermit", "crc-16-x25", "crc-32",
]  # fmt: skip
CHECKSUMS: Final[dict[ChecksumName, Checksum]] = {
    "xor-8": Checksum(1, _xor),
    "sum-8": Checksum(1, lambda messages: _sum(messages, 8)),
    "sum-8-negated": Checksum(1, _negated_sum),
    "sum-16": Checksum(2, lambda messages: _sum(messages, 16)),
    "fletcher-16": Checksum(2, lambda messages: _two_sums(messages, 0, 255, 8)),
    "adler-32": Checksum(4, lambda messages: _two_sums(messages, 1, _ADLER, 16)),
    "crc-8": Checksum(1, Crc(8, 0x07, 0, 0, reflected=False)),
    "crc-8-maxim": Checksum(1, Crc(8, 0x31, 0, 0, reflected=True)),
    "crc-16-arc": Checksum(2, Crc(16, 0x8005, 0, 0, reflected=True)),
    "crc-16-modbus": Checksum(2, Crc(16, 0x8005, 0xFFFF, 0, reflected=True)),
    "crc-16-xmodem": Checksum(2, Crc(16, 0x1021, 0, 0, reflected=False)),
    "crc-16-ccitt-false": Checksum(2, Crc(16, 0x1021, 0xFFFF, 0, reflected=False)),
    "crc-16-kermit": Checksum(2, Crc(16, 0x1021, 0, 0, reflected=True)),
    "crc-16-x25": Checksum(2, Crc(16, 0x1021, 0xFFFF, 0xFFFF, reflected=True)),
    "crc-32": Checksum(4, Crc(32, 0x04C11DB7, 0xFFFFFFFF, 0xFFFFFFFF, reflected=True)),
}
"""By name. "sum-8" is also called MOD-256; with "sum-8-negated", its two's complement, all bytes together give 0."""
