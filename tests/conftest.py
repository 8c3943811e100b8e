from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, is_hypothesis_test, settings

from support.broker import Broker
from support.chromium import ARGS, BEEN_HERE
from support.pty import PtyDevice

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext

# A shell that begins the tests in the background has them ignore Ctrl-C, and so would every command that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
# A slow machine is not a failure.
settings.register_profile("stripchart", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("stripchart")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Leave property tests out of what is measured: it doubles their time, and plain tests cover what they cover."""
    measuring = Coverage.current() if is_hypothesis_test(getattr(item, "obj", None)) else None
    if measuring:
        measuring.stop()
    try:
        return (yield)
    finally:
        if measuring:
            measuring.start()


@pytest.fixture(scope="session", autouse=True)
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a monitor records by default goes here, not among the recordings of whoever runs the tests."""
    folder = tmp_path_factory.mktemp("recordings")
    os.environ["STRIPCHART_RECORDINGS"] = str(folder)
    return folder


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    server = Broker(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def pty_device(tmp_path: Path) -> Iterator[PtyDevice]:
    made = PtyDevice(tmp_path / "ttyTEST0")
    made.plug()
    yield made
    made.unplug()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The system's Chromium; nothing in it may look anything up on a network."""
    return {
        "executable_path": shutil.which("chromium") or shutil.which("chromium-browser"),
        "args": ARGS,
    }


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.add_init_script(BEEN_HERE)
    return context
