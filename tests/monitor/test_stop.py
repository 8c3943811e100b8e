"""Starting and stopping a monitor, in a script and in a loop that already runs, and what it leaves behind: nothing."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

from stripchart import Chunk, ConfigError, Monitor, StripchartError, source
from support.loop import no_running_loop
from support.program import answers, fetch, our_threads
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bokeh.document import Document
    from tornado.websocket import WebSocketClientConnection

PAGE_THREAD = "stripchart-page"


@pytest.fixture(autouse=True)
def _as_in_a_script() -> Iterator[None]:
    with no_running_loop():
        yield


class Sluggish:
    """A source that takes until it is released to open, and then is silent."""

    url = "sluggish:"
    default_decoder = "keyvalue"
    status = ""

    def __init__(self) -> None:
        self.opening = threading.Event()
        self.release = threading.Event()

    def open(self) -> None:
        self.opening.set()
        self.release.wait(20)

    def read(self, timeout: float) -> list[Chunk]:
        time.sleep(min(timeout, 0.02))
        return []

    def close(self) -> None:
        pass


def rows(monitor: Monitor) -> int:
    return max((row["samples"] for row in monitor.channels()), default=0)


# Where the page is served


def test_in_a_script_the_page_has_a_thread_of_its_own():
    with Monitor("sim:") as monitor:
        assert PAGE_THREAD in our_threads()
        assert json.loads(fetch(f"{monitor.url}healthz"))["status"] == "ok"
        assert monitor.url == f"http://127.0.0.1:{monitor.port}/"
    assert our_threads() == []


def test_in_asyncio_the_running_loop_serves_the_page():
    async def program() -> str:
        with Monitor("sim:") as monitor:
            assert PAGE_THREAD not in our_threads()
            return await asyncio.to_thread(fetch, f"{monitor.url}healthz")

    assert json.loads(asyncio.run(program()))["status"] == "ok"
    assert our_threads() == []


def test_in_tornado_the_running_loop_serves_the_page():
    async def program() -> bytes:
        with Monitor("sim:") as monitor:
            assert PAGE_THREAD not in our_threads()
            return (await AsyncHTTPClient().fetch(f"{monitor.url}healthz")).body

    loop = IOLoop(make_current=False)
    try:
        assert json.loads(loop.run_sync(program))["status"] == "ok"
    finally:
        loop.close()


def test_in_asyncio_another_thread_may_stop_it():
    async def program() -> None:
        monitor = Monitor("sim:").start()
        port = monitor.port
        assert await asyncio.to_thread(answers, port)
        await asyncio.to_thread(monitor.stop)
        await asyncio.to_thread(until, lambda: not answers(port))

    asyncio.run(program())


def test_it_can_be_stopped_after_its_loop_has_ended():
    async def program() -> Monitor:
        return Monitor("sim:").start()

    monitor = asyncio.run(program())
    port = monitor.port
    monitor.stop()
    assert not answers(port)
    assert our_threads() == []


def test_start_does_not_wait_for_a_source():
    slow = Sluggish()
    with Monitor(slow, "sim:") as monitor:
        assert slow.opening.wait(20)
        until(lambda: rows(monitor))
        slow.release.set()


# Starting and stopping


def test_it_stops_at_the_end_of_the_block_and_keeps_its_data():
    with Monitor("sim:") as monitor:
        port = monitor.port
        until(lambda: rows(monitor))
    assert not answers(port)
    assert len(monitor.frame("sim")["temperature"]) == rows(monitor)
    assert monitor.ledger()["sources"]["sim"]["state"] == "stopped"
    assert monitor.ledger()["balanced"]


def test_an_error_in_the_block_gets_out_and_stops_it():
    with pytest.raises(ZeroDivisionError), Monitor("sim:"):
        raise ZeroDivisionError
    assert our_threads() == []


def test_stop_is_safe_at_any_time():
    monitor = Monitor("sim:")
    monitor.stop()
    monitor.stop()
    started = Monitor("sim:").start()
    started.stop()
    started.stop()
    assert our_threads() == []


def test_start_refuses_to_run_twice():
    with Monitor() as monitor, pytest.raises(StripchartError, match="running already"):
        monitor.start()
    with pytest.raises(StripchartError, match="was stopped; make a new one"):
        monitor.start()
    with pytest.raises(StripchartError, match="was stopped"), monitor:
        pass


def test_a_started_monitor_can_be_given_to_with():
    monitor = Monitor().start()
    with monitor as same:
        assert same is monitor
        assert answers(monitor.port)
    assert our_threads() == []


# Tornado drops the socket that it could not bind without closing it.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_port_that_is_taken_is_a_configuration_error_and_can_be_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monitor = Monitor("sim:", port=port)
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1 port {port}"):
            monitor.start()
        assert our_threads() == []
    with monitor:
        assert monitor.port == port
        assert answers(port)


def test_there_is_no_address_before_the_start():
    monitor = Monitor(pages={"/line": lambda _doc: None})
    for ask in (lambda: monitor.url, lambda: monitor.port, lambda: monitor.page_url("/line"), monitor.show):
        with pytest.raises(StripchartError, match=r"not running; call start\(\) first"):
            ask()


def test_wait_ends_with_its_time_or_with_stop():
    with Monitor() as monitor:
        assert monitor.wait(0.01)
        stopper = threading.Thread(target=monitor.stop)
        stopper.start()
        assert not monitor.wait()
        stopper.join()
    assert not monitor.wait(0.01)


def test_wait_will_not_hold_up_a_running_loop():
    async def program() -> None:
        with Monitor() as monitor, pytest.raises(StripchartError, match="would hold up the loop"):
            monitor.wait(0.01)

    asyncio.run(program())


# What is left behind


def traces() -> tuple[list[str], int]:
    """Return our threads, and how many descriptors are open."""
    gc.collect()
    return our_threads(), len(list(Path("/proc/self/fd").iterdir()))


def test_ten_starts_in_a_script_leave_nothing():
    def run() -> weakref.ref[Any]:
        with Monitor("sim:", source("sim:sine", name="b"), pages={"/own": lambda _doc: None}) as monitor:
            fetch(monitor.url)
            fetch(monitor.page_url("/own"))
            return weakref.ref(monitor._server)

    run()
    before = traces()
    servers = [run() for _ in range(10)]
    assert traces() == before
    assert [server() for server in servers] == [None] * 10


def test_ten_starts_in_a_loop_leave_nothing():
    async def run() -> weakref.ref[Any]:
        with Monitor("sim:", pages={"/own": lambda _doc: None}) as monitor:
            await asyncio.to_thread(fetch, monitor.url)
            return weakref.ref(monitor._server)

    async def program() -> None:
        await run()
        await alone()
        before = traces()
        servers = [await run() for _ in range(10)]
        await alone()
        assert traces() == before
        assert [server() for server in servers] == [None] * 10

    asyncio.run(program())


async def alone(seconds: float = 10) -> None:
    """Wait until this is the only task of its loop."""
    deadline = time.monotonic() + seconds
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        assert time.monotonic() < deadline, others
        await asyncio.sleep(0.02)


async def visit(url: str) -> WebSocketClientConnection:
    """Open a page as a browser does: its document first, then the websocket that it names."""
    html = (await AsyncHTTPClient().fetch(url)).body.decode()
    token = re.search(r'"token":"([^"]+)"', html)
    assert token is not None
    return await websocket_connect(f"{url.replace('http', 'ws', 1)}/ws", subprotocols=["bokeh", token[1]])


@pytest.mark.parametrize("by", ["the loop", "a thread"])
def test_pages_that_are_open_at_the_stop_are_closed_and_work_no_more(by: str):
    calls: list[str] = []

    def fill(doc: Document) -> None:
        doc.add_periodic_callback(lambda: calls.append("update"), 20)
        doc.on_session_destroyed(lambda _session: calls.append("end"))

    async def program() -> None:
        monitor = Monitor("sim:", pages={"/own": fill}).start()
        page = await visit(monitor.page_url("/own"))
        await asyncio.to_thread(until, lambda: calls)
        await asyncio.to_thread(monitor.stop) if by == "a thread" else monitor.stop()
        while await page.read_message() is not None:
            pass
        page.close()
        await alone()
        assert calls[-1] == "end"
        seen = len(calls)
        await asyncio.sleep(0.2)  # ten turns of its callback
        assert len(calls) == seen

    asyncio.run(program())
