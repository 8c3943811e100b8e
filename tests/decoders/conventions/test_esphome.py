from __future__ import annotations

import pytest

from support.messages import read, rejected


@pytest.mark.parametrize("topic", ["x/switch/lamp/command", "x/climate/hall/mode/command", "x/number/limit/command"])
def test_requests_are_left_out(topic: str):
    assert read((topic, "ON")) == {}


def test_the_log_is_text_in_whatever_colours():
    found = read(("x/debug", "\x1b[0;35m[C][wifi:600]: WiFi: up\x1b[0m"), ("x/debug", "5"), ("a/x/debug", "7"))
    assert found == {"x/debug/log/text": ["[C][wifi:600]: WiFi: up"], "x/debug/value": [5], "a/x/debug/value": [7]}


def test_colours_without_words_are_rejected():
    assert rejected(("x/debug", "\x1b[0m--"), ("x/debug", b"\x1b[0m\xff")) == {"not text": 1, "not UTF-8": 1}


def test_a_sensor_that_knows_nothing_keeps_its_channel():
    topic = "x/sensor/t/state"
    assert read((topic, "1.5"), (topic, "nan"), (topic, "NA"), (topic, "unknown")) == {
        f"{topic}/value": [1.5, None, "NA", None]
    }
