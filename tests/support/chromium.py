"""How the system's Chromium is started, and asked what it holds."""

from __future__ import annotations

from typing import Final

ARGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Without these it looks names up on a network at every start."""

ROWS: Final = "(key) => (Bokeh.documents[0]?.get_model_by_name(key)?.data.n ?? []).reduce((sum, n) => sum + n, 0)"
"""JavaScript: how many rows the source of that key holds in the browser, each counted as many as it stands for."""

BEEN_HERE: Final = "try { localStorage.setItem('stripchart-hint', '1') } catch {}"
"""Script of a browser that was here before: what a first visitor is told does not move what is looked at."""
