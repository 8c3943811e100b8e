"""Publish CHANNELS topics RATE times a second to a broker until killed. Usage: publisher.py PORT CHANNELS RATE."""

from __future__ import annotations

import math
import sys
import time

import paho.mqtt.client as mqtt


def main(port: int, channels: int, rate: float) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    start, row = time.monotonic(), 0
    while True:
        for place in range(channels):
            value = 20 + place + math.sin(row / rate / (2 + place / 4))
            client.publish(f"bench/ch{place}", f"{value:.3f}")
        row += 1
        time.sleep(max(0.0, start + row / rate - time.monotonic()))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
