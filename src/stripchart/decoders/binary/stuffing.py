"""How frames are written so that the mark between them is in none of them, and how they are read again.

- COBS (Cheshire and Baker, 1999): no byte is 0. A code says how far it is to the next place where one was.
- Escapes: a mark inside a frame is written as an escape byte and another one. SLIP (RFC 1055) has a byte for each of
  its two signs; as in HDLC (RFC 1662), bits of the marked byte may be changed instead.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_COBS_BLOCK: Final = 0xFF
"""The code of 254 bytes without a 0 after them."""
_TOGETHER: Final = 16
"""So many frames of one size, of at most one such block, are decoded together; fewer are faster one by one."""


class Stuffing(NamedTuple):
    """A way to write frames."""

    mark: bytes
    """What ends a frame."""
    decode: Callable[[Sequence[bytes]], Sequence[bytes | None]]
    """Returns what frames say, and None for one that cannot be read."""
    fault: str = ""
    """Why that one is rejected."""


def plain(mark: bytes) -> Stuffing:
    """Return the way of frames as they are: the first mark ends them."""
    return Stuffing(mark, lambda frames: frames)


def cobs() -> Stuffing:
    """Return the way of COBS."""
    return Stuffing(b"\0", decode_cobs, "not COBS")


def slip() -> Stuffing:
    """Return the way of SLIP."""
    return _escaped(b"\xc0", b"\xdb", {0xDC: 0xC0, 0xDD: 0xDB})


def escaped(mark: bytes, escape: bytes, change: int) -> Stuffing:
    """Return the way of HDLC: a byte after the escape has these bits changed."""
    return _escaped(mark, escape, {byte: byte ^ change for byte in range(256)})


def _escaped(mark: bytes, escape: bytes, meanings: Mapping[int, int]) -> Stuffing:
    read = partial(unescape, escape=escape, meanings=meanings)
    return Stuffing(mark, lambda frames: [read(frame) if escape in frame else frame for frame in frames], "bad escape")


def unescape(frame: bytes, escape: bytes, meanings: Mapping[int, int]) -> bytes | None:
    """Return what was written with escapes; None if one of them has no meaning, or nothing follows it."""
    first, *rest = frame.split(escape)
    if not all(piece and piece[0] in meanings for piece in rest):
        return None
    return first + b"".join([bytes((meanings[piece[0]],)) + piece[1:] for piece in rest])


def decode_cobs(frames: Sequence[bytes]) -> list[bytes | None]:
    """Return what was written as COBS; None where a code is 0, or leads beyond the end."""
    decoded: list[bytes | None] = [None] * len(frames)
    by_size: dict[int, list[int]] = {}
    for number, frame in enumerate(frames):
        by_size.setdefault(len(frame), []).append(number)
    for size, numbers in by_size.items():
        together = len(numbers) >= _TOGETHER and 0 < size <= _COBS_BLOCK
        alike = [frames[number] for number in numbers]
        for number, plain in zip(numbers, _cobs_columns(alike) if together else map(_cobs, alike), strict=True):
            decoded[number] = plain
    return decoded


def _cobs(frame: bytes) -> bytes | None:
    blocks, place = [], 0
    while place < len(frame):
        code = frame[place]
        if not code:
            return None
        blocks.append(frame[place + 1 : place + code])
        place += code
        if code < _COBS_BLOCK and place < len(frame):
            blocks.append(b"\0")
    return b"".join(blocks) if place == len(frame) else None


def _cobs_columns(frames: Sequence[bytes]) -> Iterable[bytes | None]:
    """Decode frames of one size column by column."""
    size = len(frames[0])
    columns = np.frombuffer(b"".join(frames), np.uint8).reshape(-1, size).T.copy()
    code_at = columns[0].astype(np.int16)
    for place in range(1, size):
        column = columns[place]
        is_code = code_at == place
        code_at += column * is_code
        column *= ~is_code
    decoded = columns[1:].T.tobytes()
    for start, stop in enumerate(code_at.tolist()):
        yield decoded[start * (size - 1) : (start + 1) * (size - 1)] if stop == size else None
