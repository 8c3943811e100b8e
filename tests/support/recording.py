"""A monitor that records, as a program of its own that is killed: `python recording.py URL FILE [power_safe]`.

Prints its process and its page once its source is connected; SIGTERM stops it in order.
"""

from __future__ import annotations

import os
import signal
import sys

from stripchart import Monitor, RecordSpec
from stripchart.flow.pump import State


def main(url: str, path: str, *power_safe: str) -> None:
    """Record until told to stop."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    monitor = Monitor(url, record=RecordSpec(path, power_safe=bool(power_safe)))
    with monitor:
        told = False
        while not asked and monitor.wait(0.02):
            if not told and monitor.pumps[0].state is State.CONNECTED:
                print(os.getpid(), monitor.url, flush=True)  # noqa: T201 - what it is for
                told = True
    sys.exit(0 if monitor.ledger()["balanced"] else "the ledger does not balance")


if __name__ == "__main__":
    main(*sys.argv[1:])
