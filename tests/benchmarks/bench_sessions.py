"""Many pages on one core: 50 sessions of 8 channels at 100 Hz, each drawn at least 10 times a second.

The server has one core, the clients the other. A client speaks Bokeh's protocol over a real websocket, as a
browser would, and counts the ticks that arrive.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import psutil
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from tests.benchmarks.result import Result
from tests.benchmarks.tab import cpu

HERE = Path(__file__).parent
SESSIONS = 50
SECONDS = 10
READY = {
    "kind": "MessageSent",
    "msg_type": "bokeh_event",
    "msg_data": {"type": "event", "name": "document_ready", "values": {"type": "map", "entries": []}},
}


async def visit(address: str, ticks: list[int], place: int) -> None:
    html = await asyncio.to_thread(lambda: urlopen(address, timeout=30).read().decode())  # noqa: S310 - our own server
    found = re.search(r'"token":"([^"]+)"', html)
    assert found is not None
    request = HTTPRequest(address.replace("http", "ws", 1) + "ws")
    socket = await websocket_connect(request, subprotocols=["bokeh", found[1]])
    await socket.read_message()  # the acknowledgement's three frames
    await socket.read_message()
    await socket.read_message()
    for kind, content in (("PULL-DOC-REQ", {}), ("PATCH-DOC", {"events": [READY]})):
        for frame in ({"msgid": f"{place}", "msgtype": kind}, {}, content):
            await socket.write_message(json.dumps(frame))
    while True:
        message = await socket.read_message()
        if message is None:
            return
        if isinstance(message, str) and '"attr":"tick"' in message:
            ticks[place] += 1


async def count(address: str, server: psutil.Process) -> tuple[list[float], float]:
    ticks = [0] * SESSIONS
    visitors = [asyncio.create_task(visit(address, ticks, place)) for place in range(SESSIONS)]
    deadline = time.monotonic() + 60
    while min(ticks) < 5:
        assert time.monotonic() < deadline, f"not all sessions began: {ticks}"
        for visitor in visitors:
            if visitor.done():
                visitor.result()
        await asyncio.sleep(0.2)
    before, used, start = list(ticks), cpu([server]), time.monotonic()
    await asyncio.sleep(SECONDS)
    span = time.monotonic() - start
    rates = [(after - then) / span for after, then in zip(ticks, before, strict=True)]
    share = (cpu([server]) - used) / span * 100
    for visitor in visitors:
        visitor.cancel()
    await asyncio.gather(*visitors, return_exceptions=True)
    return rates, share


def run() -> list[Result]:
    cores = sorted(os.sched_getaffinity(0))
    command = [sys.executable, str(HERE / "page_ours.py"), "sim:walk?channels=8&rate=100"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        os.sched_setaffinity(server.pid, {cores[0]})
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        assert server.stdout is not None
        rates, share = asyncio.run(count(server.stdout.readline().strip(), psutil.Process(server.pid)))
    finally:
        os.sched_setaffinity(0, set(cores))
        server.kill()
        server.communicate()
    slowest = min(rates)
    case = f"{SESSIONS} sessions of 8 x 100 Hz on one core"
    return [
        Result("sessions", f"{case}: slowest", slowest, 0, "updates/s", slowest, ">= 10", slowest >= 10),
        Result("sessions", f"{case}: server CPU", share, 0, "% of a core", share, "", met=True),
    ]


if __name__ == "__main__":
    for result in run():
        print(result)
