"""A line plot, served from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bokeh.plotting import figure

from stripchart import Monitor

if TYPE_CHECKING:
    from bokeh.document import Document


def make_document(doc: Document) -> None:
    """Draw the plot; called for each visitor."""
    fig = figure(title="Line plot!", sizing_mode="scale_width")
    fig.line(x=[1, 2, 3], y=[1, 4, 9], name="line")

    doc.title = "Hello, world!"
    doc.add_root(fig)


def main() -> None:
    """Serve the page until Ctrl-C."""
    with Monitor(pages={"/line": make_document}) as monitor:  # returns at once; port=5000 would fix the port
        print(monitor.page_url("/line"), flush=True)
        monitor.wait()


if __name__ == "__main__":
    main()
