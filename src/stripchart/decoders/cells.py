"""What one cell of a line, or one scalar payload, says."""

from __future__ import annotations

import math
import re
from itertools import repeat
from typing import TYPE_CHECKING, Final

from stripchart.flow.records import Channel, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_NAME: Final = 128
"""Characters of a channel's name."""
MAX_TEXT: Final = 256
"""Characters of a text value."""
MAX_COLUMNS: Final = 1024
"""Channels of one row."""
SHOWN: Final = 4
"""Names that a note lists."""

NOT_A_NUMBER: Final = "not a number"
TOO_MANY_COLUMNS: Final = "too many columns"
STATES: Final = {
    "on": 1.0, "true": 1.0, "online": 1.0, "yes": 1.0, "open": 1.0,
    "off": 0.0, "false": 0.0, "offline": 0.0, "no": 0.0, "closed": 0.0,
}  # fmt: skip
"""Words for the two positions of a switch, in lower case."""

_CLOCK = r"\d{1,2}:\d\d:\d\d(?:[.,]\d+)?"
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)?"
TIME: Final = re.compile(rf"\d{{4}}-\d\d?-\d\d?(?:[T _-]{_CLOCK}{_ZONE})?|{_CLOCK}{_ZONE}", re.ASCII)
"""A date, a time of day with seconds, or both, as in ISO 8601 or with a blank, ``_`` or ``-`` in between."""
_LABEL = re.compile(r"[^\W\d][^:={}\"]*", re.DOTALL)


class FrameError(Exception):
    """A frame cannot be read. The message is the reason in the tally: short, fixed, without any data."""


def to_text(data: bytes) -> str:
    """Decode UTF-8; FrameError if it is none."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise FrameError("not UTF-8") from None


def to_number(text: str) -> float | None:
    """Return the number that a cell holds, or None.

    All that ``float`` takes counts, so ``nan``, ``inf``, ``+1``, ``.5`` and ``007`` do, but not Python's ``1_000``.
    ``ovf`` is what Arduino's ``print`` makes of a float beyond 4294967040, of either sign. There is no negative zero:
    a JSON parser reads ``-0`` as an integer, and both ways of reading must agree.
    """
    if "_" in text:
        return None
    try:
        return float(text) or 0.0
    except ValueError:
        return math.nan if text == "ovf" else None


def is_label(text: str) -> bool:
    """Say whether a cell of a header row could be a name: it begins with a letter, and is not prose."""
    return bool(_LABEL.fullmatch(text)) and text[-1] not in ".!?" and is_name(text)


def is_name(text: str) -> bool:
    """Say whether a channel may have this name: printable and not endless."""
    return 0 < len(text) <= MAX_NAME and text.isprintable()


def is_text(text: str) -> bool:
    """Say whether this may be a text value: printable and not endless."""
    return 0 < len(text) <= MAX_TEXT and text.isprintable()


def to_channels(
    names: Sequence[str], units: Sequence[str] | None = None, kinds: Sequence[Kind] | None = None
) -> tuple[Channel, ...]:
    """Make channels, numbering the names that come again: ``T, T`` becomes ``T, T 2``.

    Raises
    ------
    FrameError
        If a name cannot be shown.
    """
    if not all(map(is_name, names)):
        raise FrameError("bad name")
    return tuple(map(Channel, distinct(names), units or repeat(""), kinds or repeat(Kind.NUMBER)))


def distinct(names: Iterable[str]) -> list[str]:
    """Tell names that come again apart by numbers, passing over those that are taken."""
    taken: dict[str, int] = {}
    result = []
    for name in names:
        free = name
        while free in taken:
            taken[name] += 1
            free = f"{name} {taken[name]}"
        taken[free] = 1
        result.append(free)
    return result


def counted(count: int, word: str) -> str:
    """Say how many: ``1 column``, ``2 columns``."""
    return f"{count} {word}{'s' * (count != 1)}"


def listed(names: Sequence[str]) -> str:
    """List the first few names."""
    return ", ".join(names[:SHOWN]) + ", \N{HORIZONTAL ELLIPSIS}" * (len(names) > SHOWN)
