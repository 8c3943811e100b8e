from __future__ import annotations

from typing import Any

import pytest

from stripchart.decoders.cells import FrameError
from stripchart.decoders.conventions import announcement
from stripchart.decoders.conventions.announcement import Announced, read_announcement
from stripchart.decoders.conventions.labels import Label


def test_abbreviated_keys_are_as_full_ones():
    full = {
        "name": "T", "state_topic": "a/t", "unit_of_measurement": "°C", "value_template": "{{ value_json.t }}",
        "expire_after": 60, "availability_topic": "a/s", "payload_available": "up", "payload_not_available": "gone",
    }  # fmt: skip
    short = {
        "name": "T", "stat_t": "a/t", "unit_of_meas": "°C", "val_tpl": "{{ value_json.t }}", "exp_aft": 60,
        "avty_t": "a/s", "pl_avail": "up", "pl_not_avail": "gone",
    }  # fmt: skip
    expected = (
        Announced("a/t", "t", Label("T", "°C", 60.0)),
        Announced("a/s", "value", Label("available", on="up", off="gone")),
    )
    assert read_announcement("sensor", full) == read_announcement("sensor", short) == expected


@pytest.mark.parametrize(("topic", "expanded"), [("~/t", "base/t"), ("t/~", "t/base"), ("t~t", "t~t"), ("~", "base")])
def test_the_base_expands_at_either_end(topic: str, expanded: str):
    said = {"~": "base", "stat_t": topic, "avty": [{"t": topic}]}
    assert [one.topic for one in read_announcement("sensor", said)] == [expanded, expanded]


@pytest.mark.parametrize(
    ("availability", "found"),
    [
        ({"t": "s"}, [("s", "value")]),
        ([{"topic": "s", "value_template": "{{ value_json.state }}"}, {"t": "b"}], [("s", "state"), ("b", "value")]),
        ([{"x": 1}, 5, {"topic": ""}], []),
        ("s", []),
    ],
)
def test_availability_may_have_several_places(availability: Any, found: list[tuple[str, str]]):
    assert [(one.topic, one.key) for one in read_announcement("light", {"availability": availability})] == found


@pytest.mark.parametrize(
    ("component", "said", "words"),
    [
        ("binary_sensor", {}, ("on", "off")),
        ("binary_sensor", {"pl_on": True, "pl_off": False}, ("true", "false")),
        ("switch", {"pl_on": "1", "pl_off": "0", "stat_on": "A", "stat_off": "B"}, ("a", "b")),
        ("sensor", {"pl_on": "1"}, ("", "")),
    ],
)
def test_words_for_on_and_off(component: str, said: dict[str, Any], words: tuple[str, str]):
    (one,) = read_announcement(component, {"stat_t": "t", **said})
    assert (one.label.on, one.label.off) == words


def test_components_of_a_device_share_what_it_says():
    said = {
        "~": "d",
        "dev": {"name": "D"},
        "stat_t": "~/s",
        "name": "device",
        "cmps": {
            "a": {"p": "sensor", "name": "A", "val_tpl": "{{ value_json.a }}"},
            "b": {"p": "binary_sensor", "stat_t": "~/b", "dev_cla": "door"},
            "gone": {"p": "sensor"},
            "odd": 5,
        },
    }
    first, second = read_announcement("device", said)
    assert first == Announced("d/s", "a", Label("A"))
    assert second == Announced("d/b", "value", Label("door", on="on", off="off"))


@pytest.mark.parametrize(
    "odd",
    [
        {"name": None}, {"name": "\n"}, {"name": 5}, {"unit_of_meas": 5}, {"unit_of_meas": "x" * 33}, {"exp_aft": "1"},
        {"exp_aft": -1}, {"val_tpl": 5}, {"~": 5},
    ],
)  # fmt: skip
def test_odd_values_are_passed_over(odd: dict[str, Any]):
    assert read_announcement("sensor", {"stat_t": "t", **odd}) == (Announced("t", "value", Label()),)


@pytest.mark.parametrize("topic", [None, 5, "", "x" * 513, ["a"]])
def test_odd_topics_are_passed_over(topic: Any):
    assert read_announcement("sensor", {"stat_t": topic, "avty_t": topic}) == ()


def test_components_are_limited(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(announcement, "MAX_COMPONENTS", 1)
    with pytest.raises(FrameError, match="too many components"):
        read_announcement("device", {"cmps": {"a": {}, "b": {}}})
