from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.template import Template, literals_around
from support.decoding import many_examples

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read(template: Template, *lines: str | bytes) -> tuple[list[list[float]], list[int]]:
    """Return the rows that were read, and which lines are odd; what is read at once must agree."""
    data = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    numbers, fits = template.read(data, len(lines))
    odd = [] if fits is None else np.flatnonzero(~fits).tolist()
    assert fits is None or odd
    assert numbers.shape == (template.columns, len(lines) - len(odd))
    assert numbers.flags.c_contiguous
    whole = template.read_all(data, len(lines))
    assert whole is None or (not odd and np.array_equal(whole, numbers))
    return numbers.T.tolist(), odd


PLAIN = ["", ",", ",", ""]
LABELS = ["temp:", ", hum:", ""]
UNITS = ["T1: ", " °C, H: ", " %"]


@pytest.mark.parametrize(
    ("literals", "line", "row"),
    [
        (["", ""], "5", [5.0]),
        (PLAIN, "1,-2.5,3e4", [1.0, -2.5, 3e4]),
        (PLAIN, " 1, 2 ,3 ", [1.0, 2.0, 3.0]),
        (["", ",", ","], "1,2,", [1.0, 2.0]),
        (["", " ", ""], "  1   2 ", [1.0, 2.0]),
        (["", "\t", ""], "1\t2", [1.0, 2.0]),
        (LABELS, "temp:1, hum:2", [1.0, 2.0]),
        (LABELS, "temp: 1, hum:  2", [1.0, 2.0]),
        (UNITS, "T1: 23.5 °C, H: 40 %", [23.5, 40.0]),
        (["e1:", " e2:", " e3:", ""], "e1:1 e2:2 e3:3", [1.0, 2.0, 3.0]),
        (["a:", ",", ",", ""], "a:1,2,3", [1.0, 2.0, 3.0]),
    ],
)
def test_lines_of_the_form_are_read(literals: list[str], line: str, row: list[float]):
    assert read(Template(literals), line, line) == ([row, row], [])


@pytest.mark.parametrize(
    ("literals", "line"),
    [
        (PLAIN, "1,2"),
        (PLAIN, "1,2,3,4"),
        (PLAIN, "1,,3"),
        (PLAIN, "1,2,x"),
        (PLAIN, "1 2,3,4"),
        (PLAIN, "1,2,3,"),
        (PLAIN, ""),
        (PLAIN, "1,2,\x003"),
        (PLAIN, "[1],2,3"),
        (PLAIN, "1,2,true"),
        (PLAIN, "nan,2,3"),
        (PLAIN, "+-1,2,3"),
        (PLAIN, "1.2.3,2,3"),
        (PLAIN, "e5,2,3"),
        (PLAIN, "1 5,2,3"),
        (PLAIN, "1\t,2,3"),
        (LABELS, "hum:2, temp:1"),
        (LABELS, "temp:1"),
        (LABELS, "temp:1, hum:2, hum:3"),
        (LABELS, "1temp:, hum:2"),
        (LABELS, "temp:1, 2hum:"),
        (LABELS, "xtemp:1, hum:2"),
        (LABELS, b"\x801, hum:2"),
        (LABELS, b"\x811\x802"),
        (LABELS, b"\xff1\xfe2"),
        (UNITS, "T1: 23.5 °C, H: 40"),
        (UNITS, "T1: 23.5 °C, H: 40 % %"),
        (UNITS, "T11: 23.5 °C, H: 40 %"),
        (["", ""], " "),
        (["", ""], "1 2"),
        (["t1:", " t2:", ""], "t2:1 t1:2"),
        (["t1:", " t2:", " t3:", ""], "t1:1 t3:2 t2:3"),
    ],
)
def test_other_lines_are_odd(literals: list[str], line: str | bytes):
    template = Template(literals)
    good = "".join(part + "7" for part in literals[:-1]) + literals[-1]
    row = [7.0] * template.columns
    assert read(template, line) == ([], [0])
    assert read(template, good, line, good) == ([row, row], [1])
    assert read(template, line, good, good, line) == ([row, row], [0, 3])


def test_one_byte_for_each_literal_or_none():
    with pytest.raises(ValueError, match="too many"):
        Template([f"k{number}=" for number in range(300)])
    template = Template([*(f" k{number}=" for number in range(100)), ""])
    assert read(template, "".join(f" k{i}={i}" for i in range(100)))[0] == [[float(i) for i in range(100)]]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("+1,.5,5.", [1.0, 0.5, 5.0]),
        ("007,-.5e3,1e999", [7.0, -500.0, np.inf]),
        ("123456789012345678901234567890, 2 ,-0", [123456789012345678901234567890.0, 2.0, 0.0]),
    ],
)
def test_numbers_that_are_none_in_json_are_read_too(line: str, row: list[float]):
    template = Template(PLAIN)
    assert template.read_all(b"1,2,3\n", 1) is not None
    assert read(template, "1,2,3", line, "nan,2,3", line, "1,-,3") == ([[1.0, 2.0, 3.0], row, row], [2, 4])


def test_decimal_commas():
    template = Template(["", ";", ""], decimal_comma=True)
    assert read(template, "1,5;2", "-,5;+3,25", "1,2,3;4", "1.5;2") == ([[1.5, 2.0], [-0.5, 3.25], [1.5, 2.0]], [2])


def test_odd_lines_anywhere():
    good, odd = ["1", "2"], ["x", "x1", "1x", "-", "", "\x80"]
    for lines in (good, odd, good + odd, odd + good, [*good, *odd, *good], [good[0], odd[0]] * 5):
        expected = [place for place, line in enumerate(lines) if line in odd]
        assert read(Template(["", ""]), *lines) == ([[float(line)] for line in lines if line in good], expected)


def test_no_negative_zero():
    numbers: NDArray[np.float64] = Template(["", ",", ""]).read(b"-0,-0.0\n", 1)[0]
    assert not np.signbit(numbers).any()


@many_examples
@given(rows=st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**63), 2**64))))
def test_numbers_are_read_as_float_reads_them(rows: list[tuple[float, int]]):
    lines = [f"a:{first!r} b:{second}" for first, second in rows]
    found, odd = read(Template(["a:", " b:", ""]), *lines) if lines else ([], [])
    assert odd == []
    assert found == [[first, float(second)] for first, second in rows]


def test_literals_around_the_cells_of_a_line():
    assert literals_around("a1:1 a2:2;", ["a1:1", "a2:2"], ["1", "2"]) == ["a1:", " a2:", ";"]
    assert literals_around("1,1,1", ["1", "1", "1"], ["1", "1", "1"]) == ["", ",", ",", ""]
