from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.flow.reduce import RAW_ROWS, Rows
from stripchart.ui.view import GAP_BEFORE_NS, MAX_GAPS, StreamView

EVER = 1 << 62
A, B = Channel("a"), Channel("b", "V")
FINE = 1
"""A bucket so narrow that every row stands for itself."""


class Picture:
    """What a browser would hold: replaced at a rebuild, appended to by what is fed."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {}

    def replace(self, wire: dict[str, Any]) -> None:
        self.columns = {name: np.asarray(column).tolist() for name, column in wire.items()}

    def append(self, view: StreamView, rows: list[Rows]) -> None:
        wire = view.to_wire(rows)
        for name in wire if len(wire["t"]) else ():
            self.columns[name] += np.asarray(wire[name]).tolist()
        lengths = {len(column) for column in self.columns.values()}
        assert len(lengths) == 1, self.columns

    @property
    def drawn(self) -> list[float]:
        """Values of the first column, without the empty rows of gaps."""
        return [value for value, weight in zip(self.columns["c0"], self.columns["n"], strict=True) if weight]

    @property
    def empty(self) -> list[int]:
        """Places of the empty rows."""
        return [place for place, weight in enumerate(self.columns["n"]) if not weight]


def publish(hub: Hub, first: int, rows: int, *, gap: bool = False, step: int = 1_000_000) -> None:
    """Publish rows whose value is their number."""
    numbers = np.arange(first, first + rows)
    hub.publish(make_batch("s", (A,), numbers * step, [numbers], gap=gap))


def view_of(*channels: Channel) -> StreamView:
    view = StreamView("s0", "s")
    for channel in channels:
        view.add(channel)
    return view


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["rebuild", "drain", "neither"])), max_size=25))
def test_no_row_is_missing_or_twice_whenever_a_page_starts_anew(steps: list[tuple[int, str]]) -> None:
    """A rebuild may see rows that the subscription has yet to deliver, or has delivered just before."""
    hub, view, picture = Hub(), view_of(A), Picture()
    published = 0
    publish(hub, 0, 1)
    published += 1
    subscription = hub.subscribe()
    picture.replace(view.rebuild(hub, 0, EVER, FINE))
    for rows, what in steps:
        publish(hub, published, rows)
        published += rows
        if what == "rebuild":
            picture.replace(view.rebuild(hub, 0, EVER, FINE))
        elif what == "drain":
            picture.append(view, view.feed(subscription.drain().batches))
    picture.append(view, view.feed(subscription.drain().batches))
    picture.append(view, view.reducer.flush())
    assert picture.drawn == list(range(published))
    assert picture.columns["t"] == [float(row) for row in range(published)]


@given(
    steps=st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.booleans()), min_size=1, max_size=15),
    bucket=st.sampled_from([1, 5_000_000, 20_000_000, 1 << 50]),
)
def test_the_weights_sum_to_the_rows_and_the_extremes_stay(steps: list[tuple[int, bool, bool]], bucket: int) -> None:
    hub, view, picture = Hub(), view_of(A), Picture()
    published = gaps = 0
    publish(hub, 0, 1)
    published += 1
    subscription = hub.subscribe()
    picture.replace(view.rebuild(hub, 0, EVER, bucket))
    for rows, gap, anew in steps:
        publish(hub, published, rows, gap=gap)
        published += rows
        gaps += gap
        if anew:
            picture.replace(view.rebuild(hub, 0, EVER, bucket))
        picture.append(view, view.feed(subscription.drain().batches))
    picture.append(view, view.reducer.flush())
    assert sum(picture.columns["n"]) == published
    assert min(picture.drawn) == 0
    assert np.nanmax(picture.columns["c0"]) == published - 1
    assert picture.columns["t"] == sorted(picture.columns["t"])
    cut = [place for place, value in enumerate(picture.columns["c0"]) if value != value]  # noqa: PLR0124 - NaN
    assert len(cut) == gaps


def test_a_gap_is_an_empty_row_before_the_row_that_it_cuts_off() -> None:
    hub, view = Hub(), view_of(A)
    publish(hub, 0, 3)
    publish(hub, 10, 2, gap=True)
    rebuilt = view.rebuild(hub, 0, EVER, FINE)
    np.testing.assert_array_equal(rebuilt["c0"], [0, 1, 2, np.nan, 10, 11])
    assert rebuilt["n"].tolist() == [1, 1, 1, 0, 1, 1]
    np.testing.assert_allclose(rebuilt["t"], [0, 1, 2, 10 - GAP_BEFORE_NS / 1e6, 10, 11])
    subscription = hub.subscribe()
    publish(hub, 20, 2, gap=True)
    fed = view.to_wire(view.feed(subscription.drain().batches))
    np.testing.assert_array_equal(fed["c0"], [np.nan, 20, 21])
    assert fed["n"].tolist() == [0, 1, 1]


def test_a_gap_seen_in_the_history_is_not_drawn_again() -> None:
    hub, view = Hub(), view_of(A)
    publish(hub, 0, 3)
    subscription = hub.subscribe()
    publish(hub, 10, 2, gap=True)
    assert view.rebuild(hub, 0, EVER, FINE)["n"].tolist() == [1, 1, 1, 0, 1, 1]
    assert view.feed(subscription.drain().batches) == []


def test_the_gap_at_the_edge_of_the_picture_cuts_nothing_off() -> None:
    hub, view = Hub(), view_of(A)
    publish(hub, 0, 3, gap=True)
    assert view.rebuild(hub, 0, EVER, FINE)["n"].tolist() == [1, 1, 1]


def test_a_line_is_not_drawn_across_a_gap_within_a_bucket() -> None:
    hub, view = Hub(), view_of(A)
    publish(hub, 0, 100)
    publish(hub, 100, 100, gap=True)
    rebuilt = view.rebuild(hub, 0, EVER, 1 << 50)
    np.testing.assert_array_equal(rebuilt["c0"], [0, 99, np.nan, 100, 199])
    assert rebuilt["n"].tolist() == [100, 0, 0, 100, 0]


def test_more_gaps_than_can_be_told_apart_are_not_drawn() -> None:
    hub, view = Hub(), view_of(A)
    for row in range(MAX_GAPS + 100):
        publish(hub, row, 1, gap=True)
    rebuilt = view.rebuild(hub, 0, EVER, FINE)
    assert int(np.isnan(rebuilt["c0"]).sum()) == MAX_GAPS
    assert int(rebuilt["n"].sum()) == MAX_GAPS + 100


def test_a_span_is_read_with_its_own_resolution() -> None:
    hub, view = Hub(), view_of(A)
    publish(hub, 0, 100_000)
    span = 10_000 * 1_000_000
    rebuilt = view.rebuild(hub, span, 2 * span, span // 100)
    assert int(rebuilt["n"].sum()) == 10_000
    assert len(rebuilt["t"]) <= 101 * RAW_ROWS
    assert (rebuilt["t"] >= 10_000).all()
    assert (rebuilt["t"] < 20_000).all()


def test_an_empty_span_has_columns_and_no_rows_and_goes_on_from_now() -> None:
    hub, view = Hub(), view_of(A)
    publish(hub, 0, 10)
    rebuilt = view.rebuild(hub, EVER - 1, EVER, FINE)
    assert {name: len(column) for name, column in rebuilt.items()} == {"t": 0, "n": 0, "c0": 0}
    subscription = hub.subscribe()
    publish(hub, 10, 1)
    assert view.to_wire(view.feed(subscription.drain().batches))["c0"].tolist() == [10]


def test_a_cell_that_a_row_lacks_is_empty_until_the_view_is_parted() -> None:
    hub, view = Hub(), view_of(A, B)
    subscription = hub.subscribe()
    text = Channel("mode", kind=Kind.TEXT)
    hub.publish(make_batch("s", (B, text), [1_000_000], [[5], ["on"]]))
    hub.publish(make_batch("s", (A,), [2_000_000], [[7]]))
    hub.publish(make_batch("s", (B, A), [3_000_000], [[6], [8]]))
    fed = view.to_wire(view.feed(subscription.drain().batches))
    rebuilt = view.rebuild(hub, 0, EVER, FINE)
    for wire in (fed, rebuilt):
        np.testing.assert_array_equal(wire["c0"], [np.nan, 7, 8])
        np.testing.assert_array_equal(wire["c1"], [5, np.nan, 6])


def test_a_row_without_any_of_the_channels_breaks_no_line() -> None:
    hub, view = Hub(), view_of(A)
    subscription = hub.subscribe()
    for row in range(3):
        hub.publish(make_batch("s", (A,), [2 * row], [[row]]))
        hub.publish(make_batch("s", (B,), [2 * row + 1], [[-1]]))
    fed = view.to_wire(view.feed(subscription.drain().batches))
    rebuilt = view.rebuild(hub, 0, EVER, FINE)
    for wire in (fed, rebuilt):
        assert wire["c0"].tolist() == [0, 1, 2]
        assert wire["n"].tolist() == [1, 1, 1]


def test_a_nan_that_was_sent_breaks_the_line() -> None:
    hub, view = Hub(), view_of(A)
    subscription = hub.subscribe()
    hub.publish(make_batch("s", (A,), [1, 2, 3], [[0, np.nan, 2]]))
    fed = view.to_wire(view.feed(subscription.drain().batches))
    rebuilt = view.rebuild(hub, 0, EVER, FINE)
    for wire in (fed, rebuilt):
        np.testing.assert_array_equal(wire["c0"], [0, np.nan, 2])


def test_a_gap_in_the_stream_cuts_the_next_row_of_each_view() -> None:
    hub, view = Hub(), view_of(A)
    subscription = hub.subscribe()
    hub.publish(make_batch("s", (A,), [1_000_000], [[0]]))
    hub.publish(make_batch("s", (B,), [2_000_000], [[-1]], gap=True))
    hub.publish(make_batch("s", (A,), [3_000_000], [[1]]))
    fed = view.to_wire(view.feed(subscription.drain().batches))
    rebuilt = view.rebuild(hub, 0, EVER, FINE)
    for wire in (fed, rebuilt):
        np.testing.assert_array_equal(wire["c0"], [0, np.nan, 1])
        assert wire["t"][1] < 3


def test_text_under_the_name_of_a_number_is_not_drawn() -> None:
    hub, view = Hub(), view_of(A)
    subscription = hub.subscribe()
    hub.publish(make_batch("s", (Channel("a", kind=Kind.TEXT),), [1], [["5"]]))
    assert view.feed(subscription.drain().batches) == []


def test_the_wire_is_milliseconds() -> None:
    rows = Rows(np.array([1_700_000_000_123_456_789]), np.array([1]), (np.array([2.5]),))
    view = view_of(A)
    wire = view.to_wire([rows])
    assert wire["t"].dtype == np.float64
    assert abs(wire["t"][0] - 1_700_000_000_123.4568) < 1e-3
    assert view.to_wire([]) == {"t": [], "n": [], "c0": []}
