from __future__ import annotations

import pytest

from stripchart.flow.legible import escape, text_share


@pytest.mark.parametrize(
    ("data", "share"),
    [
        (b"", 1),
        (b"23.5\r\n", 1),
        ("21 °C, 4 µm".encode(), 1),
        (b"\0a\x01b", 0.5),
        (b"\xff\x80", 0),
        (b"\x1b[0m", 1),
    ],
)
def test_the_share_of_text(data: bytes, share: float) -> None:
    assert text_share(data) == share


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain 1,2", "plain 1,2"),
        (b"\x00\x1b[31m\t", "\\x00\\x1b[31m\\t"),
        (b"\xff\xfe", "\\xff\\xfe"),
        ("21 °C".encode(), "21 °C"),
        ("\u202egnp.exe".encode(), "\\u202egnp.exe"),
        (b"<script>", "<script>"),
    ],
)
def test_bytes_are_made_safe_to_show(data: bytes, text: str) -> None:
    assert escape(data) == text
