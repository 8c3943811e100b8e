"""Playwright's synchronous API keeps a loop "running" in the main thread, from its first use to the session's end."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def no_running_loop() -> Iterator[None]:
    """Hide that loop, so that a monitor starts as in a script and ``asyncio.run`` works; call no Playwright inside."""
    hidden = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(hidden)
