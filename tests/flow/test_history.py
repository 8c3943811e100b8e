from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.history import FIRST_BLOCK, LARGEST_BLOCK, MAX_GAPS, MAX_SHAPES, Budget, StreamHistory
from stripchart.flow.records import Batch, Channel, Kind, is_absent, make_batch

A, B = Channel("a"), Channel("b", "V")
SWITCH = Channel("c", kind=Kind.STATE)
TEXT, A_TEXT = Channel("t", kind=Kind.TEXT), Channel("a", kind=Kind.TEXT)
SHAPES = ((A,), (A, B), (B, A), (TEXT,), (A, TEXT, SWITCH), (A_TEXT, B))
PLENTY = 1 << 40
ROW = 16  # bytes of a row of one number


def numbers(times: list[int], gap: bool = False, channel: Channel = A) -> Batch:
    return make_batch("s", (channel,), times, [times], gap=gap)


class Row(NamedTuple):
    """A row as the oracle remembers it."""

    time: int
    cells: dict[tuple[str, bool], float | str]
    gap: bool


class Oracle:
    """Every row that was ever appended, in a plain list."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def append(self, batch: Batch) -> None:
        for number in range(len(batch)):
            cells = {key(c): column[number] for c, column in zip(batch.channels, batch.values, strict=True)}
            self.rows.append(Row(int(batch.time[number]), cells, batch.gap and number == 0))

    def column(self, channel: Channel, first: int, stop: int) -> list[float | str]:
        nothing = "" if channel.kind is Kind.TEXT else np.nan
        return [row.cells.get(key(channel), nothing) for row in self.rows[first:stop]]


def key(channel: Channel) -> tuple[str, bool]:
    return channel.name, channel.kind is Kind.TEXT


class Spec(NamedTuple):
    """What a batch is made from; short to print when a test fails."""

    shape: int
    rows: int
    gap: bool
    seed: int

    def build(self) -> Batch:
        random = np.random.default_rng(self.seed)
        values = []
        for channel in SHAPES[self.shape]:
            column = random.integers(-3, 3, self.rows).astype(float)
            column[column == -3] = np.nan
            values.append([f"text {value}" for value in column] if channel.kind is Kind.TEXT else column)
        times = random.integers(1, 100, self.rows).cumsum()
        return make_batch("s", SHAPES[self.shape], times, values, gap=self.gap)


ROWS = st.one_of(st.integers(1, 5), st.sampled_from([FIRST_BLOCK - 1, FIRST_BLOCK, 100, 700]))
SPECS = st.lists(
    st.builds(Spec, st.integers(0, len(SHAPES) - 1), ROWS, st.booleans(), st.integers(0, 1000)), min_size=1, max_size=15
)


def append(history: StreamHistory, oracle: Oracle, spec: Spec) -> None:
    batch = spec.build()
    history.append(batch, 0)
    oracle.append(batch)


def check(history: StreamHistory, oracle: Oracle) -> None:
    view = history.view()
    assert view.stop == history.rows == len(oracle.rows)
    check_rows(view.batch(view.first, view.stop), oracle)
    assert view.gaps == [number for number in range(view.first, view.stop) if oracle.rows[number].gap]
    assert sorted(map(key, view.channels)) == sorted({cell for row in oracle.rows for cell in row.cells})
    for channel, count, last in zip(history.channels, history.counts, history.last_values, strict=True):
        cells = [row.cells[key(channel)] for row in oracle.rows if key(channel) in row.cells]
        assert count == len(cells)
        np.testing.assert_array_equal(last, cells[-1])
    assert (history.first_ns, history.last_ns) == (oracle.rows[0].time, oracle.rows[-1].time)


def check_rows(batch: Batch, oracle: Oracle) -> None:
    stop = batch.first + len(batch)
    assert batch.time.tolist() == [row.time for row in oracle.rows[batch.first : stop]]
    for channel, column in zip(batch.channels, batch.values, strict=True):
        np.testing.assert_array_equal(column, oracle.column(channel, batch.first, stop))
    assert batch.gap == (len(batch) > 0 and oracle.rows[batch.first].gap)


@given(SPECS, st.sampled_from([1, 10, 64, 100, 1000, 1 << 20]))
def test_it_holds_the_newest_rows(specs: list[Spec], max_rows: int):
    budget = Budget(PLENTY)
    history, oracle = StreamHistory("s", max_rows, budget), Oracle()
    for spec in specs:
        append(history, oracle, spec)
        check(history, oracle)
        assert budget.used == sum(block.bytes for block in history._blocks)
        held = history.rows - history.view().first
        assert min(history.rows, max_rows) <= held <= max_rows + 2 * LARGEST_BLOCK


@given(SPECS, st.integers(0, 40_000))
def test_it_holds_less_on_a_small_budget(specs: list[Spec], limit: int):
    budget = Budget(limit)
    history, oracle = StreamHistory("s", 1 << 20, budget), Oracle()
    for spec in specs:
        append(history, oracle, spec)
        check(history, oracle)
        assert history.view().first < history.rows
        assert budget.used == sum(block.bytes for block in history._blocks)


@given(SPECS, st.integers(0, 3000))
def test_the_newest_rows_come_cut_at_gaps(specs: list[Spec], rows: int):
    history, oracle = StreamHistory("s", 1 << 20, Budget(PLENTY)), Oracle()
    for spec in specs:
        append(history, oracle, spec)
    parts = history.view(rows).batches()
    assert sum(map(len, parts)) == min(rows, history.rows)
    expected = max(0, history.rows - rows)
    for number, part in enumerate(parts):
        assert part.first == expected
        assert part.gap or number == 0
        assert not any(oracle.rows[row].gap for row in range(part.first + 1, part.first + len(part)))
        check_rows(part, oracle)
        expected += len(part)


@given(SPECS, st.integers(0, 5000), st.integers(0, 5000), st.sampled_from([50, 1 << 20]))
def test_a_span_of_time_is_found(specs: list[Spec], start: int, stop: int, max_rows: int):
    history, oracle = StreamHistory("s", max_rows, Budget(PLENTY)), Oracle()
    for spec in specs:  # each starts near time 0 again: the clock steps back all the time
        append(history, oracle, spec)
    view = history.view()
    found = view.between(start, stop)
    held = range(view.first, view.stop)
    inside = [number for number in held if start <= oracle.rows[number].time < stop]
    if inside:
        assert (found.first, found.first + len(found)) == (inside[0], inside[-1] + 1)
    else:
        assert len(found) == 0
    check_rows(found, oracle)


@given(SPECS, st.sets(st.sampled_from(sorted({channel.name for shape in SHAPES for channel in shape}))))
def test_only_some_channels_are_read(specs: list[Spec], names: set[str]):
    history, oracle = StreamHistory("s", 1000, Budget(PLENTY)), Oracle()
    for spec in specs:
        append(history, oracle, spec)
    view = history.view().only(names)
    assert view.channels == tuple(channel for channel in history.channels if channel.name in names)
    check_rows(view.batch(view.first, view.stop), oracle)


@given(SPECS, SPECS)
def test_a_view_stays_as_it_was(before: list[Spec], after: list[Spec]):
    history, oracle = StreamHistory("s", 100, Budget(PLENTY)), Oracle()
    for spec in before:
        append(history, oracle, spec)
    view = history.view()
    for spec in after:
        history.append(spec.build(), 0)
    check_rows(view.batch(view.first, view.stop), oracle)
    assert view.stop == len(oracle.rows)


def test_nothing_is_held_at_first():
    view = StreamHistory("s", 100, Budget(PLENTY)).view()
    assert (view.first, view.stop, view.batches()) == (0, 0, [])
    assert len(view.between(0, 1 << 62)) == 0


def test_a_batch_larger_than_the_bound_leaves_its_newest_rows():
    history = StreamHistory("s", 100, Budget(PLENTY))
    history.append(numbers(list(range(50_000))), 0)
    view = history.view()
    assert view.batch(view.first, view.stop)["a"].tolist() == list(range(view.first, 50_000))
    assert 100 <= 50_000 - view.first <= 100 + 2 * LARGEST_BLOCK


def test_streams_share_one_budget():
    budget = Budget(1000 * ROW)
    greedy, late = StreamHistory("greedy", 1 << 20, budget), StreamHistory("late", 1 << 20, budget)
    for start in range(0, 5000, 10):
        greedy.append(numbers(list(range(start, start + 10))), 0)
    for start in range(0, 5000, 10):
        late.append(numbers(list(range(start, start + 10))), 0)
        assert budget.used <= budget.limit + 2 * FIRST_BLOCK * ROW  # what a stream holds in any case
    for history in (greedy, late):
        view = history.view()
        assert view.batch(view.first, view.stop)["a"][-1] == 4999


def test_columns_that_came_late_are_paid_for_with_old_rows():
    budget = Budget(20_000 * ROW)
    history = StreamHistory("s", 1 << 20, budget)
    for start in range(0, 20_000, 100):
        history.append(numbers(list(range(start, start + 100))), 0)
    wide = tuple(Channel(f"c{number}") for number in range(100))
    for start in range(0, 20_000, 100):
        history.append(make_batch("s", wide, range(start, start + 100), [np.zeros(100)] * 100), 0)
    newest_block = LARGEST_BLOCK * 102 * 8
    assert budget.used <= budget.limit + newest_block
    assert history.view().first > 20_000


def test_the_newest_unit_wins_also_when_it_was_seen_before():
    history = StreamHistory("s", 100, Budget(PLENTY))
    for unit in ("°C", "°F", "°C"):
        history.append(numbers([1], channel=Channel("a", unit)), 0)
        assert [channel.unit for channel in history.channels] == [unit]
    assert history.counts == [3]


def test_the_last_value_of_a_channel_outlives_the_rows():
    history = StreamHistory("s", 10, Budget(0))
    history.append(numbers([7], channel=B), 0)
    for start in range(0, 1000, 10):
        history.append(numbers(list(range(start, start + 10))), 0)
    assert dict(zip(history.channels, history.last_values, strict=True)) == {B: 7.0, A: 999.0}


def test_only_unknown_channels_are_fresh():
    history = StreamHistory("s", 100, Budget(PLENTY))
    assert history.fresh((A, B, A)) == [A, B]
    history.append(numbers([1]), 0)
    assert history.fresh((A,)) == []
    assert history.fresh((Channel("a", "other unit"), B)) == [B]
    assert history.fresh((A_TEXT,)) == [A_TEXT]


def test_shapes_that_are_remembered_are_bounded():
    history, oracle = StreamHistory("s", 1000, Budget(PLENTY)), Oracle()
    for number in range(3 * MAX_SHAPES):
        batch = make_batch("s", (Channel(f"c{number % 150}"), A), [number], [[number], [-number]])
        history.append(batch, 0)
        oracle.append(batch)
    check(history, oracle)
    assert len(history._places) <= MAX_SHAPES


@pytest.mark.parametrize("extra", [0, 1])
def test_gaps_that_are_remembered_are_bounded(extra: int):
    history = StreamHistory("s", 1 << 20, Budget(PLENTY))
    for number in range(MAX_GAPS + extra):
        history.append(numbers([number], gap=True), 0)
    gaps = history.view().gaps
    assert gaps[-1] == MAX_GAPS + extra - 1
    assert len(gaps) == MAX_GAPS if not extra else MAX_GAPS // 2 < len(gaps) <= MAX_GAPS


def groups(history: StreamHistory) -> set[frozenset[str]]:
    """Return the names of the channels that have always come together."""
    sets: dict[int, set[str]] = {}
    for channel, group in zip(history.channels, history.groups, strict=True):
        sets.setdefault(group, set()).add(channel.name)
    return set(map(frozenset, sets.values()))


@given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True), min_size=1, max_size=12))
def test_a_group_is_the_channels_that_have_always_come_together(shapes: list[list[str]]):
    history = StreamHistory("s", 1000, Budget(1 << 20))
    for row, names in enumerate(shapes):
        channels = tuple(Channel(name) for name in names)
        history.append(make_batch("s", channels, [row], [[1.0]] * len(names)), 0)
    seen = {
        name: frozenset(row for row, names in enumerate(shapes) if name in names) for names in shapes for name in names
    }
    expected = {frozenset(name for name in seen if seen[name] == rows) for rows in seen.values()}
    assert groups(history) == expected


def test_a_cell_that_never_came_is_told_from_a_nan():
    history = StreamHistory("s", 1000, Budget(1 << 20))
    history.append(make_batch("s", (Channel("a"),), [1], [[np.nan]]), 0)
    history.append(make_batch("s", (Channel("b"),), [2], [[2.0]]), 0)
    batch = history.view().batch(0, 2)
    assert np.isnan(batch["a"]).all()
    assert is_absent(batch["a"]).tolist() == [False, True]
    assert is_absent(batch["b"]).tolist() == [True, False]


def test_a_view_knows_its_least_and_greatest_time() -> None:
    history = StreamHistory("s", 100, Budget(PLENTY))
    for first in range(0, 5_000, 10):
        history.append(numbers([*range(first, first + 10)]), 0)
    view = history.view()
    assert view.first > 0
    assert view.span() == (view.first, 4_999)
    history.append(numbers([-5]), 0)
    assert view.span() == (view.first, 4_999)
    assert history.view().span() == (-5, 4_999)
    assert history.view(1).span() == (-5, -5)
    assert StreamHistory("s", 100, Budget(PLENTY)).view().span() is None
