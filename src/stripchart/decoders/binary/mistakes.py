"""What can be wrong with the options of binary frames, told all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripchart.decoders.cells import MAX_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripchart.decoders.binary.options import BinaryOptions

MAX_SIZE: Final = 16 << 10
"""Bytes of the longest frame that can be asked for."""

_OF_FRAMING: Final = {
    "sync": {"sync", "end", "size", "length", "max_size"},
    "fixed": {"end", "size"},
    "delimited": {"sync", "end", "size", "length", "max_size", "escape"},
    "cobs": {"sync", "size", "length", "max_size"},
    "slip": {"sync", "size", "length", "max_size"},
}
"""What can be said of each framing, of all that cannot be said of each."""
_NEEDED: Final = {"sync": ("sync",), "delimited": ("end",)}
_BESIDE: Final = {
    "length_offset": "length",
    "length_counts": "length",
    "checksum_offset": "checksum",
    "checksum_endian": "checksum",
    "checksum_start": "checksum",
    "checksum_stop": "checksum",
    "escape_xor": "escape",
}
"""What means nothing without another option."""
_HIGHEST: Final = {
    "size": MAX_SIZE, "max_size": MAX_SIZE, "length_offset": MAX_SIZE, "checksum_offset": MAX_SIZE,
    "checksum_start": MAX_SIZE, "checksum_stop": MAX_SIZE, "escape_xor": 0xFF,
}  # fmt: skip


def wrong_values(options: BinaryOptions) -> Iterator[str]:
    """Yield what is wrong with one option, or needless beside another."""
    for name in ("sync", "end", "escape"):
        if not _is_hex(getattr(options, name)):
            yield f"{name}: expected bytes in hexadecimal such as 'AA 55', got {getattr(options, name)!r}"
    for name, highest in _HIGHEST.items():
        if not 0 <= (getattr(options, name) or 0) <= highest:
            yield f"{name}: expected a whole number from 0 to {highest}, got {getattr(options, name)}"
    yield from _needless(options)
    if not options.fields:
        yield "fields: expected at least one [[decoder_options.fields]]"
    if sum(field.count for field in options.fields) > MAX_COLUMNS:
        yield f"fields: expected at most {MAX_COLUMNS} channels"


def wrong_places(options: BinaryOptions) -> Iterator[str]:
    """Yield what is wrong with options together, each of which can be."""
    layout, least = options.layout, options.least
    reserved = {"the sync word": range(len(layout.sync))}
    if layout.length:
        reserved["the length"] = range(layout.length.start, layout.length.stop)
        if layout.length.start < len(layout.sync):
            yield f"length_offset: expected a place after the sync word, got {layout.length.start}"
    if layout.check and layout.check.place is not None:
        place = layout.check.place
        reserved["the checksum"] = range(place, place + layout.check.algorithm.size)
    yield from options.table.mistakes(reserved, (options.size or options.max_size or MAX_SIZE) - options.trailer)
    for name in ("size", "max_size"):
        if 0 < getattr(options, name) < least:
            yield f"{name}: expected at least {least}, as the fields and marks need, got {getattr(options, name)}"
    if options.max_size and (options.size or (options.framing == "sync" and not options.length)):
        yield "max_size: means nothing for frames of one size"
    mark, escape = len(layout.end), len(bytes.fromhex(options.escape))
    if escape and not (mark == escape == 1 >= len(layout.sync) and options.escape_xor):
        yield "escape: expected one byte, beside an end and a sync of one byte, and an escape_xor other than 0"
    yield from _wrong_cover(options)


def _needless(options: BinaryOptions) -> Iterator[str]:
    given = {name for name, field in options.__dataclass_fields__.items() if getattr(options, name) != field.default}
    for name in _NEEDED.get(options.framing, ()):
        if name not in given:
            yield f"{name}: is missing; framing {options.framing!r} needs it"
    for name in sorted(given & set().union(*_OF_FRAMING.values()) - _OF_FRAMING[options.framing]):
        yield f"{name}: means nothing with framing {options.framing!r}"
    for name, other in _BESIDE.items():
        if name in given and not getattr(options, other):
            yield f"{name}: means nothing without {other}"


def _wrong_cover(options: BinaryOptions) -> Iterator[str]:
    """Yield what is wrong with the bytes that the checksum covers."""
    check = options.layout.check
    if check is None:
        return
    smallest = options.layout.smallest
    place = smallest - options.trailer if check.place is None else check.place
    stop = check.stop
    if stop is None:
        stop = place if check.start <= place else smallest - len(options.layout.end)
    own = check.start < place + check.algorithm.size and place < stop
    if own or not check.start < stop <= smallest:
        name = "checksum_start" if options.checksum_stop is None else "checksum_stop"
        found = f"bytes from {check.start} to before {stop}"
        yield f"{name}: expected to cover bytes of {smallest}, and not the checksum's own, got {found}"


def _is_hex(text: str) -> bool:
    try:
        bytes.fromhex(text)
    except ValueError:
        return False
    return True
