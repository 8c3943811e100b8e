"""Short programs to begin from; each runs by ``python -m stripchart.examples.NAME`` and prints its page's address.

line, circles, workers
    One page each of your own making: plain Bokeh functions, served from Python.
pages
    All three as pages of one server.
embed_asyncio
    The monitor inside an asyncio program.
frame
    The live data as NumPy arrays and as a DataFrame.
notebook.ipynb
    The same as a notebook.
dashboard.toml
    The second page of ``stripchart demo``: panels.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any


def dashboard() -> dict[str, Any]:
    """Return the pages of ``stripchart demo`` beside the first, by their paths: see ``dashboard.toml``."""
    tables = tomllib.loads((files(__name__) / "dashboard.toml").read_text(encoding="utf-8"))["page"]
    return {table["path"]: table for table in tables}
