from __future__ import annotations

import pytest

from support.messages import read, rejected


@pytest.mark.parametrize(
    ("payload", "unit"),
    [('{"voltage": 3000, "battery": 90}', "mV"), ('{"voltage": 230, "power": 5}', "V"), ('{"voltage": 3000}', "mV")],
)
def test_a_voltage_is_that_of_the_battery_or_of_the_mains(payload: str, unit: str):
    assert read(("zigbee2mqtt/x", payload))["zigbee2mqtt/x/voltage"][1] == unit


@pytest.mark.parametrize(("seen", "unit"), [('"2024-03-01T12:00:00.000Z"', "s"), ("1709294400000", "ms")])
def test_last_seen_is_the_time(seen: str, unit: str):
    factor = {"s": 1, "ms": 1000}[unit]
    assert read(("zigbee2mqtt/x", f'{{"humidity": 5, "last_seen": {seen}}}')) == {
        "zigbee2mqtt/x/humidity": [5, "%"],
        "zigbee2mqtt/x/time": [1709294400 * factor, unit],
    }


@pytest.mark.parametrize(
    "topic",
    [
        "zigbee2mqtt/x/set",
        "zigbee2mqtt/a/b/get",
        "zigbee2mqtt/x/set/state",
        "zigbee2mqtt/bridge/state",
        "zigbee2mqtt/bridge",
    ],
)
def test_requests_and_the_bridge_are_left_out(topic: str):
    assert read((topic, '{"state": "ON"}')) == {}
    assert rejected((topic, b"\xff")) == {}


@pytest.mark.parametrize("topic", ["zigbee2mqtt/set", "zigbee2mqtt/hue/bridge", "zigbee2mqtt/a/b/c"])
def test_any_friendly_name_is_a_device(topic: str):
    assert bool(read((topic, '{"state": "ON"}'))) is (topic != "zigbee2mqtt/set")


def test_attributes_may_come_on_topics_of_their_own():
    assert read(("zigbee2mqtt/x/temperature", "21.5")) == {"zigbee2mqtt/x/temperature/value": [21.5]}


def test_json_that_is_no_object_is_read_as_it_is():
    assert read(("zigbee2mqtt/x", "[1]")) == {"zigbee2mqtt/x/value[0]": [1]}
