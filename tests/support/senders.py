"""Programs of other people that send: started for a test, and gone after it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.wait import until

if TYPE_CHECKING:
    from typing import Self

    from playwright.sync_api import Page

    from stripchart import Monitor
    from stripchart.flow.pump import Pump

FOLDER = Path(__file__).parent.parent / "senders"
LONG = 40.0
"""Seconds that anything may take on a busy machine."""


class Sender:
    """A program in the background, with all that it starts; its output goes to a file unless told otherwise."""

    def __init__(self, *command: str | Path, stdout: int | None = None, **environment: str) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self.process = subprocess.Popen(
            [*map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=self._log if stdout is None else stdout,
            stderr=self._log,
            env={**os.environ, **environment},
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        self._log.close()

    @property
    def log(self) -> str:
        return os.pread(self._log.fileno(), 1 << 20, 0).decode(errors="replace")

    def finish(self) -> None:
        """Wait until it ends well by itself."""
        assert self.process.wait(LONG) == 0, self.log


def node_modules() -> Path:
    """Return where the packages of npm are that package-lock.json names; they are fetched once, into the venv."""
    home = Path(sys.prefix) / "senders"
    lock = (FOLDER / "package-lock.json").read_bytes()
    done = home / "installed.json"
    if not done.exists() or done.read_bytes() != lock:
        home.mkdir(exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FOLDER / name, home)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=home, check=True, timeout=300)
        done.write_bytes(lock)
    return home / "node_modules"


def connected(pump: Pump, page: Page | None = None) -> None:
    until(lambda: pump.state == "connected", LONG, page=page, what=f"connected, not {pump.state} {pump.reason}")


def accounts(monitor: Monitor) -> tuple[bool, dict[str, Any], list[int]]:
    """Return whether the ledger balances, the account of the only source, and what each page has lost."""
    ledger = monitor.ledger()
    (source,) = ledger["sources"].values()
    return ledger["balanced"], source, [page["lost"] for page in ledger["subscriptions"].values()]


def channels(monitor: Monitor) -> dict[str, tuple[str, str]]:
    """Return kind and unit of each channel, by ``stream/channel`` without the source's name."""
    name = monitor.pumps[0].name
    return {
        f"{entry['stream']}/{entry['name']}".removeprefix(f"{name}/"): (entry["kind"], entry["unit"])
        for entry in monitor.channels()
    }


def open_page(page: Page, monitor: Monitor) -> None:
    page.goto(monitor.url)
    page.wait_for_selector("body[data-ready]")


def drawn(page: Page) -> dict[str, int]:
    """Return how many rows each line on the page stands for, by its label; those it keeps in reserve not counted."""
    found: dict[str, int] = page.evaluate(_DRAWN)
    return found


_DRAWN = """() => Object.fromEntries([...stripchart.strips.strips.values()].flatMap((strip) => strip.lines)
  .filter((line) => line.renderer)
  .map(({label, renderer}) => {
    const {data} = renderer.data_source;
    const values = Array.from(data[renderer.glyph.y.field]);
    return [label, values.some(Number.isFinite) ? data.n.reduce((sum, n) => sum + n, 0) : 0];
  }))"""
