from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from stripchart.config.recording import RecordSpec
from stripchart.config.spec import source
from stripchart.errors import ConfigError
from stripchart.flow.events import EventLog
from stripchart.flow.hub import Hub
from stripchart.flow.pump import Pump
from stripchart.store.library.folder import VARIABLE
from stripchart.store.reading.reader import Recording
from stripchart.store.recording.making import MOST_BESIDE, make_recorder
from stripchart.store.writing.writer import Writer
from support.tables import numbered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stripchart.store.recording.recorder import Recorder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def writers(folder: Path) -> Iterator[list[Writer]]:
    """Other monitors that record."""
    folder.mkdir()
    going_on: list[Writer] = []
    yield going_on
    for writer in going_on:
        writer.close()


def make(spec: RecordSpec, *urls: str) -> Recorder | None:
    hub, pumps = Hub(), []
    for url in urls:
        made, decoder = source(url).build()
        pumps.append(Pump(url.partition(":")[0], made, decoder, hub))
    return make_recorder(spec, hub, pumps, EventLog(), "Bench")


def path_of(spec: RecordSpec, *urls: str) -> Path:
    """Return where it would be recorded."""
    recorder = make(spec, *urls)
    assert recorder is not None
    recorder.stop()
    return recorder.path


class TestPlace:
    def test_by_the_names_of_the_sources_or_its_own(self, folder: Path) -> None:
        assert path_of(RecordSpec(), "sim:", "tcp://localhost:1") == folder / "sim+tcp.stripchart"
        assert path_of(RecordSpec(name="lab"), "sim:") == folder / "lab.stripchart"

    def test_the_users_file_gets_its_ending(self, tmp_path: Path) -> None:
        assert path_of(RecordSpec(tmp_path / "day"), "sim:") == tmp_path / "day.stripchart"
        assert path_of(RecordSpec(tmp_path / "day.rec"), "sim:") == tmp_path / "day.rec"

    def test_beside_those_that_are_being_recorded(self, folder: Path, writers: list[Writer]) -> None:
        names = ["sim", *(f"sim-{number}" for number in range(2, MOST_BESIDE))]
        writers += [Writer(folder / f"{name}.stripchart") for name in names]
        assert path_of(RecordSpec(), "sim:") == folder / f"sim-{MOST_BESIDE}.stripchart"

    def test_where_nothing_can_be_written(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        folder.write_text("in the way")
        assert make(RecordSpec(), "sim:") is None
        assert "nothing is recorded: " in caplog.text
        with pytest.raises(
            ConfigError, match=r"kept/day\.stripchart: cannot be written: File exists; give another place"
        ):
            make(RecordSpec(folder / "day"), "sim:")


class TestReplays:
    """A recording that is replayed must not grow by its own rows."""

    @pytest.fixture
    def replayed(self, folder: Path) -> Path:
        folder.mkdir()
        writer = Writer(folder / "replay.stripchart")
        writer.append(numbered(10))
        writer.close()
        return writer.path

    @pytest.mark.usefixtures("replayed")
    def test_replays_alone_are_not_recorded_again(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO):
            assert make(RecordSpec(), "replay:replay") is None
        assert "what is replayed is not recorded again; --record FILE would do it" in caplog.text

    def test_unless_the_user_names_another_file(self, replayed: Path, tmp_path: Path) -> None:
        assert path_of(RecordSpec(tmp_path / "copy"), f"replay:{replayed}") == tmp_path / "copy.stripchart"

    def test_not_even_where_the_user_says_so(self, replayed: Path) -> None:
        before = replayed.read_bytes()
        for same in (replayed, replayed.with_suffix(""), replayed.parent / ".." / "kept" / replayed.name):
            with pytest.raises(ConfigError, match=r"replay\.stripchart: would be replayed into itself; give another"):
                make(RecordSpec(same), f"replay:{replayed}", "sim:")
        assert replayed.read_bytes() == before

    def test_beside_it_where_there_are_other_sources(self, replayed: Path) -> None:
        found = path_of(RecordSpec(name="replay"), f"replay:{replayed}", "sim:")
        assert found == replayed.with_name("replay-2.stripchart")
        with Recording(replayed) as recording:
            assert recording.streams()[0].rows == 10
