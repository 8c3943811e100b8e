"""What a page is told of the record besides rows: its extent and overview, what happened, and how reading it goes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from stripchart.ui.past.marks import marks, merge
from stripchart.ui.past.overview import LINES
from stripchart.ui.wire import to_json

if TYPE_CHECKING:
    from stripchart.flow.events import Event
    from stripchart.ui.context import Context
    from stripchart.ui.layout import Layout
    from stripchart.ui.past.past import Past
    from stripchart.ui.past.record import Record
    from stripchart.ui.readout import ChannelKey
    from stripchart.ui.view import Span


MOST_APART: Final = 3
"""Streams that lie apart from the others and are named."""


class Annals:
    """Sets the properties of one page, each only when it has something new to say."""

    def __init__(self, page: Any, context: Context, layout: Layout) -> None:
        self._page = page
        self._context = context
        self._layout = layout
        self._recalled: list[Event] = []
        self._happened: list[Event] = []
        self._front: dict[ChannelKey, tuple[int, int]] = {}
        self._front_of = -1
        self._told: tuple[int, int, bool] | None = None
        self._state: dict[str, Any] = {}

    def lay_out(self, layout: Layout) -> None:
        """Go on with another layout of the page."""
        self._layout, self._front_of, self._told = layout, -1, None

    def recall(self, events: list[Event]) -> None:
        """Take what the record has of the span looked at."""
        self._recalled = events
        self._happened = []

    def tell(self, span: Span, *, looked: bool, news: bool, past: Past | None) -> None:
        """Say what is new; ``looked``: the page looks at another span; ``news``: something may have happened."""
        if news or looked:
            happened = self._context.happened()
            if looked or happened is not self._happened:
                self._happened = happened
                told = marks(merge(self._recalled, happened), span.start_ns, span.stop_ns)
                self._page.marks = to_json(told).decode()
        record = self._context.record
        if past is not None and record is not None:
            self._tell_record(record)
            state = {"busy": past.busy, "trouble": past.trouble or record.trouble}
            if state != self._state:
                self._state = state
                self._page.past = to_json(state).decode()

    def _tell_record(self, record: Record) -> None:
        layout = self._layout
        if layout.version != self._front_of:
            self._front_of, self._front = layout.version, layout.front(LINES)
        record.refresh(self._front)
        state = record.version, layout.version, self._context.live
        facts = record.facts
        if state == self._told or facts is None:
            return
        self._told = state
        if facts.extent is None:
            self._page.record = "" if self._context.live else to_json({"empty": True}).decode()
            return
        start, stop = facts.drawn
        told = {
            "start": facts.extent.start_ns / 1e6,
            "end": facts.extent.stop_ns / 1e6,
            "apart": [[stream, time / 1e6] for stream, time in islice(facts.extent.apart.items(), MOST_APART)],
            "more": max(0, len(facts.extent.apart) - MOST_APART),
            "live": self._context.live,
            "drawn": [start / 1e6, stop / 1e6],
            "lines": [[*place, facts.lines[key]] for key, place in self._front.items() if key in facts.lines],
            "marks": [[time, kind] for time, kind, _, _ in marks(facts.events, start, stop)],
        }
        self._page.record = to_json(told).decode()
