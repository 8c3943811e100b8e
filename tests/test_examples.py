"""The examples as a reader runs them: each a process of its own, looked at with a real browser."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from distributed import Client, LocalCluster
from PIL import Image
from playwright.sync_api import expect

import stripchart.examples
from stripchart import Monitor, source
from stripchart.examples import workers
from stripchart.flow.records import Channel, make_batch
from support.loop import no_running_loop
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

BROWSER_MS = 30_000
NAMES = sorted(path.stem for path in Path(stripchart.examples.__path__[0]).glob("[a-z]*.py"))
LINE, RED, GREEN = (31, 119, 180), (255, 0, 0), (0, 128, 0)


class Run(NamedTuple):
    """An example that runs."""

    address: str
    """What it printed first."""
    output: Iterator[str]
    """What it prints further, line by line."""


@contextmanager
def running(folder: Path, name: str, *arguments: str) -> Iterator[Run]:
    """Run an example until the block ends; it must end well upon Ctrl-C."""
    errors = folder / "errors.txt"
    command = [sys.executable, "-W", "error", "-m", f"stripchart.examples.{name}", *arguments]
    with errors.open("w") as stderr, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as run:
        try:
            assert run.stdout is not None
            address = run.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), errors.read_text()
            yield Run(address, map(str.strip, run.stdout))
            run.send_signal(signal.SIGINT)
            assert run.wait(30) == 0, errors.read_text()
        finally:
            run.kill()
    assert "Traceback" not in errors.read_text()


def wait_for(page: Page, expression: str) -> Any:
    """Wait until a JavaScript expression about the page's Bokeh document is truthy, and return its value.

    In it, ``figure`` is the first root, and ``column(model, name)`` a column of the data of the model of that name.
    """
    code = f"""() => {{
        const document_ = window.Bokeh?.documents[0];
        const figure = document_?.roots()[0];
        if (figure == null) return null;
        const column = (model, name) => {{
            const found = document_.get_model_by_name(model);
            return Array.from((found?.data_source ?? found)?.data[name] ?? []);
        }};
        return {expression};
    }}"""
    return page.wait_for_function(code, timeout=BROWSER_MS).json_value()


def wait_for_colour(page: Page, colour: tuple[int, int, int]) -> None:
    """Wait until some pixel of the page has a colour, more or less."""
    deadline = time.monotonic() + BROWSER_MS / 1000
    while True:
        pixels = np.asarray(Image.open(BytesIO(page.screenshot())).convert("RGB")).astype(int)
        if (np.abs(pixels - colour).max(axis=2) < 30).any():
            return
        assert time.monotonic() < deadline, f"nothing is {colour}"


def test_every_example_has_a_test():
    assert NAMES == ["circles", "embed_asyncio", "frame", "line", "pages", "workers"]


@pytest.mark.parametrize("name", NAMES)
def test_importing_an_example_does_nothing(name: str):
    code = f"import threading, stripchart.examples.{name} as e; print(callable(e.main), threading.active_count())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100)
    assert (run.stdout, run.stderr) == ("True 1\n", "")


def test_line(page: Page, tmp_path: Path):
    with running(tmp_path, "line") as run:
        page.goto(run.address)
        assert page.title() == "Hello, world!"
        assert wait_for(page, "[column('line', 'x'), column('line', 'y')]") == [[1, 2, 3], [1, 4, 9]]
        wait_for_colour(page, LINE)


def test_circles_grow_by_ten_a_second_and_each_visitor_has_their_own(page: Page, tmp_path: Path):
    with running(tmp_path, "circles") as run:
        began = time.monotonic()
        page.goto(run.address)
        other = page.context.new_page()
        other.goto(run.address)
        seen = wait_for(page, "column('circles', 'x').length >= 30 && column('circles', 'x')")
        # Never more than ten a second; that they come at all is the limit of the wait.
        assert len(seen) <= (time.monotonic() - began) * 10 + 1
        assert all(0 <= value < 1 for value in seen)
        assert set(wait_for(page, "column('circles', 'color')")) == {"red", "green", "blue"}
        others = wait_for(other, "column('circles', 'x').length >= 30 && column('circles', 'x')")
        assert not set(seen) & set(others)
        page.bring_to_front()
        wait_for_colour(page, RED)


# Workers


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(protocol="tcp", **workers.SMALL_CLUSTER) as started:
        yield started


def newest(page: Page) -> list[float]:
    """Return the newest numbers of idle and saturated workers."""
    both = "['idle', 'saturated'].map((name) => column('workers', name).at(-1))"
    return list(wait_for(page, f"column('workers', 'time').length && {both}"))


def test_workers_are_seen_idle_and_saturated(page: Page, tmp_path: Path, cluster: LocalCluster):
    with running(tmp_path, "workers", cluster.scheduler_address) as run, Client(cluster) as client:
        page.goto(run.address)
        wait_for(page, "column('workers', 'idle').at(-1) === 2")
        assert newest(page) == [2, 0]
        first = next(iter(cluster.scheduler.workers))
        tasks = client.map(time.sleep, [0.5] * 200, workers=[first], pure=False)
        wait_for(page, "column('workers', 'saturated').at(-1) === 1")
        assert newest(page) == [1, 1]
        wait_for_colour(page, GREEN)
        client.cancel(tasks)
        wait_for(page, "column('workers', 'idle').at(-1) === 2 && column('workers', 'saturated').at(-1) === 0")
        check_own_page(page, run.address.removesuffix("workers"))


def check_own_page(page: Page, address: str) -> None:
    """See the same counts on Stripchart's own page: the history of both channels."""
    page.goto(address)
    expect(page.locator(".legend .name")).to_have_text(["idle", "saturated"], timeout=BROWSER_MS)
    wait_for(page, "Math.max(...column('s0', 'c1')) === 1")
    told = page.request.get(f"{address}api/channels").json()
    assert [(row["stream"], row["name"], row["last_value"]) for row in told] == [
        ("workers", "idle", 2),
        ("workers", "saturated", 0),
    ]


def test_a_scheduler_that_is_away_is_a_lost_source(cluster: LocalCluster):
    with Client(cluster.scheduler_address) as client, no_running_loop(), Monitor(workers.workers_of(client)) as monitor:
        until(lambda: monitor.ledger()["sources"]["workers"]["samples"])
        cluster.close()
        until(lambda: monitor.ledger()["sources"]["workers"]["state"] == "lost", timeout=50)
        assert "the scheduler is away" in monitor.ledger()["sources"]["workers"]["reason"]


@contextmanager
def counting(rollover: int, past_seconds: int = 0) -> Iterator[str]:
    """Serve the page of the workers from here, with ``idle`` counting up fast; yield its address."""
    numbers = itertools.count()
    fast = source(lambda: {"idle": next(numbers), "saturated": 1}, name="workers", interval=0.01)
    monitor = Monitor(fast, pages={"/workers": lambda doc: workers.make_document(doc, monitor, rollover)})
    if past_seconds:
        times = time.time_ns() - np.arange(past_seconds, 0, -1) * 1_000_000_000
        monitor.hub.publish(make_batch("workers", (Channel("idle"), Channel("saturated")), times, [times * 0] * 2))
    with no_running_loop():
        monitor.start()
    with monitor:
        yield monitor.page_url("/workers")


def test_workers_roll_over(page: Page):
    with counting(rollover=200) as address:
        page.goto(address)
        seen = wait_for(page, "column('workers', 'idle').at(-1) > 300 && column('workers', 'idle')")
        assert seen == list(range(int(seen[0]), int(seen[0]) + 200))
        page.reload()  # a new visitor gets the recent past, and no more than that either
        again = wait_for(page, "column('workers', 'idle').length >= 200 && column('workers', 'idle')")
        assert len(again) == 200
        assert again[0] > seen[0]


X_RANGE = "[figure.x_range.start, figure.x_range.end]"


def test_workers_can_be_panned_and_zoomed_in_time_and_reset(page: Page):
    with counting(workers.ROLLOVER, past_seconds=60) as address:
        page.goto(address)
        start, end = wait_for(page, f"column('workers', 'time').length > 60 && {X_RANGE}")
        assert end - start == pytest.approx(20_000)
        start, end = wait_for(page, f"figure.x_range.end > {end + 500} && {X_RANGE}")
        assert end - start == pytest.approx(20_000)  # it follows

        box = page.locator(".bk-Figure").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.wheel(0, -200)
        start, end = wait_for(page, f"figure.x_range.end - figure.x_range.start < 19_000 && {X_RANGE}")
        wait_for(page, f"column('workers', 'time').at(-1) > {end + 500}")
        assert wait_for(page, X_RANGE) == [start, end]  # it stays where the reader looks

        page.mouse.down()
        page.mouse.move(x + 100, y + 40, steps=5)
        page.mouse.up()
        panned = wait_for(page, f"figure.x_range.start < {start} && {X_RANGE}")
        assert panned[1] - panned[0] == pytest.approx(end - start)
        assert wait_for(page, "[figure.y_range.start]") == [-0.1]

        page.get_by_title("Reset").click()
        wait_for(page, f"figure.x_range.end > {end} && Math.abs({X_RANGE}[1] - {X_RANGE}[0] - 20_000) < 1")


# Several pages, and the monitor's own


def test_pages_are_routes_of_one_server(page: Page, tmp_path: Path):
    with running(tmp_path, "pages") as run:
        root = run.address
        assert [next(run.output) for _ in range(3)] == [f"{root}{name}" for name in ("line", "circles", "workers")]
        page.goto(f"{root}line")
        wait_for_colour(page, LINE)
        page.goto(f"{root}circles")
        wait_for_colour(page, RED)
        page.goto(f"{root}workers")
        wait_for(page, "column('workers', 'idle').at(-1) === 2")
        wait_for_colour(page, RED)
        page.goto(root)
        wait_for(page, "column('s0', 'c0').at(-1) === 2")


def test_embedded_in_asyncio_the_page_is_live(page: Page, tmp_path: Path):
    with running(tmp_path, "embed_asyncio") as run:
        page.goto(run.address)
        expect(page.locator(".legend .name")).to_have_text(["level", "valve"], timeout=BROWSER_MS)
        first = wait_for(page, "column('s0', 'c0').length > 5 && column('s0', 'c0')")[-1]
        wait_for(page, f"column('s0', 'c0').at(-1) !== {json.dumps(first)}")


def test_frame_reports_arrays_and_a_data_frame(tmp_path: Path):
    with running(tmp_path, "frame") as run:
        line = next(run.output)
        assert " UTC: " in line
        assert line.endswith("°C")
        assert next(run.output).split() == ["temperature", "humidity"]
