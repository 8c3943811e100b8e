"""The peer of bench_page: the pattern that Bokeh's own examples lead to, at its best, one `stream()` a tick.

Usage: naive_bokeh.py PORT_OF_BROKER CHANNELS PERIOD_MS; prints its address.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import Any

import paho.mqtt.client as mqtt
from bokeh.models import ColumnDataSource, DataRange1d
from bokeh.palettes import Category20
from bokeh.plotting import figure
from bokeh.server.server import Server

KEPT = 3_000


def main(broker: int, channels: int, period: int) -> None:
    queues: list[deque[list[float]]] = []
    row = [0.0] * (channels + 1)

    def on_message(_client: object, _data: object, message: Any) -> None:
        place = int(message.topic.rpartition("ch")[2])
        row[place + 1] = float(message.payload)
        if place == channels - 1:
            row[0] = time.time() * 1000
            for queue in queues:
                queue.append(list(row))

    def make_document(document: Any) -> None:
        names = ["t", *(f"c{place}" for place in range(channels))]
        source = ColumnDataSource({name: [] for name in names}, name="s0")
        follow = DataRange1d(follow="end", follow_interval=60_000, range_padding=0)
        plot = figure(x_axis_type="datetime", x_range=follow, sizing_mode="stretch_both")
        for place in range(channels):
            plot.line("t", f"c{place}", source=source, color=Category20[20][place % 20])
        queue: deque[list[float]] = deque(maxlen=100_000)
        queues.append(queue)

        def update() -> None:
            rows = [queue.popleft() for _ in range(len(queue))]
            if rows:
                source.stream(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)), KEPT)

        document.add_periodic_callback(update, period)
        document.add_root(plot)

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_message = on_message
    client.connect("127.0.0.1", broker)
    client.subscribe("bench/#")
    client.loop_start()
    server = Server({"/": make_document}, port=0, address="127.0.0.1", allow_websocket_origin=["*"])
    print(f"http://127.0.0.1:{server.port}/", flush=True)
    server.run_until_shutdown()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
