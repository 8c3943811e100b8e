"""How often a page is updated: as often as one sees, and never so often that its server falls behind."""

from __future__ import annotations

from typing import Final

BUSY_PAGES: Final = 15
PAGES_STRETCH: Final = 1.6
"""Open pages beyond which each is updated less often, and by how much."""
BUSY_LINES: Final = 8
LINES_STRETCH: Final = 1.8
"""Lines beyond which a page is updated less often, and by how much: drawing costs a browser lines times updates."""
REST: Final = 4
"""How many times as long as a tick takes there is at least until the next: a page takes at most a part of a core."""
SLOWEST_MS: Final = 1_000
WEIGHT: Final = 0.1
"""Of the newest tick in the mean of all: one that waited for something else must not slow the page down."""


class Pace:
    """Chooses the time between two ticks of one page.

    Parameters
    ----------
    update_ms
        Milliseconds between two ticks of a page that costs little.
    """

    def __init__(self, update_ms: int) -> None:
        self._update_ms = update_ms
        self._took_ms = 0.0

    def note(self, seconds: float) -> None:
        """Hear how long a tick took."""
        self._took_ms += (seconds * 1000 - self._took_ms) * WEIGHT

    def period(self, *, lines: int, pages: int) -> int:
        """Return the milliseconds from one tick to the next, for a page with so many lines among so many pages.

        It is doubled, not stretched, where ticks take long: else it would be another one each second.
        """
        period = self._update_ms * (PAGES_STRETCH if pages > BUSY_PAGES else 1.0)
        period *= LINES_STRETCH if lines > BUSY_LINES else 1.0
        while period < min(REST * self._took_ms, SLOWEST_MS):
            period *= 2
        return round(period)
