"""The monitor inside an asyncio program, whose own loop serves the page."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from stripchart import Monitor, source


async def fill_and_empty(tank: dict[str, float]) -> None:
    """Stand for the program's own work: keep its newest readings where the monitor finds them."""
    while True:
        for valve in (1.0, -1.0):
            for _ in range(50):
                tank["valve"] = valve
                tank["level"] += valve
                await asyncio.sleep(0.05)


async def serve() -> None:
    """Serve the page beside the work."""
    tank = {"level": 20.0, "valve": 0.0}
    with Monitor(source(tank.copy, name="tank", interval=0.05)) as monitor:
        print(monitor.url, flush=True)
        await fill_and_empty(tank)


def main() -> None:
    """Serve the page until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
