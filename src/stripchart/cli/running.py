"""Run a monitor in a terminal: until Ctrl-C, SIGTERM, its time is over, or nothing is left to wait for."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType, TracebackType
    from typing import Self

    from stripchart.monitor import Monitor

log = logging.getLogger(__name__)

TICK: Final = 0.1
"""Seconds within which a signal is answered."""


class Signals:
    """Notes Ctrl-C and SIGTERM instead of breaking off; the second one ends the process at once.

    A handler must not touch a lock that the main thread may hold, so it only sets a flag for the loop to see.
    """

    def __init__(self) -> None:
        self.caught = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._catch)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _catch(self, _number: int, _frame: FrameType | None) -> None:
        self.caught = True
        for number in self._before:
            signal.signal(number, signal.SIG_DFL)


def run_monitor(make: Callable[[], Monitor], *, seconds: float | None = None, browser: bool = False) -> bool:
    """Make and start a monitor, print its address, wait, stop it, and log an account.

    Parameters
    ----------
    make
        Called once signals are minded: importing what a monitor needs takes a while.
    seconds
        Stop by itself after so long.
    browser
        Show the page, where there is a screen.

    Returns
    -------
    False if it ended because every source had failed.
    """
    with Signals() as signals:
        monitor = make()
        try:
            monitor.start()
            began = time.monotonic()
            print(monitor.url, flush=True)  # noqa: T201 - the one thing that a program reads from us
            if monitor.control_url not in {"", monitor.url}:
                print(monitor.control_url, flush=True)  # noqa: T201 - for those who may send commands
            if monitor.recorder is not None:
                log.info("recording to %s", monitor.recorder.path)
            if browser:
                open_browser(monitor.url)
            good = _wait(monitor, signals, began + (seconds or float("inf")))
        finally:
            monitor.stop()
        for line in account_lines(monitor.ledger()["sources"], time.monotonic() - began):
            log.info(line)
    return good


def open_browser(url: str) -> None:
    """Show the page if there is a screen; never wait for it, and keep its noise from the terminal.

    An address with a token is left to be opened by hand: a browser's command line can be read by every user.
    """
    screen = any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))) or sys.platform in {"darwin", "win32"}
    if not screen or "token=" in url:
        return
    null = subprocess.DEVNULL
    command = [sys.executable, "-m", "webbrowser", url]
    subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True)  # noqa: S603 - our own URL


def account_lines(sources: Mapping[str, Mapping[str, Any]], seconds: float) -> Iterator[str]:
    """Yield a line for each source of a ledger: what it gave and what was wrong with the rest."""
    for name, account in sources.items():
        parts = [f"{account['samples']:,} samples in {_span(seconds)}"]
        if account["rejected"]:
            reasons = ", ".join(f"{reason} {count:,}" for reason, count in account["rejected"].items())
            parts.append(f"{sum(account['rejected'].values()):,} frames rejected ({reasons})")
        if account["bytes_skipped"]:
            parts.append(f"{account['bytes_skipped']:,} bytes skipped")
        if account["refused"]:
            parts.append(f"{account['refused']:,} samples lost to the limit of channels")
        if account["reconnects"]:
            parts.append(f"reconnects: {account['reconnects']:,}")
        if account["redelivered"]:
            parts.append(f"messages sent again: {account['redelivered']:,}")
        yield f"{name}: {'; '.join(parts)}"


def _wait(monitor: Monitor, signals: Signals, deadline: float) -> bool:
    while not signals.caught and time.monotonic() < deadline:
        states = [pump.state for pump in monitor.pumps]
        if states and all(state == "failed" for state in states):
            return False
        time.sleep(TICK)
    return True


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
