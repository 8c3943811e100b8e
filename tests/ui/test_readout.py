from __future__ import annotations

import json
import math
import time

import numpy as np
import pytest

from stripchart.flow.hub import Hub
from stripchart.flow.pump import Pump, State
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.ui.context import Context
from stripchart.ui.readout import MAX_TEXT, plain, read_out, source_line
from stripchart.ui.wire import to_json
from support.lines import ListSource, ValueDecoder
from support.wait import until


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(1.5), 1.5),
        (np.float64(math.nan), None),
        (math.inf, None),
        (-math.inf, None),
        ("text", "text"),
        ("\ud800", "?"),
        ("x" * 1_000_000, "x" * MAX_TEXT),
        (np.float64(-0.0), -0.0),
        (None, "None"),
        (["a"], "['a']"),
    ],
)
def test_plain(value: object, expected: object) -> None:
    assert plain(value) == expected


def test_what_a_page_shows_of_a_source_is_its_account() -> None:
    pump = Pump("list", ListSource([b"1", b"no", b"3"]), ValueDecoder(), Hub())
    pump.start()
    until(lambda: pump.state is State.ENDED)
    line = source_line(pump, 1_500_000)
    json.loads(to_json(line))
    assert {key: line[key] for key in ("name", "state", "samples", "frames", "rejected", "reasons", "refused")} == {
        "name": "list", "state": "ended", "samples": 2, "frames": 3, "rejected": 1, "reasons": {"not a number": 1},
        "refused": 0,
    }  # fmt: skip
    assert line["status"] == "counting; time of arrival"
    assert line["newest"] == 1
    assert line["decoder"] == "bare numbers"
    assert line["url"] == "list:"
    assert abs(line["since"] - time.time() * 1000) < 60_000
    pump.stop()


def test_the_values_are_the_newest_and_silence_makes_them_stale() -> None:
    hub = Hub()
    now = time.time_ns()
    hub.publish(make_batch("s", (Channel("a"), Channel("mode", kind=Kind.TEXT)), [now], [[1], ["on"]]))
    hub.publish(make_batch("s", (Channel("a"),), [now + 1], [[2]]))
    readout = read_out(hub, [])
    assert readout.values == {("s", "a", False): [2.0, False], ("s", "mode", True): ["on", False]}
    assert [info.name for info in readout.streams] == ["s"]


def test_a_value_is_stale_when_its_device_said_that_it_would_be() -> None:
    hub = Hub()
    old = time.time_ns() - 10_000_000_000
    hub.publish(make_batch("s", (Channel("soon", expires=5), Channel("late", expires=60)), [old], [[1], [2]]))
    values = read_out(hub, []).values
    assert values["s", "soon", False] == [1.0, True]
    assert values["s", "late", False] == [2.0, False]


def test_all_pages_share_one_readout() -> None:
    context = Context(Hub(), [])
    first = context.readout()
    assert context.readout() is first
    until(lambda: context.readout() is not first)
