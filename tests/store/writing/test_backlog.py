from __future__ import annotations

from typing import TYPE_CHECKING

from stripchart.store.writing import backlog as backlog_module
from stripchart.store.writing.backlog import Backlog
from stripchart.store.writing.growing import GrowingStream

if TYPE_CHECKING:
    import pytest


def test_the_streams_that_wait_longest_are_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "JOURNAL_ROWS", 2)
    a, b, c = (GrowingStream(name, number) for number, name in enumerate("abc", 1))
    backlog = Backlog({}, {}, 0).after([], [a], 10).after([], [b], 10)
    assert backlog.due() == []
    backlog = backlog.after([], [a, c], 10)
    assert backlog.due() == [a]
    assert backlog.oldest == 1
    backlog = backlog.after([a], [b], 10)
    assert (backlog.oldest, backlog.due()) == (2, [b])
    backlog = backlog.after([b, c], [], 0)
    assert (backlog.oldest, backlog.last, backlog.due()) == (5, 4, [])


def test_many_bytes_make_streams_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "JOURNAL_BYTES", 100)
    a, b = GrowingStream("a", 1), GrowingStream("b", 2)
    backlog = Backlog({}, {}, 0).after([], [a], 90).after([], [b], 10)
    assert backlog.due() == []
    assert backlog.after([], [b], 1).due() == [a]


def test_a_commit_flushes_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "JOURNAL_ROWS", 0)
    streams = [GrowingStream(str(number), number) for number in range(100)]
    assert Backlog({}, {}, 0).after([], streams, 1).due() == streams[: backlog_module.MOST_FLUSHES]
