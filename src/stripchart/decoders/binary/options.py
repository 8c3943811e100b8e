"""What a user may say about binary frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from stripchart.decoders.binary.checksums import CHECKSUMS, ChecksumName
from stripchart.decoders.binary.fields import Endian, Field, wrong_choices
from stripchart.decoders.binary.fieldtable import FieldTable
from stripchart.decoders.binary.layout import Check, Layout, Length
from stripchart.decoders.binary.mistakes import wrong_places, wrong_values
from stripchart.decoders.binary.stuffing import Stuffing, cobs, escaped, plain, slip
from stripchart.errors import ConfigError

USUAL_SIZE: Final = 4 << 10
"""Bytes of the longest frame, if only a length tells: for a false one, as many are waited for."""


@dataclass(frozen=True, kw_only=True)
class BinaryOptions:
    """What frames are like; places count from their first byte, sync word included, as data sheets do.

    Attributes
    ----------
    framing
        ``sync``: frames begin with ``sync``, and are as long as ``size`` or ``length`` says. ``fixed``: they follow one
        another, all of one size. ``delimited``: they end with ``end``, which must be in none of them, and may begin
        with ``sync``. ``cobs`` and ``slip``: as these say; places count in the frame as it is decoded.
    fields
        What is in a frame.
    endian
        Which byte of a number comes first: the least (``little``) or the most significant one (``big``).
    sync, end
        What a frame begins and ends with, in hexadecimal such as ``"AA 55"``.
    size
        Bytes of a frame; by default as many as the fields, the checksum and the end mark need.
    length
        Type of the field that tells how long the frame is.
    length_offset
        Its place; by default after the sync word.
    length_counts
        What it counts: the ``payload``, which is all between it and the checksum, the ``rest`` after it, or the whole
        ``frame``.
    max_size
        Bytes of the longest frame, where frames are not all of one size: longer ones are rejected.
    checksum
        Its algorithm.
    checksum_offset
        Its place; by default it is the last before the end mark.
    checksum_endian
        Which byte of it comes first; by default as ``endian``.
    checksum_start, checksum_stop
        It covers the bytes from one place to before the other; by default the payload, up to the checksum.
    escape
        With ``delimited``: the byte after this one (in hexadecimal) has the bits of ``escape_xor`` changed.

    Raises
    ------
    ConfigError
        Naming every value that cannot be, one a line.
    """

    framing: Literal["sync", "fixed", "delimited", "cobs", "slip"] = "sync"
    fields: tuple[Field, ...] = ()
    endian: Endian = "little"
    sync: str = ""
    end: str = ""
    size: int = 0
    length: Literal["u8", "u16"] | None = None
    length_offset: int | None = None
    length_counts: Literal["payload", "rest", "frame"] = "payload"
    max_size: int = 0
    checksum: ChecksumName | None = None
    checksum_offset: int | None = None
    checksum_endian: Endian | None = None
    checksum_start: int | None = None
    checksum_stop: int | None = None
    escape: str = ""
    escape_xor: int = 0x20

    def __post_init__(self) -> None:
        for check in (wrong_choices(self), wrong_values(self), wrong_places(self)):  # each needs the one before
            if mistakes := list(check):
                raise ConfigError("\n".join(mistakes))

    @cached_property
    def table(self) -> FieldTable:
        """The fields in their places."""
        return FieldTable(self.fields, self.payload, self.endian)

    @cached_property
    def layout(self) -> Layout:
        """What frames look like when they are decoded."""
        smallest = self.size or self.least
        varies = not self.size and (self.length or self.max_size)
        return Layout(
            sync=bytes.fromhex(self.sync),
            end=bytes.fromhex(self.end),
            length=self._length,
            check=self._check,
            smallest=smallest,
            largest=(self.max_size or USUAL_SIZE) if varies else smallest,
            keep=self.table.stop,
        )

    @property
    def stuffing(self) -> Stuffing | None:
        """How frames are written; None if they are told apart by their size."""
        if self.framing == "cobs":
            return cobs()
        if self.framing == "slip":
            return slip()
        if self.framing == "delimited":
            end = bytes.fromhex(self.end)
            return escaped(end, bytes.fromhex(self.escape), self.escape_xor) if self.escape else plain(end)
        return None

    @property
    def length_place(self) -> int:
        """Where the length is, if there is one."""
        return len(bytes.fromhex(self.sync)) if self.length_offset is None else self.length_offset

    @property
    def payload(self) -> int:
        """Where the payload begins."""
        return self.length_place + int(self.length[1:]) // 8 if self.length else len(bytes.fromhex(self.sync))

    @property
    def trailer(self) -> int:
        """Bytes after the payload."""
        last = CHECKSUMS[self.checksum].size if self.checksum and self.checksum_offset is None else 0
        return last + len(bytes.fromhex(self.end))

    @property
    def least(self) -> int:
        """Bytes of the shortest frame that holds all."""
        inner = 0
        if self.checksum and self.checksum_offset is not None:
            inner = self.checksum_offset + CHECKSUMS[self.checksum].size
        return max(self.table.stop, self.payload, inner) + self.trailer

    @property
    def _length(self) -> Length | None:
        if not self.length:
            return None
        beside = {"payload": self.payload + self.trailer, "rest": self.payload, "frame": 0}[self.length_counts]
        return Length(self.length_place, self.payload - self.length_place, self.endian, beside)

    @property
    def _check(self) -> Check | None:
        if not self.checksum:
            return None
        algorithm, place = CHECKSUMS[self.checksum], self.checksum_offset
        start = self.checksum_start
        if start is None:
            start = place + algorithm.size if place == self.payload else self.payload
        return Check(algorithm, self.checksum_endian or self.endian, place, start, self.checksum_stop)
