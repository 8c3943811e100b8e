from __future__ import annotations

import json
import os
import pty
import re
import sqlite3
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.flow.events import Event
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer
from support.command import COMMAND, LONG, Running, environment, ran
from support.tables import numbered

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 1_000_000_000
MAY = 1_777_629_600 * SECOND  # 2026-05-01T10:00:00Z


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STRIPCHART_RECORDINGS", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    return tmp_path


@pytest.fixture
def kiln(folder: Path) -> Path:
    """One hundred seconds of a bench."""
    path = folder / "kiln.stripchart"
    writer = Writer(path, title="Kiln", config={"sources": {"bench": {"url": "serial:/dev/ttyUSB0"}}})
    writer.append(numbered(100, start=MAY, step=SECOND))
    writer.event(Event(MAY, "bench", "connected", "connected", 0))
    writer.close()
    return path


def good(*arguments: str) -> str:
    result = ran(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def refused(*arguments: str) -> str:
    result = ran(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    return result.stderr.removeprefix("stripchart: error: ")


def damage(path: Path) -> None:
    """Break what holds the rows, as a bad disk would."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE journal SET body = x'00'")
    connection.commit()
    connection.close()


class TestList:
    def test_none_yet(self, folder: Path) -> None:
        result = ran("ls")
        assert (result.returncode, result.stdout) == (0, "")
        assert result.stderr == f"No recordings in {folder}: stripchart watch makes one of what it shows.\n"
        assert json.loads(good("ls", "--json")) == []

    @pytest.mark.usefixtures("kiln")
    def test_a_table(self, folder: Path) -> None:
        (folder / "broken.stripchart").write_text("rubble")
        writer = Writer(folder / "living.stripchart", title="Stripchart")
        good("note", "kiln", "second\x1b[31m firing")
        header, broken, first, living = good("ls").splitlines()
        writer.close()
        assert header.split() == ["Name", "From", "To", "Size", "Streams", "Title"]
        assert re.match(r"broken +- +- +6 bytes +- +damaged: expected a recording of Stripchart", broken)
        day = "2026-05-01 10:0"
        size = r"\d+\.\d kB"
        assert re.fullmatch(rf"kiln +{day}0:00 +{day}1:39 +{size} +1 +Kiln; second\ufffd\[31m firing", first)
        assert re.fullmatch(rf"living +- +- +{size} +0 +recording now", living)

    def test_for_programs(self, kiln: Path) -> None:
        (found,) = json.loads(good("ls", "--json"))
        assert found.pop("size") >= kiln.stat().st_size
        assert found == {
            "name": "kiln", "path": str(kiln), "title": "Kiln", "note": "", "streams": 1,
            "start": "2026-05-01T10:00:00.000000000Z", "stop": "2026-05-01T10:01:39.000000000Z",
            "recording": False, "closed": True, "problem": "",
        }  # fmt: skip


class TestInfo:
    def test_for_people(self, kiln: Path) -> None:
        good("note", "kiln", "second firing")
        lines = good("info", "kiln", "--check").splitlines()
        assert [line.split(":")[0] for line in lines if not line.startswith(" ")] == [
            "title", "note", "path", "from", "to", "size", "state", "events", "runs", "streams", "checked",
        ]  # fmt: skip
        told = {line.split(":")[0]: line.partition(":")[2].strip() for line in lines}
        assert (told["title"], told["note"], told["path"]) == ("Kiln", "second firing", str(kiln))
        assert re.fullmatch(r"\d+\.\d kB, 200 samples, \d+\.\d\d bytes a sample", told["size"])
        assert (told["state"], told["events"]) == ("closed", "connected 1")
        assert any("bench (serial:/dev/ttyUSB0), Stripchart " in line for line in lines)
        assert any(re.match(r"  bench  100 rows  temp \[°C\], hum", line) for line in lines)

    def test_for_programs(self, kiln: Path) -> None:
        found: dict[str, Any] = json.loads(good("info", str(kiln), "--json"))
        assert found["runs"][0]["sources"] == {"bench": "serial:/dev/ttyUSB0"}
        assert found["streams"][0]["rows"] == 100
        assert found["streams"][0]["channels"][0] == {"name": "temp", "kind": "number", "unit": "°C"}
        assert (found["samples"], found["closed"], found["problems"]) == (200, True, [])
        assert found["bytes_per_sample"] == round(found["size"] / 200, 3)

    def test_one_without_rows_that_goes_on(self, folder: Path) -> None:
        writer = Writer(folder / "a.stripchart")
        text = good("info", "a")
        writer.close()
        assert "state: recording now" in re.sub(" +", " ", text)
        assert text.endswith("streams:\n  none\n")
        assert "bytes a sample" not in text

    @pytest.mark.usefixtures("kiln")
    def test_notes_at_a_time(self) -> None:
        good("note", "kiln", "second firing")
        good("note", "kiln", "valve open", "--at", "-5s")
        good("note", "kiln", "\x1b[2Jcleaned", "--at", "2023-11-14T22:13:20Z")
        lines = good("info", "kiln", "--check").splitlines()
        first, second = lines[lines.index("notes:") + 1 :][:2]
        assert first.endswith("\N{REPLACEMENT CHARACTER}[2Jcleaned")
        assert second.endswith("valve open")
        found = json.loads(good("info", "kiln", "--json"))
        assert [note["text"] for note in found["notes"]] == ["\x1b[2Jcleaned", "valve open"]
        assert found["notes"][0]["time"] == "2023-11-14T22:13:20.000000000Z"
        assert found["events"]["annotation"] == 2
        assert found["note"] == "second firing"  # on the whole
        assert "expected an instant" in refused("note", "kiln", "x", "--at", "noon")

    def test_messages_that_were_sent_again(self, kiln: Path) -> None:
        for _ in range(2):
            writer = Writer(kiln)
            writer.redelivered({"bench": 600, "door": 1})
            writer.close()
        words = "sent again: bench 1,200, door 2 (messages; what they say may be here twice)"
        assert words in re.sub(" +", " ", good("info", "kiln"))
        runs = json.loads(good("info", "kiln", "--json"))["runs"]
        assert [run["redelivered"] for run in runs] == [{}, {"bench": 600, "door": 1}, {"bench": 600, "door": 1}]

    def test_damage(self, kiln: Path) -> None:
        damage(kiln)
        assert ran("info", "kiln").returncode == 0
        result = ran("info", "kiln", "--check")
        assert (result.returncode, result.stderr) == (1, "")
        assert re.search(r"^damaged:\n  .+", result.stdout, re.MULTILINE)
        assert "all is as it was written" not in result.stdout
        result = ran("info", "kiln", "--check", "--json")
        assert result.returncode == 1
        assert json.loads(result.stdout)["problems"]

    def test_what_sqlite_cannot_read(self, kiln: Path) -> None:
        data = bytearray(kiln.read_bytes())
        data[16384:] = b"\xff" * (len(data) - 16384)  # all but the page that says what it is
        kiln.write_bytes(data)
        result = ran("info", "kiln", "--check")
        assert (result.returncode, result.stderr) == (1, "")
        assert result.stdout.startswith("damaged:\n  ")
        assert "SQLite cannot read on" in refused("info", "kiln")

    @pytest.mark.usefixtures("kiln")
    def test_what_is_not_there(self) -> None:
        assert "no such recording" in refused("info", "kiln2")


class TestChange:
    def test_title_and_note(self, kiln: Path) -> None:
        assert good("note", "kiln", "first", "--title", "Oven") == ""
        assert good("note", "kiln", "") == ""
        with Recording(kiln) as recording:
            assert recording.about()[:2] == ("Oven", "")
        assert refused("note", "kiln") == "note: expected a text or --title\n"

    @pytest.mark.usefixtures("kiln")
    def test_rename(self, folder: Path) -> None:
        assert good("rename", "kiln", "may 1") == f"{folder}/may 1.stripchart\n"
        assert [path.name for path in folder.iterdir()] == ["may 1.stripchart"]
        assert "expected a name of letters" in refused("rename", "may 1", "../x")
        assert "is there already" in refused("rename", "may 1", "may 1")

    def test_not_while_it_is_recorded(self, kiln: Path) -> None:
        writer = Writer(kiln)
        for arguments in (["note", "kiln", "x"], ["rename", "kiln", "x"], ["delete", "kiln", "--yes"]):
            assert refused(*arguments) == f"{kiln}: is being written; stop its monitor first\n"
        writer.close()
        assert kiln.exists()

    def test_delete(self, folder: Path, kiln: Path) -> None:
        assert "--yes deletes it" in refused("delete", "kiln")
        assert kiln.exists()
        assert good("delete", "kiln", "--yes") == f"{kiln}: deleted\n"
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize(("answer", "left"), [(b"\n", True), (b"n\n", True), (b"y\n", False)])
    def test_delete_asks(self, kiln: Path, answer: bytes, left: bool) -> None:
        master, slave = pty.openpty()
        try:
            os.write(master, answer)
            result = subprocess.run(
                [*COMMAND, "delete", "kiln"], stdin=slave, capture_output=True, check=False, timeout=LONG,
                env=environment(),
            )  # fmt: skip
        finally:
            os.close(master)
            os.close(slave)
        assert result.returncode == 0
        assert kiln.exists() is left


class TestShow:
    @pytest.mark.usefixtures("kiln")
    def test_its_page(self, folder: Path) -> None:
        with Running("show", "kiln", "--no-open", "--for", "30s") as running:
            assert b"<title>Kiln</title>" in running.get("/")[1]
            assert running.end() == 0
        assert [path.name for path in folder.iterdir()] == ["kiln.stripchart"]

    def test_for_a_while(self, kiln: Path) -> None:
        result = ran("show", str(kiln), "--no-open", "--for", "1s")
        assert result.returncode == 0
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\n", result.stdout)

    @pytest.mark.usefixtures("kiln")
    def test_it_records_nothing(self) -> None:
        assert refused("show", "kiln", "--raw").startswith("show: only shows what was recorded")
        assert "no such recording" in ran("show", "nix", "--no-open").stderr
