"""Protocol Buffers' wire format, read without a schema; and as much of writing as a small message needs.

Format: Protocol Buffers' documentation, "Encoding". A message is a sequence of fields, and each begins with a tag, a
varint of ``field number << 3 | wire type``::

    wire type 0   a varint: 7 bits a byte, least significant first, of at most 10 bytes
              1   8 bytes, little-endian
              2   a varint of a length, and so many bytes: text, bytes, a message, or numbers packed together
              5   4 bytes, little-endian
              3, 4   groups, which nobody has written for many years: rejected

Who knows the schema asks for a field by number and type. As in other readers, a field of another wire type than asked
for is one that we do not know, and of a field that comes again the last one counts.
"""

from __future__ import annotations

import struct
from typing import Final

from stripchart.decoders.cells import FrameError, to_text

NOT_PROTOBUF: Final = "not Protocol Buffers"
_VARINT, _FIXED_64, _SIZED, _FIXED_32 = 0, 1, 2, 5
_MORE: Final = 0x80
_LOW: Final = 0x7F
_MAX_VARINT: Final = 10
_MAX_TAG: Final = 1 << 32
_MASK_64: Final = (1 << 64) - 1
_DOUBLE: Final = struct.Struct("<d")
_FLOAT: Final = struct.Struct("<f")


class Message:
    """The fields of a message, cut but not yet interpreted.

    Parameters
    ----------
    data
        All of the message.

    Raises
    ------
    FrameError
        If it is cut short or is none.
    """

    __slots__ = ("_numbers", "_parts")

    def __init__(self, data: bytes) -> None:
        self._numbers: dict[int, list[int]] = {}  # by tag
        self._parts: dict[int, list[bytes]] = {}  # by tag
        at, end = 0, len(data)
        try:
            while at < end:
                tag, at = _varint(data, at)
                wire = tag & 7
                if wire == _VARINT:
                    number, at = _varint(data, at)
                    self._numbers.setdefault(tag, []).append(number)
                elif wire == _SIZED:
                    size, at = _varint(data, at)
                    self._parts.setdefault(tag, []).append(data[at : at + size])
                    at += size
                elif wire in {_FIXED_64, _FIXED_32}:
                    size = 8 if wire == _FIXED_64 else 4
                    self._numbers.setdefault(tag, []).append(int.from_bytes(data[at : at + size], "little"))
                    at += size
                else:
                    raise FrameError(NOT_PROTOBUF)
                if not 1 << 3 <= tag < _MAX_TAG:
                    raise FrameError(NOT_PROTOBUF)
        except IndexError:
            at = end + 1
        if at > end:
            raise FrameError(NOT_PROTOBUF)

    def integer(self, field: int) -> int | None:
        """Return an unsigned number; None if the field is not there."""
        found = self._numbers.get(field << 3 | _VARINT)
        return found[-1] if found else None

    def integers(self, field: int) -> list[int]:
        """Return the numbers of a repeated field, packed or not."""
        found = list(self._numbers.get(field << 3 | _VARINT, ()))
        for part in self.parts(field):
            at = 0
            while at < len(part):
                try:
                    number, at = _varint(part, at)
                except IndexError:
                    raise FrameError(NOT_PROTOBUF) from None
                found.append(number)
        return found

    def float32(self, field: int) -> float | None:
        """Return a number of 32 bits; None if the field is not there."""
        found = self._numbers.get(field << 3 | _FIXED_32)
        return float(_FLOAT.unpack(found[-1].to_bytes(4, "little"))[0]) if found else None

    def float64(self, field: int) -> float | None:
        """Return a number of 64 bits; None if the field is not there."""
        found = self._numbers.get(field << 3 | _FIXED_64)
        return float(_DOUBLE.unpack(found[-1].to_bytes(8, "little"))[0]) if found else None

    def part(self, field: int) -> bytes | None:
        """Return bytes, or a message within; None if the field is not there."""
        found = self._parts.get(field << 3 | _SIZED)
        return found[-1] if found else None

    def parts(self, field: int) -> list[bytes]:
        """Return what a repeated field holds."""
        return self._parts.get(field << 3 | _SIZED, [])

    def text(self, field: int) -> str | None:
        """Return a text; None if the field is not there. FrameError if it is not UTF-8."""
        part = self.part(field)
        return None if part is None else to_text(part)


def integer_field(field: int, number: int) -> bytes:
    """Write a field that holds an unsigned number."""
    return _to_varint(field << 3 | _VARINT) + _to_varint(number)


def part_field(field: int, data: bytes) -> bytes:
    """Write a field that holds bytes, a text in UTF-8 or a message."""
    return _to_varint(field << 3 | _SIZED) + _to_varint(len(data)) + data


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a place and the place after it; IndexError if its end is not there."""
    byte = data[at]
    if byte < _MORE:  # most are of one byte
        return byte, at + 1
    value = byte & _LOW
    for shift in range(1, _MAX_VARINT):
        byte = data[at + shift]
        value |= (byte & _LOW) << 7 * shift
        if byte < _MORE:
            return value & _MASK_64, at + shift + 1
    raise FrameError(NOT_PROTOBUF)


def _to_varint(number: int) -> bytes:
    data = bytearray()
    while number >= _MORE:
        data.append(number & _LOW | _MORE)
        number >>= 7
    data.append(number)
    return bytes(data)
