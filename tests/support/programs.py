"""Scripts written by short programs, which a property test draws as plain bytes: that is fast, and shrinks well.

An instruction is four bytes: a verb, which frame, a place in it, and which token.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from stripchart.decoders.dsmr import MAX_TELEGRAM
from stripchart.decoders.lines import MAX_LINE
from support.formats import seal
from support.scripts import PAUSE_NS, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.formats import Setup
    from support.scripts import Segment

SIZES: Final = (14, 14, 18, 18, 22, 26, 30, 34, 42, 62)
"""Bytes of each program that is drawn at once: most are short, since little input shows most mistakes soonest."""
PROGRAMS: Final = st.binary(min_size=sum(SIZES), max_size=sum(SIZES))
"""Ten programs, since Hypothesis takes as long for a draw as a decoder for a program. One that fails shrinks as if it
were alone: the other nine become zeros, which do nothing."""
NUMBERS: Final = (
    b"0 1 -1 12.5 -0 -0.0 +1 .5 5. 007 1e5 1E-3 nan -inf Infinity 1_000 0x1A 1e400 9007199254740993 ovf 1761935745 "
    b"1761935745123 12345678901234567890123456789 12:34:56 2025-10-31 2025-10-31T18:35:45Z 1.2.3 1,5 - + e 5e 1..2 on "
    b"OFF null true --- 65535 4294967296 100000"
).split()
TOKENS: Final = (
    *(b", ; : = | \" ' { } [ ] ( ) < > \\ / # $ ! * % & ~ ^ @ _ - +").split(), b" ", b"\t", b"\n", b"\r", b"\r\n",
    b"\n\n", b"\0", b"\x80", b"\xff", b"\xc3", b"\xa7", b"\xc0", b"\xdb", b"\xaa", b"\x55", b"\xab", b"\x7e", b"\x7d",
    b"\xc2\xb0C", b"\xd9\xa3", b"\xed\xa0\x80", b"\x1b[0m", b'{"a":', b'{"a":1}', b"[1,2]", b"Checksum\t", b":7F\n",
    b"\r\nChecksum\t\x00", b"!\r\n", b"/EXA5", b"*5", b"BM\0\x1c", b"\xaa\xc0", b">a:", b"|xy", b"temp", b"t1", b"on",
    b"boot: ready\n", b"I (812) wifi: up\r\n", *NUMBERS,
)  # fmt: skip
_NUMBER: Final = re.compile(rb"\d+(?:\.\d+)?")
_EDITS: Final[dict[str, Callable[[bytes, int, bytes, bytes], bytes]]] = {
    "frame": lambda frame, _at, _said, _other: frame,
    "insert": lambda frame, at, said, _other: frame[:at] + said + frame[at:],
    "overwrite": lambda frame, at, said, _other: frame[:at] + said + frame[at + len(said) :],
    "leave out": lambda frame, at, said, _other: frame[:at] + frame[at + len(said) :],
    "cut off": lambda frame, at, _said, _other: frame[:at],
    "tail": lambda frame, at, _said, _other: frame[at:],
    "splice": lambda frame, at, _said, other: frame[:at] + other[at:],
    "token": lambda _frame, _at, said, _other: said,
}
_WEIGHTS: Final = {
    "nothing": 3, "frame": 14, "renumber": 12, "insert": 6, "overwrite": 4, "leave out": 3, "cut off": 2, "tail": 2,
    "splice": 2, "token": 4, "raw": 3, "repeat": 2, "chunk": 3, "feed": 6, "event": 3,
}  # fmt: skip
_VERBS: Final = [verb for verb, weight in _WEIGHTS.items() for _ in range(weight)]
_LINE_END: Final = re.compile(rb"(?<!\r)\n")
_LINE_ENDS: Final = (b"\n", b"\n", b"\r\n", b"\r")
_NEAR_END: Final = 224
_MOST: Final = 800
"""Bytes after which no more are written, except what is endless: more would only be slow."""
_ENDLESS: Final = 255
"""Rare, since so much input takes long."""
_MANY: Final = 40


def cut(drawn: bytes) -> Iterator[bytes]:
    """Yield each program of those drawn at once."""
    for start, stop in pairwise(accumulate(SIZES, initial=0)):
        yield drawn[start:stop]


def to_script(program: bytes, setup: Setup) -> list[Segment]:
    """Run a program; its first byte says how lines end, and whether all checksums are made right."""
    end = _LINE_ENDS[program[0] % len(_LINE_ENDS)]
    writer = Writer(messages=setup.messages, seal=partial(seal, setup.name) if program[0] & 128 else bytes)
    frames = setup.frames
    topic, data = frames[0]
    size = 0
    for code, which, place, token in zip(*[iter(program[1:])] * 4, strict=False):
        verb = "endless" if code == _ENDLESS else _VERBS[code % len(_VERBS)]
        if verb in ("chunk", "feed"):
            writer.cut(_to_place(place, len(data)), feed=verb == "feed", step=token % 4 and which % 8)
        elif verb == "event":
            _happen(writer, which)
        elif verb != "nothing" and size < _MOST:
            if verb == "raw":
                data = bytes((which, place, token))
            elif verb != "repeat":
                topic, frame = frames[which % len(frames)]
                data = _LINE_END.sub(end, _edited(verb, frame, place, token, setup))
            for _ in range(which % 16 if verb == "repeat" else 1):
                writer.add(data, topic, retained=token % 5 == 0)
                size += 0 if verb == "endless" else len(data)
    return writer.finish()


def _edited(verb: str, frame: bytes, place: int, token: int, setup: Setup) -> bytes:
    """Return what a verb makes of a frame."""
    if verb == "renumber":
        numbers = list(_NUMBER.finditer(frame))
        if not numbers:
            return frame
        found = numbers[place % len(numbers)]
        return frame[: found.start()] + NUMBERS[token % len(NUMBERS)] + frame[found.end() :]
    at, said = _to_place(place, len(frame)), TOKENS[token % len(TOKENS)]
    if verb == "endless":
        size = setup.max_buffered if setup.max_buffered <= MAX_TELEGRAM else MAX_LINE
        return frame[:at] + said * (_MANY if b"\n" in said or b"\r" in said else 5 * size // 4 // len(said))
    return _EDITS[verb](frame, at, said, setup.frames[token % len(setup.frames)][1])


def _to_place(byte: int, size: int) -> int:
    """Return a place among so many bytes; one in eight is at the very end, where there is most to go wrong."""
    return byte * (size + 1) // _NEAR_END if byte < _NEAR_END else max(0, size - byte % 4)


def _happen(writer: Writer, which: int) -> None:
    match which % 4:
        case 0:
            writer.wait(PAUSE_NS)
        case 1:
            writer.wait(-PAUSE_NS)
        case 2:
            writer.then("reset")
        case 3:
            writer.then("finish")
