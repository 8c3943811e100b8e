from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stripchart.decoders.binary.checksums import CHECKSUMS
from stripchart.decoders.binary.layout import REASONS, Check, Layout, Length


def layout(**given: Any) -> Layout:
    return Layout(
        **{"sync": b"", "end": b"", "length": None, "check": None, "smallest": 4, "largest": 4, "keep": 4, **given}
    )


def reasons(of: Layout, *frames: bytes) -> list[str]:
    pieces = np.frombuffer(b"".join(frames), np.uint8).reshape(len(frames), -1)
    return [REASONS[fault] for fault in of.faults(pieces)]


def check(
    name: Any = "sum-8", endian: Any = "little", place: int | None = None, start: int = 0, stop: int | None = None
) -> Check:
    return Check(CHECKSUMS[name], endian, place, start, stop)


def test_faults():
    of = layout(sync=b"\xaa", end=b"\n", check=check(), smallest=4, largest=4)
    assert reasons(of, b"\xaa\1\xab\n", b"\xab\1\xac\n", b"\xaa\1\xab\r", b"\xaa\1\xac\n") == [
        "", "no sync word", "no end mark", "wrong checksum",
    ]  # fmt: skip
    assert reasons(of, b"\xaa\xab\n") == ["wrong length"]


def test_a_length_that_is_not_that_of_the_frame():
    of = layout(length=Length(1, 2, "big", 3), smallest=3, largest=9)
    assert reasons(of, b"x\0\1y", b"x\1\0y", b"x\0\2y") == ["", "wrong length", "wrong length"]


@pytest.mark.parametrize(
    ("given", "frame"),
    [
        (check(), b"\1\2\4\7"),
        (check(start=1), b"\1\2\4\6"),
        (check(start=1, stop=2), b"\1\2\4\2"),
        (check(place=0, start=1), b"\7\1\2\4"),
        (check(place=1, start=2), b"x\6\2\4"),
        (check("sum-16", "big"), b"\xff\xff\x01\xfe"),
        (check("sum-16", "little"), b"\xff\xff\xfe\x01"),
        (check("crc-16-modbus", "little"), b"\x01\x04\x01\xe3"),
    ],
)
def test_where_a_checksum_is_and_what_it_covers(given: Check, frame: bytes):
    of = layout(check=given)
    assert reasons(of, frame) == [""]


def test_before_the_end_mark():
    of = layout(check=check(), end=b"\r\n", smallest=5, largest=5)
    assert reasons(of, b"\1\2\3\r\n", b"\1\2\4\r\n") == ["", "wrong checksum"]


def test_size_at():
    fixed = layout()
    assert fixed.size_at(b"", 0) == 4
    sized = layout(length=Length(1, 1, "little", 2), smallest=3, largest=10)
    assert [sized.size_at(data, 0) for data in (b"x", b"x\1", b"x\0", b"x\x08", b"x\x09")] == [None, 3, 0, 10, 0]
    assert sized.size_at(b"..x\5", 2) == 7


def test_alike():
    of = layout(sync=b"\xaa", length=Length(2, 1, "little", 3), smallest=3, largest=9)
    pieces = np.frombuffer(b"\xaa1\1x\xaa2\1y\xaa3\2z\xaa4\1z", np.uint8).reshape(4, 4)
    assert [of.alike(pieces[:n]) for n in (1, 2, 3, 4)] == [1, 2, 2, 2]
    assert layout().alike(pieces) == 4


def test_begun():
    pieces = np.frombuffer(b"abaaab", np.uint8).reshape(3, 2)
    assert layout(sync=b"ab").begun(pieces).tolist() == [0, 2]
    assert layout().begun(pieces).tolist() == [0, 1, 2]


def test_how_many_bytes_tell_the_size():
    assert layout().head == 1
    assert layout(sync=b"ab").head == 2
    assert layout(sync=b"ab", length=Length(4, 2, "big", 0)).head == 6


def test_sizes_are_as_each_alone():
    of = layout(length=Length(1, 2, "big", 2), smallest=3, largest=300)
    heads = [b"x" + told.to_bytes(2, "big") for told in (0, 1, 255, 298, 299, 65535)]
    sizes = of.sizes(np.frombuffer(b"".join(heads), np.uint8).reshape(-1, 3))
    assert sizes.tolist() == [of.size_at(head, 0) for head in heads] == [0, 3, 257, 300, 0, 0]
    assert layout().sizes(np.zeros((2, 1), np.uint8)).tolist() == [4, 4]
