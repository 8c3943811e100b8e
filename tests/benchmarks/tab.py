"""One page in one headless Chromium tab, and what it costs: CPU, memory, frames, and the age of what is drawn."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil
from playwright.sync_api import sync_playwright

from support.chromium import ARGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MIB = 1 << 20
SIZE = {"width": 1400, "height": 800}

# Counts frames, and each 103 ms notes how long ago the newest row was made; both clocks are this machine's.
PROBE = """(newest) => {
  const ask = eval(newest);
  const probe = window.probe = {frames: 0, ages: [], since: performance.now()};
  const frame = () => { probe.frames++; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  setInterval(() => {
    const time = ask();
    if (time) probe.ages.push(Date.now() - time);
  }, 103);
}"""
READ = "() => ({fps: probe.frames * 1000 / (performance.now() - probe.since), ages: probe.ages})"
NEWEST = "() => Bokeh.documents[0].get_model_by_name('s0')?.data.t?.at?.(-1)"
"""JavaScript: the time of the newest row of a page of Bokeh, in milliseconds."""
DRAWN = "window.Bokeh?.documents[0]?.get_model_by_name('s0')?.data.t?.length > 10"


class Figures(NamedTuple):
    """One tab watched for a while."""

    server: float
    """CPU, % of a core."""
    browser: float
    """CPU of all of Chromium's processes."""
    fps: float
    age: float
    """Of the newest drawn sample, milliseconds: the median; infinite if none is drawn."""
    server_mib: float
    browser_mib: float
    """Memory that is the processes' own."""


@contextmanager
def running(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([*command], **{"stdout": subprocess.PIPE, "text": True, **options})
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def chromium(*more: str) -> Iterator[Any]:
    """Start the browser; it is gone afterwards."""
    with sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=executable, args=[*ARGS, *more])
        try:
            yield browser
        finally:
            browser.close()


def browser_processes() -> list[psutil.Process]:
    return [process for process in psutil.Process().children(recursive=True) if "chrom" in process.name()]


def cpu(processes: Sequence[psutil.Process]) -> float:
    """Return the seconds of processor time that they have used."""
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def memory(processes: Sequence[psutil.Process]) -> float:
    """Return the MiB that are theirs alone."""
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().uss
        except psutil.NoSuchProcess:
            continue
    return total / MIB


def watch(page: Any, server: psutil.Process, seconds: float, newest: str = NEWEST) -> Figures:
    """Watch a page that is there: its processor time first, its frames after that, for counting them takes some too."""
    servers, browsers = [server], browser_processes()
    before, start = (cpu(servers), cpu(browsers)), time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    span = time.monotonic() - start
    used = [(after - then) / span * 100 for after, then in zip((cpu(servers), cpu(browsers)), before, strict=True)]
    page.evaluate(PROBE, newest)
    page.wait_for_timeout(seconds * 1000)
    probe = page.evaluate(READ)
    age = statistics.median(probe["ages"] or [float("inf")])
    return Figures(used[0], used[1], probe["fps"], age, memory(servers), memory(browsers))


def middle(rounds: Sequence[Figures]) -> Figures:
    return Figures(*(statistics.median(column) for column in zip(*rounds, strict=True)))
