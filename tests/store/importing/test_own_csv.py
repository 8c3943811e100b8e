from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stripchart.errors import ConfigError
from stripchart.store.importing.own_csv import is_ours, read_ours
from support.tables import plain

if TYPE_CHECKING:
    from pathlib import Path

T = "2026-05-01T10:00:00.000000000Z"
LONG = "time,stream,row,channel,unit,kind,value\n"


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("time,stream,temp [°C]\n", True), (f"time,stream,temp\n\n{T},bench,1\n", True), (LONG, True),
        (f"\ufefftime,stream,temp\n{T},bench,1\n", True),
        ("time,stream,temp\n2026-05-01T10:00:00Z,main,1\n", False), ("time,temp\n", False), ("time,stream\n", False),
        ("", False), ("\n\n", False), (f"{LONG}5,bench,0,temp,,number,1\n", False),
    ],
)  # fmt: skip
def test_ours_are_known_by_head_and_time(tmp_path: Path, text: str, ours: bool) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert is_ours(tmp_path / "a.csv") is ours


def test_two_exports_joined_by_hand_are_two_streams(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"time,stream,temp\n{T},a,1\n{T},a,2\n\n{T},b,3\n{T},b,4\n")
    found = plain(read_ours(tmp_path / "a.csv", lambda _: None))
    assert [(row.stream, row.gap) for row in found] == [("a", False), ("a", False), ("b", True), ("b", False)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"time,stream,temp\n{T},a\n", "line 2: expected 3 cells, found 2"),
        (f"time,stream,temp\n{T},a,1,2\n", "line 2: expected 3 cells, found 4"),
        (f"time,stream,temp\n{T},a,1\n\n5,a,1\n", "line 4: expected a time such as 2026-05-01T.*, found '5'"),
        (f'time,stream,temp\n{T},a,1\n"{T}",a,"1\n2"\n', r"line 4: expected a number .* 'temp', found '1\\n2'"),
        (f"time,stream,temp,temp\n{T},a,1,2\n", "line 1: expected columns of different names, found 'temp' twice"),
        (f"{LONG}{T},a,0,temp,,number\n", "line 2: expected 7 cells, found 6"),
        (f"{LONG}{T},a,0,temp,,number,x\n", "line 2: expected a number .* 'temp', found 'x'"),
        (f"{LONG}{T},a,0,temp,,vector,1\n", "line 2: expected the kind number, state, text or gap, found 'vector'"),
        (f"{LONG}{T},a,0,temp,,time,1\n", "found 'time'"),
        (f"{LONG}{T},a,0,t,,number,1\n{T},a,0,t,,number,2\n", "line 3: expected each channel once .* 't' twice"),
        (f"{LONG}{T},a,0,t,,number,1\nsoon,a,1,t,,number,2\n", "line 3: expected a time such as .*, found 'soon'"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ConfigError, match=rf"a\.csv: {message}" if message.startswith("line") else message):
        list(read_ours(tmp_path / "a.csv", lambda _: None))
