from __future__ import annotations

import random
import stat
from pathlib import Path

import pytest

from stripchart.errors import ConfigError
from stripchart.store.library import folder as library
from stripchart.store.writing.writer import Writer
from support.hostile import hostile_names
from support.tables import NOW, numbered


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "share" / "recordings"
    monkeypatch.setenv(library.VARIABLE, str(place))
    return place


def recorded(path: Path, rows: int = 10) -> Path:
    writer = Writer(path, title="Bench")
    writer.append(numbered(rows))
    writer.close()
    return path


class TestFolder:
    def test_where_the_system_keeps_a_users_data(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(library.VARIABLE)
        monkeypatch.setenv("XDG_DATA_HOME", "/data")
        assert library.folder() == Path("/data/stripchart/recordings")

    def test_the_users_home_may_be_meant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(library.VARIABLE, "~/kept")
        assert library.folder() == Path.home() / "kept"

    def test_it_is_made_when_it_is_used_and_for_its_user_alone(self, folder: Path) -> None:
        assert library.entries() == []
        assert not folder.exists()
        library.place_for(["bench"])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


class TestPlace:
    @pytest.mark.parametrize(
        ("names", "file"),
        [
            (["ttyUSB0"], "ttyUSB0"), (["bench", "broker"], "bench+broker"), (["Büro 2"], "Büro-2"),
            (["192.168.1.5"], "192-168-1-5"), ([".."], "recording"), ([], "recording"), ([""], "recording"),
            (["../../etc/passwd"], "etc-passwd"), (["a\0b\n"], "a-b"), (["\ud800x"], "x"),
        ],
    )  # fmt: skip
    def test_it_is_called_as_what_it_records(self, folder: Path, names: list[str], file: str) -> None:
        assert library.place_for(names) == folder / f"{file}.stripchart"

    @pytest.mark.parametrize("name", [*hostile_names(200), "\N{PILE OF POO}" * 64, "ü" * 5_000])
    def test_no_name_leaves_the_folder(self, folder: Path, name: str) -> None:
        path = library.place_for([name])
        assert path.resolve().parent == folder.resolve()
        assert not path.name.startswith(".")
        path.touch()  # it can be a file's
        assert library.place_for([name]) == path

    def test_what_is_shortened_is_still_told_apart(self) -> None:
        names = [f"greenhouse-{number}" for number in range(30)]
        one, other = library.place_for([*names, "a"]), library.place_for([*names, "b"])
        assert one != other
        assert one.name.startswith("greenhouse-0+greenhouse-1+")
        assert library.place_for([*names, "a"]) == one


class TestFind:
    def test_by_path_or_by_name(self, folder: Path, tmp_path: Path) -> None:
        folder.mkdir(parents=True)
        kept, beside = recorded(folder / "bench.stripchart"), recorded(tmp_path / "day.rec")
        assert library.find("bench") == library.find("bench.stripchart") == library.find(str(kept)) == kept
        assert library.find(beside) == beside

    def test_what_is_not_there(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        recorded(folder / "bench.stripchart")
        with pytest.raises(ConfigError, match=r"^bnech: no such recording.*recordings; did you mean 'bench'\?$"):
            library.find("bnech")
        with pytest.raises(ConfigError, match="stripchart ls lists those there are"):
            library.find("zzz")

    @pytest.mark.parametrize("name", ["", ".", "x" * 5_000, "a\0b", "../share", "../recordings/bench"])
    def test_odd_names(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True)
        recorded(folder / "bench.stripchart")
        with pytest.raises(ConfigError, match="no such recording"):
            library.find(name)


class TestEntries:
    def test_what_is_there(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        recorded(folder / "b.stripchart", 3_000)
        (folder / "notes.txt").write_text("mine")
        going_on = Writer(folder / "a.stripchart")
        one, two = library.entries()
        going_on.close()
        assert (one.name, one.span, one.streams, one.in_use, one.problem) == ("a", None, 0, True, "")
        assert (two.name, two.streams, two.in_use, two.problem) == ("b", 1, False, "")
        assert two.span == (NOW, NOW + 2_999_000_000)
        assert two.about is not None
        assert (two.about.title, two.about.sealed) == ("Bench", True)
        assert two.size == two.path.stat().st_size

    def test_looking_changes_nothing(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        recorded(folder / "bench.stripchart")
        before = folder.stat().st_mtime_ns
        library.entries()
        assert folder.stat().st_mtime_ns == before

    def test_a_damaged_one_is_listed_with_the_reason(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "none.stripchart").write_bytes(b"x" * 5_000)
        (folder / "gone.stripchart").symlink_to("nowhere")
        gone, none = library.entries()
        assert (gone.about, gone.size) == (None, 0)
        assert gone.problem == "no such recording; stripchart ls lists those there are"
        assert (none.about, none.size) == (None, 5_000)
        assert none.problem == "expected a recording of Stripchart, found none: file is not a database"

    def test_no_damage_raises(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        path = recorded(folder / "bench.stripchart", 100)
        whole = path.read_bytes()
        chance = random.Random(4)
        for attempt in range(150):
            data = bytearray(whole)
            if attempt % 3:
                for _ in range(1 + attempt % 5):
                    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            else:
                del data[chance.randrange(len(data)) :]
            path.write_bytes(data)
            (entry,) = library.entries()
            assert (entry.name, entry.path) == ("bench", path)
            assert (entry.about is None) == bool(entry.problem)
