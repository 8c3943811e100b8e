from __future__ import annotations

from types import SimpleNamespace

from hypothesis import example, given
from hypothesis import strategies as st

from stripchart.flow.history import EVER
from stripchart.ui.page import MAX_SPAN, Look

NOW = 1_700_000_000_000_000_000
INF, NAN = float("inf"), float("nan")


@given(
    window=st.floats(allow_nan=False),
    view=st.lists(st.floats(), max_size=3),
    width=st.integers(-(2**53), 2**53),
)
@example(window=INF, view=[-INF, INF], width=0)
@example(window=-1.0, view=[NAN, NAN], width=-5)
@example(window=0.0, view=[5.0, 4.0], width=10**9)
def test_whatever_a_browser_says_a_look_has_bounds(window: float, view: list[float], width: int) -> None:
    look = Look.of(SimpleNamespace(window=window, view=view, width=width))
    span = look.wanted(NOW)
    assert -(2**63) <= span.start_ns <= span.stop_ns < 2**63
    assert 0 < span.bucket_ns <= MAX_SPAN * 1e9
    assert 200 <= look.width <= 4000


def test_a_window_that_is_no_number_is_the_least() -> None:
    look = Look.of(SimpleNamespace(window=NAN, view=[], width=1000))
    assert look.wanted(NOW).start_ns < NOW


def test_a_live_look_has_no_end_and_one_at_the_past_has() -> None:
    live = Look.of(SimpleNamespace(window=60, view=[], width=1000))
    assert live.live
    assert live.wanted(NOW).stop_ns == EVER
    past = Look.of(SimpleNamespace(window=60, view=[1000, 3000], width=1000))
    assert not past.live
    assert past.wanted(NOW) == (900_000_000, 3_100_000_000, 4_000_000)
