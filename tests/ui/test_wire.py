from __future__ import annotations

import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stripchart.ui.wire import to_json

TEXTS = st.text(st.characters() | st.characters(categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


@given(VALUES)
def test_whatever_comes_the_json_is_valid(value: object) -> None:
    text = to_json(value).decode()
    found = json.loads(text, parse_constant=lambda name: AssertionError(name))
    if "?" not in text:
        assert found == value


def test_lone_surrogates_are_replaced_and_pairs_are_not() -> None:
    assert to_json({"a\ud800": ["\udfff", "☂😀"]}).decode() == '{"a?":["?","☂😀"]}'


def test_what_is_no_number_is_null() -> None:
    column = np.array([1.5, math.nan, math.inf, -math.inf])
    assert to_json(column) == b"[1.5,null,null,null]"
    assert to_json([math.nan, "\ud800", column]) == b'[null,"?",[1.5,null,null,null]]'
