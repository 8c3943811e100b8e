from __future__ import annotations

import json
import os
import pty
import re
import sqlite3
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer
from support.command import COMMAND, LONG, environment, mistake, ran
from support.tables import numbered, plain

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 1_000_000_000
MAY = 1_777_629_600 * SECOND  # 2026-05-01T10:00:00Z
NOTES = (Channel("note", kind=Kind.TEXT),)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """One hundred seconds of a bench, and notes."""
    path = tmp_path / "day.stripchart"
    writer = Writer(path)
    writer.append(numbered(100, start=MAY, step=SECOND))
    writer.append(make_batch("notes/../x", NOTES, [MAY, MAY + 50 * SECOND], [["=begin", "half"]]))
    writer.close()
    return path


def lines(*arguments: str | Path) -> list[str]:
    """Return what is exported to standard output."""
    result = ran("export", *map(str, arguments), "-o", "-", TZ="Europe/Berlin")
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.splitlines()


class TestWhere:
    def test_beside_the_recording(self, recording: Path) -> None:
        result = ran("export", str(recording))
        assert result.stdout == f"{recording.parent}/day.csv: 102 rows of 2 streams\n"
        assert (result.returncode, result.stderr) == (0, "")
        text = (recording.parent / "day.csv").read_text()
        assert text.startswith(
            "time,stream,row,channel,unit,kind,value\n2026-05-01T10:00:00.000000000Z,bench,0,temp,°C,"
        )
        assert text.endswith("Z,notes/../x,1,note,,text,half\n")

    def test_nothing_is_overwritten_unless_told(self, recording: Path) -> None:
        out = recording.parent / "day.csv"
        out.write_text("mine")
        assert mistake("export", str(recording)) == (
            f"{out}: is there already; --force overwrites it, -o gives another name\n"
        )
        assert out.read_text() == "mine"
        assert ran("export", str(recording), "--force").returncode == 0
        assert out.read_text() != "mine"
        assert sorted(path.name for path in out.parent.iterdir()) == ["day.csv", "day.stripchart"]

    def test_the_ending_says_the_format(self, recording: Path, tmp_path: Path) -> None:
        assert ran("export", str(recording), "--channels", "bench", "-o", str(tmp_path / "a.parquet")).returncode == 0
        assert pq.read_table(tmp_path / "a.parquet")["temp"].to_pylist() == list(range(100))
        rows = [json.loads(line) for line in lines(recording, "--format", "json")]
        assert rows[0] == {"time": "2026-05-01T10:00:00.000000000Z", "stream": "bench", "temp": 0, "hum": 0}
        assert rows[-1]["note"] == "half"

    def test_one_file_a_stream(self, recording: Path) -> None:
        result = ran("export", str(recording), "--split")
        folder = recording.parent / "day-csv"
        assert result.stdout == f"{folder}: 102 rows of 2 streams\n"
        assert sorted(path.name for path in folder.iterdir()) == ["bench.csv", "notes_x.csv"]
        assert (folder / "notes_x.csv").read_text().splitlines()[:2] == [
            "time,stream,note (text)", "2026-05-01T10:00:00.000000000Z,notes/../x,'=begin",
        ]  # fmt: skip
        assert "is there already" in mistake("export", str(recording), "--split")

    def test_what_cannot_be_written(self, recording: Path) -> None:
        folder = str(recording.parent)
        assert mistake("export", str(recording), "-o", folder) == f"{folder}: is a folder; give a file, or --split\n"
        assert "cannot be written: No such file" in mistake("export", str(recording), "-o", f"{folder}/nix/a.csv")
        assert "--split: writes several files" in mistake("export", str(recording), "--split", "-o", "-")
        assert "cannot be written" in mistake("export", str(recording), "--split", "-o", f"{recording}/x")

    def test_into_a_pipe_that_closes(self, recording: Path) -> None:
        command = [*COMMAND, "export", str(recording), "-o", "-"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.close()
            assert process.wait(LONG) == 0
            assert process.stderr is not None
            assert process.stderr.read() == b""


class TestWhat:
    @pytest.mark.parametrize(
        ("options", "first", "count"),
        [
            (["--from", "2026-05-01T12:01:30"], "10:01:30", 10), (["--from", "2026-05-01T10:01:30Z"], "10:01:30", 10),
            (["--from", "-9s"], "10:01:30", 10), (["--from", str(MAY // SECOND + 90)], "10:01:30", 10),
            (["--to", "-95s"], "10:00:00", 4), (["--from=-9s", "--to=-8s"], "10:01:30", 1), ([], "10:00:00", 100),
        ],
    )  # fmt: skip
    def test_a_span(self, recording: Path, options: list[str], first: str, count: int) -> None:
        found = lines(recording, "--channels", "bench/temp", *options)
        assert found[0] == "time,stream,temp [°C]"
        assert len(found) == count + 1
        assert found[1].startswith(f"2026-05-01T{first}")

    def test_sums(self, recording: Path) -> None:
        assert lines(recording, "--channels", "bench/temp", "--every", "1m") == [
            "time,stream,temp min [°C],temp max [°C],temp mean [°C],temp count",
            "2026-05-01T10:00:00.000000000Z,bench,0.0,59.0,29.5,60.0",
            "2026-05-01T10:01:00.000000000Z,bench,60.0,99.0,79.5,40.0",
        ]
        assert len(lines(recording, "--every", "1h")) == 2  # notes have no sums, so bench is a table

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--from", "soon"], "--from: expected an instant such as 2026-05-01T12:00, seconds since 1970, or"),
            (["--from", "2027-01-01"], "--from, --to: expected a time before the other, and rows between them"),
            (["--from", "-5s", "--to", "-9s"], "--from, --to: expected a time before the other"),
            (["--channels", "bench,nix"], "--channels: no such channel: nix; streams of "),
            (["--every", "never"], "--every: expected a span of time"),
            (["--every", "0.001ms"], "every: expected longer spans"),
            (["--every", "1m", "--channels", "notes/../x"], "--every: expected channels of numbers, found only texts"),
            (["--format", "xlsx"], "Invalid value for '--format'"),
        ],
    )
    def test_a_mistake_is_told(self, recording: Path, options: list[str], message: str) -> None:
        assert message in mistake("export", str(recording), *options)
        assert [path.name for path in recording.parent.iterdir()] == ["day.stripchart"]

    def test_what_is_no_recording(self, tmp_path: Path) -> None:
        (tmp_path / "a.stripchart").write_text("x" * 2000)
        for name in ("a.stripchart", "nix.stripchart"):
            assert name in mistake("export", str(tmp_path / name))
        Writer(tmp_path / "empty.stripchart").close()
        assert "empty.stripchart: holds no rows" in mistake("export", str(tmp_path / "empty.stripchart"))

    def test_damage_is_told_and_the_rest_is_there(self, tmp_path: Path) -> None:
        path = tmp_path / "a.stripchart"
        writer = Writer(path)
        writer.append(numbered(3000, start=MAY))
        writer.close()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE cells SET crc = crc + 1 WHERE number = 0 AND channel = 2")
        connection.close()
        result = ran("export", str(path), "-o", "-")
        assert result.returncode == 0
        assert result.stderr.startswith("stripchart: warning: ")
        assert "block 0" in result.stderr
        assert result.stdout.splitlines()[-1].startswith("2026-05-01T10:00:02.999000000Z,bench,2999.0,999.")


class TestFullDisk:
    """Where a file may not grow beyond a megabyte."""

    def limited(self, *arguments: str) -> str:
        command = ["sh", "-c", 'ulimit -f 2000; exec "$@"', "sh", *COMMAND, *arguments]
        result = subprocess.run(command, capture_output=True, text=True, timeout=LONG, env=environment(), check=False)
        assert (result.returncode, result.stdout) == (2, "")
        return result.stderr

    def test_it_is_told_and_nothing_is_left(self, tmp_path: Path) -> None:
        writer = Writer(tmp_path / "a.stripchart")
        for first in range(0, 60_000, 2_000):
            writer.append(numbered(2_000, start=MAY + first * SECOND))
        writer.close()
        path = str(tmp_path / "a.stripchart")
        assert "a.csv: cannot be written: File too large" in self.limited("export", path)
        assert [found.name for found in tmp_path.iterdir()] == ["a.stripchart"]
        assert ran("export", path).returncode == 0
        rows = (tmp_path / "a.csv").read_text().splitlines()
        noise = np.random.default_rng(1).normal(size=len(rows))
        noisy = [f"{row},{value}" for row, value in zip(rows, ["x", *noise[1:]], strict=True)]
        (tmp_path / "a.csv").write_text("\n".join(noisy))
        told = self.limited("import", str(tmp_path / "a.csv"), "--into", str(tmp_path / "b.stripchart"))
        assert "b.stripchart.part: cannot be written on: " in told
        assert sorted(found.name for found in tmp_path.iterdir()) == ["a.csv", "a.stripchart"]


class TestProgress:
    def test_a_terminal_sees_how_far_it_is(self, recording: Path) -> None:
        assert b"100%" in on_terminal("export", str(recording))
        assert b"100%" in on_terminal("import", str(recording.with_suffix(".csv")), "--into", f"{recording}2")
        assert on_terminal("export", str(recording), "-o", "-") == b""  # the rows may go there too


def on_terminal(*arguments: str) -> bytes:
    """Run the command with a terminal as its standard error; return what is seen there."""
    leader, follower = pty.openpty()
    command = [*COMMAND, *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower, env=environment()) as process:
        os.close(follower)
        shown = b""
        with suppress(OSError):  # the other end has closed
            while True:
                shown += os.read(leader, 1000)
        assert process.wait(LONG) == 0
    os.close(leader)
    return shown


class TestImport:
    @pytest.mark.parametrize("form", ["csv", "parquet"])
    def test_it_reads_what_export_wrote(self, recording: Path, form: str) -> None:
        assert ran("export", str(recording), "--format", form).returncode == 0
        copy = recording.parent / "copy.stripchart"
        result = ran("import", str(recording.with_suffix(f".{form}")), "--into", str(copy))
        assert result.stdout == f"{copy}: 102 rows: bench (100), notes/../x (2)\n"
        assert (result.returncode, result.stderr) == (0, "")
        with Recording(recording) as first, Recording(copy) as second:
            for stream in ("bench", "notes/../x"):
                assert plain(second.batches(stream)) == plain(first.batches(stream))

    def test_other_programs_files(self, tmp_path: Path) -> None:
        day = "2026-05-01 10:00:0"
        (tmp_path / "kiln log.csv").write_text(f"t;temp\n{day}0;21,5\n{day}1;err\n{day}2;1\n")
        arguments = ["import", "kiln log.csv", "--stream", "kiln", "--time-column", "t", "--zone", "UTC"]
        folder = tmp_path / "recordings"
        result = ran(*arguments, cwd=tmp_path, STRIPCHART_RECORDINGS=str(folder))
        assert result.stdout == f"{folder}/kiln-log.stripchart: 3 rows: kiln (3)\n"
        assert result.stderr == "stripchart: note: kiln log.csv: temp: no numbers, kept as text: 1 cell\n"
        with Recording(folder / "kiln-log.stripchart") as recording:
            assert [row.time for row in plain(recording.batches("kiln"))] == [MAY, MAY + SECOND, MAY + 2 * SECOND]
        again = ran(*arguments, cwd=tmp_path, STRIPCHART_RECORDINGS=str(folder))
        assert again.returncode == 2
        assert "kiln-log.stripchart: is there already; continue it with --into " in again.stderr
        exported = ran("export", "kiln-log", cwd=tmp_path, STRIPCHART_RECORDINGS=str(folder))
        assert exported.stdout == "kiln-log.csv: 3 rows of 1 stream\n"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["kiln log.csv", "kiln-log.csv", "recordings"]

    def test_a_mistake_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_text("time,v\n2026-05-01,1\nsoon,2\n")
        assert re.match(r".*a\.csv: line 3: expected a time such as .*, found 'soon'\n$", mistake("import", str(path)))
        assert mistake("import", str(path), "--zone", "Mars/Base").startswith("--zone: expected a name such as UTC")
        assert "nix.csv: expected a file, found none" in mistake("import", str(tmp_path / "nix.csv"))
        assert [found.name for found in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("export", {"--format", "--from", "--to", "--channels", "--every", "--split", "--force"}),
        ("import", {"--into", "--stream", "--time-column", "--zone"}),
    ],
)
def test_help_tells_the_options(command: str, options: set[str]) -> None:
    result = ran(command, "--help")
    assert result.returncode == 0
    assert options <= set(re.findall(r"^  (?:-o, )?(--[\w-]+)", result.stdout, re.MULTILINE))
