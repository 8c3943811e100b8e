"""A log: the texts that sources sent and what happened to them, by time."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Final

from annotated_types import Ge, Le

from stripchart.flow.records import Kind
from stripchart.ui.labels import safe_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bokeh.models import Range1d

    from stripchart.ui.panels.contract import Ask, Series

MAX_TEXT: Final = 1_000
"""Characters of a text that are shown."""

_Line = tuple[int, str, str, str, str]
"""Time (ns), source, the channel or the kind of event, text, and the kind of event or nothing."""


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
        """Return ``{"lines": [[ms, source, channel or kind, text, kind of event or ""]], "note"}``, oldest first."""
        words = self.options.search.lower().split()
        lines: list[_Line] = []
        for newest_first in (*map(_texts, ask.series), self._events(ask)):
            lines += _first(newest_first, words, self.options.limit + 1)
        lines.sort(key=lambda line: line[0])
        more = len(lines) > self.options.limit
        return {
            "lines": [(time / 1e6, *texts) for time, *texts in lines[-self.options.limit :]],
            "note": f"the newest {self.options.limit:,}" if more else "",
        }

    def _events(self, ask: Ask) -> Iterator[_Line]:
        if not self.options.events:
            return
        for event in reversed(ask.events()):
            if any(fnmatchcase(event.source, pattern) for pattern in self.options.events):
                yield event.time_ns, safe_label(event.source), event.kind, _shown(event.text), event.kind


def _texts(series: Series) -> Iterator[_Line]:
    if series.channel.kind is not Kind.TEXT:
        return
    samples = series.samples()
    source = safe_label(series.stream.partition("/")[0])
    for time, text in zip(reversed(samples.time.tolist()), reversed(samples.value.tolist()), strict=True):
        yield time, source, series.label, _shown(text), ""


def _first(lines: Iterator[_Line], words: Sequence[str], count: int) -> list[_Line]:
    """Return the first lines that hold all words."""
    found: list[_Line] = []
    for line in lines:
        if len(found) == count:
            break
        text = " ".join(line[1:4]).lower() if words else ""
        if all(word in text for word in words):
            found.append(line)
    return found


def _shown(text: Any) -> str:
    """Return a text as it can be sent: a program may publish any object as one."""
    whole = str(text)
    short = whole if len(whole) <= MAX_TEXT else f"{whole[:MAX_TEXT]}…"
    return short.encode("utf-8", "replace").decode()
