"""Frames to columns: all fields of many frames are read by one NumPy structured type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from stripchart.decoders.cells import STATES
from stripchart.flow.records import Channel, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from stripchart.decoders.binary.fields import Endian, Field

_ORDERS: Final = {"little": "<", "big": ">"}
_NO_DTYPE: Final = ("u24", "i24")
"""NumPy has no type of three bytes: they are read apart and joined."""


class Place(NamedTuple):
    """Where a field is in a frame."""

    field: Field
    start: int
    stop: int
    """After its last byte."""
    endian: Endian


class FieldTable:
    """The fields of a frame, in their places.

    Parameters
    ----------
    fields
        Of valid options each; ``mistakes`` tells what is wrong with them together.
    start
        Place of the first one, if it does not say.
    endian
        Of the fields that do not say.
    """

    def __init__(self, fields: Sequence[Field], start: int, endian: Endian) -> None:
        self.places: list[Place] = []
        for field in fields:
            offset = start if field.offset is None else field.offset
            start = offset + field.width * field.count
            self.places.append(Place(field, offset, start, field.endian or endian))
        self.stop = max((place.stop for place in self.places), default=0)
        """Bytes that a frame needs to hold all fields."""
        self.channels = tuple(channel for field in fields for channel in _channels(field))
        self._dtype = np.dtype({
            "names": [str(number) for number in range(len(fields))],
            "formats": [_format(place) for place in self.places],
            "offsets": [place.start for place in self.places],
            "itemsize": max(1, self.stop),
        })  # fmt: skip

    def mistakes(self, reserved: Mapping[str, range], stop: int) -> Iterator[str]:
        """Yield what is wrong with the fields together.

        Parameters
        ----------
        reserved
            Bytes that are no field's, by what is there.
        stop
            Where fields end at the latest.
        """
        names: dict[str, str] = {}
        owners: dict[tuple[int, int], str] = {}
        for what, places in reserved.items():
            owners |= {(byte, bit): what for byte in places for bit in range(8)}
        clock = ""
        for number, place in enumerate(self.places):
            field, key = place.field, f"fields[{number}]"
            for name in field.names:
                if names.setdefault(name, key) != key:
                    yield f"{key}.name: expected another name than that of {names[name]}, got {name!r}"
            found = f"bytes {place.start} to {place.stop - 1}"
            if place.stop > stop:
                yield f"{key}.offset: expected a place before byte {stop} of the frame, got {found}"
                continue
            mine = f"{key} ({field.name})"
            others = {owners.setdefault(bit, mine) for bit in _bits(place)} - {mine}
            if others:
                whose = " and ".join(sorted(others))
                yield f"{key}.offset: expected a place of its own, got {found}, which are taken by {whose}"
            if field.time and clock:
                yield f"{key}.time: expected one clock, but {clock} is one"
            clock = clock or (key if field.time else "")

    def columns(self, frames: NDArray[np.uint8]) -> tuple[NDArray[Any], ...]:
        """Read frames.

        Parameters
        ----------
        frames
            Shape (n, ``stop``), the first bytes of each; a row is contiguous, rows need not be.

        Returns
        -------
        An array of shape (n,) a channel: float64, or object for text.
        """
        records = frames.view(self._dtype)[:, 0]
        columns: list[NDArray[Any]] = []
        with np.errstate(invalid="ignore", over="ignore"):  # any bits may come as f32 or f64
            for number, place in enumerate(self.places):
                column = _read(place, records[str(number)])
                columns += [column] if place.field.count == 1 else list(np.ascontiguousarray(column.T))
        return tuple(columns)


def _channels(field: Field) -> list[Channel]:
    kind = Kind.NUMBER
    if field.time:
        kind = Kind.TIME
    elif field.type == "bool" or _switch(field.words):
        kind = Kind.STATE
    elif field.words or field.type in {"text", "hex"}:
        kind = Kind.TEXT
    return [Channel(name, field.time or field.unit, kind) for name in field.names]


def _switch(words: Mapping[int, str]) -> dict[int, float]:
    """Return the position that each number means, if the words are those of a switch."""
    positions = {number: STATES[word.lower()] for number, word in words.items() if word.lower() in STATES}
    return positions if sorted(positions.values()) == [0.0, 1.0] and len(positions) == len(words) else {}


def _format(place: Place) -> Any:
    field = place.field
    if field.type in {"text", "hex"}:
        return f"V{field.size}"
    if field.type in _NO_DTYPE:
        return ("u1", (field.count, 3)) if field.count > 1 else ("u1", (3,))
    letter = "u" if field.type == "bool" else field.type[0]
    scalar = f"{_ORDERS[place.endian]}{letter}{field.width}"
    return (scalar, (field.count,)) if field.count > 1 else scalar


def _bits(place: Place) -> Iterator[tuple[int, int]]:
    """Yield the bits that a field reads, as (byte of the frame, bit of the byte)."""
    field = place.field
    start, count = field.bits or (0, 8 * field.width)
    for base in range(place.start, place.stop, field.width):
        for bit in range(start, start + count):
            byte = bit // 8
            yield base + (byte if place.endian == "little" else field.width - 1 - byte), bit % 8


def _read(place: Place, raw: NDArray[Any]) -> NDArray[Any]:
    """Turn the values of one field into a column; its shape is (n,) or (n, count)."""
    field = place.field
    if field.type == "bool":
        return np.asarray(raw != 0, np.float64)
    if field.type == "hex":
        return _texts(raw, lambda data: data.hex().upper())
    if field.type == "text":
        return _texts(raw, _text)
    if field.type in _NO_DTYPE:
        raw = _whole(raw if place.endian == "little" else raw[..., ::-1], signed=field.type == "i24")
    if field.bits is not None:
        raw = _cut(raw, *field.bits, signed=field.type[0] == "i")
    if field.words:
        return _meanings(raw, field.words)
    missing = None if field.invalid is None else raw == field.invalid
    column = raw.astype(np.float64)
    _scale(column, field.scale, field.add)
    if missing is not None:
        column[missing] = np.nan
    return column


def _whole(raw: NDArray[np.uint8], *, signed: bool) -> NDArray[np.int32]:
    """Join three bytes, the least significant first, along the last axis."""
    wide = raw.astype(np.int32)
    joined = wide[..., 0] | wide[..., 1] << 8 | wide[..., 2] << 16
    return joined << 8 >> 8 if signed else joined


def _cut(raw: NDArray[Any], start: int, count: int, *, signed: bool) -> NDArray[Any]:
    """Take bits out of whole numbers."""
    wide = raw.astype(np.int64 if signed else np.uint64)
    return wide << 64 - start - count >> 64 - count


def _scale(column: NDArray[np.float64], scale: float, add: float) -> None:
    """Scale in place. By 0.1 is by a division, which rounds 3 to 0.3 and not to 0.30000000000000004."""
    inverse = np.rint(1 / scale)
    if inverse and 1 / inverse == scale:
        column /= inverse
    else:
        column *= scale
    if add:
        column += add


def _meanings(raw: NDArray[Any], words: Mapping[int, str]) -> NDArray[Any]:
    """Turn numbers into words; a number without one is told as it is, and is no position of a switch."""
    switch = _switch(words)
    flat = raw.ravel().tolist()
    if switch:
        column = np.array([switch.get(number, np.nan) for number in flat], np.float64)
    else:
        column = np.array([words.get(number, str(number)) for number in flat], object)
    return column.reshape(raw.shape)


def _texts(raw: NDArray[np.void], show: Callable[[bytes], str]) -> NDArray[Any]:
    column = np.empty(len(raw), object)
    column[:] = [show(cell) for cell in raw.tolist()]
    return column


def _text(data: bytes) -> str:
    text = data.partition(b"\0")[0].decode(errors="replace").strip()
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
