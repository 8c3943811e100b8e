from __future__ import annotations

import numpy as np

from stripchart.decoders import rows
from stripchart.decoders.rows import BatchBuilder, ChannelCache
from stripchart.flow.records import Channel, Kind

A = (Channel("a"),)
B = (Channel("b"), Channel("mode", kind=Kind.TEXT))


def test_consecutive_rows_with_the_same_channels_are_one_batch():
    builder = BatchBuilder("s")
    builder.row(A, 1, (1.0,))
    builder.block(A, np.array([2, 3]), [np.array([2.0, 3.0])])
    builder.row(A, 4, (4.0,))
    builder.row(B, 5, (5.0, "auto"))
    builder.row(A, 6, (6.0,))
    first, second, third = builder.finish()
    assert (first.stream, first.channels, first.time.tolist()) == ("s", A, [1, 2, 3, 4])
    assert first["a"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert (second.channels, second["mode"].tolist(), second["mode"].dtype) == (B, ["auto"], object)
    assert third.time.tolist() == [6]


def test_retained_rows_are_a_batch_of_their_own():
    builder = BatchBuilder()
    builder.row(A, 1, (1.0,), retained=True)
    builder.row(A, 2, (2.0,))
    assert [(batch.retained, len(batch)) for batch in builder.finish()] == [(True, 1), (False, 1)]


def test_nothing_makes_no_batch():
    builder = BatchBuilder()
    builder.row((), 1, ())
    builder.block(A, np.empty(0, np.int64), [np.empty(0)])
    assert builder.finish() == []


def test_channels_of_a_shape_are_made_once_and_equal_ones_are_the_same_tuple():
    made = []

    def make(shape: tuple[str, ...]) -> tuple[Channel, ...]:
        made.append(shape)
        return tuple(map(Channel, shape[-1:]))

    cache = ChannelCache(make)
    assert cache["x", "a"] is cache["x", "a"] is cache["y", "a"]
    assert made == [("x", "a"), ("y", "a")]
    before = cache["x", "a"]
    cache.rename()
    assert cache["x", "a"] is before
    assert len(made) == 3


def test_an_input_of_ever_changing_shape_does_not_fill_the_memory():
    cache = ChannelCache(lambda shape: tuple(Channel(f"{shape[0]}-{place}") for place in range(1000)))
    for number in range(200):
        assert cache[(number,)][0].name == f"{number}-0"
        assert len(cache._known) * 1000 <= rows.MAX_REMEMBERED
        assert len(cache._same) * 1000 <= rows.MAX_REMEMBERED


def test_a_gap_begins_a_batch():
    builder = BatchBuilder("s")
    for row, gap in enumerate([False, False, True, False, True]):
        builder.row(A, row, [row], gap=gap)
    assert [(batch["a"].tolist(), batch.gap) for batch in builder.finish()] == [
        ([0, 1], False),
        ([2, 3], True),
        ([4], True),
    ]
