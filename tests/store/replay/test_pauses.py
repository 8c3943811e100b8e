from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.records import Chunk
from stripchart.store.reading.reader import Recording
from stripchart.store.replay.pauses import KEPT_NS, Pauses, find_pauses
from stripchart.store.writing.writer import Writer
from support.tables import NOW, numbered

if TYPE_CHECKING:
    from pathlib import Path

    from stripchart.flow.records import Batch

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
EDGES = st.lists(st.integers(-20 * SECOND, 20 * SECOND), max_size=8, unique=True).map(sorted)


def spans_of(edges: list[int]) -> list[tuple[int, int]]:
    return list(zip(edges[::2], edges[1::2], strict=False))


def test_what_is_left_of_a_pause() -> None:
    pauses = Pauses([(0, 100 * SECOND), (200 * SECOND, 200 * SECOND + 5), (300 * SECOND, 303 * SECOND)])
    seconds = np.array([-5, 0, 1, 2, 99, 100, 101, 200, 201, 300, 301, 302, 303, 304])
    expected = [-5, 0, 1, 1, 1, 1, 2, 101, 102, 201, 202, 202, 202, 203]
    assert (pauses.played(seconds * SECOND) // SECOND).tolist() == expected


@given(edges=EDGES, times=st.lists(st.integers(-30 * SECOND, 30 * SECOND), min_size=1).map(sorted))
def test_it_is_that_much_shorter_and_never_goes_back(edges: list[int], times: list[int]) -> None:
    pauses = Pauses(spans_of(edges))
    played = pauses.played(np.array(times))
    assert (np.diff(played) >= 0).all()
    cuts = [(start + KEPT_NS, stop) for start, stop in spans_of(edges) if stop - start > KEPT_NS]
    shorter = [sum(max(min(one, stop) - start, 0) for start, stop in cuts) for one in times]
    assert played.tolist() == [one - less for one, less in zip(times, shorter, strict=True)]
    for one in times:
        latest = pauses.recorded_at(pauses.played_at(one))
        assert latest >= one
        assert pauses.played_at(latest) == pauses.played_at(one)
        assert pauses.played_at(latest + 1) > pauses.played_at(one)


class Runs:
    """Records at times of its own choice."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self._monkeypatch = monkeypatch

    def record(self, start: int, stop: int, *batches: Batch, chunk: Chunk | None = None, cleanly: bool = True) -> None:
        with self._monkeypatch.context() as patch:
            patch.setattr(time, "time_ns", lambda: start)
            writer = Writer(self.path)
            for batch in batches:
                writer.append(batch)
            if chunk is not None:
                writer.chunk("bench", chunk)
            patch.setattr(time, "time_ns", lambda: stop)
            if cleanly:
                writer.close()
            else:
                writer.commit()
                writer.abandon()

    def played(self, time_ns: int) -> int:
        with Recording(self.path) as recording:
            return find_pauses(recording).played_at(time_ns)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(tmp_path / "a.stripchart", monkeypatch)


class TestFind:
    def test_between_runs(self, runs: Runs) -> None:
        for begin in (NOW, NOW + HOUR, NOW + 3 * HOUR):
            runs.record(begin, begin + 10 * SECOND, numbered(5, start=begin))
        assert runs.played(NOW + 4 * HOUR) == NOW + 4 * HOUR - (HOUR - 11 * SECOND) - (2 * HOUR - 11 * SECOND)

    def test_after_a_run_that_was_killed(self, runs: Runs) -> None:
        slow = numbered(3, start=NOW, step=SECOND, stream="slow")
        runs.record(NOW, 0, numbered(5_000, start=NOW), slow, cleanly=False)
        runs.record(NOW + 9 * HOUR, NOW + 9 * HOUR + SECOND)
        assert runs.played(NOW + 9 * HOUR) == NOW + 4_999_000_000 + SECOND

    def test_after_a_run_that_was_killed_before_a_row_came(self, runs: Runs) -> None:
        runs.record(NOW, 0, cleanly=False)
        runs.record(NOW + HOUR, NOW + 2 * HOUR, numbered(5, start=NOW + HOUR))
        assert runs.played(NOW + HOUR) == NOW + SECOND

    def test_not_where_a_run_that_was_killed_may_hold_bytes(self, runs: Runs) -> None:
        runs.record(NOW, 0, chunk=Chunk(b"?", NOW + 60 * SECOND), cleanly=False)
        runs.record(NOW + HOUR, NOW + 2 * HOUR)
        assert runs.played(NOW + HOUR) == NOW + HOUR

    def test_not_where_an_import_put_rows(self, runs: Runs) -> None:
        runs.record(NOW, NOW + SECOND, numbered(5, start=NOW))
        runs.record(NOW + HOUR, NOW + HOUR + SECOND, numbered(60, start=NOW + SECOND, step=60 * SECOND, stream="card"))
        assert runs.played(NOW + 2 * HOUR) == NOW + 2 * HOUR

    def test_not_where_the_clock_was_set_back(self, runs: Runs) -> None:
        runs.record(NOW, NOW + 10 * HOUR, numbered(5, start=NOW))
        runs.record(NOW + HOUR, NOW + 2 * HOUR, numbered(5, start=NOW + HOUR))
        assert runs.played(NOW + 20 * HOUR) == NOW + 20 * HOUR

    def test_in_a_single_run_or_none(self, runs: Runs) -> None:
        runs.record(NOW, NOW + HOUR, numbered(5, start=NOW))
        assert runs.played(NOW + 2 * HOUR) == NOW + 2 * HOUR
        assert Pauses().recorded_at(5) == 5
