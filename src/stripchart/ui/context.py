"""What the page knows of the monitor around it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from stripchart.ui.readout import READOUT_SECONDS, Readout, read_out

if TYPE_CHECKING:
    from stripchart.flow.hub import Hub
    from stripchart.flow.pump import Pump

Theme = Literal["system", "light", "dark"]


@dataclass
class Context:
    """The data that pages show, and how.

    Attributes
    ----------
    pumps
        The sources, in the order given; more may join while pages are open.
    window
        Seconds of the time axis that a new page shows.
    update_ms
        Milliseconds between two updates of a page; stretched when many pages are open.
    open_pages
        The sessions that are being fed; a set, because Bokeh 3.10 calls from several threads.
    refused_sessions, refused_requests
        Pages beyond ``max_sessions``, and requests that the guard did not let pass.
    """

    hub: Hub
    pumps: list[Pump]
    title: str = "Stripchart"
    window: float = 60.0
    theme: Theme = "system"
    update_ms: int = 50
    max_sessions: int = 50
    open_pages: set[object] = field(default_factory=set)
    refused_sessions: int = 0
    refused_requests: int = 0
    _readout: Readout | None = None

    @property
    def sessions(self) -> int:
        """How many pages are open now."""
        return len(self.open_pages)

    def readout(self) -> Readout:
        """Return the numbers now, at most ``READOUT_SECONDS`` old; all pages share them."""
        readout = self._readout
        if readout is None or time.monotonic() - readout.made > READOUT_SECONDS:
            readout = self._readout = read_out(self.hub, self.pumps)
        return readout
