from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stripchart.errors import ConfigError
from stripchart.store.library.filing import delete, rename
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer
from support.tables import numbered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def cut_short(tmp_path: Path) -> Path:
    """A recording as a killed monitor leaves it: its newest rows lie beside it."""
    path, living = tmp_path / "day.stripchart", tmp_path / "living.stripchart"
    writer = Writer(living)
    writer.append(numbered(10))
    writer.commit()
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).write_bytes(living.with_name(living.name + end).read_bytes())
    writer.close()
    living.unlink()
    return path


def test_rows_beside_it_go_along(cut_short: Path) -> None:
    target = rename(cut_short, "a b.2")
    assert target == cut_short.with_name("a b.2.stripchart")
    with Recording(target) as recording:
        assert recording.streams()[0].rows == 10
        assert recording.check() == []
    assert rename(target, "c.stripchart").name == "c.stripchart"
    assert [path.name for path in target.parent.iterdir()] == ["c.stripchart"]


def test_not_while_rows_beside_it_are_read(cut_short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripchart.store.format.schema.BUSY_SECONDS", 0.1)
    with Recording(cut_short) as recording:
        with pytest.raises(ConfigError, match="cannot be changed: database is locked; is another program at it"):
            rename(cut_short, "b")
        assert recording.streams()[0].rows == 10
    assert rename(cut_short, "b").exists()


@pytest.mark.parametrize(
    "name", ["", "../b", "a/b", "..", ".b", "-b", "b.", "b ", "a\nb", "[b]", "C:b", "x" * 151, "ü" * 76, ".stripchart"]
)
def test_a_name_that_is_not_safe(cut_short: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="expected a name of letters, digits"):
        rename(cut_short, name)
    assert cut_short.exists()


def test_nothing_is_overwritten(cut_short: Path) -> None:
    other = cut_short.with_name("b.stripchart")
    other.write_text("mine")
    with pytest.raises(ConfigError, match=r"b\.stripchart: is there already"):
        rename(cut_short, "b")
    with pytest.raises(ConfigError, match=r"day\.stripchart: is there already"):
        rename(cut_short, "day")
    assert other.read_text() == "mine"


def test_all_of_it_is_deleted(cut_short: Path) -> None:
    delete(cut_short)
    assert list(cut_short.parent.iterdir()) == []


@pytest.mark.parametrize("act", [delete, lambda path: rename(path, "b")])
def test_not_while_it_is_written(cut_short: Path, act: Callable[[Path], object]) -> None:
    writer = Writer(cut_short)
    with pytest.raises(ConfigError, match="is being written; stop its monitor first"):
        act(cut_short)
    writer.append(numbered(5))
    writer.close()
    with Recording(cut_short) as recording:
        assert recording.streams()[0].rows == 15


@pytest.mark.parametrize("act", [delete, lambda path: rename(path, "b")])
def test_other_peoples_files_are_left_alone(tmp_path: Path, act: Callable[[Path], object]) -> None:
    thesis = tmp_path / "thesis.doc"
    thesis.write_text("four years")
    with pytest.raises(ConfigError, match=r"thesis\.doc: expected a recording of Stripchart, found none"):
        act(thesis)
    assert thesis.read_text() == "four years"


def test_one_beyond_reading_can_be_deleted(tmp_path: Path) -> None:
    path = tmp_path / "day.stripchart"
    path.write_text("rubble")
    delete(path)
    assert list(tmp_path.iterdir()) == []
