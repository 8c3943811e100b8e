"""A device that is pulled out and put in again, and one that talks fast, through the whole way to the hub."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.flow.hub import Hub
from stripchart.flow.ledger import snapshot
from stripchart.flow.pump import Pump, State
from stripchart.sources.serial import SerialSource
from support import linefeed
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripchart.flow.records import Batch
    from support.pty import PtyDevice

REPLUGS: Final = (50, pytest.param(500, marks=pytest.mark.soak))
LIMIT: Final = 30.0
"""Seconds to wait for what takes milliseconds, on a machine that is busy with other things."""
SAFETY: Final = 5
"""For the same reason; on a machine of its own the return is seen within 1 s."""


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def pump(pty_device: PtyDevice, hub: Hub) -> Iterator[Pump]:
    source = SerialSource(str(pty_device.path), SerialSource.Options())
    made = Pump("bench", source, ArduinoDecoder(ArduinoDecoder.Options()), hub)
    made.start()
    until(lambda: made.state is State.CONNECTED, LIMIT)
    yield made
    assert made.stop()


def held() -> tuple[int, int]:
    """Threads and descriptors of this process."""
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def numbered(rows: range, plug: int) -> bytes:
    return b"".join(b"%d,%d\n" % (row, plug) for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("replugs", REPLUGS)
@pytest.mark.timeout(600)
def test_replugging_while_data_flows(replugs: int, pty_device: PtyDevice, hub: Hub, pump: Pump):
    known_bytes = row = 0
    returns = []
    with hub.subscribe(name="test") as subscription:
        before = held()
        for plug in range(replugs + 1):
            data = numbered(range(row, row + 20), plug)
            pty_device.write(data)
            row += 20
            known_bytes += len(data)
            until(lambda expected=known_bytes: pump.counts().bytes == expected, LIMIT)
            if plug < replugs:
                pty_device.write(numbered(range(row, row + 5), plug) + b"12345,")  # some of it will not arrive
                row += 5
                pty_device.unplug()
                until(lambda: pump.state is State.LOST, LIMIT)
                known_bytes = pump.counts().bytes
                time.sleep(random.uniform(0, 0.3))
                returned_ns = time.time_ns()
                pty_device.plug()
                until(lambda times=plug + 1: pump.reconnects == times and pump.state is State.CONNECTED, LIMIT)
                returns.append((pump.since_ns - returned_ns) / 1e9)
        until(lambda: subscription.counts().published >= 2 * 20 * (replugs + 1), LIMIT)
        until(lambda: held() == before, LIMIT, what=f"threads and descriptors {before}, as at the beginning")
        batches = list(subscription.drain().batches)
        ledger = snapshot([pump], hub)
    print(f"\nconnected again after at most {max(returns):.3f} s, {sum(returns) / len(returns):.3f} s on average")  # noqa: T201 - a figure to know
    assert max(returns) < 2.0 * SAFETY
    assert ledger["balanced"]
    account = ledger["sources"]["bench"]
    assert account["reconnects"] == replugs
    assert account["rejected"] == {}
    check_rows(batches, replugs)


def check_rows(batches: list[Batch], replugs: int) -> None:
    """Rows ascend; those of one plug are in batches of their own, the first of which begins with a gap."""
    previous_row = previous_plug = -1
    sure = 0
    for batch in batches:
        rows, plugs = (column.tolist() for column in batch.values)
        assert len(set(plugs)) == 1
        assert batch.gap is (plugs[0] != previous_plug and previous_plug >= 0)
        assert rows == sorted(rows)
        assert rows[0] > previous_row
        sure += sum(row % 25 < 20 for row in rows)
        previous_row, previous_plug = rows[-1], plugs[0]
    assert sure == 20 * (replugs + 1)


def test_every_line_of_a_steady_flow_arrives(pty_device: PtyDevice, hub: Hub, pump: Pump):
    count, rate = 4_000, 1_000
    with hub.subscribe(name="test") as subscription:
        command = [sys.executable, linefeed.__file__, str(pty_device.master), str(rate), str(count)]
        subprocess.run(command, pass_fds=[pty_device.master], check=True, timeout=LIMIT)
        until(lambda: subscription.counts().published == 2 * count, LIMIT)
        batches = subscription.drain().batches
        ledger = snapshot([pump], hub)
    assert [row for batch in batches for row in batch.values[0]] == list(range(count))
    assert not any(batch.gap for batch in batches)
    assert all((np.diff(batch.time) >= 0).all() for batch in batches)
    assert ledger["balanced"]
    account = ledger["sources"]["bench"]
    assert (account["decoded"], account["rejected"], account["bytes_skipped"]) == (count, {}, 0)
