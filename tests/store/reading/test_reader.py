from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart.flow.records import Channel, Chunk, Kind, make_batch
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer
from support.tables import NOW
from support.truth import by_bucket, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 200_000
STEP = 1_000_000
CHANNELS = (Channel("temp"), Channel("noise"), Channel("mode", kind=Kind.TEXT))
TIME = NOW + STEP * np.arange(ROWS)
TIME[100_000:] += 60_000 * STEP  # long enough to be seen at any width of a bucket
TEMP = np.round(np.sin(np.arange(ROWS) / 9_000) * 20, 2)
NOISE = np.random.default_rng(3).normal(size=ROWS)
NOISE[70_000:90_000] = np.nan


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    path = tmp_path_factory.mktemp("reader") / "a.stripchart"
    writer = Writer(path)
    for begin in range(0, ROWS, 5_000):
        rows = slice(begin, begin + 5_000)
        texts = np.array([f"m{begin}"] * 5_000, object)
        columns = [TEMP[rows], NOISE[rows], texts]
        writer.append(make_batch("bench", CHANNELS, TIME[rows], columns, gap=begin == 100_000))
        writer.commit()
    writer.close()
    with Recording(path) as opened:
        yield opened
        assert opened.check() == []


@pytest.mark.parametrize(
    ("first", "stop", "bucket"),
    [(0, ROWS, 10_000), (0, ROWS, 50_000), (777, 123_456, 3_000), (65_536, 131_072, 4_096), (5, 900, 100), (0, 1, 1)],
)
def test_a_picture_is_what_brute_force_gives(recording: Recording, first: int, stop: int, bucket: int) -> None:
    runs = recording.picture("bench", ["noise", "temp"], int(TIME[first]), int(TIME[stop - 1]) + 1, bucket * STEP)
    assert len(runs) == 1 + (first < 100_000 < stop)
    assert sum(int(run.weight.sum()) for run in runs) == stop - first
    for column, values in enumerate((NOISE, TEMP)):
        found = np.concatenate([run.columns[column] for run in runs])
        assert np.fmin.reduce(found) == np.fmin.reduce(values[first:stop])
        assert np.fmax.reduce(found) == np.fmax.reduce(values[first:stop])
    # An entry may reach from one bucket into the next by half a bucket: its extremes stand in one of the two.
    rows = slice(first, stop)
    truth = by_bucket(TIME[rows], np.ones(stop - first, np.int64), [NOISE[rows], TEMP[rows]], STEP * bucket)
    shown = drawn(runs, bucket * STEP)
    assert set(shown) == set(truth)
    near = [(place - 1, place, place + 1) for place in truth]
    for around in near:
        here = truth[around[1]]
        low = min(shown[place].low[1] for place in around if place in shown)
        high = max(shown[place].high[1] for place in around if place in shown)
        assert low <= here.low[1] <= here.high[1] <= high


@pytest.mark.parametrize("every", [1_000, 33_333, 400_000])
def test_a_summary_is_exact(recording: Recording, every: int) -> None:
    start, stop = int(TIME[1_234]), int(TIME[190_001])
    found = recording.summary("bench", ["temp", "noise", "absent"], start, stop, every * STEP)
    buckets = TIME[1_234:190_001] // (every * STEP)
    edges = np.flatnonzero(np.diff(buckets, prepend=-1))
    assert found.time.tolist() == (buckets[edges] * every * STEP).tolist()
    assert found.rows.tolist() == np.diff(edges, append=len(buckets)).tolist()
    for place, values in enumerate((TEMP[1_234:190_001], NOISE[1_234:190_001])):
        held = np.add.reduceat(~np.isnan(values), edges, dtype=np.int64)
        np.testing.assert_array_equal(found.low[place], np.fmin.reduceat(values, edges))
        np.testing.assert_array_equal(found.high[place], np.fmax.reduceat(values, edges))
        np.testing.assert_array_equal(found.held[place], held)
        total = np.add.reduceat(np.nan_to_num(values), edges)
        mean = np.divide(total, held, out=np.full(len(held), np.nan), where=held > 0)
        np.testing.assert_allclose(found.mean[place], mean, rtol=1e-9, atol=1e-9)
    assert not found.held[2].any()


def test_rows_by_number(recording: Recording) -> None:
    batches = list(recording.batches("bench", before_row=104_097, after_row=99_000, channels=["temp", "none"]))
    assert np.concatenate([batch["temp"] for batch in batches]).tolist() == TEMP[99_000:104_097].tolist()
    assert batches[0].first == 99_000
    assert [batch.first for batch in batches if batch.gap] == [100_000]
    assert all(batch.channels == CHANNELS[:1] for batch in batches)
    runs = recording.picture("bench", ["temp"], NOW, NOW + ROWS * STEP, 2_000 * STEP, before_row=70_001)
    assert sum(int(run.weight.sum()) for run in runs) == 70_001


def test_frames(recording: Recording) -> None:
    frame = recording.read("bench", start=int(TIME[10]), stop=int(TIME[13]))
    assert frame["temp"].tolist() == TEMP[10:13].tolist()
    assert frame["mode"].tolist() == ["m0"] * 3
    assert frame["time"].astype(np.int64).tolist() == TIME[10:13].tolist()
    few = recording.read("bench", max_points=500)
    assert 100 < len(few["time"]) < 1_500
    assert (few["temp"].min(), few["temp"].max()) == (TEMP.min(), TEMP.max())
    assert "mode" not in few


def test_unknown_names(recording: Recording) -> None:
    for read in (lambda: list(recording.batches("x")), lambda: recording.read("x")):
        with pytest.raises(KeyError, match="no stream 'x'; there are: bench"):
            read()
    assert recording.picture("x", ["temp"], 0, 1, 1) == []
    (run,) = recording.picture("bench", ["none", "temp"], int(TIME[0]), int(TIME[3]), STEP)
    assert np.isnan(run.columns[0]).all()
    assert run.columns[1].tolist() == TEMP[:3].tolist()


def test_bytes_are_read_at_leisure_while_more_come(tmp_path: Path) -> None:
    kept = [Chunk(b"%d " % number * 20_000, NOW + number) for number in range(8)]
    writer = Writer(tmp_path / "a.stripchart")
    for chunk in kept:
        writer.chunk("bench", chunk)
        writer.chunk("other", chunk)
    writer.commit()
    with Recording(writer.path) as recording, closing(sqlite3.connect(writer.path)) as other:
        found = recording.chunks("bench")
        first = next(found)
        writer.chunk("bench", Chunk(b"x" * 200_000, NOW))
        writer.commit()
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)  # nobody holds it up
        assert [chunk for _, chunk in [first, *found]] == kept
        assert len(list(recording.chunks())) == 2 * len(kept) + 1
        assert list(recording.chunks("none")) == []
    writer.close()
