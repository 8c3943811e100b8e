from __future__ import annotations

import math
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from stripchart.flow.records import ABSENT
from stripchart.store.format.codec import MAX_ROWS, CodecError, pack, pack_ints, unpack, unpack_ints

RNG = np.random.default_rng(20_000_101)
N = 2048
T0 = 1_764_500_000_000_000_000
ABSENT_BITS = 0x7FF8_0000_0000_07A2

ODD_BITS = st.sampled_from([
    ABSENT_BITS,
    0x7FF8_0000_0000_0000,  # NaN
    0xFFF8_0000_0000_0000,  # NaN, as printf's -nan
    0x7FF0_0000_0000_0001,  # NaN, signalling
    0x7FF8_0000_0000_07A3,  # NaN, next to ABSENT
    0x8000_0000_0000_0000,  # -0.0
    0x7FF0_0000_0000_0000,  # infinity
    0x0000_0000_0000_0001,  # the least denormal
    0xFFEF_FFFF_FFFF_FFFF,  # the lowest number
])  # fmt: skip
ANY_BITS = st.integers(0, 2**64 - 1)
DECIMALS = st.integers(0, 12).flatmap(lambda digits: st.integers(-(10**9), 10**9).map(lambda i: i / 10**digits))
EXTREMES = st.sampled_from([-(2**63), 2**63 - 1, 0, 1, -1])
INTS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-99, 99), st.integers(-99, 99).map(lambda i: i * 10**6))
TEXTS = st.one_of(
    st.text(st.characters(), max_size=9), st.sampled_from(["", "on", "\ud800", "\udc80\ud800\udc00", "\0"])
)


def bits_of(values: list[float]) -> list[int]:
    return np.array(values, np.float64).view(np.uint64).tolist()


def of_bits(bits: list[int]) -> np.ndarray[Any, Any]:
    return np.array(bits, np.uint64).view(np.float64)


def texts_of(*texts: str) -> np.ndarray[Any, Any]:
    return np.array([*texts, ""], dtype=object)[:-1]


ALIKE = DECIMALS.map(lambda value: bits_of([value])[0])
COLUMNS = st.one_of(
    st.lists(ANY_BITS, max_size=40),
    st.lists(ODD_BITS, max_size=40),
    st.lists(ALIKE, max_size=200),
    st.lists(st.one_of(ALIKE, ALIKE, ALIKE, ODD_BITS), max_size=200),
    stn.arrays(np.float32, st.integers(0, 300)).map(lambda column: bits_of(column.astype(np.float64))),
).map(of_bits)


def walk(rows: int = N) -> np.ndarray[Any, Any]:
    return np.round(np.cumsum(RNG.normal(0, 0.05, rows)) + 20, 2)


def with_cells(column: np.ndarray[Any, Any], share: float, value: float) -> np.ndarray[Any, Any]:
    column[RNG.random(len(column)) < share] = value
    return column


def same(found: np.ndarray[Any, Any], column: np.ndarray[Any, Any]) -> bool:
    """Tell whether two columns are equal to the bit."""
    if found.dtype != column.dtype or found.shape != column.shape:
        return False
    return found.tolist() == column.tolist() if column.dtype == object else found.tobytes() == column.tobytes()


def by_the_book(data: bytes, rows: int) -> list[Any]:
    """Read a column in plain Python as docs/recording-format.md has it: the bits of floats, whole numbers, or texts."""
    kind, body = data[0], data[1:]
    if kind in {0, 1}:
        return list(struct.unpack(f"<{rows}Q", body * (rows if kind else 1)))
    if kind == 2:
        return [int.from_bytes(value, "little") for value in zip(*split(zlib.decompress(body), 8), strict=True)]
    if kind == 3:
        order, width, unit, first = struct.unpack_from("<BBqq", body)
        planes = split(zlib.decompress(body[18 + 8 * (order - 1) :]), width)
        folded = [int.from_bytes(value, "little") for value in zip(*planes, strict=True)]
        steps = [((value >> 1) ^ -(value & 1)) * unit for value in folded]
        if order == 2:
            steps = summed(struct.unpack_from("<q", body, 18)[0], steps)
        return [value % 2**64 for value in summed(first, steps)]
    if kind == 4:
        whole = struct.unpack(f"<{rows}q", struct.pack(f"<{rows}Q", *by_the_book(body[1:], rows)))
        return bits_of([value / 10.0 ** body[0] for value in whole])
    if kind in {5, 8}:
        return in_parts_by_the_book(kind, body, rows)
    body = zlib.decompress(body) if kind == 6 else body
    (count,) = struct.unpack_from("<I", body)
    lengths = struct.unpack_from(f"<{count}I", body, 4)
    stops = summed(4 + 4 * count, lengths)
    texts = [
        body[stop - size : stop].decode("utf-8", "surrogatepass") for size, stop in zip(lengths, stops[1:], strict=True)
    ]
    return [texts[number] for number in struct.unpack(f"<{rows}H", body[stops[-1] :])]


def in_parts_by_the_book(kind: int, body: bytes, rows: int) -> list[int]:
    """Read a sparse or a listed column."""
    if kind == 5:
        apart, length = struct.unpack_from("<QI", body)
        mask = "".join(f"{byte:08b}" for byte in zlib.decompress(body[12 : 12 + length]))[:rows]
        others = iter(by_the_book(body[12 + length :], mask.count("0")))
        return [apart if bit == "1" else next(others) for bit in mask]
    count, length = struct.unpack_from("<HI", body)
    values = by_the_book(body[6 : 6 + length], count)
    return [values[place] for place in by_the_book(body[6 + length :], rows)]


def split(data: bytes, parts: int) -> list[bytes]:
    size = len(data) // parts
    return [data[size * part : size * (part + 1)] for part in range(parts)]


def summed(first: int, steps: Any) -> list[int]:
    values = [first]
    for step in steps:
        values.append(values[-1] + step)
    return values


@given(COLUMNS)
@settings(max_examples=400)
def test_floats_come_back_to_the_bit(column: np.ndarray[Any, Any]):
    data = pack(column)
    assert same(unpack(data, len(column)), column)
    assert not len(column) or by_the_book(data, len(column)) == column.view(np.uint64).tolist()


@given(st.one_of(st.lists(INTS, max_size=200), st.lists(EXTREMES, max_size=40)))
@example([-(2**63), 0] * 4)  # all differences are 2**63, which is no int64
@example([0, 2**62, -(2**63), -(2**62)] * 4)
@settings(max_examples=400)
def test_whole_numbers_come_back(values: list[int]):
    column = np.array(values, np.int64)
    data = pack_ints(column)
    assert same(unpack_ints(data, len(column)), column)
    assert not values or by_the_book(data, len(column)) == column.view(np.uint64).tolist()


@given(st.lists(TEXTS, max_size=60))
@settings(max_examples=400)
def test_texts_come_back(texts: list[str]):
    data = pack(texts_of(*texts))
    assert same(unpack(data, len(texts)), texts_of(*texts))
    assert by_the_book(data, len(texts)) == texts


FLOATS = {
    "walk": (walk(), b"\4", 0.7),
    "counts of an ADC": (np.cumsum(RNG.integers(-200, 201, N)) + 32_000.0, b"\4", 1.4),
    "sixteenths of a degree": (np.round(walk() * 16) / 16, b"\4", 0.6),
    "smooth": (np.round(np.sin(np.arange(N) / 20), 3) + 0.0, b"\4", 0.5),
    "float32": ((np.sin(np.arange(N) / 100) + RNG.normal(0, 0.01, N)).astype(np.float32).astype(float), b"\2", 3.4),
    "counts times a factor": (np.round(512 + RNG.normal(0, 3, N)) * 5.0 / 1023, b"\10", 0.6),
    "counts of either sign": (np.round(RNG.normal(0, 30, N)) * 0.000061, b"\10", 1.3),
    "counts of the whole range": (np.round(512 + 500 * np.sin(np.arange(N) / 50)) * 5.0 / 1023, b"\10", 0.8),
    "tenths as float32": (np.round(walk(), 1).astype(np.float32).astype(float), b"\10", 0.3),
    "seldom there, times a factor": (with_cells(np.round(walk() * 9) / 7, 0.9, ABSENT), b"\5", 0.3),
    "noise": (RNG.normal(0, 1, N), b"\2", 7.4),
    "any bits": (of_bits(RNG.integers(0, 2**64, N, np.uint64)), b"\0", 8.01),
    "few": (np.array([math.pi, math.e]), b"\0", 8.6),
    "constant": (np.full(N, 21.5), b"\1", 0.01),
    "never there": (np.full(N, ABSENT), b"\1", 0.01),
    "seldom there": (with_cells(walk(), 0.9, ABSENT), b"\5", 0.3),
    "mostly there": (with_cells(walk(), 0.1, ABSENT), b"\5", 0.8),
    "noise with holes": (with_cells(RNG.normal(0, 1, N), 0.1, ABSENT), b"\5", 7.4),
    "a sensor that fails": (with_cells(walk(), 0.05, math.nan), b"\5", 0.8),
    "minus nought": (np.round(np.cumsum(RNG.normal(0, 0.01, N)), 1) * -1.0, b"\5", 0.5),
    "absent, NaN, -0.0 and inf": (
        with_cells(with_cells(with_cells(with_cells(walk(), 0.1, ABSENT), 0.1, math.nan), 0.1, -0.0), 0.1, math.inf),
        b"\5",
        1.2,
    ),
    "more odd values than are kept apart": (
        of_bits([*bits_of(walk().tolist()), *range(0x7FF8_0000_0000_0000, 0x7FF8_0000_0000_0006)]),
        b"\5",
        4.3,
    ),
}  # fmt: skip
WHOLE = {
    "each ms": (T0 + np.arange(N) * 1_000_000, b"\3", 0.05),
    "jitter": (T0 + np.arange(N) * 1_000_000 + RNG.integers(-50_000, 50_000, N), b"\3", 2.4),
    "faster and faster": (np.arange(N) ** 2, b"\3", 0.05),
    "any number": (RNG.integers(-(2**63), 2**63, N), b"\0", 8.01),
    "held": (np.full(64, 32), b"\1", 0.2),
}
TEXT = {
    "states": (texts_of(*RNG.choice(["idle", "run", "error 17"], N).tolist()), b"\6", 0.5),
    "all differ": (texts_of(*map(str, range(N))), b"\6", 4),
    "one": (texts_of("x"), b"\7", 13),
    "long": (texts_of("x" * 4100, ""), b"\7", 2100),
}


@pytest.mark.parametrize(("column", "kind", "size"), FLOATS.values(), ids=FLOATS)
def test_floats_are_kept_as_suits_them(column: np.ndarray[Any, Any], kind: bytes, size: float):
    data = pack(column)
    assert (data[:1], len(data) / len(column) <= size) == (kind, True)
    assert same(unpack(data, len(column)), column)


@pytest.mark.parametrize(("column", "kind", "size"), WHOLE.values(), ids=WHOLE)
def test_whole_numbers_are_kept_as_suits_them(column: np.ndarray[Any, Any], kind: bytes, size: float):
    data = pack_ints(column)
    assert (data[:1], len(data) / len(column) <= size) == (kind, True)
    assert same(unpack_ints(data, len(column)), column)


@pytest.mark.parametrize(("column", "kind", "size"), TEXT.values(), ids=TEXT)
def test_texts_are_kept_as_suits_them(column: np.ndarray[Any, Any], kind: bytes, size: float):
    data = pack(column)
    assert (data[:1], len(data) / len(column) <= size) == (kind, True)
    assert same(unpack(data, len(column)), column)


def test_steps_use_both_orders_and_every_width():
    seen = set()
    for bits in range(1, 56):
        steps = RNG.integers(0, 2**bits, 300)
        for column in (np.cumsum(steps), np.cumsum(np.cumsum(steps - 2 ** (bits - 1)))):
            data = pack_ints(column)
            assert same(unpack_ints(data, 300), column)
            if data[:1] == b"\3":
                seen.add((data[1], data[2]))
    assert seen >= {(order, width) for order in (1, 2) for width in range(1, 8)}


def test_steps_are_divided_by_their_common_unit():
    each_ms = np.arange(N) * 1_000_000
    late = np.append(each_ms, N * 1_000_000 + 400_000)
    for column, unit in ((each_ms, 1_000_000), (late, 200_000), (-late, 200_000), (np.append(0, late + 1), 1)):
        assert int.from_bytes(pack_ints(column)[3:11], "little") == unit


def test_a_reader_knows_what_this_writer_does_not_make():
    zeros = zlib.compress(bytes(24))
    assert unpack_ints(b"\2" + zeros, 3).tolist() == [0, 0, 0]
    assert unpack_ints(b"\3" + struct.pack("<BBqq", 1, 8, 5, -7) + zeros, 4).tolist() == [-7] * 4
    assert unpack(b"\4\1\2" + zeros, 3).tolist() == [0.0] * 3
    mask = zlib.compress(b"\xa0")
    sparse = b"\5" + struct.pack("<dI", -1.5, len(mask)) + mask
    assert unpack(sparse + b"\0" + struct.pack("<d", 2.5), 3).tolist() == [-1.5, 2.5, -1.5]


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, MAX_ROWS])
def test_any_number_of_rows(rows: int):
    whole = np.arange(rows) ** 3
    assert same(unpack_ints(pack_ints(whole), rows), whole)
    for column in (walk(rows), RNG.normal(0, 1, rows), np.full(rows, ABSENT), texts_of(*map(str, range(rows)))):
        assert same(unpack(pack(column), rows), column)


def test_columns_need_not_be_contiguous():
    table = walk(4 * 64).reshape(64, 4)
    times = np.arange(128)
    assert same(unpack(pack(table[:, 1]), 64), table[:, 1].copy())
    assert same(unpack_ints(pack_ints(times[::-2]), 64), times[::-2].copy())


def test_what_comes_back_can_be_written_to():
    for column in (np.array([math.pi, math.e]), np.full(9, 1.5), walk(), RNG.normal(0, 1, N)):
        assert unpack(pack(column), len(column)).flags.writeable
        whole = column.view(np.int64)
        assert unpack_ints(pack_ints(whole), len(column)).flags.writeable


def test_too_many_rows():
    many = np.zeros(MAX_ROWS + 1)
    with pytest.raises(ValueError, match="a column of 65,536 values, expected at most 65,535"):
        pack(many)
    with pytest.raises(ValueError, match="a column of 65,536 values"):
        pack_ints(many.astype(np.int64))
    for rows in (-1, MAX_ROWS + 1, 2**62):
        for read in (unpack, unpack_ints):
            with pytest.raises(CodecError, match="expected a column of 0 to 65,535 values"):
                read(b"\1" + bytes(8), rows)
