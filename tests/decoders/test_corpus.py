"""Inputs of every format, with boot text, noise and cut lines before: what ``auto`` makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from stripchart.decoders.cells import LOG_CHANNELS
from stripchart.decoders.detection.auto import AutoDecoder
from stripchart.flow.records import Chunk, Kind, is_absent
from support.corpus import inputs
from support.decoding import NOW_NS, check_frames, known_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stripchart.flow.records import Batch

FOLDER = Path(__file__).parent / "corpus"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in {".txt", ".bin"})
LEAST_RIGHT = 0.97
"""58 of 60."""
TICK_NS = 50_000_000
RATE = 48
"""Bytes in a tick: 9600 baud."""
MOST_REJECTED = 0.1
"""Part of the frames that may be rejected without a person seeing that something is wrong."""


class Outcome(NamedTuple):
    """What became of an input."""

    name: str
    expected: str
    found: str
    note: str
    samples: list[Any]
    rejected: float

    @property
    def right(self) -> bool:
        return self.found == self.expected and bool(self.samples) == (self.expected != "none")

    @property
    def visible(self) -> bool:
        """A person sees that something may be wrong."""
        sure = self.note.endswith(("(sure)", "(likely)"))
        return not self.samples or self.rejected > MOST_REJECTED or not sure


def chunks_of(data: bytes) -> list[Chunk]:
    """Cut an input as it arrives at 9600 baud."""
    pieces = [data[start : start + RATE] for start in range(0, len(data), RATE)]
    return [Chunk(piece, NOW_NS + number * TICK_NS) for number, piece in enumerate(pieces)]


def decode(decoder: Any, chunks: Sequence[Chunk]) -> list[Any]:
    """Return the samples by stream, time and channel, without log text; every byte and frame must be accounted for."""
    batches: list[Batch] = []
    for chunk in chunks:
        batches += decoder.feed((chunk,))
    batches += decoder.finish()
    assert known_bytes(decoder) == sum(len(chunk.data) for chunk in chunks)
    check_frames(decoder)
    return sorted(sample for batch in batches if LOG_CHANNELS[0] not in batch.channels for sample in samples_of(batch))


def samples_of(batch: Batch) -> Iterator[tuple[str, int, str, str]]:
    for channel, column in zip(batch.channels, batch.values, strict=True):
        absent = np.zeros(len(batch), bool) if channel.kind is Kind.TEXT else is_absent(column)
        for time_ns, value, missing in zip(batch.time.tolist(), column.tolist(), absent.tolist(), strict=True):
            if not missing:
                yield batch.stream, time_ns, channel.name, repr(value)


def outcome(path: Path) -> Outcome:
    decoder = AutoDecoder()
    samples = decode(decoder, chunks_of(path.read_bytes()))
    tally = decoder.tally
    rejected = tally.rejected.total() / max(tally.frames, 1)
    return Outcome(path.name, path.name.partition("-")[0], decoder.chosen or "none", decoder.note, samples, rejected)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return [outcome(path) for path in FILES]


def test_nearly_all_are_recognised(outcomes: list[Outcome]) -> None:
    right = sum(one.right for one in outcomes)
    table = [
        f"{'' if one.right else 'WRONG':6}{one.name:42}{one.found:10}{one.note}, {one.rejected:.0%} rejected"
        for one in outcomes
    ]
    print("", *table, f"{right} of {len(outcomes)} right", sep="\n")  # noqa: T201 - shown where it fails, or with -s
    assert len(outcomes) >= 60
    assert right >= LEAST_RIGHT * len(outcomes)


def test_none_is_silently_wrong(outcomes: list[Outcome]) -> None:
    assert [one for one in outcomes if not one.right and not one.visible] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_that_was_held_is_lost(path: Path) -> None:
    decoder = AutoDecoder()
    chunks = chunks_of(path.read_bytes())
    found = decode(decoder, chunks)
    if decoder.chosen:
        assert decoder._candidate is not None
        assert found == decode(decoder._candidate.make(), chunks)


def test_the_files_are_what_the_script_writes() -> None:
    assert {path.name: path.read_bytes() for path in FILES} == inputs()
