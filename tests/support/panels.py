"""Pages of panels in a browser."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from stripchart import Monitor
from stripchart.flow.records import Channel, make_batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Page

CHANNELS = (Channel("temperature", "°C"), Channel("humidity", "%"), Channel("light", "lx"))


@contextmanager
def watched(
    page: Page, *panels: dict[str, Any], state: str = "", sources: Sequence[str] = (), control: bool = False,
    expected: str = "nothing", **design: Any,
) -> Iterator[Monitor]:  # fmt: skip
    """Serve a page of some panels over 200 rows of the last ten seconds, and check that nothing else complains."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    with Monitor(*sources, title="Bench", control=control, pages={"/": {"panel": list(panels), **design}}) as monitor:
        numbers = np.arange(200)
        times = time.time_ns() - (200 - numbers) * 50_000_000
        monitor.hub.publish(
            make_batch("bench", CHANNELS, times, [20 + numbers / 100, numbers / 2, 10.0 ** (numbers / 50)])
        )
        page.goto(monitor.url + state)
        page.wait_for_selector("body[data-ready]")
        yield monitor
    assert [complaint for complaint in complaints if expected not in complaint] == []
