from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stripchart.errors import ConfigError
from stripchart.store.importing.lines import MAX_CELL, MAX_LINE, read_lines

if TYPE_CHECKING:
    from pathlib import Path


def lines(folder: Path, data: bytes, delimiter: str = ",") -> list[tuple[int, list[str]]]:
    (folder / "a.csv").write_bytes(data)
    return [(line.number, line.cells) for line in read_lines(folder / "a.csv", delimiter)]


def test_rows_know_their_lines(tmp_path: Path) -> None:
    data = '\ufeffa,b\r\n\n"x\ny","say ""°"""\n1,\r2'.encode()
    with pytest.raises(ConfigError, match="line 5: expected cells of CSV"):
        lines(tmp_path, data)
    assert lines(tmp_path, data[:-3]) == [(1, ["a", "b"]), (2, []), (4, ["x\ny", 'say "°"']), (5, ["1"])]


def test_blanks_are_one_delimiter(tmp_path: Path) -> None:
    assert lines(tmp_path, b"  1   2  3\n", " ") == [(1, ["1", "2", "3"])]


def test_progress_tells_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,2\n" * 200_000)
    told: list[int] = []
    assert sum(1 for _ in read_lines(path, ",", told.append)) == 200_000
    assert sum(told) == 800_000
    assert len(told) > 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\n\xb0\n", "a.csv: line 2: expected UTF-8, found byte 0xb0; perhaps it is Latin-1"),
        (b'a\n"b\n', "a.csv: line 2: expected cells of CSV, with quotes in pairs, found unexpected end of data"),
        (b'a\n"b"c\n', "a.csv: line 2: expected cells of CSV"),
        (b"a\n" + b"x" * (MAX_LINE + 1), "a.csv: line 2: expected a line of at most 4,194,304 bytes, found a longer"),
        (b'"' + b"x\n" * MAX_CELL, "expected cells of CSV, with quotes in pairs, found field larger than field limit"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        lines(tmp_path, data)
