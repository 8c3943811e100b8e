from __future__ import annotations

import json
from typing import Any

import pytest

from stripchart.errors import EndOfSource
from stripchart.flow import ledger
from stripchart.flow.hub import Hub
from stripchart.flow.pump import Pump, State
from support.parts import LineDecoder, ScriptedSource
from support.wait import until

SOURCE = {
    "bytes": 100, "bytes_framed": 80, "bytes_skipped": 15, "bytes_buffered": 5,
    "frames": 10, "decoded": 7, "rejected": {"not a number": 2, "too long": 1},
}  # fmt: skip
QUEUE = {"published": 10, "delivered": 5, "lost": 3, "queued": 2}


def run(hub: Hub, name: str, *orders: bytes) -> Pump:
    pump = Pump(name, ScriptedSource(*orders, EndOfSource()), LineDecoder(), hub)
    pump.start()
    until(lambda: pump.state is State.ENDED)
    return pump


def test_a_snapshot_shows_every_account():
    hub = Hub()
    queue = hub.subscribe(capacity=2, name="session")
    hub.subscribe("imu", name="session")
    pumps = [run(hub, "bench", b"1\noops\n2\n3\n"), run(hub, "imu", b"4\n")]
    queue.drain(1)
    account = ledger.snapshot(pumps, hub)
    assert account["balanced"] is True
    assert account["subscriptions"] == {
        "session": {"published": 4, "delivered": 1, "lost": 2, "queued": 1},
        "session 2": {"published": 1, "delivered": 0, "lost": 0, "queued": 1},
    }
    assert list(account["sources"]) == ["bench", "imu"]
    bench = account["sources"]["bench"]
    assert bench["bytes"] == bench["bytes_framed"] == len(b"1\noops\n2\n3\n")
    assert (bench["frames"], bench["decoded"], bench["rejected"]) == (4, 3, {"not a number": 1})
    assert (bench["samples"], bench["refused"], bench["reconnects"]) == (3, 0, 0)
    assert (bench["state"], bench["url"], bench["decoder"]) == ("ended", "script:", "lines")


def test_the_names_that_other_programs_read_are_there():
    account = ledger.snapshot([run(Hub(), "bench", b"1\n")], Hub())
    public = {"bytes", "bytes_skipped", "frames", "decoded", "rejected", "samples", "reconnects", "state", "since_ns"}
    assert public <= set(account["sources"]["bench"])
    assert json.loads(json.dumps(account)) == account


def test_nothing_balances():
    assert ledger.snapshot([], Hub()) == {"sources": {}, "subscriptions": {}, "recording": None, "balanced": True}


def test_a_decoder_that_loses_bytes_is_found_out():
    hub = Hub()
    pump = run(hub, "bench", b"1\n2\n")
    assert ledger.snapshot([pump], hub)["balanced"]
    pump.decoder.tally.bytes_framed -= 1
    assert not ledger.snapshot([pump], hub)["balanced"]


def test_a_queue_that_loses_samples_is_found_out():
    hub = Hub()
    queue = hub.subscribe()
    pump = run(hub, "bench", b"1\n2\n")
    assert ledger.snapshot([pump], hub)["balanced"]
    queue._position += 1
    assert not ledger.snapshot([pump], hub)["balanced"]


@pytest.mark.parametrize("name", ["bytes", "bytes_framed", "bytes_skipped", "bytes_buffered", "frames", "decoded"])
@pytest.mark.parametrize("error", [-1, 1])
def test_a_source_is_out_of_balance_by_one(name: str, error: int):
    account: dict[str, Any] = dict(SOURCE)
    assert ledger.source_balances(account)
    account[name] += error
    assert not ledger.source_balances(account)


def test_every_reason_counts_as_a_frame():
    assert not ledger.source_balances(SOURCE | {"rejected": {"not a number": 2}})


@pytest.mark.parametrize("name", list(QUEUE))
def test_a_queue_is_out_of_balance_by_one(name: str):
    assert ledger.queue_balances(QUEUE)
    assert not ledger.queue_balances(QUEUE | {name: QUEUE[name] + 1})
