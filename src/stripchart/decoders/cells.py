"""What one cell of a line, or one scalar payload, says."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from itertools import repeat
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.flow.records import Channel, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

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

LOG_STREAM: Final = "log"
"""The stream of log text."""
LOG_CHANNELS: Final = (Channel("text", kind=Kind.TEXT),)

TIME_NAMES: Final = frozenset({"time", "timestamp", "ts", "datetime"})
"""Names, in lower case, under which a device gives the time of what it sends."""
EPOCH_UNITS: Final = {1e9: "s", 1e12: "ms", 1e15: "us", 1e18: "ns"}
"""Units of a plausible time since the epoch, by its least value; the highest, in the year 2096, is 4 times as much."""
WALL: Final = "wall"
"""Unit of a time of which the zone is not told."""

_DATE = r"\d{4}[-/]\d\d?[-/]\d\d?"
_CLOCK = r"\d{1,2}:\d\d:\d\d(?:[.,]\d+)?"
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)?"
TIME: Final = re.compile(rf"{_DATE}(?:[T _-]{_CLOCK}{_ZONE})?|{_CLOCK}{_ZONE}", re.ASCII)
"""A date, a time of day with seconds, or both, as in ISO 8601 or with a blank, ``_`` or ``-`` in between."""
_INSTANT = re.compile(
    r"(\d+)[-/](\d+)[-/](\d+)[T _-](\d+):(\d+):(\d+)(?:[.,](\d+))?(?:(Z)|([+-]\d\d):?(\d\d))?", re.ASCII
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?Z?", re.ASCII)
_LABEL = re.compile(r"[^\W\d][^:={}\"]*", re.DOTALL)
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_WORD = re.compile(r"(?<![^\W_])[^\W\d_]{3,}")
_VALUE_WORDS: Final = frozenset({"nan", "inf", "infinity", "ovf", "null", "none", "true", "false"})


class FrameError(Exception):
    """A frame cannot be read. The message is the reason in the tally: short, fixed, without any data."""


class DeviceTime(NamedTuple):
    """What a device's clock said."""

    value: float
    unit: str
    """As of a ``Kind.TIME`` channel: ``"s"``, ``"ms"``, ``"us"`` or ``"ns"`` since the epoch, or ``"wall"``."""


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


def to_time(text: str) -> DeviceTime | None:
    """Return the instant that a text with a date and a time of day tells, or None.

    Its unit is ``"s"`` since the epoch if it has a zone, else ``"wall"``. A microsecond is the finest that is read.
    """
    found = TIME.fullmatch(text) and _INSTANT.fullmatch(text)
    if not found:
        return None
    *fields, fraction, utc, hours, minutes = found.groups()
    year, month, day, hour, minute, second = map(int, fields)
    micro = int((fraction or "").ljust(6, "0")[:6])
    try:
        seconds = datetime(year, month, day, hour, minute, second, micro, UTC).timestamp()
    except ValueError:  # the 30th of February
        return None
    if hours:
        seconds -= int(hours) * 3600 + int(hours[0] + minutes) * 60
    return DeviceTime(seconds, "s" if utc or hours else WALL)


def to_times(texts: Sequence[str]) -> tuple[NDArray[np.float64], str] | None:
    """Do the same for many texts at once; None if they are not alike, or not as ISO 8601 has them.

    Returns
    -------
    float64, shape (texts,), in seconds since the epoch, and their unit.
    """
    length, utc = len(texts[0]), texts[0].endswith("Z")
    data = "".join(texts).encode()
    if not _ISO.fullmatch(texts[0]) or len(data) != length * len(texts) or set(map(len, texts)) != {length}:
        return None
    table = np.frombuffer(data, np.uint8).reshape(-1, length)
    digits = (table >= ord("0")) & (table <= ord("9"))
    marks = ~digits[0]
    if not (digits == digits[0]).all() or not (table[:, marks] == table[0, marks]).all():
        return None
    try:
        instants = np.array([text[:-1] for text in texts] if utc else texts, "datetime64[us]")
    except ValueError:  # the 30th of February
        return None
    return instants.astype(np.int64) / 1e6, "s" if utc else WALL


def to_device_time(value: object) -> DeviceTime | None:
    """Return what the value of a field named as in ``TIME_NAMES`` tells: a text as above, or a time since the epoch."""
    if isinstance(value, str):
        return to_time(value)
    if isinstance(value, int | float):
        for least, unit in EPOCH_UNITS.items():
            if least <= value < 4 * least:
                return DeviceTime(float(value), unit)
    return None


def to_log(text: str) -> str | None:
    """Return a line or piece that no decoder can read as log text, or None if it does not read like words.

    Log text is printable and has a word in it: a run of three letters, not behind a digit, and not just ``nan`` or
    ``true``. So ``Sensor ready`` is, and ``23.5 C``, ``1,2.3.4`` and ``--`` are not: these are rejected. A damaged
    sample with a whole word left in it cannot be told from log text. Colours of a terminal are taken off, tabs become
    blanks, and what is longer than a text value may be is cut.
    """
    text = _COLOUR.sub("", text).replace("\t", " ").strip()
    if text.isprintable() and any(word.lower() not in _VALUE_WORDS for word in _WORD.findall(text)):
        return text[:MAX_TEXT]
    return None


def is_log(text: str) -> bool:
    """Say whether this is log text."""
    return to_log(text) is not None


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
