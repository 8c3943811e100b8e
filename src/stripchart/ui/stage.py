"""What all layouts of one session share."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from bokeh.models import AllIndices, ColumnDataSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bokeh.document import Document
    from bokeh.model import Model
    from bokeh.models import Range1d


class Stage(NamedTuple):
    """The document and what is numbered in it: a page may be given another design while it is open."""

    document: Document
    time_range: Range1d
    marks: ColumnDataSource
    """Where something happened."""
    all_rows: AllIndices
    """What lines leave out of their sources: nothing."""
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
        return cls(document, time_range, marks, AllIndices(), count(), count(), count(), count())

    @property
    def kept(self) -> list[Model]:
        """What must be in the document all the time, for a browser that forgets late what it is sent again."""
        return [self.marks, self.all_rows]

    def source(self, name: str) -> ColumnDataSource:
        """Return a new source. Nothing is ever selected, so that all share the parts that would say it."""
        marks = self.marks
        return ColumnDataSource(name=name, selected=marks.selected, selection_policy=marks.selection_policy)
