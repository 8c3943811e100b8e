from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stripchart.store.reading import shape
from stripchart.store.reading.pieces import Piece
from stripchart.store.reading.shape import MAX_RUNS, to_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from stripchart.flow.reduce import Rows

ALL = -(1 << 62), 1 << 62


def piece(first: int, time: Sequence[int], gaps: Sequence[int] = ()) -> Piece:
    return Piece(first, np.array(time), np.array(gaps, np.intp), {1: np.arange(first, first + len(time)) * 1.0})


def rows(runs: Sequence[Rows]) -> list[list[int]]:
    return [run.columns[0].astype(int).tolist() for run in runs]


def test_gaps_part_runs_within_pieces_and_between_them() -> None:
    parts = [piece(0, [1, 2, 3], [1]), piece(3, [4]), piece(5, [6, 7]), piece(7, [8, 9], [0])]
    assert rows(to_picture(parts, [1], ALL, 1)) == [[0], [1, 2, 3], [5, 6], [7, 8]]
    assert rows(to_picture(parts, [1], (3, 8), 1)) == [[2, 3], [5, 6]]
    assert to_picture(parts, [1], (90, 99), 1) == []
    assert to_picture([], [1], ALL, 1) == []


def test_of_too_many_gaps_the_longest_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape, "MAX_RUNS", 3)
    parts = [piece(0, [0, 5, 100, 107, 90], [1, 2, 3]), piece(5, [91, 80], [0, 1])]
    assert rows(to_picture(parts, [1], ALL, 1)) == [[0, 1], [2, 3, 4, 5], [6]]  # the clock stepped back before the last
    monkeypatch.setattr(shape, "MAX_RUNS", 6)
    assert len(to_picture(parts, [1], ALL, 1)) == 6


def test_any_number_of_gaps_gives_no_more_runs_than_there_may_be() -> None:
    count = 3 * MAX_RUNS
    runs = to_picture([piece(0, range(count), range(count))], [1], ALL, 1)
    assert len(runs) == MAX_RUNS
    assert sum(int(run.weight.sum()) for run in runs) == count
