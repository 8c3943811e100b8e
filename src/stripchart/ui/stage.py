"""What all layouts of one session share."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from bokeh.models import ColumnDataSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bokeh.document import Document
    from bokeh.models import Range1d


class Stage(NamedTuple):
    """The document and what is numbered in it: a page may be given another design while it is open."""

    document: Document
    time_range: Range1d
    marks: ColumnDataSource
    sources: Iterator[int]
    """Numbers in the names of sources, of which none means two things: a browser forgets models late."""
    strips: Iterator[int]
    """Likewise, and so on."""
    panels: Iterator[int]
    generations: Iterator[int]

    @classmethod
    def of(cls, document: Document, time_range: Range1d) -> Stage:
        """Return that of a new session."""
        marks = ColumnDataSource(name="marks", data={"t": [], "colour": []})
        return cls(document, time_range, marks, count(), count(), count(), count())
