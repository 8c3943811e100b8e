from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stripchart.flow.records import Channel, make_batch
from stripchart.store.reading.reader import Recording
from stripchart.store.writing import writer as writer_module
from stripchart.store.writing.retention import Limits, tidy
from stripchart.store.writing.writer import Writer
from support.tables import NOW, numbered

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

STEP = 1_000_000


def test_by_age(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a.stripchart")
    writer.append(numbered(200_000, step=STEP))
    writer.commit()
    now = NOW + 200_000 * STEP
    assert tidy(writer._file.connection, Limits(max_age=50.0), now) == 73
    levels = writer._file.connection.execute(
        "SELECT level, min(first + count) FROM tier_time GROUP BY level"
    ).fetchall()
    assert all(stop > 73 * 2048 // 32**level for level, stop in levels)
    writer.append(numbered(1_000, start=now, step=STEP))
    writer.close()
    with Recording(writer.path) as recording:
        (stream,) = recording.streams()
        assert (stream.first_row, stream.rows) == (73 * 2048, 201_000)
        (run,) = recording.picture("bench", ["temp"], 0, 1 << 62, 10_000 * STEP)
        assert run.weight.sum() == 201_000 - 73 * 2048
        assert run.columns[0].max() == 199_999
        assert run.columns[0][run.time > NOW].min() == 0  # the thousand that came last
        assert recording.check() == []


def test_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "TIDY_COMMITS", 2)
    limit = 4 << 20
    writer = Writer(tmp_path / "a.stripchart", limits=Limits(max_bytes=limit))
    values = np.random.default_rng(5).normal(size=10_000)
    for number in range(150):
        writer.append(make_batch("s", (Channel("a"),), NOW + STEP * (np.arange(10_000) + 10_000 * number), [values]))
        writer.commit()
    writer.close()
    assert writer.path.stat().st_size < limit + (1 << 20)
    with Recording(writer.path) as recording:
        (stream,) = recording.streams()
        assert stream.rows == 1_500_000
        assert stream.first_row > 1_000_000
        assert sum(map(len, recording.batches("s"))) == stream.rows - stream.first_row
        assert recording.check() == []
