from __future__ import annotations

import pytest

from support.messages import read, rejected


@pytest.mark.parametrize(
    ("topic", "unit"),
    [
        ("shellies/ht-1/sensor/temperature", "°C"),
        ("shellies/em/emeter/0/total", "Wh"),
        ("shellies/1pm/relay/0/energy", "W·min"),
        ("shellies/1/input/0", ""),
    ],
)
def test_units_of_the_first_generation_are_by_the_topic(topic: str, unit: str):
    assert read((topic, "1")) == {f"{topic}/value": [1, unit] if unit else [1]}


@pytest.mark.parametrize(
    "topic",
    [
        "shellies/announce",
        "shellies/x/info",
        "shellies/x/relay/0/command",
        "shellyplus1-1/rpc",
        "shellyplus1-1/command/switch:0",
    ],
)
def test_requests_and_what_repeats_values_are_left_out(topic: str):
    assert read((topic, "1")) == {}
    assert rejected((topic, b"\xff")) == {}


def test_a_device_may_have_any_name():
    payload = '{"id": 0, "a_act_power": 5.5, "total_act_energy": 7, "pf": 0.5}'
    assert read(("boiler/status/em:0", payload)) == {
        "boiler/status/em:0/id": [0],
        "boiler/status/em:0/a_act_power": [5.5, "W"],
        "boiler/status/em:0/total_act_energy": [7, "Wh"],
        "boiler/status/em:0/pf": [0.5],
    }


@pytest.mark.parametrize(
    ("payload", "columns"),
    [
        (
            '{"method": "NotifyFullStatus", "params": {"ts": 5, "cover:0": {"current_pos": 40}}}',
            {"cover:0/current_pos": [40, "%"], "time": [5, "s"]},
        ),
        ('{"method": "NotifyEvent", "params": {"ts": 5, "events": [{"event": "single_push"}]}}', {}),
        ('{"method": "NotifyStatus", "params": {"ts": 5}}', {}),
        ('{"id": 1, "result": {}}', {}),
    ],
)
def test_notifications(payload: str, columns: dict[str, list[object]]):
    assert read(("x/events/rpc", payload)) == {f"x/events/rpc/{key}": value for key, value in columns.items()}


def test_a_notification_that_is_none_is_rejected():
    assert rejected(("x/events/rpc", "5"), ("x/events/rpc", "[1]")) == {"not a JSON object": 2}
