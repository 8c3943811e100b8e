from __future__ import annotations

from stripchart.flow.records import Chunk
from stripchart.store.recording.rawtap import MAX_BYTES, RawTap


def test_the_taps_account() -> None:
    tap = RawTap()
    tap.add("a", [Chunk(b"12345", 1)])
    assert tap.counts() == (5, 0, 0, 5)
    assert tap.take() == [("a", Chunk(b"12345", 1))]
    tap.add("a", [Chunk(b"67", 2)])
    tap.settle()
    assert tap.counts() == (7, 5, 0, 2)
    tap.add("b", [Chunk(bytes(MAX_BYTES), 3)])
    assert tap.counts() == (7 + MAX_BYTES, 5, MAX_BYTES, 2)
