from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from stripchart.errors import ConfigError, DamagedError
from stripchart.flow.events import notes
from stripchart.store.library.annotate import add_note, annotate
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer
from support.tables import numbered, plain

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "day.stripchart"
    writer = Writer(path, title="Kiln")
    writer.append(numbered(3000))
    writer.close()
    return path


def told(path: Path) -> tuple[str, str, bool]:
    """Return title, note and whether it is sealed, of a recording that must be whole."""
    with Recording(path) as recording:
        assert recording.check() == []
        about = recording.about()
        return about.title, about.note, about.sealed


def test_what_is_not_given_stays(path: Path) -> None:
    annotate(path, note="second firing")
    assert told(path) == ("Kiln", "second firing", True)
    annotate(path, title="Öfen\nlower")
    assert told(path) == ("Öfen\nlower", "second firing", True)
    annotate(path, title="", note="")
    assert told(path) == ("", "", True)


def test_a_text_that_no_file_can_hold(path: Path) -> None:
    annotate(path, note="half \ud83d")
    assert told(path)[1] == "half ?"


def test_nothing_is_left_beside_it_and_rows_stay(path: Path) -> None:
    annotate(path, note="x")
    assert list(path.parent.iterdir()) == [path]
    with Recording(path) as recording:
        assert len(plain(recording.batches("bench"))) == 3000


def test_one_that_was_not_closed_in_order_keeps_its_rows(path: Path) -> None:
    writer = Writer(path)
    writer.append(numbered(10))
    writer.commit()
    writer.abandon()
    annotate(path, note="cut short")
    assert told(path) == ("Kiln", "cut short", False)
    with Recording(path) as recording:
        assert recording.streams()[0].rows == 3010
    writer = Writer(path)
    writer.close()
    assert told(path) == ("Kiln", "cut short", True)


def test_not_while_it_is_written(path: Path) -> None:
    writer = Writer(path)
    with pytest.raises(ConfigError, match=r"day\.stripchart: is being written; stop its monitor first$"):
        annotate(path, note="x")
    writer.close()
    assert told(path) == ("Kiln", "", True)


def test_what_is_no_recording_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.stripchart"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT, crc INTEGER)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="expected a recording of Stripchart, found another SQLite database"):
        annotate(path, note="x")
    assert path.read_bytes() == before
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(DamagedError, match=r"other\.stripchart: file is not a database"):
        annotate(path, note="x")
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be changed: unable to open database file"):
        annotate(tmp_path / "nix.stripchart", note="x")
    with pytest.raises(ConfigError, match=r"cannot be changed: No such file or directory$"):
        annotate(tmp_path / "nix" / "a.stripchart", note="x")
    assert list(tmp_path.iterdir()) == []


def test_what_is_begun_is_undone(path: Path) -> None:
    class Text(str):  # fails where it is made ready for the file, after the title was written
        __slots__ = ()

        def encode(self, *_: object) -> bytes:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        annotate(path, title="new", note=Text("x"))
    assert told(path) == ("Kiln", "", True)
    assert list(path.parent.iterdir()) == [path]


def test_a_note_at_a_time_is_an_event_that_the_seal_counts(path: Path) -> None:
    add_note(path, 1_700_000_000_000_000_400, "valve\nopen \ud83d")
    add_note(path, 1_700_000_000_000_001_000, "closed")
    add_note(path, 1_700_000_000_000_001_000, "")
    with Recording(path) as recording:
        assert recording.check() == []
        assert recording.about().sealed
        happened = recording.events()
        assert [(event.time_ns, event.source, event.kind, event.text) for event in happened] == [
            (1_700_000_000_000_000_000, "", "annotation", "valve open ?"),
            (1_700_000_000_000_001_000, "", "annotation", "closed"),
            (1_700_000_000_000_001_000, "", "annotation", ""),
        ]
        assert [note.text for note in notes(happened)] == ["valve open ?"]
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM event WHERE id = 1")
    connection.commit()
    connection.close()
    with Recording(path) as recording:
        assert recording.check() == ["table event: 2 of 3 rows are left"]


def test_a_note_waits_for_no_writer(path: Path) -> None:
    writer = Writer(path)
    with pytest.raises(ConfigError, match="is being written; stop its monitor first"):
        add_note(path, 0, "x")
    writer.close()
