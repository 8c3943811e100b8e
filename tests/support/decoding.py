"""Feeding decoders in tests, and comparing what comes out."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings

from stripchart.flow.records import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stripchart.flow.contracts import Decoder
    from stripchart.flow.records import Batch

NOW_NS = 1_700_000_000_000_000_000

EXAMPLES = int(os.environ.get("STRIPCHART_EXAMPLES", "500"))
MOST_EXAMPLES = 20_000 if os.environ.get("CI") else EXAMPLES
"""Of what matters most: many more where nobody waits."""

many_examples = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""For property tests of decoders; STRIPCHART_EXAMPLES raises their number."""


def feed(decoder: Decoder, *pieces: bytes, finish: bool = False) -> list[Batch]:
    """Feed each piece on its own, all at one instant, checking the account after each."""
    batches: list[Batch] = []
    total = 0
    for piece in pieces:
        before = known_bytes(decoder)
        batches += decoder.feed([Chunk(piece, NOW_NS)])
        total = before + len(piece)
        assert known_bytes(decoder) == total
        check_frames(decoder)
    if finish:
        batches += decoder.finish()
        assert decoder.buffered == 0
        assert known_bytes(decoder) == total
        check_frames(decoder)
    return batches


def known_bytes(decoder: Decoder) -> int:
    return decoder.tally.bytes_framed + decoder.tally.bytes_skipped + decoder.buffered


def check_frames(decoder: Decoder) -> None:
    assert decoder.tally.frames == decoder.tally.decoded + decoder.tally.rejected.total()


def rows(batches: Iterable[Batch]) -> list[tuple[str, int, dict[str, Any]]]:
    """Return every row as (stream, time, value by channel name)."""
    return [
        (
            batch.stream,
            int(batch.time[i]),
            {c.name: _plain(v[i]) for c, v in zip(batch.channels, batch.values, strict=True)},
        )
        for batch in batches
        for i in range(len(batch))
    ]


def values(batches: Iterable[Batch]) -> list[dict[str, Any]]:
    """Return every row as value by channel name."""
    return [row for _, _, row in rows(batches)]


def exact(batches: Iterable[Batch]) -> list[Any]:
    """Return all there is to know of every row, in a form that compares NaN and the sign of zero too."""
    return [
        (batch.stream, batch.retained, int(batch.time[i]), batch.channels, [repr(column[i]) for column in batch.values])
        for batch in batches
        for i in range(len(batch))
    ]


def by_stream(batches: Iterable[Batch]) -> dict[str, list[Any]]:
    """Return every row as ``exact`` does, by stream: what the order of rows means."""
    found: dict[str, list[Any]] = {}
    for row in exact(batches):
        found.setdefault(row[0], []).append(row)
    return found


def account(decoder: Decoder) -> tuple[Any, ...]:
    tally = decoder.tally
    return tally.bytes_framed, tally.bytes_skipped, tally.frames, tally.decoded, dict(tally.rejected), decoder.buffered


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut data at places, which may be beyond its end."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:stop] for start, stop in pairwise(edges)]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else float(value)
