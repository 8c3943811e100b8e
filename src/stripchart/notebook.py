"""The page inside a notebook's cell."""

from __future__ import annotations

import sys
from typing import Any


def in_notebook() -> bool:
    """Say whether this process is a Jupyter kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


def inline_frame(url: str, height: int) -> Any:
    """Return the page as a frame that IPython displays."""
    from IPython.display import IFrame

    return IFrame(url, "100%", height)
