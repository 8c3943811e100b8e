"""Which events are marked in a span of time, and how many: never more than can be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stripchart.flow.events import join, stands
from stripchart.ui.labels import safe_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stripchart.flow.events import Event

KINDS: Final = ("failed", "alarm", "lost", "released", "gap", "clock", "command", "annotation")
"""What is marked, the gravest first."""
MAX_MARKS: Final = 200
"""Marks in one picture; where there are more events, neighbours share one."""


def is_marked(event: Event) -> bool:
    """Say whether an event is of a kind that is marked."""
    return event.kind in KINDS


def merge(*logs: Iterable[Event]) -> list[Event]:
    """Return the events of several logs that are marked, in order of time; one that stands in two is taken once."""
    return join(*(filter(is_marked, log) for log in logs))


def marks(events: Iterable[Event], start_ns: int, stop_ns: int, limit: int = MAX_MARKS) -> list[list[Any]]:
    """Return what to draw of events that are in order of time.

    Returns
    -------
    ``[milliseconds, kind, text, how many]`` of each mark, at most ``limit``, in order of time; the texts are safe to
    show. Of events that share a mark, it is where the gravest is, and says what that one says.
    """
    inside = [event for event in events if start_ns <= event.time_ns < stop_ns and stands(event)]
    width = 1 if len(inside) <= limit else (inside[-1].time_ns - inside[0].time_ns) // limit + 1
    shared: dict[int, list[Event]] = {}
    for number, event in enumerate(inside):
        place = number if width == 1 else (event.time_ns - inside[0].time_ns) // width
        shared.setdefault(place, []).append(event)
    return [_mark(together) for together in shared.values()]


def _mark(events: list[Event]) -> list[Any]:
    gravest = min(events, key=lambda event: KINDS.index(event.kind))
    text = safe_label(f"{gravest.source}: {gravest.text}" if gravest.source else gravest.text)
    return [gravest.time_ns / 1e6, gravest.kind, text, len(events)]
