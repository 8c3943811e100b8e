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
        for (before, least), (after, most) in pairwise(self.given().items()):
            if least >= most:
                raise ConfigError(f"{after}: expected more than {before} ({least:g}), got {most:g}")

    def given(self) -> dict[str, float]:
        """Return those that there are, from the lowest to the highest."""
        limits = {name: getattr(self, name) for name in ("low_alarm", "low", "high", "high_alarm")}
        return {name: value for name, value in limits.items() if value is not None}


def level(limits: Limits, value: Any) -> str:
    """Return "alarm", "warning", "good", or "" where nothing is known or there are no limits."""
    if not isinstance(value, float) or value != value:  # noqa: PLR0124 - NaN
        return ""
    if _beyond(value, limits.low_alarm, limits.high_alarm):
        return "alarm"
    if _beyond(value, limits.low, limits.high):
        return "warning"
    return "good" if limits.given() else ""


def zones(limits: Limits, start: float, end: float) -> list[tuple[float, float, str]]:
    """Part a scale where the level changes: from, to and level of each part. There are none without limits."""
    given = limits.given()
    if not given:
        return []
    below = [start, given.get("low_alarm", start), given.get("low", given.get("low_alarm", start))]
    above = [given.get("high", given.get("high_alarm", end)), given.get("high_alarm", end), end]
    edges = [min(max(edge, start), end) for edge in (*below, *above)]
    levels = ("alarm", "warning", "good", "warning", "alarm")
    return [(low, high, name) for (low, high), name in zip(pairwise(edges), levels, strict=True) if low < high]


def _beyond(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)
