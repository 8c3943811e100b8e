"""Figures as all panels have them: empty, for the page gives them the theme's colours, and ``draw`` what to show."""

from __future__ import annotations

import math
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    CustomJSTickFormatter,
    NoOverlap,
    PanTool,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.plotting import figure

from stripchart.errors import StripchartError
from stripchart.flow.analysis.nice import nice_step
from stripchart.flow.records import Kind
from stripchart.ui.panels.contract import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.ui.panels.contract import Ask, Series

LEFT: Final = 58
BESIDE: Final = 26
"""Pixels at the left and at the right of each frame: those below each other then share one time axis."""
MOST_DIGITS: Final = 9
"""Digits after the point; what has more is written with an exponent."""
MOST_SERIES: Final = COLOURS
"""Channels that are told apart in one figure."""


def plot(key: str, *, time: Range1d | None = None, log_x: bool = False, log_y: bool = False, **look: Any) -> Any:
    """Return an empty figure.

    Parameters
    ----------
    key
        Its name in the document.
    time
        The x axis that it shares with others, if that is time.
    look
        More for ``bokeh.plotting.figure``.
    """
    # Bokeh's type hints do not know figure's keywords.
    made = cast("Any", figure)(
        **{
            "name": key,
            "x_axis_type": "datetime" if time else "log" if log_x else "linear",
            "y_axis_type": "log" if log_y else "linear",
            "x_range": time or _range(log=log_x),
            "y_range": _range(log=log_y),
            "sizing_mode": "stretch_both",
            "min_height": 60,
            "tools": [],
            "toolbar_location": None,
            "output_backend": "canvas",
            "outline_line_color": None,
            "min_border_left": LEFT,
            "min_border_right": BESIDE,
            "min_border_top": 6,
            "min_border_bottom": 6,
            **look,
        }
    )
    made.yaxis.axis_label_standoff = 0
    made.axis.major_label_policy = NoOverlap()  # powers of ten are as many as there are, whatever the height
    if time:
        # Bokeh's own formatter knows UTC only; the viewer's clock is the browser's.
        made.xaxis.formatter = CustomJSTickFormatter(code="return window.stripchart.tickText(tick, ticks)")
        made.xaxis.ticker.desired_num_ticks = 7
        wheel = WheelZoomTool(dimensions="width")
        made.add_tools(wheel)
        made.toolbar.active_scroll = wheel
    pan, box = (tool(dimensions="width" if time else "both") for tool in (PanTool, BoxZoomTool))
    made.add_tools(pan, box, ResetTool())
    made.toolbar.active_drag = pan
    return made


def source(key: str, name: str, *columns: str) -> ColumnDataSource:
    """Return an empty source, which the browser fills with what ``draw`` returns for this name."""
    return ColumnDataSource(name=f"{key}-{name}", data={column: [] for column in columns})


def pack(array: NDArray[Any]) -> dict[str, Any]:
    """Return an array of any shape in a form that is short in JSON; the browser makes it an array again."""
    data = np.ascontiguousarray(array)
    return {"bytes": b64encode(data.tobytes()).decode(), "dtype": data.dtype.name, "shape": data.shape}


def numbers(ask: Ask, what: str) -> list[Series]:
    """Return the channels that hold numbers.

    Raises
    ------
    StripchartError
        If there is none; ``what`` names the panel in the text.
    """
    found = [series for series in ask.series if series.channel.kind is not Kind.TEXT]
    if not found and ask.series:
        raise StripchartError(f"only text comes in these channels: a {what} needs one with numbers")
    if not found:
        raise StripchartError("none of these channels has come yet; is a name misspelt?")
    return found


def caveats(shown: Sequence[Series], there: int) -> list[str]:
    """Return what is to be told where not all samples, or not all of so many channels, are shown."""
    samples = [each.samples() for each in shown]
    told = []
    if not all(each.whole for each in samples):
        told.append(f"the newest {max(len(each.time) for each in samples):,} samples of each")
    if len(shown) < there:
        told.append(f"{len(shown)} of {there} channels")
    return told


def palette(series: Sequence[Series]) -> list[int]:
    """Return the place in the palette of each channel: that of its look, else the next."""
    return [
        each.look.colour - 1 if each.look and each.look.colour else place % COLOURS for place, each in enumerate(series)
    ]


def calm_top(most: float) -> float:
    """Return where an axis from 0 ends that holds a figure, with some room: it stays while that changes a little."""
    step = nice_step(max(most, 1e-100) / 8).size
    return step * math.ceil(1.05 * most / step)


def calm_ends(low: float, high: float) -> list[float]:
    """Return round ends for an axis that holds two figures: they stay while those change a little."""
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        half = abs(low) / 10 or 0.5
        low, high = low - half, high + half
    edges = nice_step((high - low) / 16).around(low, high)
    return [float(edges[0]), float(edges[-1])]


def short(value: float, uncertain: float = 0.0) -> str:
    """Return a number with as many digits as are worth reading: to a hundredth of what it may be off."""
    digits = 2 - math.floor(math.log10(uncertain)) if uncertain else MOST_DIGITS
    return f"{value:.5g}" if digits >= MOST_DIGITS else f"{value:.{max(0, digits)}f}"


def unit_of(series: Sequence[Series]) -> str:
    """Return the unit that all of some channels have; else none."""
    units = {each.unit for each in series}
    return units.pop() if len(units) == 1 else ""


def _range(*, log: bool) -> Range1d:
    return Range1d(start=1, end=10) if log else Range1d(start=0, end=1)
