"""Several pages of your own, as routes of one server; the monitor's page stays at ``/``."""

# distributed has no types.

from __future__ import annotations

from contextlib import suppress

from distributed import Client

from stripchart import Monitor
from stripchart.examples import circles, line, workers


def main() -> None:
    """Serve the pages until Ctrl-C."""
    with (
        suppress(KeyboardInterrupt),
        Client(**workers.SMALL_CLUSTER) as client,
        Monitor(
            workers.workers_of(client),
            pages={
                "/line": line.make_document,
                "/circles": circles.make_document,
                "/workers": lambda doc: workers.make_document(doc, monitor),
            },
        ) as monitor,
    ):
        for path in ("/", "/line", "/circles", "/workers"):
            print(monitor.page_url(path), flush=True)
        while monitor.wait(10):
            workers.saturate(client)


if __name__ == "__main__":
    main()
