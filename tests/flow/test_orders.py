from __future__ import annotations

import threading
import time

import pytest

from stripchart.errors import SourceLost
from stripchart.flow.orders import Orders


def resting(orders: Orders) -> threading.Thread:
    thread = threading.Thread(target=orders.rest)
    thread.start()
    return thread


def test_an_order_ends_a_pause() -> None:
    for order in (Orders.stop, Orders.release):
        orders = Orders()
        threading.Timer(0.05, order, [orders]).start()
        began = time.monotonic()
        orders.pause(1_000)
        assert time.monotonic() - began < 10
        assert not orders.go_on
    Orders().pause(0.01)


def test_a_release_is_done_when_the_device_is_closed_and_lasts_until_it_is_taken_back() -> None:
    orders = Orders()
    receipt = orders.release()
    assert not receipt.done()
    thread = resting(orders)
    receipt.result(10)
    orders.release().result(10)  # once more, while it rests
    assert thread.is_alive()
    orders.retake()
    thread.join(10)
    assert not thread.is_alive()
    assert orders.go_on
    orders.retake()
    assert orders.go_on


def test_a_stop_ends_a_rest() -> None:
    orders = Orders()
    orders.release()
    thread = resting(orders)
    orders.stop()
    thread.join(10)
    assert not thread.is_alive()
    orders.begin()
    assert orders.go_on


def test_who_waits_for_a_release_that_does_not_come_is_told() -> None:
    orders = Orders()
    receipt = orders.release()
    orders.retake()
    with pytest.raises(SourceLost, match="taken back"):
        receipt.result(0)
    receipt = orders.release()
    assert not receipt.cancel()
    orders.end()
    with pytest.raises(SourceLost, match="stopped"):
        receipt.result(0)
