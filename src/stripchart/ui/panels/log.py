"""A log: the texts that sources sent and what happened to them, by time."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import numpy as np
from annotated_types import Ge, Le

from stripchart.flow.records import Kind
from stripchart.ui.labels import safe_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bokeh.models import Range1d

    from stripchart.ui.panels.contract import Ask, Series

MAX_TEXT: Final = 1_000
"""Characters of a text that are shown."""
SOON_NS: Final = 2_000_000_000
"""A text that comes again within that time is counted, not written again: it may be a state, told in every row."""


class _Line(NamedTuple):
    time_ns: int
    source: str
    what: str
    """The channel, or the kind of event."""
    text: str
    kind: str
    """Of event, or nothing."""
    times: int
    since: bool
    """Whether it was there already when the span began."""


@dataclass(frozen=True)
class LogOptions:
    """What a log shows.

    Attributes
    ----------
    events
        Names or patterns of the sources whose events stand between the texts; an empty list for none.
    search
        Words that a line must hold, all of them; the page has a field for it.
    limit
        Lines at most: the newest.
    """

    events: tuple[str, ...] = ("*",)
    search: str = ""
    limit: Annotated[int, Ge(1), Le(2_000)] = 500


class LogPanel:
    """The text channels of a page, and its events."""

    Options = LogOptions
    script = "log"
    on_time = False

    def __init__(self, options: LogOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> None:
        """Return none: it is written, not drawn."""

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return ``{"lines": [[ms, source, what, text, kind, times]], "note"}``, oldest first.

        ``what`` is the channel or the kind of event, which is also ``kind``; that is empty for a text. ``times`` says
        how often it came in a row; what was there before the span has no ms.
        """
        words = self.options.search.lower().split()
        lines: list[_Line] = []
        for newest_first in (*(_texts(series, ask.start_ns) for series in ask.series), self._events(ask)):
            lines += _first(newest_first, words, self.options.limit + 1)
        lines.sort(key=lambda line: (not line.since, line.time_ns))
        more = len(lines) > self.options.limit
        return {
            "lines": [
                (None if line.since else line.time_ns / 1e6, *line[1:-1]) for line in lines[-self.options.limit :]
            ],
            "note": f"the newest {self.options.limit:,}" if more else "",
        }

    def _events(self, ask: Ask) -> Iterator[_Line]:
        if not self.options.events:
            return
        for event in reversed(ask.events()):
            if any(fnmatchcase(event.source, pattern) for pattern in self.options.events):
                source = safe_label(event.source)
                yield _Line(event.time_ns, source, event.kind, _shown(event.text), event.kind, 1, since=False)


def _texts(series: Series, start_ns: int) -> Iterator[_Line]:
    """Yield the texts of a channel, the newest first, with how often each came in a row."""
    if series.channel.kind is not Kind.TEXT:
        return
    time, value, *_ = series.samples()
    source = safe_label(series.stream.partition("/")[0])
    again = np.zeros(len(time), np.bool_)
    again[1:] = (value[1:] == value[:-1]).astype(np.bool_) & (np.abs(np.diff(time)) <= SOON_NS)
    stop = len(time)
    for first in reversed(np.flatnonzero(~again).tolist()):
        since = first == 0 and stop > 1 and int(time[0]) - start_ns <= SOON_NS
        yield _Line(int(time[first]), source, series.label, _shown(value[first]), "", stop - first, since)
        stop = first


def _first(lines: Iterator[_Line], words: Sequence[str], count: int) -> list[_Line]:
    """Return the first lines that hold all words."""
    found: list[_Line] = []
    for line in lines:
        if len(found) == count:
            break
        text = f"{line.source} {line.what} {line.text}".lower() if words else ""
        if all(word in text for word in words):
            found.append(line)
    return found


def _shown(text: Any) -> str:
    """Return a text as it can be sent: a program may publish any object as one."""
    whole = str(text)
    short = whole if len(whole) <= MAX_TEXT else f"{whole[:MAX_TEXT]}…"
    return short.encode("utf-8", "replace").decode()
