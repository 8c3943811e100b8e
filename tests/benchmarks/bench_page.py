"""The page: CPU and memory of server and browser, frames a second, and how old the newest drawn sample is.

16 channels at 50 Hz, then 64 at 100 Hz, come from a real Mosquitto to one headless Chromium tab: for ours, for the
batched and the naive Bokeh pattern, and with 64 channels for Node-RED's dashboard, all in turn.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from playwright.sync_api import Error

from support.broker import Broker
from tests.benchmarks import node_red
from tests.benchmarks.result import Result
from tests.benchmarks.tab import DRAWN, NEWEST, SIZE, Figures, chromium, cpu, memory, middle, running, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

HERE = Path(__file__).parent
SECONDS = 15
SETTLE = 8
ROUNDS = 2
PATIENCE = 30
"""Seconds that a page may take until it shows anything."""
METRICS = (
    ("server CPU", "server", "% of a core"),
    ("browser CPU", "browser", "% of a core"),
    ("frames a second", "fps", "fps"),
    ("newest sample", "age", "ms old"),
    ("server memory", "server_mib", "MiB"),
    ("browser memory", "browser_mib", "MiB"),
)


def visit(browser: Any, command: tuple[str, ...]) -> Figures:
    """Watch a page of Bokeh's that a program serves whose first line is its address."""
    with running(sys.executable, *command) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        return look(browser, address, server.pid, lambda page: page.wait_for_function(DRAWN), NEWEST)


def look(browser: Any, address: str, pid: int, drawn: Callable[[Any], object], newest: str) -> Figures:
    page = browser.new_page(viewport=SIZE)
    page.set_default_timeout(PATIENCE * 1000)
    server = psutil.Process(pid)
    used, start = cpu([server]), time.monotonic()
    try:
        page.goto(address, wait_until="commit")
        drawn(page)
        page.wait_for_timeout(SETTLE * 1000)
        return watch(page, server, SECONDS, newest)
    except Error as error:  # it never showed anything, or does not answer any more
        print(f"no figures of {address}: {str(error).splitlines()[0]}", file=sys.stderr)
        share = (cpu([server]) - used) / (time.monotonic() - start) * 100
        return Figures(share, math.nan, 0.0, math.inf, memory([server]), math.nan)
    finally:
        page.close()


def visit_node_red(browser: Any, broker: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        node_red.fetch(Path(folder))
        with node_red.node_red(Path(folder), broker) as (process, address):
            return look(browser, address, process.pid, lambda page: page.wait_for_selector("canvas"), node_red.NEWEST)


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder, Broker(Path(folder)) as broker:

        def publishing(channels: int, rate: int) -> AbstractContextManager[object]:
            return running(sys.executable, str(HERE / "publisher.py"), str(broker.port), str(channels), str(rate))

        def bokeh(browser: Any, channels: int, how: str) -> Figures:
            return visit(browser, (str(HERE / "naive_bokeh.py"), str(broker.port), str(channels), "100", how))

        def ours(browser: Any) -> Figures:
            return visit(browser, (str(HERE / "page_ours.py"), f"{broker.url}/bench/#"))

        for channels, rate in ((16, 50), (64, 100)):
            with chromium() as browser, publishing(channels, rate):
                rounds = [(ours(browser), bokeh(browser, channels, "batched")) for _ in range(ROUNDS)]
                mine, batched = (middle(column) for column in zip(*rounds, strict=True))
                naive = bokeh(browser, channels, "naive")
            case = f"{channels} x {rate} Hz"
            yield from compare(f"{case}, batched", mine, batched, least_fps=55 if channels == 16 else 50)
            yield from compare(f"{case}, naive", mine, naive)
            if channels == 64:
                # A browser of its own: what does not load may leave one that does not answer.
                with chromium() as browser, publishing(channels, rate):
                    yield from compare(f"{case}, Node-RED", mine, visit_node_red(browser, broker.port))


def compare(case: str, ours: Figures, peer: Figures, least_fps: int = 0) -> Iterator[Result]:
    """Give a line for each figure; the targets are those beside the batched pattern."""
    for name, field, unit in METRICS:
        mine, other = getattr(ours, field), getattr(peer, field)
        ratio, target, met = mine / other if other else math.inf, "", True
        if least_fps and name.endswith("CPU"):
            target, met = "<= 0.7", ratio <= 0.7
        elif least_fps and field == "fps":
            ratio, target, met = mine, f">= {least_fps}", mine >= least_fps
        elif least_fps and field == "age":
            ratio, target, met = mine, "<= 80", mine <= 80
        yield Result("page", f"{case}: {name}", mine, other, unit, ratio, target, met)


if __name__ == "__main__":
    for result in run():
        print(result)
