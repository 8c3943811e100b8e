"""How many workers of a Dask cluster are idle, and how many have more than enough to do.

``python -m stripchart.examples.workers tcp://scheduler:8786`` watches that cluster; without an address it starts a
small one and gives it work now and then. The monitor's own page, at ``/``, shows the same counts.
"""

# distributed has no types.

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bokeh.models import ColumnDataSource, DataRange1d, PanTool, ResetTool, WheelZoomTool
from bokeh.plotting import figure
from distributed import Client, fire_and_forget

from stripchart import Monitor, source

if TYPE_CHECKING:
    from bokeh.document import Document

    from stripchart.config.spec import SourceSpec

ROLLOVER = 10_000
SMALL_CLUSTER = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": None}


def count_workers(dask_scheduler: Any) -> dict[str, int]:
    """Count them; runs in the scheduler's own loop, so that nothing changes meanwhile."""
    return {"idle": len(dask_scheduler.idle), "saturated": len(dask_scheduler.saturated)}


def workers_of(client: Client) -> SourceSpec:
    """Return a source that asks the scheduler every 100 ms, in a thread of its own and once for all visitors."""

    def ask() -> dict[str, int]:
        if client.status != "running":  # asking now would wait for half a minute
            raise ConnectionError("the scheduler is away")
        counts: dict[str, int] = client.run_on_scheduler(count_workers)
        return counts

    return source(ask, name="workers", interval=0.1)


def make_document(doc: Document, monitor: Monitor, rollover: int = ROLLOVER) -> None:
    """Draw the plot and extend it every 100 ms; called for each visitor."""
    data = ColumnDataSource({"time": [], "idle": [], "saturated": []}, name="workers")
    counts = monitor.subscribe(["workers"], backfill=rollover)

    def update() -> None:
        for batch in counts.drain().batches:
            rows = {"time": batch.time / 1e6, "idle": batch["idle"], "saturated": batch["saturated"]}
            data.stream({name: column.tolist() for name, column in rows.items()}, rollover)

    doc.add_periodic_callback(update, 100)
    doc.on_session_destroyed(lambda session_context: counts.close())  # noqa: ARG005 - Bokeh wants this parameter

    x_range = DataRange1d(follow="end", follow_interval=20_000, range_padding=0)
    fig = figure(
        title="Idle (red) and saturated (green) workers over time", x_axis_type="datetime", x_range=x_range,
        y_range=DataRange1d(start=-0.1), height=200, sizing_mode="stretch_width", tools="",
    )  # fmt: skip
    fig.line(source=data, x="time", y="idle", color="red")
    fig.line(source=data, x="time", y="saturated", color="green")
    fig.yaxis.minor_tick_line_color = None

    wheel = WheelZoomTool(dimensions="width")
    fig.add_tools(ResetTool(), PanTool(dimensions="width"), wheel)
    fig.toolbar.active_scroll = wheel
    fig.toolbar.logo = None

    doc.title = "Workers"
    doc.add_root(fig)


def saturate(client: Client) -> None:
    """Give one worker some seconds of work; the others stay idle."""
    first = next(iter(client.scheduler_info()["workers"]))
    fire_and_forget(client.map(time.sleep, [0.1] * 50, workers=first, pure=False))


def main() -> None:
    """Serve the page until Ctrl-C."""
    address = sys.argv[1] if len(sys.argv) > 1 else None
    with (
        suppress(KeyboardInterrupt),
        Client(address) if address else Client(**SMALL_CLUSTER) as client,
        Monitor(workers_of(client), pages={"/workers": lambda doc: make_document(doc, monitor)}) as monitor,
    ):
        print(monitor.page_url("/workers"), flush=True)
        while monitor.wait(10):
            if not address:
                saturate(client)


if __name__ == "__main__":
    main()
