"""A console: what a source sends as it came, byte for byte, and a line to talk back with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bokeh.models import Range1d

    from stripchart.ui.panels.contract import Ask


@dataclass(frozen=True)
class ConsoleOptions:
    """Which source, and how.

    Attributes
    ----------
    source
        Its name; the viewer chooses where not given.
    hex
        Show bytes instead of text, at first.
    """

    source: str = ""
    hex: bool = False


class ConsolePanel:
    """Asks ``/api/console`` by itself, and sends by ``/api/send`` and ``/api/port``: its script is idle."""

    Options = ConsoleOptions
    script = "console"
    on_time = False

    def __init__(self, options: ConsoleOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> None:
        """Return none: it is written, not drawn."""

    def draw(self, ask: Ask) -> dict[str, Any]:  # noqa: ARG002 - nothing of what is asked here is shown
        """Return nothing."""
        return {}
