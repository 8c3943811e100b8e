from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.braces import BraceScanner
from support.decoding import many_examples


def scan(line: bytes, limit: int = 100) -> list[tuple[bytes, str]]:
    spans = BraceScanner(limit).scan(line, complete=True)
    return [(line[span.start : span.stop], span.reason) for span in spans]


def grow(line: bytes, limit: int, *, take: bool) -> list[tuple[bytes, str]]:
    """Scan a line that grows byte by byte, letting go of what is done as a decoder does, or not."""
    scanner = BraceScanner(limit)
    found, rest = [], b""
    for place in range(len(line) + 1):
        rest += line[place : place + 1]
        spans = scanner.scan(rest, complete=place == len(line))
        found += [(rest[span.start : span.stop], span.reason) for span in spans]
        if take:
            rest = rest[scanner.take() :]
            assert len(rest) <= limit
    return found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b'{"a":1}', [(b'{"a":1}', "")]),
        (b'{"a":1}{"a":2} , [{"a":3}]', [(b'{"a":1}', ""), (b'{"a":2}', ""), (b'[{"a":3}]', "")]),
        (b'[3] {"a":1}[', [(b"[3] ", "not JSON"), (b'{"a":1}', ""), (b"[", "not JSON")]),
        (b'boot {"a":{"b":[1]}} ok', [(b"boot ", "not JSON"), (b'{"a":{"b":[1]}}', ""), (b" ok", "not JSON")]),
        (b'{"a":"}{\\"}\\\\"}', [(b'{"a":"}{\\"}\\\\"}', "")]),
        (b'{"a":1', [(b'{"a":1', "not JSON")]),
        (b'{"a":{"b":1}{"c":2}', [(b'{"a":{"b":1}', "not JSON"), (b'{"c":2}', "")]),
        (b'{"a":[1] [2]}', [(b'{"a":[1] ', "not JSON"), (b"[2]}", "not JSON")]),
        (b'{"a:1}{"a":2}{"a":3}', [(b'{"a:1}{"a', "not JSON"), (b'":2}', "not JSON"), (b'{"a":3}', "")]),
        (b'{a":1}{"a":2}', [(b'{a":1}{"a', "not JSON"), (b'":2}', "not JSON")]),
        (b'{"a" : "b" , "c" : [ "d" ] }', [(b'{"a" : "b" , "c" : [ "d" ] }', "")]),
        (b'1}{"a":2}', [(b"1}", "not JSON"), (b'{"a":2}', "")]),
        (b" \x1e, ", []),
        (b"", []),
    ],
)
def test_values_and_junk(line: bytes, found: list[tuple[bytes, str]]):
    assert scan(line) == found


def test_a_value_beyond_the_limit_is_cut_off():
    assert scan(b"{" + b"1" * 12 + b'} {"a":1}', limit=10) == [
        (b"{" + b"1" * 9, "too long"),
        (b"111} ", "not JSON"),
        (b'{"a":1}', ""),
    ]


@many_examples
@given(
    line=st.lists(
        st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\\", b" ", b",", b"1", b'{"a":1}']), max_size=30
    ).map(b"".join),
    limit=st.integers(1, 12),
)
def test_what_is_found_does_not_depend_on_how_the_line_grew(line: bytes, limit: int):
    expected = scan(line, limit)
    assert grow(line, limit, take=True) == expected
    assert grow(line, limit, take=False) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(alphabet='{}[]",\\ a', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='{"a', max_size=2), inner, max_size=3),
    max_leaves=8,
)


@many_examples
@given(values=st.lists(st.dictionaries(st.text(alphabet="}a", max_size=2), JSON, max_size=3), max_size=4))
def test_all_json_is_found(values: list[object]):
    texts = [orjson.dumps(value) for value in ([values, *values] if values else [])]
    assert scan(b"".join(texts), limit=1 << 20) == [(text, "") for text in texts]
