"""Live circles: every visitor has data of their own, which grow while they look."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from stripchart import Monitor

if TYPE_CHECKING:
    from bokeh.document import Document


def make_document(doc: Document) -> None:
    """Draw the plot and add a circle every 100 ms; called for each visitor."""
    source = ColumnDataSource({"x": [], "y": [], "color": []}, name="circles")

    def update() -> None:
        record = {
            "x": [random.random()],
            "y": [random.random()],
            "color": [random.choice(["red", "blue", "green"])],
        }
        source.stream(record, rollover=10_000)

    doc.add_periodic_callback(update, 100)

    unit = Range1d(start=0, end=1)
    fig = figure(title="Streaming circle plot!", sizing_mode="scale_width", x_range=unit, y_range=unit.clone())
    fig.scatter(source=source, x="x", y="y", color="color", size=10)

    doc.title = "Now with live updating!"
    doc.add_root(fig)


def main() -> None:
    """Serve the page until Ctrl-C."""
    with Monitor(pages={"/circles": make_document}) as monitor:
        print(monitor.page_url("/circles"), flush=True)
        monitor.wait()


if __name__ == "__main__":
    main()
