"""JSON objects that are mostly alike, as one device sends them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_NUMBERS = st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False)
_KINDS: list[st.SearchStrategy[Any]] = [
    _NUMBERS,
    st.booleans(),
    st.none(),
    st.sampled_from([1761935745, 1761935745.5]),
    st.just(1761935745123),
    st.sampled_from(["2025-10-31T18:35:45Z", "2025-10-31T18:35:46Z"]),
    st.just("2025-10-31T18:35:45"),
    st.sampled_from(["idle", "run"]),
    st.sampled_from(["5", "-0", " 6.5 "]),
    st.fixed_dictionaries({"c": _NUMBERS, "": st.booleans()}),
    st.lists(_NUMBERS, min_size=2, max_size=2),
    st.sampled_from([1, True, None, "on", "5", 1761935745, [1], {"c": 1}, {}, "unknown"]),
]
_NAMES = ["a", "b", "ts", "Time", "timestamp", "", "b/c"]


@st.composite
def like_objects(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw up to eight objects with the same names; under most of them all have the same kind of value."""
    count = draw(st.integers(1, 8))
    names = draw(st.lists(st.sampled_from(_NAMES), unique=True, max_size=4))
    kinds = [draw(st.sampled_from(_KINDS)) for _ in names]
    return [{name: draw(kind) for name, kind in zip(names, kinds, strict=True)} for _ in range(count)]
