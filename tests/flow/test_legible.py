from __future__ import annotations

import pytest

from stripchart.flow.legible import text_share


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
