"""What a damaged file, or one made on purpose, can hold."""

from __future__ import annotations

import math
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripchart.flow.records import ABSENT
from stripchart.store.format.codec import MAX_ROWS, CodecError, pack, pack_ints, unpack, unpack_ints

RNG = np.random.default_rng(20_000_101)
N = 2048
T0 = 1_764_500_000_000_000_000


def texts_of(*texts: str) -> np.ndarray[Any, Any]:
    return np.array(texts, dtype=object)


WALK = np.round(np.cumsum(RNG.normal(0, 0.05, 60)) + 20, 2)
SHORT = {
    "plain": pack(np.array([math.pi, math.e])),
    "constant": pack(np.full(60, 1.5)),
    "shuffled": pack(RNG.normal(0, 1, 60).astype(np.float32).astype(float)),
    "decimal": pack(WALK),
    "smooth": pack(np.arange(60.0) ** 2),
    "sparse": pack(np.where(RNG.random(60) < 0.3, ABSENT, np.where(RNG.random(60) < 0.2, -0.0, WALK))),
    "listed": pack(np.round(512 + RNG.normal(0, 3, 60)) * 5.0 / 1023),
    "text": pack(texts_of(*RNG.choice(["off", "on", "é\ud800"], 60).tolist())),
    "long text": pack(texts_of("é", "\ud800")),
}
SHORT_WHOLE = {
    "steps": pack_ints(T0 + np.arange(60) * 10**6 + RNG.integers(0, 999, 60)),
    "bends": pack_ints(np.arange(60) ** 2),
    "plain": pack_ints(np.array([5, 7])),
}
ROWS = {"plain": 2, "long text": 2}


def attempt(data: bytes, rows: int, *, whole: bool = False) -> bool:
    """Read what is damaged; tell whether it was refused."""
    try:
        column = unpack_ints(data, rows) if whole else unpack(data, rows)
    except CodecError:
        return True
    assert column.shape == (rows,)
    assert column.dtype in ([np.int64] if whole else [np.float64, object])
    assert column.dtype != object or all(isinstance(text, str) for text in column)
    return False


@pytest.mark.parametrize(
    ("name", "data", "whole"),
    [(name, data, False) for name, data in SHORT.items()] + [(name, data, True) for name, data in SHORT_WHOLE.items()],
)
def test_damage_is_refused_or_gives_some_column(name: str, data: bytes, whole: bool):
    rows = ROWS.get(name, 60)
    assert not attempt(data, rows, whole=whole)
    for size in range(len(data)):
        assert attempt(data[:size], rows, whole=whole), f"cut to {size} bytes"
    assert attempt(data + b"\0", rows, whole=whole)
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        attempt(bytes(flipped), rows, whole=whole)
    for other in {0, 1, rows - 1, rows + 1, MAX_ROWS} - {rows}:
        attempt(data, other, whole=whole)


@given(st.integers(0, 9), st.binary(max_size=80), st.integers(0, 40))
@settings(max_examples=400)
def test_any_bytes(kind: int, body: bytes, rows: int):
    for inner in (body, zlib.compress(body)):
        for whole in (False, True):
            attempt(bytes([kind]) + inner, rows, whole=whole)


@given(st.binary(max_size=60), st.binary(min_size=18, max_size=26), st.integers(0, 9))
@settings(max_examples=400)
def test_any_head_of_steps(rest: bytes, head: bytes, rows: int):
    for order in range(4):
        for width in range(10):
            data = bytes([3, order, width]) + head + zlib.compress(rest[: max(rows - order, 0) * width])
            attempt(data, rows, whole=True)
            attempt(b"\4\2" + data, rows)


@given(st.lists(st.integers(0, 9), max_size=6), st.binary(max_size=40), st.integers(0, 9))
@settings(max_examples=400)
def test_any_head_of_texts(numbers: list[int], rest: bytes, rows: int):
    for count in (len(numbers), 0, 2**32 - 1):
        body = struct.pack(f"<I{len(numbers)}I", count, *numbers) + rest
        attempt(b"\7" + body, rows)
        attempt(b"\6" + zlib.compress(body), rows)


def test_what_is_wrong_is_said():
    steps = b"\3" + struct.pack("<BBqq", 1, 1, 1, 0)
    zeros = zlib.compress(bytes(3))
    one_listed = b"\10" + struct.pack("<HI", 1, 9) + b"\1" + bytes(8)
    wrong = [
        (b"", "expected a column, found the first byte b''"),
        (b"\x09", "found the first byte b'\\t'"),
        (steps + zeros, "found the first byte b'\\x03'"),  # these are no floats
        (b"\0" + bytes(31), "expected 4 values of 8 bytes, found 31 bytes"),
        (b"\10" + bytes(5), "listed: expected 6 bytes at least, found 5"),
        (one_listed + b"\1\1" + bytes(7), "a place beyond the 1 values there are"),
        (one_listed + b"\1" + b"\xff" * 8, "a place beyond the 1 values"),
        (b"\1" + bytes(9), "expected 1 values of 8 bytes, found 9 bytes"),
        (b"\2" + zeros, "expected 4 values of 8 bytes, found 3 bytes"),
        (b"\2zlib", "not zlib's"),
        (b"\2" + zlib.compress(bytes(33)), "expected at most 32 bytes, found more"),
        (b"\4\0" + steps + zeros[:-1], "ends too early, after 3 bytes"),
        (b"\4\0" + steps + zeros + b"!", "followed by 1 bytes that belong to nothing"),
        (b"\4\0" + steps[:9], "steps: expected 18 bytes at least, found 8"),
        (b"\4\0\3" + struct.pack("<BBqq", 3, 1, 1, 0), "steps: 18 bytes for 4 values, order 3, width 1"),
        (b"\4\0\3" + struct.pack("<BBqq", 1, 9, 1, 0), "order 1, width 9"),
        (b"\4", "decimal: expected 0 to 12 digits, found b''"),
        (b"\4\x0d", "found b'\\r'"),
        (b"\5" + bytes(8) + b"\xff\xff\xff\xff", "sparse: expected 4,294,967,307 bytes at least, found 12"),
        (b"\5" + struct.pack("<dI", 0, 8) + zlib.compress(b"") + b"\0", "sparse: expected a mask of 1 bytes, found 0"),
        (b"\5" + struct.pack("<dI", 0, 9) + zlib.compress(b"\0") + b"\6", "found the first byte b'\\x06'"),
        (b"\7" + struct.pack("<II4H", 1, 0, 0, 0, 0, 1), "text: number 1 of 1"),
        (b"\7" + struct.pack("<II4H", 1, 1, 0, 0, 0, 0), "text: lengths that do not add up"),
        (b"\7" + struct.pack("<IIc4H", 1, 1, b"\xff", 0, 0, 0, 0), "text: not UTF-8: invalid start byte"),
        (b"\7" + struct.pack("<I4H", 4, 0, 0, 0, 0), "text: 4 different ones for 4 rows in 12 bytes"),
        (b"\7" + struct.pack("<I5I4H", 5, *[0] * 9), "text: 5 different ones for 4 rows in 32 bytes"),
    ]
    for data, message in wrong:
        with pytest.raises(CodecError) as caught:
            unpack(data, 4)
        assert message in str(caught.value), data
    with pytest.raises(CodecError, match="steps: 26 bytes for 1 values, order 1, width 1"):
        unpack_ints(steps + zlib.compress(b""), 1)


def test_sparse_columns_end():
    mask = zlib.compress(b"\0")
    layer = b"\5" + struct.pack("<dI", 0, len(mask)) + mask
    rest = b"\0" + bytes(16)
    assert unpack(4 * layer + rest, 2).tolist() == [0.0, 0.0]
    with pytest.raises(CodecError, match="sparse: more than 4 in one another"):
        unpack(5 * layer + rest, 2)


BOMB = zlib.compress(bytes(1 << 26))


@pytest.mark.parametrize(
    "data",
    [
        b"\2" + BOMB,
        b"\4\0\3" + struct.pack("<BBqq", 1, 8, 1, 0) + BOMB,
        b"\5" + struct.pack("<dI", 0, len(BOMB)) + BOMB + b"\0",
        b"\6" + BOMB,
        b"\6" + zlib.compress(struct.pack("<II", 2**32 - 1, 2**32 - 1)),
        b"\7" + struct.pack("<II", 1, 2**32 - 1),
    ],
)
def test_few_bytes_never_take_much_memory(data: bytes):
    tracemalloc.start()
    try:
        with pytest.raises(CodecError):
            unpack(data, N)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * 1024 * N  # text may have 2 KiB a row, which zlib's buffer holds once more while it grows
