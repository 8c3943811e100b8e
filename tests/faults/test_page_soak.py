"""A page that is left open: the heap of its browser and the memory of the server come to rest.

One tab for an hour at 50 times the speed: a recording of 16 channels at 50 Hz is replayed with `speed=50` again and
again. That is 2,500 rows of 16 channels a second, and in an hour two days of the sensors. `STRIPCHART_SOAK_MINUTES`
says how long; in less than 20 minutes the server's memory is not full yet, and nothing could come to rest.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.request import urlopen

import numpy as np
import psutil
import pytest
from playwright.sync_api import sync_playwright

from stripchart.flow.records import Channel, make_batch
from stripchart.store.writing.writer import Writer
from support.chromium import ARGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MINUTES = float(os.environ.get("STRIPCHART_SOAK_MINUTES", "60"))
MIB = 1 << 20
RATE, STREAMS, CHANNELS = 50, 4, 4
RECORDED = 30 * 60
SPEED = 50
NOISE = {"heap": (0.05, 1.0), "server": (0.03, 4.0), "nodes": (0.1, 300.0)}
"""How much each may grow in the second half, by a straight line through its samples: a part of its mean, or so much
(MiB, nodes) if that is more. After a collection of garbage a heap still varies by 2 %, and the nodes by those that the
browser has not let go of yet; a server's memory varies by a block of history for each stream.
"""

pytestmark = [pytest.mark.soak, pytest.mark.browser, pytest.mark.timeout(int(MINUTES * 60) + 600)]


class Sample(NamedTuple):
    """What was there at one minute."""

    minute: float
    heap: float
    """MiB of the page's scripts, after a collection of garbage."""
    nodes: float
    """Of the document."""
    server: float
    """MiB that are the server's alone."""
    threads: int
    files: int
    sessions: int


def record(path: Path) -> None:
    """Write half an hour of 16 channels in four streams."""
    writer = Writer(path, title="Soak")
    times = 1_700_000_000_000_000_000 + np.arange(RECORDED * RATE) * (1_000_000_000 // RATE)
    seconds = np.arange(len(times)) / RATE
    noise = np.random.default_rng(5)
    for stream in range(STREAMS):
        channels = tuple(Channel(f"ch{place}", f"V{stream}") for place in range(CHANNELS))
        columns = [
            np.round(place + np.sin(seconds / (2 + place)) + noise.normal(0, 0.05, len(times)), 3)
            for place in range(CHANNELS)
        ]
        writer.append(make_batch(f"bench/s{stream}", channels, times, columns))
    writer.commit()
    writer.close()


@contextmanager
def watching(url: str) -> Iterator[tuple[psutil.Process, str]]:
    """Run the command as a user would; give its process and the address of its page."""
    command = [sys.executable, "-m", "stripchart", "watch", url, "--no-record", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield psutil.Process(process.pid), process.stdout.readline().strip()
        finally:
            process.kill()


def take(begun: float, page: Any, devtools: Any, server: psutil.Process, address: str) -> Sample:
    """Measure, after the page has shown that it goes on."""
    page.wait_for_function("stripchart.strips.range.end > Date.now() - 2000", timeout=10_000)
    with urlopen(f"{address}api/ledger", timeout=10) as answer:  # noqa: S310 - our own server
        account = json.load(answer)
    assert account["balanced"]
    devtools.send("HeapProfiler.collectGarbage")
    return Sample(
        round((time.monotonic() - begun) / 60, 2),
        round(devtools.send("Runtime.getHeapUsage")["usedSize"] / MIB, 2),
        devtools.send("Memory.getDOMCounters")["nodes"],
        round(server.memory_full_info().uss / MIB, 1),
        server.num_threads(),
        server.num_fds(),
        len(account["subscriptions"]),
    )


def tell(*words: object) -> None:
    """Say how it goes, to whoever waits for an hour (`pytest -s`)."""
    sys.stderr.write("\t".join(map(str, words)) + "\n")


def growth(samples: Sequence[Sample], name: str) -> tuple[float, float]:
    """Return how much something grew over the samples, by a straight line through them, and how much may be noise."""
    values = np.array([getattr(sample, name) for sample in samples], float)
    minutes = np.array([sample.minute for sample in samples])
    slope = np.polyfit(minutes, values, 1)[0]
    part, least = NOISE[name]
    return float(slope * (minutes[-1] - minutes[0])), max(part * float(values.mean()), least)


def test_an_hour_at_fifty_times_the_speed_leaves_memory_flat(tmp_path: Path) -> None:
    path = tmp_path / "soak.stripchart"
    record(path)
    url = f"replay:{path}?speed={SPEED}&at=paced&loop=true"
    samples: list[Sample] = []
    with watching(url) as (server, address), sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=executable, args=ARGS)
        page = browser.new_page(viewport={"width": 1400, "height": 800})
        page.goto(address)
        page.wait_for_function("document.querySelectorAll('.legend .value').length === 16")
        devtools = page.context.new_cdp_session(page)
        begun = time.monotonic()
        while time.monotonic() < begun + MINUTES * 60:
            page.wait_for_timeout(min(60.0, MINUTES * 6) * 1000)
            samples.append(take(begun, page, devtools, server, address))
            tell(*samples[-1])
        browser.close()
    half = samples[len(samples) // 2 :]
    grown = {name: growth(half, name) for name in NOISE}
    tell("grown in the second half, and what is noise:", grown)
    assert all(found <= noise for found, noise in grown.values()), (grown, samples)
    assert {sample.sessions for sample in samples} == {1}
    assert max(sample.threads for sample in half) <= samples[0].threads + 1
    assert max(sample.files for sample in half) <= samples[0].files + 2
