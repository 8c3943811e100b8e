from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripchart.decoders.conventions import sparkplug
from stripchart.decoders.conventions.rules import Rule
from stripchart.decoders.conventions.sparkplug import Sparkplug
from stripchart.decoders.topics import TopicsDecoder
from stripchart.flow.records import Chunk
from stripchart.testing import TIME_NS, DecoderContract
from support.decoding import NOW_NS, values
from support.formats import BOUNDS
from support.sparkplug import payload

if TYPE_CHECKING:
    import pytest

(SAMPLE,) = Sparkplug.samples


class TestSparkplug(DecoderContract):
    messages = True
    samples = tuple(Chunk(data, TIME_NS, topic=topic) for topic, data in SAMPLE.messages)
    max_buffered = BOUNDS["topics"]

    def make(self) -> Any:
        return TopicsDecoder(TopicsDecoder.Options(rebirth=True))


def number(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "datatype": 10, "double_value": 1.0, **fields}


def feed(decoder: TopicsDecoder, topic: str, data: bytes) -> list[dict[str, Any]]:
    return values(decoder.feed([Chunk(data, NOW_NS, 0, topic)]))


def test_the_state_of_a_host():
    decoder = TopicsDecoder()
    assert feed(decoder, "spBv1.0/STATE/h", b'{"online": false, "timestamp": 5}') == [{"online": 0, "time": 5}]
    assert feed(decoder, "STATE/h", b"ONLINE") == [{"value": 1}], "version 2, as plain payload"
    assert feed(decoder, "spBv1.0/STATE/h", b'{"timestamp": 5}') == []
    assert feed(decoder, "spBv1.0/STATE/h", b"[1]") == []
    assert dict(decoder.tally.rejected) == {"no value": 1, "not a JSON object": 1}


def test_messages_of_one_read_come_in_their_order():
    decoder = TopicsDecoder()
    birth = payload(number("a", alias=1), seq=0)
    data = payload({"alias": 1, "double_value": 2.0}, seq=1)
    topics = ["spBv1.0/g/DBIRTH/e/d", "spBv1.0/g/DDATA/e/d"] * 2
    decoder.feed([Chunk(one, NOW_NS, 0, topic) for topic, one in zip(topics, [birth, data] * 2, strict=True)])
    assert decoder.tally.decoded == 4


def test_a_rule_may_give_it_any_topic():
    rules = (Rule(topic="factory/#", convention="sparkplug"),)
    decoder = TopicsDecoder(TopicsDecoder.Options(rules=rules, rebirth=True))
    assert feed(decoder, "factory/a", payload(number("x"))) == [{"x": 1}]
    assert feed(decoder, "factory/a", payload({"alias": 3})) == []
    assert not decoder.commands, "nobody knows where to ask"


def test_nodes_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sparkplug, "MAX_NODES", 3)
    decoder = TopicsDecoder()
    for place in range(9):
        feed(decoder, f"spBv1.0/g/NBIRTH/{place}", payload(number("a", alias=1)))
    assert "3 edge nodes" in decoder.note


def test_names_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sparkplug, "MAX_NAMES", 100)
    decoder = TopicsDecoder()
    for place in range(9):
        feed(decoder, f"spBv1.0/g/NBIRTH/{place}", payload(*(number(f"a{n}", alias=n) for n in range(20))))
    assert "2 edge nodes" in decoder.note
