from __future__ import annotations

from typing import Any

import pytest

from stripchart.config.options import fill
from stripchart.decoders.conventions.rules import Rule
from stripchart.decoders.topics import TopicsDecoder
from stripchart.errors import ConfigError
from support.messages import read, send


def test_three_lines_name_a_value():
    rules = (Rule(topic="attic/+/w1", name="temperature", unit="°C"),)
    assert read(("attic/north/w1", "21.5"), ("attic/w1", "3"), rules=rules) == {
        "attic/north/w1/temperature": [21.5, "°C"],
        "attic/w1/value": [3],
    }


def test_a_value_within_json_its_time_and_the_streams_name():
    rules = (
        Rule(
            topic="+/psu/#", stream="supply {1}{2}", key="out/volts", name="Output", unit="V", time="at", time_unit="ms"
        ),
    )
    assert read(("bench/psu", '{"at": 5000, "out": {"volts": 12.5}, "n": 1}'), rules=rules) == {
        "supply bench/Output": [12.5, "V"],
        "supply bench/n": [1],
        "supply bench/time": [5000, "ms"],
    }


def test_words_for_on_and_off_and_the_expiry():
    decoder = TopicsDecoder(TopicsDecoder.Options(rules=(Rule(topic="#", on="Running", off="halted", expires=60),)))
    (batch,) = send(decoder, ("pump", "running"), ("pump", "HALTED"))
    assert batch["value"].tolist() == [1, 0]
    (channel,) = batch.channels
    assert (channel.kind, channel.expires) == ("state", 60)


def test_a_number_can_be_a_word_too():
    rules = (Rule(topic="#", on="2", off="1"),)
    assert read(("a", "2"), ("a", "1"), ("a", "7"), rules=rules) == {"a/value": [1, 0, 7]}


def test_topics_are_left_out():
    decoder = TopicsDecoder(TopicsDecoder.Options(rules=(Rule(topic="noise/#", ignore=True),)))
    assert send(decoder, ("noise/a", "1"), ("noise/b", b"\xff")) == []
    assert (decoder.tally.decoded, decoder.note) == (2, "MQTT, 2 topics (left out 2)")


def test_a_convention_reads_topics_that_do_not_look_like_it():
    payload = '{"StatusSNS": {"DS18B20": {"Temperature": 20}, "TempUnit": "C"}}'
    rules = (Rule(topic="home/+/data", convention="tasmota"),)
    assert read(("home/x/data", payload), rules=rules) == {"home/x/data/DS18B20/Temperature": [20, "°C"]}


def test_plain_takes_a_topic_from_its_convention():
    rules = (Rule(topic="#", convention="plain"),)
    assert read(("cmnd/plug/POWER", "ON"), rules=rules) == {"cmnd/plug/POWER/value": [1]}


def test_all_rules_that_match_hold_and_the_first_counts():
    rules = (
        Rule(topic="a/b", unit="V"),
        Rule(topic="a/#", name="any", unit="A"),
        Rule(topic="a/x", ignore=True),
        Rule(topic="#", key="other", unit="W"),
        Rule(topic="#", convention="plain"),
    )
    found = read(("a/b", "1"), ("a/c", "2"), ("a/x", "3"), ("a/j", '{"other": 4}'), rules=rules)
    assert found == {"a/b/any": [1, "V"], "a/c/any": [2, "A"], "a/j/other": [4, "W"]}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"topic": "a+"}, "topic: expected a topic filter, where '[+]' stands for one level .*, got 'a[+]'"),
        ({"topic": "+/+", "stream": "x {1}"}, "stream: expected a name with [{]1}, [{]2}, one for .*, got 'x [{]1}'"),
        ({"topic": "a", "stream": "x {1}"}, "stream: expected a name with no places, one for each wildcard of 'a'"),
        ({"topic": "a", "name": "\n"}, "name: expected up to 128 printable characters"),
        ({"topic": "a", "expires": -1}, "expires: expected seconds, 0 or more, got -1"),
    ],
)
def test_mistakes_are_named(given: dict[str, Any], told: str):
    with pytest.raises(ConfigError, match=told):
        Rule(**given)


def test_an_unknown_convention_is_a_mistake():
    with pytest.raises(ConfigError, match=r"rules: a/#: convention: expected one of .*tasmota.*, got 'tasmoto'"):
        TopicsDecoder.Options(rules=(Rule(topic="a/#", convention="tasmoto"),))


def test_rules_come_from_toml():
    given = {"rules": [{"topic": "attic/+/w1", "name": "temperature", "unit": "°C"}]}
    options, mistakes = fill(TopicsDecoder.Options, given)
    assert mistakes == []
    assert options is not None
    assert options.rules == (Rule(topic="attic/+/w1", name="temperature", unit="°C"),)
