from __future__ import annotations

import numpy as np
import pytest

from stripchart.flow.records import ABSENT
from stripchart.store.format.journal import Entry, JournalError, decode, encode

TEXT = {1: False, 2: True, 3: False}
TEXTS = np.array(["", "é\ud800", "a\0b"], object)
ENTRIES = [
    Entry(
        7, 2_048, gap=True, time=np.array([5, -1, 1 << 62]), channels=[1, 2],
        values=[np.array([np.nan, ABSENT, -0.0]), TEXTS],
    ),
    Entry(8, 0, gap=False, time=np.array([9]), channels=[3], values=[np.array([1.5])]),
    Entry(7, 2_051, gap=False, time=np.array([6]), channels=[], values=[]),
]  # fmt: skip


def shown(entries: list[Entry]) -> list[tuple[object, ...]]:
    return [
        (
            entry.stream, entry.first, entry.gap, entry.time.tolist(), list(entry.channels),
            [column.tolist() if column.dtype == object else column.tobytes() for column in entry.values],
        )
        for entry in entries
    ]  # fmt: skip


def test_a_body_reads_back() -> None:
    body = encode(ENTRIES)
    assert shown(list(decode(body, TEXT))) == shown(ENTRIES)
    assert shown(list(decode(body, TEXT, 7))) == shown([ENTRIES[0], ENTRIES[2]])
    assert list(decode(encode([]), TEXT)) == []


def test_a_body_cut_short_is_told() -> None:
    body = encode(ENTRIES)
    for size in range(1, len(body)):
        with pytest.raises(JournalError):
            list(decode(body[:size], TEXT))


def test_values_from_a_channel_on_that_is_not_known_are_left_out() -> None:
    found = list(decode(encode(ENTRIES), {1: False}))
    assert [entry.time.tolist() for entry in found] == [entry.time.tolist() for entry in ENTRIES]
    assert [(list(entry.channels), list(entry.unknown)) for entry in found] == [([1], [2]), ([], [3]), ([], [])]
    np.testing.assert_array_equal(found[0].values, ENTRIES[0].values[:1])
