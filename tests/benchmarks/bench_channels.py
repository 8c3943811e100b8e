"""Thousands of channels: 2,000 topics of a real Mosquitto, each once a second, on one page.

How long from the navigation to the first readings; from a key in the search to the paint; and whether the memory of
browser and server stays within bounds.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import psutil

from support.broker import Broker
from support.wait import until
from tests.benchmarks.result import Result
from tests.benchmarks.tab import MIB, SIZE, browser_processes, chromium, cpu, memory, running

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
CHANNELS = 2_000
SECONDS = 60
VISITS = 3
READINGS = (
    "[...document.querySelectorAll('.legend .value')].filter((value) => /[0-9]/.test(value.textContent)).length > 10"
)
# A key that is pressed counts until the frame after it has been painted.
PAINTS = """() => {
  window.paints = [];
  addEventListener("keydown", (event) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.paints.push(performance.now() - event.timeStamp);
    channel.port2.postMessage(null);
  }), {capture: true});
}"""


def open_page(browser: Any, address: str) -> tuple[Any, float]:
    """Open the page; return it with the seconds until it shows readings."""
    page = browser.new_page(viewport=SIZE)
    start = time.monotonic()
    page.goto(address, wait_until="commit")
    page.wait_for_function(READINGS)
    return page, time.monotonic() - start


def search(page: Any) -> float:
    """Type a word in the search and take it out again; return the milliseconds of the slowest key."""
    page.evaluate("(document.getElementById('channels-button') ?? document.querySelector('#listed summary')).click()")
    page.get_by_label("Find a channel").focus()
    page.evaluate(PAINTS)
    for key in (*"bench/ch19", *["Backspace"] * 10):
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    return float(max(page.evaluate("paints")))


def heap(devtools: Any) -> float:
    """Return the MiB that the page's scripts hold after a collection of garbage."""
    devtools.send("HeapProfiler.collectGarbage")
    return float(devtools.send("Runtime.getHeapUsage")["usedSize"]) / MIB


def channels(address: str) -> int:
    with urlopen(f"{address}api/channels", timeout=10) as answer:  # noqa: S310 - our own server
        return len(json.load(answer))


def run() -> Iterator[Result]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Broker(Path(folder)) as broker,
        running(sys.executable, str(HERE / "publisher.py"), str(broker.port), str(CHANNELS), "1"),
        running(sys.executable, str(HERE / "page_ours.py"), f"{broker.url}/bench/#") as process,
        chromium() as browser,
    ):
        assert process.stdout is not None
        address, server = process.stdout.readline().strip(), psutil.Process(process.pid)
        until(lambda: channels(address) == CHANNELS, 30, 0.5, what=f"{CHANNELS} channels")
        took = []
        for _ in range(VISITS):
            page, seconds = open_page(browser, address)
            took.append(seconds)
            page.close()
        page, seconds = open_page(browser, address)
        took.append(seconds)
        slowest = search(page)
        page.wait_for_timeout(5_000)
        devtools = page.context.new_cdp_session(page)
        before = heap(devtools), memory([server])
        used, start = (cpu([server]), cpu(browser_processes())), time.monotonic()
        page.wait_for_timeout(SECONDS * 1000)
        span = time.monotonic() - start
        shares = [
            (now - then) / span * 100 for now, then in zip((cpu([server]), cpu(browser_processes())), used, strict=True)
        ]
        after = heap(devtools), memory([server])
    case = f"{CHANNELS:,} topics at 1 Hz"
    opened = statistics.median(took)
    yield Result("channels", f"{case}: first readings", opened, 0, "s", opened, "< 3", opened < 3)
    yield Result("channels", f"{case}: slowest key to paint", slowest, 0, "ms", slowest, "<= 100", slowest <= 100)
    yield Result("channels", f"{case}: server CPU", shares[0], 0, "% of a core", shares[0], "", met=True)
    yield Result("channels", f"{case}: browser CPU", shares[1], 0, "% of a core", shares[1], "", met=True)
    for name, now, then in zip(("browser heap", "server memory"), after, before, strict=True):
        yield Result("channels", f"{case}: {name}, first", now, then, "MiB", now / then, "<= 1.2", now / then <= 1.2)


if __name__ == "__main__":
    for result in run():
        print(result)
