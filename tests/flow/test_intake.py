from __future__ import annotations

from stripchart.flow.clock.source import Clock, ClockOptions
from stripchart.flow.intake import Intake
from stripchart.flow.records import Channel, Chunk, Kind, make_batch
from support.decoding import NOW_NS
from support.parts import LineDecoder


def intake(decoder: LineDecoder, **options: str) -> tuple[Intake, list[tuple[str, str]]]:
    reports: list[tuple[str, str]] = []
    clock = Clock(ClockOptions(**options))  # type: ignore[arg-type] # texts are checked elsewhere
    return Intake("bench", decoder, clock, lambda kind, text: reports.append((kind, text))), reports


class Clocked(LineDecoder):
    """Each line is a time of the device, in seconds."""

    def _decode(self, line: bytes, size: int, time_ns: int) -> list:
        found = super()._decode(line, size, time_ns)
        channels = (Channel("clock", "s", Kind.TIME), Channel("value"))
        return [make_batch(b.stream, channels, b.time, [b["value"], b["value"]]) for b in found]


def test_rows_get_the_time_of_the_device():
    it, _ = intake(Clocked())
    batches = it.feed([Chunk(b"1700000000\n1700000001.5\n", NOW_NS)])
    assert [batch.time.tolist() for batch in batches] == [[1_700_000_000_000_000_000], [1_700_000_001_500_000_000]]
    assert all(batch.channels == (Channel("value"),) for batch in batches)
    assert it.clock() == (it._clock.reading(), "")


def test_a_user_who_asked_for_it_in_vain_is_told():
    it, _ = intake(LineDecoder(), time="device")
    it.feed([Chunk(b"1\n", NOW_NS)])
    assert it.clock()[1] == "no device time has come: rows have the time of arrival"


def test_what_is_recognised_is_reported_when_it_changes():
    decoder = LineDecoder()
    it, reports = intake(decoder)
    it.feed([Chunk(b"1\n", NOW_NS)])
    decoder.note = "CSV, 3 columns"
    it.feed([Chunk(b"1\n", NOW_NS)])
    it.feed([Chunk(b"1\n", NOW_NS)])
    assert reports == [("decoder", "CSV, 3 columns")]


def test_a_decoder_that_raises_is_reported_and_balances():
    it, reports = intake(LineDecoder())
    assert it.feed([Chunk(b"1\nraise\n", NOW_NS)]) == []
    assert reports == [("decoder", "decoder failed: ZeroDivisionError")]
    counts = it.counts()
    assert counts.bytes == counts.bytes_framed + counts.bytes_skipped + counts.bytes_buffered == 8
    assert counts.frames == counts.decoded + sum(counts.rejected.values())


def test_beginning_anew_forgets_the_partial_frame_and_counts_it():
    it, _ = intake(LineDecoder())
    it.feed([Chunk(b"1\n2", NOW_NS)])
    it.begin_anew()
    assert it.epoch == 1
    assert it.counts().bytes_skipped == 1
