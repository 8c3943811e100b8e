"""Made-up rows of streams, for what leaves a recording and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from stripchart.flow.records import ABSENT, Batch, Channel, Kind, channel_key, make_batch
from stripchart.store.reading.rows import Choice, held

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NOW = 1_700_000_000_000_000_123
HOSTILE = [
    "=1+1",
    "'x",
    "a,b",
    'say "x"',
    "two\nlines",
    "\r",
    "a [b]",
    "c (state)",
    "{}",
    "",
    "time",
    "stream",
    "gap",
    " ",
]
TEXTS = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = TEXTS.filter(bool)
VALUES = st.floats(width=64) | st.just(float(ABSENT)) | st.sampled_from([-0.0, 5e-324, 1e16, 1e22, 0.1])
KINDS = st.sampled_from([Kind.NUMBER, Kind.STATE, Kind.TEXT])
CHANNELS = st.builds(Channel, NAMES, TEXTS, KINDS, st.just(0.0))


class PlainRow(NamedTuple):
    """A row as plain Python has it, to be compared."""

    stream: str
    time: int
    gap: bool
    cells: Mapping[tuple[str, bool], Any]


@st.composite
def streams(draw: st.DrawFn, most: int = 3) -> list[tuple[Choice, list[Batch]]]:
    """Draw up to so many streams with their rows."""
    names = draw(st.lists(NAMES, min_size=1, max_size=most, unique=True))
    return [draw(rows(name)) for name in names]


@st.composite
def rows(draw: st.DrawFn, stream: str) -> tuple[Choice, list[Batch]]:
    """Draw some batches of a stream, with any of its channels each."""
    channels = draw(
        st.lists(st.builds(Channel, NAMES, TEXTS, KINDS, st.just(0.0)), min_size=1, max_size=4, unique_by=channel_key)
    )
    batches = []
    for _ in range(draw(st.integers(1, 3))):
        here = tuple(draw(st.lists(st.sampled_from(channels), min_size=1, max_size=4, unique=True)))
        count = draw(st.integers(1, 4))
        times = draw(st.lists(st.integers(-(1 << 62), (1 << 62) - 1), min_size=count, max_size=count))
        columns = [
            draw(st.lists(TEXTS if channel.kind is Kind.TEXT else VALUES, min_size=count, max_size=count))
            for channel in here
        ]
        batches.append(make_batch(stream, here, times, columns, gap=draw(st.booleans())))
    return Choice(stream, tuple(channels)), batches


def plain(batches: Iterable[Batch]) -> list[PlainRow]:
    """Return the rows as plain Python has them: numbers to the bit, what never came left out."""
    found = []
    for batch in batches:
        shown = [held(column) for column in batch.values]
        for row, time in enumerate(batch.time.tolist()):
            values = {
                channel_key(channel): _exact(column[row])
                for channel, column, there in zip(batch.channels, batch.values, shown, strict=True)
                if there[row]
            }
            found.append(PlainRow(batch.stream, time, batch.gap and row == 0, values))
    return found


def channels_of(batches: Iterable[Batch]) -> dict[str, dict[tuple[str, bool], Channel]]:
    """Return the channels that occur, by stream."""
    found: dict[str, dict[tuple[str, bool], Channel]] = {}
    for batch in batches:
        for channel, column in zip(batch.channels, batch.values, strict=True):
            if held(column).any():
                found.setdefault(batch.stream, {})[channel_key(channel)] = channel
    return found


def _exact(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return "nan" if np.isnan(value) else float(value).hex()


def numbered(rows: int, *, start: int = NOW, step: int = 1_000_000, stream: str = "bench") -> Batch:
    """Return rows whose values count."""
    times = start + step * np.arange(rows)
    return make_batch(
        stream, (Channel("temp", "°C"), Channel("hum", "%")), times, [np.arange(rows), np.arange(rows) / 3]
    )


def only(batches: Sequence[Batch]) -> Batch:
    """Return the one batch that there is."""
    (batch,) = batches
    return batch
