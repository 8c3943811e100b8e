from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from stripchart.decoders.csv import CsvDecoder
from stripchart.decoders.recorded import RecordedDecoder
from stripchart.errors import ConfigError, EndOfSource, SourceLost
from stripchart.flow.pump import Pump
from stripchart.flow.records import Batch, Channel, Chunk, Kind, make_batch
from stripchart.store.reading.reader import Recording
from stripchart.store.replay import rows as replayed
from stripchart.store.replay.rows import distinct
from stripchart.store.replay.source import ReplaySource
from stripchart.store.writing.writer import Writer
from stripchart.testing import SourceContract
from support.tables import NOW, numbered, only, plain, streams
from support.truth import Truth

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
NUMBERS = count()


def write(path: Path, batches: list[Batch], chunks: list[tuple[str, Chunk]] | None = None) -> Path:
    writer = Writer(path)
    for batch in batches:
        writer.append(batch)
    for name, chunk in chunks or []:
        writer.chunk(name, chunk)
    writer.close()
    return path


def make(path: Path, **options: Any) -> ReplaySource:
    return ReplaySource(str(path), ReplaySource.Options(**{"speed": 0, "at": "recorded"} | options))


def chunks_of(source: ReplaySource) -> list[Chunk]:
    """Return all that it gives, without waiting for an end that does not come."""
    chunks: list[Chunk] = []
    source.open()
    try:
        for _ in range(100_000):
            chunks += source.read(0.2)
        raise AssertionError("no end")
    except EndOfSource:
        return chunks
    finally:
        source.close()


def batches_of(source: ReplaySource) -> list[Batch]:
    decoder = RecordedDecoder()
    batches = [*decoder.feed(chunks_of(source)), *decoder.finish()]
    assert not decoder.tally.rejected
    return batches


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Ten seconds of a bench with two streams, and of a room."""
    imu = make_batch("bench/imu/left", (Channel("x"),), NOW + SECOND * np.arange(10) + 5, [np.arange(10)])
    return write(
        tmp_path / "day.stripchart",
        [numbered(10, step=SECOND), imu, make_batch("room", (Channel("t"),), [NOW], [[1]])],
        [("bench", Chunk(b"1,2\n", NOW, NOW - SECOND, "a/b", retained=True)), ("bench", Chunk(b"3,4\n", NOW + SECOND))],
    )


class TestReplayContract(SourceContract):
    @pytest.fixture(autouse=True)
    def _recording(self, recording: Path) -> None:
        self.path = recording

    def make(self) -> ReplaySource:
        return make(self.path, source="bench", at="now", speed=1.0)

    def make_absent(self) -> ReplaySource:
        return make(self.path.with_name("nothing"))


class TestRawContract(TestReplayContract):
    def make(self) -> ReplaySource:
        return make(self.path, source="bench", at="now", speed=1.0, decode="csv")


class TestRows:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(made=streams())
    def test_a_new_recording_has_the_same_rows_exactly(
        self, made: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replayed, "AHEAD_VALUES", 3)  # so that it reads on often
        truth = Truth()
        given = [batch for _, batches in made for batch in batches if _as_sources_give(batch)]
        for batch in given:
            truth.append(batch)
        first = write(tmp_path / f"{next(NUMBERS)}.stripchart", given)
        source = make(first)
        with Recording(first) as recording:
            sources = {stream.name.partition("/")[0] for stream in recording.streams()}
        prefix = sources.pop() if len(sources) == 1 else None  # of all streams: it is left out
        again = [_below(batch, prefix) for batch in batches_of(source)]
        ordered = [batch for stream in truth.rows for batch in again if batch.stream == stream]
        assert len(ordered) == len(again)
        with Recording(write(tmp_path / f"{next(NUMBERS)}.stripchart", ordered)) as found:
            truth.check(found)

    def test_long_streams_with_gaps_and_a_clock_that_steps_back(self, tmp_path: Path) -> None:
        given = [
            numbered(5_000),
            make_batch("bench", (Channel("temp", "°C"),), NOW - np.arange(3_000), [np.arange(3_000)], gap=True),
            numbered(4_000, stream="bench/b", start=NOW + 7),
        ]
        batches = batches_of(make(write(tmp_path / "a.stripchart", given)))
        for name in ("bench", "bench/b"):
            found = plain([_below(b, "bench") for b in batches if _below(b, "bench").stream == name])
            assert found == plain([b for b in given if b.stream == name])

    def test_streams_come_together_by_their_times(self, recording: Path) -> None:
        source = make(recording, source="bench", speed=1000.0)
        times = [int(batch.time[0]) for batch in batches_of(source)]
        assert times == sorted(times)

    def test_one_source_is_called_as_it_was(self, recording: Path) -> None:
        assert {batch.stream for batch in batches_of(make(recording, source="bench"))} == {"", "imu/left"}
        everything = {batch.stream for batch in batches_of(make(recording))}
        assert everything == {"bench", "bench/imu/left", "room"}

    def test_a_span(self, recording: Path) -> None:
        source = make(recording, source="bench", start="-3s", stop="-2s")
        assert [batch.time.tolist() for batch in batches_of(source)] == [[NOW + 6 * SECOND + 5], [NOW + 7 * SECOND]]

    def test_what_comes_while_it_goes_on_is_not_replayed(self, tmp_path: Path) -> None:
        path = tmp_path / "a.stripchart"
        writer = Writer(path)
        writer.append(numbered(10))
        writer.commit()
        source = make(path)
        source.open()
        writer.append(numbered(10))
        writer.close()
        decoder = RecordedDecoder()
        assert sum(map(len, decoder.feed(source.read(0.1)))) == 10
        with pytest.raises(EndOfSource):
            source.read(0.1)
        source.close()

    def test_texts_and_numbers_of_one_name(self) -> None:
        channels = Channel("a"), Channel("b"), Channel("a", kind=Kind.TEXT)
        absent = np.float64(np.array(0x7FF8_0000_0000_07A2, np.uint64).view(np.float64))
        batch = make_batch("", channels, [1, 2, 3], [[1, absent, absent], [1, 2, 3], ["", "x", ""]], gap=True)
        found = list(distinct(batch))
        assert plain(found) == plain([batch])
        assert [tuple(channel.kind for channel in one.channels) for one in found] == [
            (Kind.NUMBER, Kind.NUMBER), (Kind.NUMBER, Kind.TEXT), (Kind.NUMBER, Kind.NUMBER),
        ]  # fmt: skip


class TestTimes:
    def test_now(self, recording: Path) -> None:
        before = time.time_ns()
        found = [b for b in batches_of(make(recording, source="bench", at="now")) if not b.stream]
        times = np.concatenate([batch.time for batch in found])
        assert before <= times[0] <= time.time_ns()
        assert np.diff(times).tolist() == [SECOND] * 9

    def test_paced(self, recording: Path) -> None:
        source = make(recording, source="bench", at="paced", speed=100.0, begins_ns=NOW - 100 * SECOND)
        times = np.concatenate([batch.time for batch in batches_of(source) if not batch.stream])
        assert times.tolist() == [NOW - 100 * SECOND + 10_000_000 * row for row in range(10)]

    def test_several_keep_in_step(self, recording: Path) -> None:
        options = {"at": "now", "begins_ns": SECOND, "start": "2023-11-14T22:13:20.000000123Z"}
        assert batches_of(make(recording, source="room", **options))[0].time.tolist() == [SECOND]
        assert batches_of(make(recording, source="bench", **options))[0].time[0] == SECOND

    def test_it_waits_for_what_is_not_due(self, recording: Path) -> None:
        source = make(recording, source="bench", speed=0.001)
        source.open()
        decoder = RecordedDecoder()
        first = [batch for _ in range(2) for batch in decoder.feed(source.read(0.05))]
        assert sum(map(len, first)) == 2  # the next is due in a quarter of an hour
        began = time.monotonic()
        assert source.read(0.05) == ()
        assert time.monotonic() - began >= 0.05
        source.close()

    def test_its_pace_is_that_of_the_recording(self, recording: Path) -> None:
        began = time.monotonic()
        batches_of(make(recording, source="bench", speed=20.0))
        assert time.monotonic() - began >= 9 / 20

    def test_each_open_begins_at_the_beginning(self, recording: Path) -> None:
        source = make(recording, source="bench")
        assert plain(batches_of(source)) == plain(batches_of(source))


class TestPauses:
    """A recording of two runs with three days in between."""

    @pytest.fixture
    def twice(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "twice.stripchart"
        for start in (NOW, NOW + 3 * DAY):
            monkeypatch.setattr(time, "time_ns", lambda start=start: start)
            writer = Writer(path)
            writer.append(numbered(3, start=start))
            writer.append(numbered(3, start=start, stream="room"))
            writer.chunk("bench", Chunk(b"1\n", start))
            monkeypatch.setattr(time, "time_ns", lambda start=start: start + SECOND)
            writer.close()
        monkeypatch.undo()
        return path

    @pytest.mark.parametrize("at", ["now", "paced"])
    def test_they_are_cut(self, twice: Path, at: str) -> None:
        source = make(twice, source="bench", at=at, speed=10.0, begins_ns=time.time_ns())
        times = np.concatenate([batch.time for batch in batches_of(source)])
        step = SECOND // 10 if at == "paced" else SECOND
        assert (times[3:] - times[:3]).tolist() == [2 * step] * 3

    def test_rows_keep_their_times_where_the_user_wants_them(self, twice: Path) -> None:
        source = make(twice, source="bench", at="recorded", speed=10.0)
        times = np.concatenate([batch.time for batch in batches_of(source)])
        assert (times[3:] - times[:3]).tolist() == [3 * DAY] * 3

    def test_of_bytes_too(self, twice: Path) -> None:
        first, second = chunks_of(make(twice, at="now", speed=10.0, decode="csv"))
        assert second.time_ns - first.time_ns == 2 * SECOND

    def test_or_kept(self, twice: Path) -> None:
        source = make(twice, source="bench", at="now", pauses=True)
        times = np.concatenate([batch.time for batch in batches_of(source)])
        assert (times[3:] - times[:3]).tolist() == [3 * DAY] * 3


class TestLoop:
    def test_all_begin_again_where_the_recording_ends(self, recording: Path) -> None:
        begins = time.time_ns()
        for name in ("bench", "room"):  # the room has but one row, at the beginning
            source = make(recording, source=name, at="now", speed=100.0, begins_ns=begins, loop=True)
            decoder = RecordedDecoder()
            starts = []
            for _ in range(3):
                source.open()
                batches = decoder.feed(_until_lost(source))
                starts.append(int(batches[0].time[0]) - begins)
                assert sum(map(len, batches)) == {"bench": 20, "room": 1}[name]
            source.close()
            turn = (9 * SECOND + 5 + SECOND) // 100
            assert starts == [0, turn, 2 * turn]

    @pytest.mark.parametrize("options", [{"speed": 0.0}, {"at": "recorded", "speed": 1.0}])
    def test_it_needs_a_pace_and_new_times(self, recording: Path, options: dict[str, Any]) -> None:
        with pytest.raises(ConfigError, match="loop: needs a speed above 0, and new times"):
            make(recording, **{"at": "now", "loop": True} | options)


class TestRaw:
    def test_the_bytes_as_they_came(self, recording: Path) -> None:
        source = make(recording, decode="csv")
        assert source.default_decoder == "csv"
        first, second = chunks_of(source)
        assert first == Chunk(b"1,2\n", NOW, NOW - SECOND, "a/b", retained=True)
        assert second == Chunk(b"3,4\n", NOW + SECOND)
        rows = CsvDecoder().feed([first, second])
        assert [column.tolist() for column in only(rows).values] == [[1, 3], [2, 4]]

    def test_their_times_are_shifted_too(self, recording: Path) -> None:
        first, second = chunks_of(make(recording, decode="csv", at="now", begins_ns=50 * SECOND))
        assert (first.time_ns, first.since_ns) == (50 * SECOND, 49 * SECOND)
        assert (second.time_ns, second.since_ns) == (51 * SECOND, 0)

    def test_a_span(self, recording: Path) -> None:
        assert [chunk.data for chunk in chunks_of(make(recording, decode="csv", start="-8.5s"))] == [b"3,4\n"]

    def test_much_comes_in_several_reads(self, tmp_path: Path) -> None:
        chunks = [("a", Chunk(b"x" * 400_000, NOW + number)) for number in range(6)]
        source = make(write(tmp_path / "a.stripchart", [], chunks), decode="csv")
        source.open()
        assert [len(source.read(0.1)) for _ in range(2)] == [3, 3]
        source.close()

    def test_there_are_none(self, tmp_path: Path) -> None:
        source = make(write(tmp_path / "a.stripchart", [numbered(3)]), decode="csv")
        with pytest.raises(ConfigError, match=r"decode: .*no bytes of its sources were kept.*record with --raw"):
            source.open()
        source.close()

    def test_of_another_source(self, recording: Path) -> None:
        with pytest.raises(ConfigError, match="source: expected one of those whose bytes were kept: bench"):
            make(recording, decode="csv", source="room").open()


class TestMistakes:
    def test_no_recording_named(self) -> None:
        with pytest.raises(ConfigError, match="expected a recording, such as replay:bench"):
            ReplaySource("", ReplaySource.Options())

    def test_no_such_recording(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="no such recording"):
            make(tmp_path / "none").open()

    def test_no_such_source(self, recording: Path) -> None:
        with pytest.raises(ConfigError, match=r"source: .* has nothing of 'kitchen'; there are: bench, room"):
            make(recording, source="kitchen").open()

    def test_no_instant(self, recording: Path) -> None:
        with pytest.raises(ConfigError, match="expected an instant"):
            make(recording, start="noon").open()

    @pytest.mark.parametrize("options", [{"source": "kitchen"}, {"start": "noon"}, {"decode": "csv", "source": "room"}])
    def test_what_could_not_be_begun_is_closed(self, recording: Path, options: dict[str, str]) -> None:
        source = make(recording, **options)
        with pytest.raises(ConfigError):
            source.open()
        with pytest.raises(ConfigError, match="is not open"):
            source.read(0.1)

    def test_read_before_open(self, recording: Path) -> None:
        with pytest.raises(ConfigError, match="is not open"):
            make(recording).read(0.1)


def test_a_pump_publishes_what_was_recorded(recording: Path) -> None:
    taken: list[Batch] = []

    class Sink:
        published = 0

        def publish(self, batch: Batch) -> int:
            taken.append(batch)
            return 0

    pump = Pump("bench", make(recording, source="bench"), RecordedDecoder(), Sink())
    pump.start()
    pump._thread.join(20)
    assert pump.state == "ended"
    assert {batch.stream for batch in taken} == {"bench", "bench/imu/left"}
    assert sum(map(len, taken)) == 20


def _until_lost(source: ReplaySource) -> list[Chunk]:
    chunks: list[Chunk] = []
    try:
        for _ in range(1_000):
            chunks += source.read(0.05)
    except SourceLost:
        return chunks
    raise AssertionError("it is not lost")


def _as_sources_give(batch: Batch) -> bool:
    """Say whether no name occurs twice in a batch."""
    return len({channel.name for channel in batch.channels}) == len(batch.channels)


def _below(batch: Batch, source: str | None) -> Batch:
    """Return a batch under the name that a pump gives it."""
    if source is None:
        return batch
    return batch.labelled(f"{source}/{batch.stream}" if batch.stream else source, gap=batch.gap, first=0)
