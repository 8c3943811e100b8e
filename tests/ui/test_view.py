from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.flow.reduce import RAW_ROWS, Rows
from stripchart.ui.view import GAP_BEFORE_NS, MAX_GAPS, StreamView, to_wire

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

    def append(self, rows: list[Rows]) -> None:
        wire = to_wire(rows)
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
            for batch in subscription.drain().batches:
                picture.append(view.feed(batch))
    for batch in subscription.drain().batches:
        picture.append(view.feed(batch))
    picture.append(view.reducer.flush())
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
        for batch in subscription.drain().batches:
            picture.append(view.feed(batch))
    picture.append(view.reducer.flush())
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
    (batch,) = subscription.drain().batches
    fed = to_wire(view.feed(batch))
    np.testing.assert_array_equal(fed["c0"], [np.nan, 20, 21])
    assert fed["n"].tolist() == [0, 1, 1]


def test_a_gap_seen_in_the_history_is_not_drawn_again() -> None:
    hub, view = Hub(), view_of(A)
    publish(hub, 0, 3)
    subscription = hub.subscribe()
    publish(hub, 10, 2, gap=True)
    assert view.rebuild(hub, 0, EVER, FINE)["n"].tolist() == [1, 1, 1, 0, 1, 1]
    (batch,) = subscription.drain().batches
    assert view.feed(batch) == []


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
    (batch,) = subscription.drain().batches
    assert to_wire(view.feed(batch))["c0"].tolist() == [10]


def test_a_column_that_a_batch_lacks_is_empty() -> None:
    hub, view = Hub(), view_of(A, B)
    subscription = hub.subscribe()
    text = Channel("mode", kind=Kind.TEXT)
    hub.publish(make_batch("s", (B, text), [1_000_000], [[5], ["on"]]))
    hub.publish(make_batch("s", (A,), [2_000_000], [[7]]))
    hub.publish(make_batch("s", (B, A), [3_000_000], [[6], [8]]))
    picture = Picture()
    picture.replace(to_wire(view.feed(subscription_batch := subscription.drain().batches[0])))
    assert subscription_batch.first == 0
    np.testing.assert_array_equal(picture.columns["c0"], [np.nan])
    np.testing.assert_array_equal(picture.columns["c1"], [5])
    rebuilt = view.rebuild(hub, 0, EVER, FINE)
    np.testing.assert_array_equal(rebuilt["c0"], [np.nan, 7, 8])
    np.testing.assert_array_equal(rebuilt["c1"], [5, np.nan, 6])


def test_text_under_the_name_of_a_number_is_not_drawn() -> None:
    hub, view = Hub(), view_of(A)
    subscription = hub.subscribe()
    hub.publish(make_batch("s", (Channel("a", kind=Kind.TEXT),), [1], [["5"]]))
    (batch,) = subscription.drain().batches
    np.testing.assert_array_equal(to_wire(view.feed(batch))["c0"], [np.nan])


def test_the_wire_is_milliseconds() -> None:
    rows = Rows(np.array([1_700_000_000_123_456_789]), np.array([1]), (np.array([2.5]),))
    wire = to_wire([rows])
    assert wire["t"].dtype == np.float64
    assert abs(wire["t"][0] - 1_700_000_000_123.4568) < 1e-3
    assert to_wire([]) == {"t": [], "n": []}
