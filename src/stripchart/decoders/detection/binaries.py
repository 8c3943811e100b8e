"""What an unknown binary input looks like, so that a person knows what to ask the device's manual for.

Nothing is decoded by this: only the frames' outer form is looked for.

- COBS (Cheshire and Baker, 1999): frames end with a zero, and hold no other.
- SLIP (RFC 1055): frames end with ``C0``; within them ``DB`` only comes before ``DC`` or ``DD``.
- Frames of one length: bytes that are the same at the same place of every frame, such as a sync word.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.flow.legible import text_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENOUGH_BYTES: Final = 64
"""Fewer tell nothing."""
MOST_TEXT: Final = 0.7
"""Part of the bytes that are text, beyond which an input is no binary one."""
ENOUGH_FRAMES: Final = 6
LONGEST: Final = 256
"""Bytes of the longest frame that is looked for."""
NEWEST: Final = 4096
"""Bytes that are looked at."""
BINARY: Final = "binary, "
UNKNOWN: Final = f"{BINARY}format unknown"

_SLIP_END, _SLIP_ESCAPE = b"\xc0", b"\xdb"


def describe_binary(data: bytes) -> str:
    """Say what a binary input looks like; empty if it is text, or too short to tell."""
    data = data[-NEWEST:]
    if len(data) < ENOUGH_BYTES or text_share(data) > MOST_TEXT:
        return ""
    return _delimited(data) or _fixed(data) or UNKNOWN


def _delimited(data: bytes) -> str:
    """Look for frames between delimiters; the first and the last one may be cut."""
    cobs = [frame for frame in data.split(b"\0")[1:-1] if frame]
    if len(cobs) >= ENOUGH_FRAMES and all(map(_is_cobs, cobs)):
        return f"{BINARY}looks like COBS frames of {_sizes(cobs)}"
    slip = [frame for frame in data.split(_SLIP_END)[1:-1] if frame]
    if len(slip) >= ENOUGH_FRAMES and all(map(_is_slip, slip)) and _alike(slip):
        return f"{BINARY}looks like SLIP frames of {_sizes(slip)}"
    return ""


def _is_cobs(frame: bytes) -> bool:
    """Follow the chain of distances; a whole frame ends where it does."""
    place = 0
    while place < len(frame):
        place += frame[place]
    return place == len(frame)


def _is_slip(frame: bytes) -> bool:
    return all(second in b"\xdc\xdd" for first, second in pairwise(frame + b"\0") if first == _SLIP_ESCAPE[0])


def _alike(frames: list[bytes]) -> bool:
    """Say whether most frames have one length, give or take the escapes: chance has no such preference."""
    lengths = Counter(len(frame) - frame.count(_SLIP_ESCAPE) for frame in frames)
    return 2 * max(lengths.values()) > len(frames)


def _sizes(frames: list[bytes]) -> str:
    low, high = min(map(len, frames)), max(map(len, frames))
    return f"{low} bytes" if low == high else f"{low} to {high} bytes"


def _fixed(data: bytes) -> str:
    """Look for the shortest period at which a byte other than zero comes again and again."""
    values = np.frombuffer(data, np.uint8)
    for period in range(2, min(LONGEST, len(data) // ENOUGH_FRAMES) + 1):
        table = values[: len(values) // period * period].reshape(-1, period)
        constant = (table == table[0]).all(axis=0)
        if (constant & (table[0] != 0)).any() and not constant.all():
            return f"{BINARY}frames of {period} bytes with {_longest_run(constant, table[0])} at the same place"
    return ""


def _longest_run(constant: NDArray[np.bool_], row: NDArray[np.uint8]) -> str:
    """Return the longest run of constant bytes, in hexadecimal; a frame may begin anywhere in the row."""
    size = len(row)
    runs = []
    for start in range(size):
        length = 0
        while length < size and constant[(start + length) % size]:
            length += 1
        runs.append((length, -start))
    length, start = max(runs)
    return bytes(row[(place - start) % size] for place in range(length)).hex(" ").upper()
