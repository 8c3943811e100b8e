r"""Scripts read from plain bytes, as a fuzzer mutates them: the input itself, and behind it what happens within.

::

    bytes   = input { mark } control
    control = 1 byte      marks in bits 0-2, checksums are made right in bit 3, which setup in bits 4-7
    mark    = 3 bytes     what happens, modulo 8, and where: a place in the input, big endian, modulo its length

Messages are joined to one input: ``topic FF payload``, with ``FE FF`` between them, and 01 before the topic of one that
is retained.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Final

from support.formats import seal
from support.scripts import PAUSE_NS, Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.formats import Frame, Setup
    from support.scripts import Segment

MOST_MARKS: Final = 7
_BETWEEN: Final = b"\xfe\xff"
_BEHIND_TOPIC: Final = b"\xff"
_RETAINED: Final = "\1"


def write(frames: Sequence[Frame], setup: int) -> bytes:
    """Return the bytes that stand for an input without marks."""
    messages = [topic.encode() + _BEHIND_TOPIC + data if topic else data for topic, data in frames]
    return (_BETWEEN if frames[0][0] else b"").join(messages) + bytes([setup << 4])


def read(data: bytes, setups: Sequence[Setup]) -> tuple[Setup, list[Segment]]:
    """Return what bytes stand for, whatever they are."""
    control = data[-1] if data else 0
    size = max(0, len(data) - 1 - 3 * (control & MOST_MARKS))
    body, marks = data[:size], data[size:-1]
    setup = setups[(control >> 4) % len(setups)]
    writer = Writer(messages=setup.messages, seal=partial(seal, setup.name) if control & 8 else bytes)
    pieces: Sequence[bytes] = body.split(_BETWEEN) if setup.messages else body
    happens = sorted(
        (int.from_bytes(mark[1:]) % (len(pieces) + 1), mark[0])
        for mark in (marks[start : start + 3] for start in range(0, len(marks), 3))
    )
    edges = pairwise([0, *(place for place, _ in happens), len(pieces)])
    for (start, stop), (_, what) in zip_longest(edges, happens, fillvalue=(0, None)):
        if setup.messages:
            for message in pieces[start:stop]:
                _add(writer, message)
        else:
            writer.add(body[start:stop])
        if what is not None:
            _happen(writer, what % 8, stop - start)
    return setup, writer.finish()


def _add(writer: Writer, message: bytes) -> None:
    topic, _, payload = message.partition(_BEHIND_TOPIC)
    name = topic.decode(errors="replace")
    writer.add(payload, name.removeprefix(_RETAINED), retained=name.startswith(_RETAINED))


def _happen(writer: Writer, what: int, size: int) -> None:
    match what:
        case 0:
            writer.cut(size, feed=True)
        case 1:
            writer.cut(size, feed=False)
        case 2:
            writer.cut(0, feed=True, step=1)
        case 3:
            writer.cut(0, feed=False, step=3)
        case 4:
            writer.then("reset")
        case 5:
            writer.then("finish")
        case 6:
            writer.wait(PAUSE_NS)
        case 7:
            writer.wait(-PAUSE_NS)
