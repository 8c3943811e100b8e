from __future__ import annotations

import json
from typing import Any

import pytest

from stripchart.decoders.conventions import homeassistant
from stripchart.decoders.conventions.rules import Rule
from stripchart.decoders.topics import TopicsDecoder
from support.messages import chunks, columns, read, rejected, send


def config(place: str = "t", /, component: str = "sensor", **said: Any) -> tuple[str, str]:
    return f"homeassistant/{component}/{place}/config", json.dumps(said) if said else ""


def test_a_number_alone_gets_name_unit_and_expiry():
    decoder = TopicsDecoder()
    announced = config(stat_t="a", name="Air", unit_of_meas="°C", exp_aft=90)
    (batch,) = send(decoder, announced, ("a", "5"))
    assert batch.stream == "a"
    assert batch.channels == (("Air", "°C", "number", 90.0),)
    assert decoder.note == "MQTT, 2 topics (Home Assistant 1, plain 1); Home Assistant: 1 announced"


def test_what_conventions_say_stays_where_nothing_is_announced():
    announced = config(stat_t="zigbee2mqtt/x", name="Air", val_tpl="{{ value_json.temperature }}")
    found = read(announced, ("zigbee2mqtt/x", '{"temperature": 5, "humidity": 6}'))
    assert found == {"zigbee2mqtt/x/Air": [5, "°C"], "zigbee2mqtt/x/humidity": [6, "%"]}


def test_it_may_be_announced_late_again_or_taken_back():
    decoder = TopicsDecoder()
    steps = [
        ("a", "1"),
        config(stat_t="a", name="A"),
        ("a", "2"),
        config(stat_t="a", name="B"),
        ("a", "3"),
        config(),
        ("a", "4"),
    ]
    expected = {"a/value": [1, 4], "a/A": [2], "a/B": [3]}
    assert read(*steps, decoder=decoder) == expected
    assert decoder.tally.decoded == len(steps)
    one_by_one = TopicsDecoder()
    batches = [batch for chunk in chunks(*steps) for batch in one_by_one.feed([chunk])]
    assert columns(batches) == expected
    assert decoder._announced == one_by_one._announced == {}


def test_the_same_again_changes_nothing():
    decoder = TopicsDecoder()
    send(decoder, config(stat_t="a", name="A"), ("a", "1"))
    reader = decoder._readers["a"]
    send(decoder, config(stat_t="a", name="A"))
    assert decoder._readers["a"] is reader


def test_a_template_that_computes_leaves_the_plain_reading_and_says_so():
    decoder = TopicsDecoder()
    announced = config(stat_t="a", name="A", unit_of_meas="V", val_tpl="{{ value_json.mv / 1000 }}")
    assert read(announced, ("a", '{"mv": 5}'), decoder=decoder) == {"a/mv": [5]}
    assert decoder.note.endswith("Home Assistant: 1 announced, 1 template not read")


def test_two_of_one_name_keep_apart():
    first = config("1", stat_t="a", name="T", val_tpl="{{ value_json.x }}")
    second = config("2", stat_t="a", name="T", val_tpl="{{ value_json.y }}")
    assert read(second, first, ("a", '{"y": 2, "x": 1}')) == {"a/T": [1], "a/y": [2]}


def test_words_of_a_binary_sensor_are_states():
    announced = config(component="binary_sensor", stat_t="a", name="Door", pl_on="2", pl_off="1")
    assert read(announced, ("a", "2"), ("a", "1")) == {"a/Door": [1, 0]}


@pytest.mark.parametrize("topic", ["ha/sensor/t/config", "ha/sensor/node/t/config"])
def test_the_prefix_can_be_another(topic: str):
    assert read((topic, '{"stat_t": "a", "name": "A"}'), ("a", "1"), discovery_prefix="ha") == {"a/A": [1]}


def test_a_users_rule_counts_more():
    rules = (Rule(topic="a", name="Mine"),)
    assert read(config(stat_t="a", name="A", unit_of_meas="V"), ("a", "1"), rules=rules) == {"a/Mine": [1, "V"]}


def test_what_is_none_is_rejected():
    topic = "homeassistant/sensor/x/config"
    assert rejected((topic, "[]"), (topic, "{"), (topic, b"\xff")) == {
        "not a JSON object": 1,
        "not JSON": 1,
        "not UTF-8": 1,
    }


def test_announcements_are_remembered_within_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(homeassistant, "MAX_ENTITIES", 3)
    decoder = TopicsDecoder()
    for number in range(5):
        send(decoder, config(str(number), stat_t=str(number), name="A"))
    assert list(decoder._announced) == ["2", "3", "4"]
    send(decoder, config("9", component="device", cmps={str(i): {"p": "sensor", "stat_t": "x"} for i in range(9)}))
    assert len(decoder._announced) == 1
    assert decoder.note.endswith("1 announced")


def test_what_many_entities_share_is_told_once_and_taken_back_with_the_last(monkeypatch: pytest.MonkeyPatch):
    decoder = TopicsDecoder()
    told: list[str] = []
    for convention in decoder._conventions.values():
        said = convention.setup.announce
        announce = lambda topic, labels, said=said: (told.append(topic), said(topic, labels))  # noqa: E731 - it listens
        monkeypatch.setattr(convention, "setup", convention.setup._replace(announce=announce))
    for number in range(4):
        send(decoder, config(str(number), stat_t=f"s{number}", avty_t="bridge"))
    assert sorted(told) == ["bridge", "s0", "s1", "s2", "s3"]
    for number in range(4):
        assert "bridge" in decoder._announced
        send(decoder, config(str(number)))
    assert decoder._announced == {}
