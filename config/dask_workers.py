"""How busy the workers of a Dask cluster are; dask.toml calls ``count_workers`` ten times a second."""

from __future__ import annotations

import os
from functools import cache

from distributed import Client

TIMEOUT = 5.0
"""Seconds that the scheduler has to answer when we connect."""


def count_workers() -> dict[str, int]:
    """Ask the scheduler; OSError while it is away."""
    client = scheduler()
    try:
        # Without a name in a module, the function is sent to the scheduler whole, which need not have this file.
        return client.run_on_scheduler(
            lambda dask_scheduler: {
                "idle": len(dask_scheduler.idle),
                "saturated": len(dask_scheduler.saturated),
                "workers": len(dask_scheduler.workers),
            }
        )
    except Exception:
        scheduler.cache_clear()
        client.close(timeout=1)
        raise


@cache
def scheduler() -> Client:
    """Connect to the scheduler that the environment names."""
    address = os.environ.get("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:8786")
    return Client(address, timeout=TIMEOUT, set_as_default=False)
