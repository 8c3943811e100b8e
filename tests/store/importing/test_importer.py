from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripchart.errors import ConfigError
from stripchart.flow.records import channel_key
from stripchart.store.exporting.export import SUFFIXES, render
from stripchart.store.importing.importer import Options, import_file, open_file
from stripchart.store.reading.reader import Recording
from stripchart.store.reading.rows import Choice, choose
from stripchart.store.writing.writer import Writer
from support.tables import channels_of, numbered, plain, streams

if TYPE_CHECKING:
    from stripchart.flow.records import Batch


def export(path: Path, choices: list[Choice], batches: list[Batch]) -> Path:
    of = {choice.stream: [batch for batch in batches if batch.stream == choice.stream] for choice in choices}
    form = path.suffix.removeprefix(".")
    path.write_bytes(b"".join(render(choices, form, lambda choice: of[choice.stream])))
    return path


def export_recording(recording: Recording, path: Path) -> Path:
    choices = choose(recording.streams(), [])
    form = path.suffix.removeprefix(".")
    path.write_bytes(b"".join(render(choices, form, lambda choice: recording.batches(choice.stream))))
    return path


def record(path: Path, batches: list[Batch]) -> Path:
    writer = Writer(path)
    for batch in batches:
        writer.append(batch)
    writer.close()
    return path


def read(path: Path, options: Options = Options()) -> list[Batch]:  # noqa: B008 - it never changes
    return list(open_file(path, options).batches(lambda _: None))


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    return export(tmp_path / "bench.csv", [Choice("bench", numbered(1).channels)], [numbered(5000)])


class TestRoundTrip:
    @pytest.mark.parametrize("form", ["csv", "parquet"])
    @given(drawn=streams(1))
    def test_one_stream(self, form: str, drawn: list[tuple[Choice, list[Batch]]]) -> None:
        self.check(form, drawn)

    @pytest.mark.parametrize("form", ["csv", "parquet"])
    @given(drawn=streams(3))
    def test_several(self, form: str, drawn: list[tuple[Choice, list[Batch]]]) -> None:
        self.check(form, drawn)

    def check(self, form: str, drawn: list[tuple[Choice, list[Batch]]]) -> None:
        batches = [batch for _, of_stream in drawn for batch in of_stream]
        with TemporaryDirectory() as folder:
            found = read(export(Path(folder) / f"a{SUFFIXES[form]}", [choice for choice, _ in drawn], batches))
        assert plain(found) == plain(batches)
        choices = {choice.stream: choice for choice, _ in drawn}
        for stream, channels in channels_of(found).items():
            described = {channel_key(channel): channel for channel in choices[stream].channels}
            assert channels == {key: described[key] for key in channels}

    @pytest.mark.parametrize("form", ["csv", "parquet"])
    @settings(max_examples=20)
    @given(drawn=streams(2))
    def test_from_recording_to_recording(self, form: str, drawn: list[tuple[Choice, list[Batch]]]) -> None:
        batches = [batch for _, of_stream in drawn for batch in of_stream]
        with TemporaryDirectory() as folder:
            first = Recording(record(Path(folder) / "a.stripchart", batches))
            file = export_recording(first, Path(folder) / f"a{SUFFIXES[form]}")
            import_file(file, Path(folder) / "b.stripchart", Options())
            second = Recording(Path(folder) / "b.stripchart")
            with first, second:
                assert [s.name for s in second.streams()] == [s.name for s in first.streams()]
                for stream in first.streams():
                    assert plain(second.batches(stream.name)) == plain(first.batches(stream.name))

    @pytest.mark.parametrize("form", ["csv", "parquet"])
    def test_many_blocks(self, form: str, tmp_path: Path) -> None:
        parts = [numbered(3000), *[numbered(2000, stream=name) for name in ("b", "c")]]
        choices = [Choice(part.stream, part.channels) for part in parts]
        for count in (1, 3):
            found = read(export(tmp_path / f"a{SUFFIXES[form]}", choices[:count], parts[:count]))
            assert plain(found) == plain(parts[:count])
            assert max(map(len, found)) <= 2048


class TestInto:
    def test_a_new_recording(self, bench: Path, tmp_path: Path) -> None:
        told: list[float] = []
        report = import_file(bench, tmp_path / "new" / "bench.stripchart", Options(), told.append)
        assert report.rows == {"bench": 5000}
        assert sum(told) == pytest.approx(1)
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["bench.stripchart"]
        with Recording(tmp_path / "new" / "bench.stripchart") as recording:
            assert recording.about().title == "bench.csv"
            assert recording.about().sealed
            assert plain(recording.batches("bench")) == plain([numbered(5000)])

    def test_one_that_is_there_goes_on(self, bench: Path, tmp_path: Path) -> None:
        into = record(tmp_path / "a.stripchart", [numbered(10, start=0), numbered(3, stream="other")])
        told: list[float] = []
        import_file(bench, into, Options(), told.append)
        assert sum(told) == pytest.approx(1)
        with Recording(into) as recording:
            assert [(s.name, s.rows) for s in recording.streams()] == [("bench", 5010), ("other", 3)]

    def test_a_name_of_ones_own(self, bench: Path, tmp_path: Path) -> None:
        assert import_file(bench, tmp_path / "a.stripchart", Options(stream="mine/x")).rows == {"mine/x": 5000}

    def test_one_name_for_several_streams_is_refused(self, tmp_path: Path) -> None:
        parts = [numbered(2), numbered(2, stream="other")]
        both = export(tmp_path / "both.csv", [Choice(part.stream, part.channels) for part in parts], parts)
        with pytest.raises(ConfigError, match="--stream names one stream, but there are several: bench, other"):
            import_file(both, tmp_path / "a.stripchart", Options(stream="mine"))
        assert not (tmp_path / "a.stripchart").exists()


class TestMistakes:
    @pytest.fixture
    def broken(self, bench: Path) -> Path:
        lines = bench.read_text().splitlines()
        lines[4000] = lines[4000].replace(",bench,", ",bench,x")
        bench.write_text("\n".join(lines))
        return bench

    def test_nothing_new_is_left(self, broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("stripchart.store.importing.importer.COMMIT_SAMPLES", 100)
        with pytest.raises(
            ConfigError, match=r"bench\.csv: line 4,001: expected a number .* in column 'temp', found 'x"
        ):
            import_file(broken, tmp_path / "a.stripchart", Options())
        assert [path.name for path in tmp_path.iterdir()] == ["bench.csv"]

    def test_what_was_there_stays_as_it_was(self, broken: Path, tmp_path: Path) -> None:
        into = record(tmp_path / "a.stripchart", [numbered(10)])
        before = into.read_bytes()
        with pytest.raises(ConfigError, match="line 4,001"):
            import_file(broken, into, Options())
        assert into.read_bytes() == before

    def test_one_that_came_meanwhile_is_not_lost(self, bench: Path, tmp_path: Path) -> None:
        into = tmp_path / "a.stripchart"
        with pytest.raises(ConfigError, match=r"a\.stripchart: has come into being meanwhile"):
            import_file(bench, into, Options(), lambda _: into.write_text("mine"))
        assert into.read_text() == "mine"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.stripchart", "bench.csv"]

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        for name in ("a.csv", "a.parquet"):
            (tmp_path / name).symlink_to("/proc/self/mem")
            with pytest.raises(ConfigError, match=f"{name}: (cannot be read|expected a Parquet file)"):
                read(tmp_path / name)

    def test_a_recording_that_is_being_written(self, bench: Path, tmp_path: Path) -> None:
        writer = Writer(tmp_path / "a.stripchart")
        with pytest.raises(ConfigError, match="is being recorded already"):
            import_file(bench, tmp_path / "a.stripchart", Options())
        writer.close()

    def test_a_folder_that_cannot_be_written(self, bench: Path, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ConfigError, match=r"file/a\.stripchart: cannot be written: "):
            import_file(bench, tmp_path / "file" / "a.stripchart", Options())

    @pytest.mark.parametrize(
        ("name", "data", "message"),
        [
            ("a.csv", b"time,stream,v\n", "expected rows, found none"),
            ("a.csv", b"", "expected rows of CSV, found none"),
            ("a.txt", b"time,v\n", "expected rows of values below the head, found none"),
            ("a.json", b"{}", r"expected a file that ends in \.csv or \.parquet, found \.json"),
            ("a", b"", r"expected a file that ends in \.csv or \.parquet, found no ending"),
            ("a.parquet", b"PAR1", "expected a Parquet file, found none"),
        ],
    )
    def test_a_file_that_holds_nothing_of_use(self, tmp_path: Path, name: str, data: bytes, message: str) -> None:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ConfigError, match=f"{name}: {message}"):
            import_file(tmp_path / name, tmp_path / "b.stripchart", Options())
        assert [path.name for path in tmp_path.iterdir()] == [name]

    def test_what_is_no_file(self, tmp_path: Path) -> None:
        for path, found in ((tmp_path, "a folder"), (tmp_path / "nix.csv", "none")):
            with pytest.raises(ConfigError, match=f"expected a file, found {found}"):
                open_file(path, Options())


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_a_file_holds_it_is_read_or_refused(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        for name in ("a.csv", "a.parquet"):
            path = Path(folder) / name
            path.write_bytes((b"time,v\n2026-05-01 10:00:00,1\n" if name == "a.csv" else b"") + data)
            try:
                read(path)
            except ConfigError as error:
                assert name in str(error)  # noqa: PT017 - either outcome is right
