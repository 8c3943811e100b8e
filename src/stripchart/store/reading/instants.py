"""Instants as people write them, exact to the nanosecond."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from stripchart.config.durations import parse_duration
from stripchart.errors import ConfigError
from stripchart.flow.history import EVER

Instant: TypeAlias = "int | datetime | str"
"""Nanoseconds since the epoch, or a datetime, or what ``parse_instant`` takes."""

_SECOND: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION: Final = re.compile(r"(.*:\d\d)[.,](\d{1,9})\d*(\D?.*)", re.ASCII)
_EXPECTED: Final = "an instant such as 2026-05-01T12:00, seconds since 1970, or a time before the end such as -10m"


def to_ns(instant: Instant, end_ns: int) -> int:
    """Return an instant in nanoseconds since the epoch; a datetime without a zone is by this machine's.

    Raises
    ------
    ConfigError
        If it is none.
    """
    if isinstance(instant, str):
        return parse_instant(instant, end_ns)
    return _bounded(_since_epoch(instant) if isinstance(instant, datetime) else int(instant))


def parse_instant(text: str, end_ns: int) -> int:
    """Return an instant that a user wrote, in nanoseconds.

    It is ISO 8601, by this machine's zone where none is told; or seconds since 1970; or, with a minus before it, a time
    before ``end_ns``.

    Raises
    ------
    ConfigError
        If it is none of them.
    """
    text = text.strip()
    try:
        if text.startswith("-"):
            return end_ns - round(parse_duration(text[1:]) * _SECOND)
        return _bounded(_number(text) if _is_number(text) else _calendar(text))
    except (ConfigError, ValueError, OverflowError, InvalidOperation):
        raise ConfigError(f"expected {_EXPECTED}, got {text!r}") from None


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\d+(?:\.\d*)?(?:[eE]\+?\d{1,2})?", text, re.ASCII))


def _number(text: str) -> int:
    return int(Decimal(text) * _SECOND)


def _calendar(text: str) -> int:
    fraction = _FRACTION.fullmatch(text)
    nanoseconds = int(fraction[2].ljust(9, "0")) if fraction else 0
    moment = datetime.fromisoformat(fraction[1] + fraction[3] if fraction else text)
    return _since_epoch(moment) + nanoseconds


def _since_epoch(moment: datetime) -> int:
    moment = moment if moment.tzinfo else moment.astimezone()
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def _bounded(time_ns: int) -> int:
    return min(max(time_ns, -EVER), EVER)
