"""State timelines: what was on, and which mode it was in, on the time axis that all strips share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zlib import crc32

import numpy as np
from bokeh.models import LabelSet  # type: ignore[attr-defined] # missing in the hints of Bokeh 3.9

from stripchart.errors import StripchartError
from stripchart.flow.analysis.runs import Runs, runs
from stripchart.flow.records import Kind
from stripchart.ui.labels import safe_label
from stripchart.ui.panels.contract import COLOURS
from stripchart.ui.panels.plot import caveats, palette, plot, source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bokeh.models import Range1d

    from stripchart.ui.panels.contract import Ask, Series

MOST_CHANNELS: Final = 32
PIXELS: Final = 4
"""Of a span, about: shorter ones become one of many changes."""
LETTER: Final = 7.5
"""Pixels of a letter, at most on average."""
BESIDE: Final = 12
"""Pixels that a text leaves free in its span."""
FRAME: Final = 0.72
"""Part of a panel's width that is its frame, at least."""
AHEAD: Final = 0.02
"""Part of what is shown by which a state that lasts is drawn ahead, until the next picture comes."""
TOP: Final = 0.42
BOTTOM: Final = 0.94
"""Of a span, in its row; the name of the channel is above."""
OFF: Final = 0.12
ON: Final = 0.65
OTHER: Final = 0.4
"""How opaque states are."""
MANY: Final = "many changes"
GREY: Final = 7
BRIGHT: Final = tuple(place for place in range(COLOURS) if place % 8 != GREY)
"""Places in the palette; every eighth is a grey."""
UNITS: Final = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1), ("ms", 1e-3))


@dataclass(frozen=True)
class StatesOptions:
    """How states are written.

    Attributes
    ----------
    off, on
        What is said for 0 and 1 of a switch.
    """

    off: str = "off"
    on: str = "on"


class _Row(NamedTuple):
    """A channel and when it had which value; ``words`` says what the values are called."""

    label: str
    switch: bool
    colour: int
    runs: Runs
    words: list[str]
    lasts: bool
    """Whether the last one goes on now."""


class StatesPanel:
    """A row for each channel of states or texts, with a coloured span for as long as one of them lasted."""

    Options = StatesOptions
    script = "figure"
    on_time = True

    def __init__(self, options: StatesOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> Any:
        """Return spans with their texts, and the names of the channels above them."""
        made = plot(key, time=time_range)
        made.yaxis.visible = made.ygrid.visible = False
        spans = source(key, "spans", "left", "right", "bottom", "top", "colour", "alpha")
        texts = source(key, "texts", "x", "y", "text", "align", "offset")
        names = source(key, "names", "x", "y", "text")
        made.quad(
            "left", "right", "top", "bottom", fill_color="colour", fill_alpha="alpha", line_color=None, source=spans
        )
        made.text(
            "x", "y", "text", text_align="align", x_offset="offset", text_baseline="middle", text_font_size="12px",
            source=texts,
        )  # fmt: skip
        made.add_layout(LabelSet(x="x", y="y", text="text", x_units="screen", text_font_size="11px", source=names))
        return made

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return spans, texts and names.

        Raises
        ------
        StripchartError
            If there is no channel, or nothing is known of any.
        """
        every = _states(ask)
        chosen = every[:MOST_CHANNELS]
        rows = [self._row(ask, each, colour) for each, colour in zip(chosen, palette(chosen), strict=True)]
        if not any(len(row.runs.value) for row in rows):
            raise StripchartError("no states in the time shown: choose a longer one")
        colours = _colours(rows)
        room = FRAME * ask.width / (ask.stop_ns - ask.start_ns)
        parts = [_spans(ask, row, place, colours[place]) for place, row in enumerate(rows)]
        texts, names = [], []
        for place, row in enumerate(rows):
            inside, everywhere = _texts(ask, row, place, room)
            texts += inside
            names.append((2, place + TOP - 0.04, " · ".join((row.label, *everywhere))))
        merged = sum(row.runs.merged for row in rows)
        return {
            "sources": {
                "spans": {name: list(chain.from_iterable(part[name] for part in parts)) for name in parts[0]},
                "texts": _columns(("x", "y", "text", "align", "offset"), texts),
                "names": _columns(("x", "y", "text"), names),
            },
            "ranges": {"y": [len(rows), 0]},
            "legend": [
                {"label": row.label, "colour": int(places[-1]), "text": row.words[-1]}
                if row.lasts
                else {"label": row.label}
                for row, places in zip(rows, colours, strict=True)
            ],
            "tip": {
                "source": "spans",
                "find": "span",
                "head": "{left:time} to {end:time}",
                "label": "{name}",
                "value": "{value} · {lasted}",
            },
            "note": " · ".join(
                [f"{merged:,} changes are too short to be seen"] * bool(merged) + caveats(chosen, len(every))
            ),
        }

    def _row(self, ask: Ask, series: Series, colour: int) -> _Row:
        samples = series.samples()
        time, value, gaps = samples.time, samples.value, samples.gaps
        before = series.before()
        if before is not None:
            time = np.concatenate(([before[0]], time))
            value = np.concatenate((np.array([before[1]], object if isinstance(before[1], str) else float), value))
            gaps = gaps + 1
        stop, now = ask.stop_ns, series.now
        if now is not None:
            stop = min(stop, now.time_ns if now.stale else ask.now_ns)
        elif len(time):
            stop = min(stop, int(time.max()))
        found = runs(time, value, stop, gaps, max(16, ask.width // PIXELS))
        seen = found.stop_ns > ask.start_ns
        found = Runs(found.start_ns[seen], found.stop_ns[seen], found.value[seen], found.merged)
        lasts = ask.live and len(found.value) > 0 and now is not None and not now.stale
        words = [self._word(each) for each in found.value]
        return _Row(series.label, series.channel.kind is Kind.STATE, colour, found, words, lasts)

    def _word(self, value: Any) -> str:
        if value is None:
            return MANY
        if isinstance(value, str):
            return safe_label(value)
        return self.options.off if value == 0 else self.options.on if value == 1 else f"{value:.6g}"


def _states(ask: Ask) -> list[Series]:
    """Return the channels of states and texts; where there are none, numbers are states too."""
    found = [each for each in ask.series if each.channel.kind is not Kind.NUMBER] or list(ask.series)
    if not found:
        raise StripchartError("none of these channels has come yet; is a name misspelt?")
    return found


def _colours(rows: Sequence[_Row]) -> list[list[int]]:
    """Return a place in the palette for each run: a switch has its own colour, a text the same wherever it comes."""
    known: dict[str, int] = {}
    for word in sorted({word for row in rows for word in row.words if not row.switch}):
        begin = crc32(word.encode("utf-8", "replace")) % len(BRIGHT)
        free = [place for place in (*BRIGHT[begin:], *BRIGHT[:begin]) if place not in known.values()]
        known[word] = GREY if word == MANY else free[0] if free else BRIGHT[begin]
    return [[row.colour if row.switch else known[word] for word in row.words] for row in rows]


def _entry(row: _Row, colours: Sequence[int]) -> dict[str, Any]:
    """Return the channel's entry in the legend, with the state that it is in."""
    return {"label": row.label} | ({"colour": colours[-1], "text": row.words[-1]} if row.lasts else {})


def _spans(ask: Ask, row: _Row, place: int, colours: Sequence[int]) -> dict[str, list[Any]]:
    found, count = row.runs, len(row.words)
    right = found.stop_ns.copy()
    if row.lasts:
        right[-1] += round(AHEAD * (ask.stop_ns - ask.start_ns))
    return {
        "left": (found.start_ns / 1e6).tolist(),
        "right": (right / 1e6).tolist(),
        "end": (found.stop_ns / 1e6).tolist(),
        "bottom": [place + TOP] * count,
        "top": [place + BOTTOM] * count,
        "colour": list(colours),
        "alpha": [OTHER if not row.switch or value is None else OFF if value == 0 else ON for value in found.value],
        "name": [row.label] * count,
        "value": row.words,
        "lasted": [_duration(lasted / 1e9) for lasted in (found.stop_ns - found.start_ns).tolist()],
    }


def _texts(ask: Ask, row: _Row, place: int, room: float) -> tuple[list[tuple[Any, ...]], list[str]]:
    """Return the texts that have room in their spans, and those of spans that fill all that is shown.

    The latter stand beside the channel's name, and those of spans that begin before what is shown at their end: so no
    text moves otherwise than the spans do. ``room`` is pixels per nanosecond.
    """
    inside, everywhere = [], []
    middle = place + (TOP + BOTTOM) / 2
    for start, stop, word in zip(row.runs.start_ns.tolist(), row.runs.stop_ns.tolist(), row.words, strict=True):
        pixels = (min(stop, ask.stop_ns) - max(start, ask.start_ns)) * room
        if pixels < LETTER * len(word) + BESIDE:
            continue
        if start >= ask.start_ns:
            inside.append((start / 1e6, middle, word, "left", BESIDE / 2))
        elif stop < ask.stop_ns and not (row.lasts and stop == row.runs.stop_ns[-1]):
            inside.append((stop / 1e6, middle, word, "right", -BESIDE / 2))
        else:
            everywhere.append(word)
    return inside, everywhere


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def _duration(seconds: float) -> str:
    unit, size = next((each for each in UNITS if seconds >= 2 * each[1]), UNITS[-1])
    return f"{seconds / size:.3g} {unit}"
