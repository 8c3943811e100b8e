"""How much of some bytes is text: what is read at the wrong baud rate hardly is, and binary data is not either."""

from __future__ import annotations

import re
from typing import Final

_ASCII_OR_CONTROL: Final = re.compile(r"[\0-\x9f]+")
_TEXT: Final = bytes({*range(0x20, 0x7F), *b"\t\r\n\x1b"})


def text_share(data: bytes) -> float:
    """Return the part of the bytes that are text: printable ASCII, or UTF-8 beyond it. 1 if there are none."""
    if not data:
        return 1.0
    beyond = "" if data.isascii() else _ASCII_OR_CONTROL.sub("", data.decode(errors="ignore"))
    return (len(data) - len(data.translate(None, _TEXT)) + len(beyond.encode())) / len(data)
