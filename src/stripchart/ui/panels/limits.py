"""Limits of a value: what is good, what is worth a look, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from stripchart.errors import ConfigError


@dataclass(frozen=True)
class Limits:
    """Where a value begins to be a warning or an alarm; NaN is neither.

    Attributes
    ----------
    low, high
        Below and above these it is a warning.
    low_alarm, high_alarm
        Below and above these it is an alarm.
    """

    low: float | None = None
    high: float | None = None
    low_alarm: float | None = None
    high_alarm: float | None = None

    def __post_init__(self) -> None:
        given = [
            (name, value)
            for name in ("low_alarm", "low", "high", "high_alarm")
            if (value := getattr(self, name)) is not None
        ]
        for (before, least), (after, most) in pairwise(given):
            if least >= most:
                raise ConfigError(f"{after}: expected more than {before} ({least:g}), got {most:g}")


def level(limits: Limits, value: Any) -> str:
    """Return "alarm", "warning", "good", or "" where nothing is known or there are no limits."""
    if not isinstance(value, float) or value != value:  # noqa: PLR0124 - NaN
        return ""
    if _beyond(value, limits.low_alarm, limits.high_alarm):
        return "alarm"
    if _beyond(value, limits.low, limits.high):
        return "warning"
    given = limits.low_alarm, limits.low, limits.high, limits.high_alarm
    return "good" if any(limit is not None for limit in given) else ""


def _beyond(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)
