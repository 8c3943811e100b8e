"""What a panel is. It knows Bokeh and the samples of its channels; not the hub, and not the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bokeh.models import Range1d
    from bokeh.models.ui.ui_element import UIElement
    from numpy.typing import NDArray

    from stripchart.flow.events import Event
    from stripchart.flow.records import Channel
    from stripchart.ui.design import ChannelLook

COLOURS: Final = 16
"""Colours of the palette; it lives in the page's style sheet, in a light and a dark form."""


class Samples(NamedTuple):
    """Samples of one channel in the span asked for, oldest first."""

    time: NDArray[Any]
    """int64, shape (n,): nanoseconds since the epoch, UTC. A clock that was set may step back."""
    value: NDArray[Any]
    """float64, shape (n,), or texts in an object array."""
    whole: bool
    """Whether these are all; else the newest ones."""
    gaps: NDArray[Any]
    """int64, shape (g,): before which of these something is missing."""


class Now(NamedTuple):
    """What is known of a channel at this moment."""

    value: Any
    """float, text, or None if there is nothing that can be told."""
    time_ns: int
    rate_hz: float
    stale: bool
    samples: int
    """How many there were in this run."""


@dataclass(frozen=True)
class Series:
    """A channel that a panel shows.

    Attributes
    ----------
    name
        ``stream/channel``.
    label, unit
        As shown; safe.
    look
        What the page says of it; ``samples`` and ``now`` have its scale already.
    samples
        Read those of the span; it may take a while.
    now
        Its newest value; None if it is only in the record.
    before
        Read the newest sample before the span, for states that last; None if there is none near. It may take a while.
    nearest
        Read the value of the number that is nearest to a time (nanoseconds), wherever it is; None if there is none.
    """

    name: str
    stream: str
    channel: Channel
    label: str
    unit: str
    look: ChannelLook | None
    samples: Callable[[], Samples]
    now: Now | None
    before: Callable[[], tuple[int, Any] | None]
    nearest: Callable[[int], float | None]


class Ask(NamedTuple):
    """What a browser wants to see."""

    series: Sequence[Series]
    start_ns: int
    stop_ns: int
    live: bool
    """Whether the span ends now and moves on."""
    width: int
    """Pixels."""
    now_ns: int
    events: Callable[[], Sequence[Event]]
    """Read what happened in the span, oldest first; it may take a while."""


class Panel(Protocol):
    """One kind of panel; an instance is one panel of a design.

    Third parties join by the entry points ``stripchart.panels``. ``script`` names what shows it in the browser:
    "figure" for those that only have a figure. That shows what ``draw`` returns, of which only ``sources`` is needed::

        {
            "sources": {name: {column: values}},    # of the source f"{key}-{name}"
            "ranges": {"x": [start, end], "y": [start, end]},
            "equal": True,                          # as many pixels a unit on both axes: the ranges may be widened
            "labels": {"x": text, "y": text},       # of the axes
            "legend": [{"label": text, "colour": place, "text": text}],
            "scale": {"colours": [css, ...], "low": text, "high": text, "title": text},  # behind the legend
            "tip": {"source": name, "find": how, "head": template, "label": template, "value": template},
            "note": text,
        }

    In columns called ``colour`` there are places in the palette, from 0; None is an empty cell,
    and ``pack`` makes an array of two dimensions short. ``static/panels/tip.js`` says what
    ``tip`` can be.
    """

    Options: ClassVar[type]
    script: ClassVar[str]
    on_time: ClassVar[bool]
    """Whether its x axis is the time that all strips share."""

    options: Any

    def __init__(self, options: Any) -> None:
        """Take its options."""
        ...

    def figure(self, key: str, time_range: Range1d) -> UIElement | None:
        """Return a new figure for one session, if it has any; its name is ``key``, its sources' names begin so."""
        ...

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return what to show, for JSON: in a worker thread, and of any number of sessions at once.

        Raises
        ------
        StripchartError
            If it cannot; the text is shown in the panel.
        """
        ...
