from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

T = TypeVar("T")


def until(
    condition: Callable[[], T],
    timeout: float = 10.0,
    every: float = 0.02,
    what: str = "",
    page: Page | None = None,
) -> T:
    """Wait until the condition is truthy and return its value; AssertionError with the last value when it never is.

    Give the ``page`` in a browser test: Playwright passes every websocket frame to this thread, and Chromium stops when
    they are not taken.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what or condition}; last value: {value!r}")
        if page is None:
            time.sleep(every)
        else:
            page.wait_for_timeout(every * 1000)
