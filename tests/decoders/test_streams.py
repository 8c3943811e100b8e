from __future__ import annotations

import pytest

from stripchart.decoders.cells import LOG_CHANNELS, LOG_STREAM
from stripchart.decoders.streams import Builders, read_leftover
from stripchart.flow.records import Tally
from support.decoding import NOW_NS, rows


@pytest.mark.parametrize(
    ("piece", "texts", "rejected"),
    [
        (b"sensor ready\r", ["sensor ready"], {}),
        (b" \t", [], {}),
        (b"", [], {}),
        (b"12;--", [], {"odd": 1}),
        (b"caf\xff", [], {"not UTF-8": 1}),
    ],
)
def test_leftovers(piece: bytes, texts: list[str], rejected: dict[str, int]):
    tally, builders = Tally(), Builders()
    read_leftover(piece, NOW_NS, tally, builders[LOG_STREAM], "odd")
    assert [row for _, _, row in rows(builders.finish())] == [{"text": text} for text in texts]
    assert (tally.frames, tally.decoded, tally.rejected) == (1, 1 - sum(rejected.values()), rejected)


def test_each_stream_has_its_builder():
    builders = Builders()
    builders["a"].row(LOG_CHANNELS, 1, ("x",))
    builders["b"].row(LOG_CHANNELS, 2, ("y",))
    builders["a"].row(LOG_CHANNELS, 3, ("z",))
    assert [(batch.stream, batch.time.tolist()) for batch in builders.finish()] == [("a", [1, 3]), ("b", [2])]
