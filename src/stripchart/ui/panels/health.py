"""The health of the monitor: every byte and every sample, and where it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bokeh.models import Range1d

    from stripchart.ui.panels.contract import Ask


@dataclass(frozen=True)
class HealthOptions:
    """It has none: the ledger is shown whole, or it would not balance."""


class HealthPanel:
    """Asks ``/api/ledger`` by itself: its script is idle."""

    Options = HealthOptions
    script = "health"
    on_time = False

    def __init__(self, options: HealthOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> None:
        """Return none: it is written, not drawn."""

    def draw(self, ask: Ask) -> dict[str, Any]:  # noqa: ARG002 - nothing of what is asked here is shown
        """Return nothing."""
        return {}
