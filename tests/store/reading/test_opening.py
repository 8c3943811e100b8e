from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stripchart.errors import ConfigError
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer
from support.tables import numbered

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


def record(path: Path) -> Writer:
    writer = Writer(path)
    writer.append(numbered(10))
    writer.commit()
    return writer


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder whose closed recording may be read and not written, by a user who is not root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record(folder / "a.stripchart").close()
        (folder / "a.stripchart").chmod(0o444)
        folder.chmod(0o555)
        was = os.geteuid()
        if was == 0:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(was)
            folder.chmod(0o755)


def test_a_folder_that_cannot_be_written(locked_folder: Path) -> None:
    with Recording(locked_folder / "a.stripchart") as recording:
        assert recording.streams()[0].rows == 10
        assert recording.check() == []
    with pytest.raises(ConfigError, match="cannot be written: Permission denied"):
        Writer(locked_folder / "a.stripchart")


def test_what_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.stripchart"
    with pytest.raises(ConfigError, match="no such recording"):
        Recording(path)
    path.touch()
    with pytest.raises(ConfigError, match="found an empty file"):
        Recording(path)
    path.write_bytes(b"junk" * 9_000)
    with pytest.raises(ConfigError, match="expected a recording of Stripchart, found none"):
        Recording(path)
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (x)")
    other.close()
    for opener in (Recording, Writer):
        with pytest.raises(ConfigError, match="found another SQLite database"):
            opener(path)


def test_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.stripchart"
    record(path).close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 3")
    other.close()
    before = path.read_bytes()
    for opener in (Recording, Writer):
        with pytest.raises(ConfigError, match="found version 3, of a newer Stripchart"):
            opener(path)
    assert path.read_bytes() == before


def test_an_older_version_is_read_and_brought_up_to_date_by_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "a.stripchart"
    record(path).close()
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA user_version").fetchone() == (2,)
    other.execute("PRAGMA user_version = 1")
    before = path.read_bytes()
    with Recording(path) as recording:
        assert recording.check() == []
        assert recording.streams()[0].rows == 10
    assert path.read_bytes() == before
    record(path).close()
    assert other.execute("PRAGMA user_version").fetchone() == (2,)
    other.close()
    with Recording(path) as recording:
        assert recording.check() == []
        assert recording.streams()[0].rows == 20


def test_one_writer_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.stripchart"
    writer = record(path)
    with pytest.raises(ConfigError, match="is being recorded already"):
        Writer(path)
    with Recording(path) as recording:
        assert recording.streams()[0].rows == 10
    writer.abandon()
    record(path).close()


def test_a_closed_recording_says_so(tmp_path: Path) -> None:
    record(tmp_path / "a.stripchart").close()
    recording = Recording(tmp_path / "a.stripchart")
    recording.close()
    recording.close()
    with pytest.raises(ConfigError, match="was closed"):
        recording.streams()
