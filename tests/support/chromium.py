"""How the system's Chromium is started."""

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
