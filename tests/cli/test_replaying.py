from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stripchart.cli.replaying import sources_of
from stripchart.errors import ConfigError
from stripchart.flow.records import Channel, Chunk, make_batch
from stripchart.monitor import Monitor
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer
from support.command import mistake, ran
from support.tables import NOW, numbered, plain


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "day.stripchart"
    writer = Writer(path)
    writer.append(numbered(3_000))
    writer.append(make_batch("bench/imu", (Channel("x"),), NOW + np.arange(50), [np.arange(50)]))
    writer.append(make_batch("room", (Channel("t"),), [NOW], [[1]]))
    for number in range(100):
        writer.chunk("bench", Chunk(b"v:%d\n" % number, NOW + number))
    writer.close()
    return path


def replayed(recording: Path, *arguments: str) -> Recording:
    """Replay into a new recording."""
    copy = recording.with_name("copy.stripchart")
    options = ("--speed", "0", "--at", "recorded", "--no-open", "--for", "3", "--record", str(copy))
    result = ran("replay", str(recording), *options, *arguments)
    assert result.returncode == 0, result.stderr
    return Recording(copy)


def test_the_rows_once_more(recording: Path) -> None:
    with Recording(recording) as original, replayed(recording) as copy:
        assert {stream.name for stream in copy.streams()} == {"bench", "bench/imu", "room"}
        for stream in original.streams():
            assert plain(copy.batches(stream.name)) == plain(original.batches(stream.name))


def test_the_bytes_decoded_anew(recording: Path) -> None:
    with replayed(recording, "--decode", "keyvalue") as copy:
        assert [stream.name for stream in copy.streams()] == ["bench"]
        assert copy.read("bench")["v"].tolist() == list(range(100))


def test_a_part_by_its_name_in_the_folder(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPCHART_RECORDINGS", str(recording.parent))
    monkeypatch.chdir(recording.parent)
    with replayed(Path("day"), "--from", "-1s") as copy:
        assert copy.streams()[0].rows == 1_001


def test_a_source_for_each_that_was_recorded_in_step(recording: Path) -> None:
    specs = sources_of(recording, speed=10.0)
    assert [(spec.name, spec.options["source"]) for spec in specs] == [("bench", "bench"), ("room", "room")]
    assert len({spec.options["begins_ns"] for spec in specs}) == 1
    for spec in specs:
        spec.build()


def test_what_was_imported_may_be_called_as_no_source_can(tmp_path: Path) -> None:
    path = tmp_path / "odd.stripchart"
    writer = Writer(path)
    long = "x" * 100
    recorded = ["x" * 58, " odd", f"{long}1", f"{long}2/temp", "a\nb", "bench"]
    for stream in recorded:
        writer.append(numbered(3, stream=stream))
    writer.close()
    specs = {spec.options["source"]: spec.name for spec in sources_of(path)}
    assert specs == {
        "x" * 58: "x" * 58, " odd": "odd", f"{long}1": f"{'x' * 58}-2", f"{long}2": f"{'x' * 58}-3", "a\nb": "a-b",
        "bench": "bench",
    }  # fmt: skip
    assert len(Monitor(*sources_of(path)).pumps) == len(recorded)


class TestMistakes:
    def test_no_such_recording(self, tmp_path: Path) -> None:
        assert "no such recording" in mistake("replay", str(tmp_path / "none"))

    def test_no_bytes_were_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "rows.stripchart"
        writer = Writer(path)
        writer.append(numbered(3))
        writer.close()
        with pytest.raises(ConfigError, match=r"^--decode: .*no bytes of its sources were kept.*record with --raw"):
            sources_of(path, decode="csv")

    def test_nothing_was_recorded(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.stripchart"
        Writer(path).close()
        with pytest.raises(ConfigError, match="nothing was recorded in it"):
            sources_of(path)

    @pytest.mark.parametrize(("options", "name"), [({"start": "noon"}, "--from"), ({"stop": "x"}, "--to")])
    def test_no_instant(self, recording: Path, options: dict[str, str], name: str) -> None:
        with pytest.raises(ConfigError, match=f"^{name}: expected an instant"):
            sources_of(recording, **options)

    def test_no_such_decoder(self, recording: Path) -> None:
        assert "no decoder named 'cvs'; did you mean 'csv'?" in mistake("replay", str(recording), "--decode", "cvs")

    def test_into_itself(self, recording: Path) -> None:
        told = mistake("replay", str(recording), "--record", str(recording))
        assert "--record" in told
