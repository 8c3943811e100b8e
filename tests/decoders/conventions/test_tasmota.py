from __future__ import annotations

import pytest

from support.messages import read, rejected


def test_units_are_siblings_of_the_sensors():
    payload = """{"BME280": {"Temperature": 70.1, "Pressure": 29.9, "DewPoint": 50}, "WS": {"Speed": {"Max": 3}},
        "PressureUnit": "inHg", "TempUnit": "F"}"""
    assert read(("tele/x/SENSOR", payload)) == {
        "tele/x/SENSOR/BME280/Temperature": [70.1, "°F"],
        "tele/x/SENSOR/BME280/Pressure": [29.9, "inHg"],
        "tele/x/SENSOR/BME280/DewPoint": [50, "°F"],
        "tele/x/SENSOR/WS/Speed/Max": [3],
    }


def test_a_unit_that_is_none_is_passed_over():
    assert read(("tele/x/SENSOR", '{"A": {"Temperature": 1}, "TempUnit": 5}')) == {"tele/x/SENSOR/A/Temperature": [1]}


@pytest.mark.parametrize("payload", ['{"StatusSNS": {"A": 1}}', '{"StatusSTS": {"A": 1}}', '{"A": 1}'])
def test_wrappers_are_taken_off(payload: str):
    assert read(("stat/x/STATUS8", payload)) == {"stat/x/STATUS8/A": [1]}


def test_a_status_with_something_beside_is_no_wrapper():
    found = read(("stat/x/STATUS", '{"StatusSNS": {"A": 1}, "Extra": 2}'))
    assert found == {"stat/x/STATUS/StatusSNS/A": [1], "stat/x/STATUS/Extra": [2]}


@pytest.mark.parametrize(("time", "unit"), [("2024-03-01T12:00:00", "wall"), ("2024-03-01T12:00:00Z", "s")])
def test_the_time_is_on_the_wall_unless_it_has_a_zone(time: str, unit: str):
    assert read(("tele/x/STATE", f'{{"Time": "{time}", "POWER": "OFF"}}')) == {
        "tele/x/STATE/POWER": [0],
        "tele/x/STATE/time": [1709294400, unit],
    }


def test_a_time_that_is_none_is_a_value():
    assert read(("tele/x/STATE", '{"Time": "soon"}')) == {"tele/x/STATE/Time": ["soon"]}


@pytest.mark.parametrize("topic", ["cmnd/x/POWER", "x/cmnd/POWER", "tasmota/discovery/AABBCC/config"])
def test_commands_and_descriptions_are_left_out(topic: str):
    assert read((topic, "ON")) == {}
    assert rejected((topic, b"\xff")) == {}


@pytest.mark.parametrize("topic", ["tele/x/LWT", "x/tele/LWT", "tele/hall/x/LWT"])
def test_the_device_may_come_first_and_hold_slashes(topic: str):
    assert read((topic, "Online"), (topic, "Offline")) == {f"{topic}/value": [1, 0]}


def test_json_that_is_no_object_is_read_as_it_is():
    assert read(("stat/x/RESULT", "[1, 2]")) == {"stat/x/RESULT/value[0]": [1], "stat/x/RESULT/value[1]": [2]}


def test_broken_payloads_are_rejected():
    assert rejected(("tele/x/SENSOR", '{"A":'), ("tele/x/LWT", "")) == {"not JSON": 1, "empty payload": 1}
