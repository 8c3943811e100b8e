"""The page: CPU of server and browser, frames a second, and how old the newest drawn sample is.

16 channels at 50 Hz come from a real Mosquitto to one headless Chromium tab, for ours and for the batched Bokeh
pattern in turn; then ours alone with 64 channels at 100 Hz.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil
from playwright.sync_api import sync_playwright

from support.broker import Broker
from support.chromium import ARGS
from tests.benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SECONDS = 20
ROUNDS = 2
SETTLE = 8

# Counts frames, and each 100 ms notes how long ago the newest row was made; both clocks are this machine's.
PROBE = """() => {
  const probe = window.probe = {frames: 0, ages: [], since: performance.now()};
  const frame = () => { probe.frames++; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  setInterval(() => {
    const source = Bokeh.documents[0].get_model_by_name("s0");
    const times = source?.data.t;
    if (times?.length) probe.ages.push(Date.now() - times[times.length - 1]);
  }, 103);
}"""
READ = "() => ({fps: probe.frames * 1000 / (performance.now() - probe.since), ages: probe.ages})"


class Figures(NamedTuple):
    """One tab watched for a while: % of a core, frames a second, milliseconds."""

    server: float
    browser: float
    fps: float
    age: float


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def cpu(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def watch(browser: Any, command: tuple[str, ...]) -> Figures:
    with running(*command) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        page = browser.new_page(viewport={"width": 1400, "height": 800})
        page.goto(address)
        page.wait_for_function("Bokeh.documents[0]?.get_model_by_name('s0')?.data.t?.length > 10", timeout=30_000)
        page.wait_for_timeout(SETTLE * 1000)
        chromium = [p for p in psutil.Process().children(recursive=True) if "chrom" in p.name()]
        served = [psutil.Process(server.pid)]
        page.evaluate(PROBE)
        before = cpu(served), cpu(chromium), time.monotonic()
        page.wait_for_timeout(SECONDS * 1000)
        span = time.monotonic() - before[2]
        probe = page.evaluate(READ)
        figures = Figures(
            (cpu(served) - before[0]) / span * 100,
            (cpu(chromium) - before[1]) / span * 100,
            probe["fps"],
            statistics.median(probe["ages"]),
        )
        page.close()
    return figures


def middle(rounds: list[Figures]) -> Figures:
    return Figures(*(statistics.median(column) for column in zip(*rounds, strict=True)))


def run() -> list[Result]:
    ours: list[Figures] = []
    peer: list[Figures] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        broker = Broker(Path(folder))
        broker.start()
        executable = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=executable, args=ARGS)
        try:
            with running(str(HERE / "publisher.py"), str(broker.port), "16", "50"):
                for _ in range(ROUNDS):
                    ours.append(watch(browser, (str(HERE / "page_ours.py"), f"{broker.url}/bench/#")))
                    peer.append(watch(browser, (str(HERE / "naive_bokeh.py"), str(broker.port), "16", "100")))
            with running(str(HERE / "publisher.py"), str(broker.port), "64", "100"):
                many = watch(browser, (str(HERE / "page_ours.py"), f"{broker.url}/bench/#"))
        finally:
            browser.close()
            broker.stop()
    one, other = middle(ours), middle(peer)
    return [
        compare("16 x 50 Hz: server CPU", one.server, other.server, "% of a core"),
        compare("16 x 50 Hz: browser CPU", one.browser, other.browser, "% of a core"),
        Result("page", "16 x 50 Hz: frames a second", one.fps, other.fps, "fps", one.fps, ">= 55", one.fps >= 55),
        Result("page", "16 x 50 Hz: newest sample", one.age, other.age, "ms old", one.age, "<= 80", one.age <= 80),
        Result("page", "64 x 100 Hz: frames a second", many.fps, 0, "fps", many.fps, ">= 50", many.fps >= 50),
        Result("page", "64 x 100 Hz: server CPU", many.server, 0, "% of a core", many.server, "", met=True),
        Result("page", "64 x 100 Hz: browser CPU", many.browser, 0, "% of a core", many.browser, "", met=True),
        Result("page", "64 x 100 Hz: newest sample", many.age, 0, "ms old", many.age, "", met=True),
    ]


def compare(case: str, ours: float, peer: float, unit: str) -> Result:
    ratio = ours / peer
    return Result("page", case, ours, peer, unit, ratio, "<= 0.7", ratio <= 0.7)


if __name__ == "__main__":
    for result in run():
        print(result)
