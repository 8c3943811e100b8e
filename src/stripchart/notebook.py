"""Where the program runs: in a notebook's cell, in a running loop."""

from __future__ import annotations

import asyncio
import sys
from typing import Any


def in_notebook() -> bool:
    """Say whether this process is a Jupyter kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


def in_running_loop() -> bool:
    """Say whether an asyncio loop runs this code, which must not be held up then."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def inline_frame(url: str, height: int) -> Any:
    """Return the page as a frame that IPython displays."""
    from IPython.display import IFrame

    return IFrame(url, "100%", height)
