"""The peers of bench_page: the pattern that Bokeh's own examples lead to, and its best form, one `stream()` a tick.

Usage: naive_bokeh.py PORT_OF_BROKER CHANNELS PERIOD_MS HOW; prints its address. HOW is "batched" for one `stream()` of
all rows a tick, "naive" for one each row as it comes.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from functools import partial
from typing import Any

import paho.mqtt.client as mqtt
from bokeh.models import ColumnDataSource, DataRange1d
from bokeh.palettes import Category20
from bokeh.plotting import figure
from bokeh.server.server import Server

KEPT = 3_000
"""Rows on the page: a minute at 50 Hz; at 100 Hz half a minute, which only makes it faster."""


class Rows:
    """Gathers a row of the latest values, and hands it to every page when its last channel has come."""

    def __init__(self, channels: int) -> None:
        self.names = ["t", *(f"c{place}" for place in range(channels))]
        self.takers: list[Any] = []
        self._row = [0.0] * (channels + 1)

    def on_message(self, _client: object, _data: object, message: Any) -> None:
        place = int(message.topic.rpartition("ch")[2])
        self._row[place + 1] = float(message.payload)
        if place == len(self._row) - 2:
            self._row[0] = time.time() * 1000
            for take in self.takers:
                take(list(self._row))

    def columns(self, rows: list[list[float]]) -> dict[str, list[float]]:
        return dict(zip(self.names, map(list, zip(*rows, strict=True)), strict=True))


def main(broker: int, channels: int, period: int, how: str) -> None:
    rows = Rows(channels)

    def make_document(document: Any) -> None:
        source = ColumnDataSource({name: [] for name in rows.names}, name="s0")
        follow = DataRange1d(follow="end", follow_interval=60_000, range_padding=0)
        plot = figure(x_axis_type="datetime", x_range=follow, sizing_mode="stretch_both")
        for place in range(channels):
            plot.line("t", f"c{place}", source=source, color=Category20[20][place % 20])
        document.add_root(plot)
        queue: deque[list[float]] = deque(maxlen=100_000)

        def update() -> None:
            came = [queue.popleft() for _ in range(len(queue))]
            if came:
                source.stream(rows.columns(came), KEPT)

        if how == "naive":
            stream = partial(source.stream, rollover=KEPT)
            rows.takers.append(lambda row: document.add_next_tick_callback(partial(stream, rows.columns([row]))))
        else:
            rows.takers.append(queue.append)
            document.add_periodic_callback(update, period)

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_message = rows.on_message
    client.connect("127.0.0.1", broker)
    client.subscribe("bench/#")
    client.loop_start()
    server = Server({"/": make_document}, port=0, address="127.0.0.1", allow_websocket_origin=["*"])
    print(f"http://127.0.0.1:{server.port}/", flush=True)
    server.run_until_shutdown()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), sys.argv[4])
