"""Publish CHANNELS topics RATE times a second to a broker until killed. Usage: publisher.py PORT CHANNELS RATE.

Above 50 rows a second a row goes out at once; below, its channels take their turns, as devices do that know nothing of
each other. It writes MQTT's packets itself, so that it takes little from those that are measured.
"""

from __future__ import annotations

import math
import socket
import sys
import time

SLICE = 0.02
"""Seconds; what is due in one of these goes out together."""
CONNECT = b"\x10\x0f\0\x04MQTT\x04\x02\0\0\0\x03pub"  # clean session, no keepalive


def publish(topic: str, payload: str) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic.encode() + payload.encode()
    assert len(body) < 128, "longer packets need a longer length"
    return bytes([0x30, len(body)]) + body


def main(port: int, channels: int, rate: float) -> None:
    slices = max(1, round(1 / rate / SLICE))
    with socket.create_connection(("127.0.0.1", port)) as broker:
        broker.sendall(CONNECT)
        assert broker.recv(4)[3] == 0, "the broker refused us"
        start, turn = time.monotonic(), 0
        while True:
            row, part = divmod(turn, slices)
            packets = bytearray()
            for place in range(part * channels // slices, (part + 1) * channels // slices):
                value = 20 + place % 64 + math.sin(row / rate / (2 + place % 64 / 4))
                packets += publish(f"bench/ch{place}", f"{value:.3f}")
            broker.sendall(packets)
            turn += 1
            time.sleep(max(0.0, start + turn / rate / slices - time.monotonic()))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
