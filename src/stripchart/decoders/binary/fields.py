"""What one value of a binary frame is: its place, its type, and what it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

from stripchart.decoders.cells import MAX_TEXT, is_name
from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

Endian = Literal["little", "big"]
Type = Literal[
    "u8", "i8", "u16", "i16", "u24", "i24", "u32", "i32", "u64", "i64", "f32", "f64", "bool", "text", "hex"
]  # fmt: skip
TimeUnit = Literal["s", "ms", "us", "ns"]
Words = Annotated[dict[int, str], "a table of numbers and words such as { 0 = 'off', 1 = 'on' }"]

MAX_COUNT: Final = 256
_SIZED: Final = ("text", "hex")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One value of a frame, or several of a kind in a row.

    Attributes
    ----------
    name
        Of the channel.
    type
        Unsigned (u), signed (i) or floating point (f) with its bits; bool is a byte that is not 0; text is as many
        bytes of UTF-8 as ``size`` says, up to the first 0; hex shows as many bytes as digits, such as an address.
        Channels hold 64-bit floating point, so u64 and i64 are exact up to 2**53.
    offset
        Place of its first byte in the frame, which begins with the sync word; by default it follows the field before.
    size
        Bytes of text or hex.
    endian
        Which byte comes first, the least (``little``) or the most significant one (``big``); by default as the table.
    bits
        ``[start, count]``: only these bits of a u or i type, counted from the least significant one, which is 0.
    count
        How many follow one another; the channels are ``name[0]``, ``name[1]``, ...
    scale, add
        The value is the number times ``scale`` plus ``add``.
    unit
        Unit of the value.
    invalid
        The number, before scaling, by which the device says that it has no value: a NaN.
    words
        What numbers mean, for a channel of text; the two words of a switch (off and on, closed and open, no and yes)
        make it a state.
    time
        It is the device's clock, in this unit once it is scaled.

    Raises
    ------
    ConfigError
        Naming every value that cannot be, one a line.
    """

    name: str
    type: Type
    offset: int | None = None
    size: int = 0
    endian: Endian | None = None
    bits: tuple[int, int] | None = None
    count: int = 1
    scale: float = 1.0
    add: float = 0.0
    unit: str = ""
    invalid: int | float | None = None
    words: Words = field(default_factory=dict)
    time: TimeUnit | None = None

    def __post_init__(self) -> None:
        mistakes = list(wrong_choices(self)) or list(self._mistakes())
        if mistakes:
            raise ConfigError("\n".join(mistakes))

    @property
    def integer(self) -> bool:
        """It is a whole number."""
        return self.type[0] in "ui"

    @property
    def width(self) -> int:
        """Bytes of one value."""
        if self.type in _SIZED:
            return self.size
        return 1 if self.type == "bool" else int(self.type[1:]) // 8

    @property
    def names(self) -> list[str]:
        """Names of its channels."""
        return [self.name] if self.count == 1 else [f"{self.name}[{i}]" for i in range(self.count)]

    def _mistakes(self) -> Iterator[str]:
        if not is_name(self.name):
            yield f"name: expected a name of printable characters, got {self.name!r}"
        if self.offset is not None and self.offset < 0:
            yield f"offset: expected a whole number of at least 0, got {self.offset}"
        if not 1 <= self.count <= MAX_COUNT:
            yield f"count: expected a whole number from 1 to {MAX_COUNT}, got {self.count}"
        if self.type in _SIZED and not 1 <= self.size <= MAX_TEXT:
            yield f"size: expected a whole number from 1 to {MAX_TEXT}, got {self.size}"
        if self.scale == 0:
            yield "scale: expected a number other than 0, got 0"
        if self.time and (self.unit or self.words or self.count > 1):
            yield f"time: expected no unit, words or count beside it, got {self.time!r}"
        yield from self._misplaced()
        if self.bits is not None and self.integer:
            start, count = self.bits
            if start < 0 or count < 1 or start + count > 8 * self.width:
                yield f"bits: expected [start, count] within {8 * self.width} bits, got {list(self.bits)}"
                return
        low, high = self._range()
        if self.invalid is not None and self.integer and not low <= self.invalid <= high:
            yield f"invalid: expected a number from {low} to {high}, as {self.type} holds them, got {self.invalid}"

    def _misplaced(self) -> Iterator[str]:
        """Complain of what this type cannot have."""
        wanted: dict[str, bool] = {
            "size": self.type in _SIZED,
            "bits": self.integer,
            "words": self.integer,
            "endian": self.type not in {*_SIZED, "bool"},
            "invalid": self.type not in {*_SIZED, "bool"},
            "scale": self.type not in {*_SIZED, "bool"},
            "add": self.type not in {*_SIZED, "bool"},
            "time": self.type not in {*_SIZED, "bool"},
            "count": self.type not in _SIZED,
        }
        for each in fields(self):
            given = getattr(self, each.name)
            if not wanted.get(each.name, True) and given not in (each.default, {}):
                yield f"{each.name}: means nothing for the type {self.type!r}, got {given!r}"

    def _range(self) -> tuple[int, int]:
        """Return the least and the greatest number of a whole one."""
        bits = self.bits[1] if self.bits else 8 * self.width
        return (-(1 << bits - 1), (1 << bits - 1) - 1) if self.type[0] == "i" else (0, (1 << bits) - 1)


def wrong_choices(options: Any) -> Iterator[str]:
    """Name the values of a dataclass that are none of those its ``Literal`` hints allow."""
    for name, hint in get_type_hints(type(options)).items():
        choices = [each for part in (hint, *get_args(hint)) if get_origin(part) is Literal for each in get_args(part)]
        found = getattr(options, name)
        if choices and found is not None and found not in choices:
            yield f"{name}: expected one of {', '.join(map(repr, choices))}, got {found!r}"
