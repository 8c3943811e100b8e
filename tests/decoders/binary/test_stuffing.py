from __future__ import annotations

import random

import pytest
from cobs import cobs as cobs_oracle
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.binary.stuffing import cobs, decode_cobs, escaped, plain, slip
from support.decoding import many_examples

FRAMES = st.lists(st.one_of(st.binary(max_size=12), st.binary(min_size=250, max_size=520)), max_size=6)


def to_slip(data: bytes) -> bytes:
    return data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")


@many_examples
@given(frames=FRAMES)
def test_cobs_reads_what_the_oracle_wrote(frames: list[bytes]):
    assert decode_cobs([cobs_oracle.encode(frame) for frame in frames]) == frames


@many_examples
@given(pieces=st.lists(st.binary(max_size=9), max_size=40))
def test_cobs_refuses_what_the_oracle_refuses(pieces: list[bytes]):
    def oracle(piece: bytes) -> bytes | None:
        try:
            return cobs_oracle.decode(piece)
        except cobs_oracle.DecodeError:
            return None

    assert decode_cobs(pieces) == [oracle(piece) for piece in pieces]


@many_examples
@given(seed=st.integers(0, 1 << 32), size=st.one_of(st.integers(1, 6), st.integers(1, 255)))
def test_many_frames_of_one_size_are_as_each_alone(seed: int, size: int):
    chance = random.Random(seed)
    pieces = [bytes(chance.choices([1, 2, 3, max(1, size - 1), size, 255], k=size)) for _ in range(20)]
    assert decode_cobs(pieces) == [decode_cobs([piece])[0] for piece in pieces]


@pytest.mark.parametrize("zeros", [0, 1, 253, 254, 255, 600])
def test_many_long_frames_of_cobs(zeros: int):
    frames = [bytes(zeros) + bytes(range(1, 255)) + bytes([number]) for number in range(30)]
    assert decode_cobs([cobs_oracle.encode(frame) for frame in frames]) == frames


@many_examples
@given(frame=st.binary(max_size=60))
def test_slip_reads_what_was_written(frame: bytes):
    written = to_slip(frame)
    assert slip().mark not in written
    assert slip().decode([written]) == [frame]


@pytest.mark.parametrize("written", [b"\xdb", b"a\xdb", b"\xdb\xdb\xdc", b"\xdba", b"\xdb\xdc\xdb\x00"])
def test_slip_refuses_other_escapes(written: bytes):
    assert slip().decode([b"whole", written]) == [b"whole", None]


@many_examples
@given(frame=st.binary(max_size=60))
def test_bits_changed_as_in_hdlc(frame: bytes):
    written = b"".join(bytes([0x7D, byte ^ 0x20]) if byte in b"\x7d\x7e" else bytes([byte]) for byte in frame)
    assert escaped(b"\x7e", b"\x7d", 0x20).decode([written]) == [frame]


def test_an_escape_at_the_end_means_nothing():
    assert escaped(b"\x7e", b"\x7d", 0x20).decode([b"abc\x7d"]) == [None]


def test_plain_frames_are_as_they_are():
    assert plain(b"\r\n").decode([b"abc", b""]) == [b"abc", b""]


def test_marks():
    assert (cobs().mark, slip().mark, plain(b"ab").mark) == (b"\0", b"\xc0", b"ab")
