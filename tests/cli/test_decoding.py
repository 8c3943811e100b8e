from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from support.command import Running, mistake, ran
from support.corpus import noise

if TYPE_CHECKING:
    from pathlib import Path

LINES = b"boot text\nt,h\n" + b"".join(b"%d.5,%d\n" % (row, 40 + row) for row in range(6)) + b"1.2.3,7\n"


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    file = tmp_path / "sent.txt"
    file.write_bytes(LINES)
    return file


def test_a_table_and_the_account(sent: Path) -> None:
    result = ran("decode", str(sent))
    assert result.returncode == 0
    assert result.stdout == "t    h\n0.5  40\n1.5  41\n2.5  42\n3.5  43\n4.5  44\n5.5  45\n\nlog/text\nboot text\n"
    account = "CSV, 2 columns, header (sure): 7 rows; 9 frames: 8 decoded, 1 rejected (not a number 1)"
    assert result.stderr == f"{sent}: {account}\n"


def test_csv_that_reads_back(sent: Path) -> None:
    result = ran("decode", str(sent), "--as", "csv", "--format", "csv")
    table = list(csv.reader(result.stdout.splitlines()))
    assert table[:3] == [["stream", "t", "h"], ["", "0.5", "40"], ["", "1.5", "41"]]
    assert table[-2:] == [["stream", "text"], ["log", "boot text"]]
    result = ran("decode", str(sent), "--format", "csv", "--limit", "2")
    assert list(csv.reader(result.stdout.splitlines())) == table[:3]
    assert "2 rows; " in result.stderr


def test_json_lines_from_standard_input() -> None:
    with Running("decode", "-", "--as", "json", "--format", "json") as running:
        assert running.process.stdin is not None
        running.process.stdin.write(b'{"a":1.5,"b":{"c":"x"}}\n{"a":null}\n')
        running.process.stdin.close()
        assert running.wait() == 0
        assert json.loads(running.out.splitlines()[0]) == {"a": 1.5, "b/c": "x"}
        assert running.err.startswith("standard input: JSON lines: ")


def test_messages_as_mosquitto_sub_prints_them(tmp_path: Path) -> None:
    (tmp_path / "messages").write_text("greenhouse/temp 21.5\n/pump ON\ngreenhouse/temp 22\n")
    result = ran("decode", str(tmp_path / "messages"), "--as", "topics", "--format", "json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"stream": "greenhouse/temp", "value": 21.5},
        {"stream": "/pump", "value": 1.0},
        {"stream": "greenhouse/temp", "value": 22.0},
    ]


def test_options_of_the_decoder(tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(b"1,5 2\n2,5 3\n")
    arguments = ["--as", "csv", "--option", "delimiter= ", "--option", "columns=a,b", "--format", "json"]
    assert json.loads(ran("decode", str(tmp_path / "sent"), *arguments).stdout.splitlines()[0])["b"] == 2


def test_a_table_of_fields(tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(b"\xaa\x01\x00\xaa\x02\x00")
    fields = 'fields=[{"name": "count", "type": "u16"}]'
    arguments = ["--as", "binary", "--option", "sync=AA", "--option", fields, "--format", "json"]
    result = ran("decode", str(tmp_path / "sent"), *arguments)
    assert [json.loads(line) for line in result.stdout.splitlines()] == [{"count": 1.0}, {"count": 2.0}]


def test_what_cannot_be_shown_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text('{"a":"\\u001b[31m","b":1}\n')
    result = ran("decode", str(tmp_path / "sent"))
    assert "\x1b" not in result.stdout
    assert "\\x1b[31m" in result.stdout


def test_nothing_recognised(tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(noise(300))
    result = ran("decode", str(tmp_path / "sent"))
    assert result.stdout == ""
    assert "binary, format unknown: 0 rows" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.txt"], "nowhere.txt: cannot be read: No such file or directory"),
        (["-", "--as", "cvs"], "--as: no decoder named 'cvs'; did you mean 'csv'?"),
        (["-", "--as", "csv", "--option", "delimiter"], "--option: expected key=value, got 'delimiter'"),
        (["-", "--as", "csv", "--option", "delim=;"], "--option: delim: no such option; did you mean 'delimiter'?"),
        (["-", "--option", "a=[1"], "--option: a: expected JSON, got '[1'"),
        (["-", "--option", "a=1", "--option", "a=2"], "--option: a is given twice"),
        (["-", "--limit", "0"], "Invalid value for '--limit'"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], message: str) -> None:
    found = mistake("decode", *arguments)
    assert found.startswith(message)
    assert found.count("\n") == 1
