"""Bytes as text: how much of them is one, and how to show them whatever they are.

What is read at the wrong baud rate hardly is text, and binary data is not either.
"""

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


def escape(data: bytes) -> str:
    r"""Return bytes as text that can be shown anywhere: what is not printable as ``\x00`` or ``\u202e``."""
    text = data.decode(errors="backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
