from __future__ import annotations

import pytest

from stripchart.decoders.detection.candidates import CANDIDATES, Candidate
from stripchart.flow.records import Chunk, Tally
from stripchart.plugins import load, registered

NEED_TO_BE_TOLD = {"auto", "topics", "regex", "binary", "recorded"}


def test_all_formats_that_can_be_recognised_are_among_them() -> None:
    built_in = {point.name for point in registered("decoders").values() if point.value.startswith("stripchart.")}
    assert {candidate.name for candidate in CANDIDATES} == built_in - NEED_TO_BE_TOLD


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
class TestEach:
    def test_it_is_what_is_registered(self, candidate: Candidate) -> None:
        assert load("decoders", candidate.name) is candidate.kind

    def test_it_goes_on_with_an_account(self, candidate: Candidate) -> None:
        tally = Tally(frames=1, decoded=1)
        assert candidate.make(tally).tally is tally
        assert candidate.make_strict().tally.frames == 0

    def test_its_own_samples_hold_its_marks(self, candidate: Candidate) -> None:
        for sample in candidate.kind.samples:
            if sample.data and not sample.options and not candidate.options:
                assert not candidate.marks or any(mark in sample.data for mark in candidate.marks), sample.title

    @pytest.mark.parametrize("data", [b"", b"\n", b"\r", b"\0", b"7\n", b"\n\n", b"\xff\n"])
    def test_a_few_bytes_raise_nothing(self, candidate: Candidate, data: bytes) -> None:
        decoder = candidate.make_strict()
        decoder.feed((Chunk(data, 1),))
        decoder.feed((Chunk(b"\n", 2),))
        decoder.finish()
