"""All routes of ours."""

from __future__ import annotations

from typing import Final

from stripchart.ui.api import control, facts, notes, panels, rows

ROUTES: Final = [*facts.ROUTES, *rows.ROUTES, *panels.ROUTES, *control.ROUTES, *notes.ROUTES]
