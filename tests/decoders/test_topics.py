from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.decoders import topics
from stripchart.decoders.conventions.rules import Rule
from stripchart.decoders.topics import TopicsDecoder
from stripchart.errors import ConfigError
from stripchart.flow.records import Batch, Channel, Chunk, Kind
from support.decoding import NOW_NS, rows, values
from support.messages import chunks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stripchart.decoders.samples import Sample


def send(decoder: TopicsDecoder, *payloads: bytes | str, topic: str = "a/b", retained: bool = False) -> list[Batch]:
    return decoder.feed(
        [
            Chunk(payload.encode() if isinstance(payload, str) else payload, NOW_NS + number, 0, topic, retained)
            for number, payload in enumerate(payloads)
        ]
    )


@pytest.mark.parametrize(
    ("payload", "kind", "value"),
    [
        ("23.5", Kind.NUMBER, 23.5),
        (" 5\n", Kind.NUMBER, 5),
        (b"5\0", Kind.NUMBER, 5),
        ("+1", Kind.NUMBER, 1),
        ("inf", Kind.NUMBER, math.inf),
        ('"5"', Kind.NUMBER, 5),
        ("ON", Kind.STATE, 1),
        ("off", Kind.STATE, 0),
        ("true", Kind.STATE, 1),
        ("False", Kind.STATE, 0),
        ("online", Kind.STATE, 1),
        ("offline", Kind.STATE, 0),
        ("Yes", Kind.STATE, 1),
        ("no", Kind.STATE, 0),
        ("open", Kind.STATE, 1),
        ("CLOSED", Kind.STATE, 0),
        ('"on"', Kind.STATE, 1),
        ("idle", Kind.TEXT, "idle"),
        ("21,5 °C", Kind.TEXT, "21,5 °C"),
        ("1_000", Kind.TEXT, "1_000"),
        ('"broken', Kind.TEXT, '"broken'),
    ],
)
def test_scalars(payload: bytes | str, kind: Kind, value: Any):
    (batch,) = send(TopicsDecoder(), payload)
    assert batch.stream == "a/b"
    assert batch.channels == (Channel("value", kind=kind),)
    assert batch["value"].tolist() == [value]


@pytest.mark.parametrize(
    ("payload", "row"),
    [
        ('{"a":1,"b":{"c":true}}', {"a": 1, "b/c": 1}),
        ("[1,2.5]", {"value[0]": 1, "value[1]": 2.5}),
        (' {"a":"7"} ', {"a": 7}),
    ],
)
def test_json(payload: str, row: dict[str, Any]):
    assert values(send(TopicsDecoder(), payload)) == [row]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty payload"),
        (b" \n", "empty payload"),
        (b"\0", "empty payload"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a":', "not JSON"),
        (b"[1,", "not JSON"),
        (b"{" * 2000, "not JSON"),
        (b"[" * 70 + b"1" + b"]" * 70, "nested too deeply"),
        (b"x" * 300, "text too long"),
        (b"a\x1bb", "not text"),
        (b"null", "no value"),
        (b"unavailable", "no value"),
        (b"1" * (300 << 10), "payload too large"),
        (b'{"\\u0000":1}', "bad name"),
    ],
)
def test_rejected_payloads(payload: bytes, reason: str):
    decoder = TopicsDecoder()
    assert send(decoder, payload) == []
    assert decoder.tally.rejected == {reason: 1}
    assert decoder.tally.bytes_framed == len(payload)
    assert values(send(decoder, b"5")) == [{"value": 5}]


@pytest.mark.parametrize("missing", ["null", "None", "unavailable", "UNKNOWN"])
@pytest.mark.parametrize(("before", "kind"), [("5", Kind.NUMBER), ("ON", Kind.STATE)])
def test_a_topic_of_numbers_or_states_stays_one_when_there_is_none(missing: str, before: str, kind: Kind):
    (batch,) = send(TopicsDecoder(), before, missing)
    assert batch.channels == (Channel("value", kind=kind),)
    assert math.isnan(batch["value"][1])


def test_a_topic_may_change_its_mind():
    found = send(TopicsDecoder(), "1", "error", "2", '{"a":3}', "4")
    assert values(found) == [{"value": 1}, {"value": "error"}, {"value": 2}, {"a": 3}, {"value": 4}]


def test_messages_are_grouped_by_topic():
    decoder = TopicsDecoder()
    first, second = decoder.feed([Chunk(b"%d" % number, NOW_NS + number, 0, "xy"[number % 2]) for number in range(6)])
    assert (first.stream, first["value"].tolist()) == ("x", [0, 2, 4])
    assert (second.stream, second["value"].tolist()) == ("y", [1, 3, 5])
    assert first.time.tolist() == [NOW_NS, NOW_NS + 2, NOW_NS + 4]
    assert first.channels is second.channels
    assert decoder.note == "MQTT, 2 topics"


def test_retained_messages_are_marked():
    decoder = TopicsDecoder()
    (old,) = send(decoder, "1", retained=True)
    (live,) = send(decoder, "2")
    assert (old.retained, live.retained) == (True, False)
    mixed = decoder.feed([Chunk(b"1", 1, 0, "t", retained=True), Chunk(b"2", 2, 0, "t")])
    assert [(batch.retained, values([batch])) for batch in mixed] == [(True, [{"value": 1}]), (False, [{"value": 2}])]


@pytest.mark.parametrize("topic", ["/leading", "one", "a//b", "ü", "a b"])
def test_any_topic_is_a_stream(topic: str):
    assert [stream for stream, _, _ in rows(send(TopicsDecoder(), "1", topic=topic))] == [topic]


def test_a_topic_beyond_the_limit_is_rejected():
    decoder = TopicsDecoder()
    assert send(decoder, "1", "x", topic="ü" * 257) == []
    assert decoder.tally.rejected == {"topic too long": 2}
    assert send(decoder, "1", topic="ü" * 256)


def test_several_lines_in_a_payload_are_not_several_values():
    assert values(send(TopicsDecoder(), "1\n2")) == []
    assert values(send(TopicsDecoder(), "1,2", "3")) == [{"value": "1,2"}, {"value": 3}]


def test_topics_are_remembered_within_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(topics, "MAX_KNOWN", 3)
    decoder = TopicsDecoder(TopicsDecoder.Options(rules=(Rule(topic="#", unit="V"),)))
    for number in range(5):
        send(decoder, "1", topic=f"t{number}")
    assert list(decoder._readers) == list(decoder._titles) == list(decoder._rows.labels) == ["t2", "t3", "t4"]
    assert list(decoder._streams) == ["t2", "t3", "t4"]
    assert decoder.note == "MQTT, 3 topics"
    assert len(send(decoder, "null", topic="t0")) == 1  # its values are known longer than its reader


@pytest.mark.parametrize("topics_of", ["ab", "ac"], ids=["two rules", "a rule and a topic"])
def test_topics_that_share_a_stream_stay_in_order(topics_of: str):
    decoder = TopicsDecoder(TopicsDecoder.Options(rules=(Rule(topic="a", stream="c"), Rule(topic="b", stream="c"))))
    for first in (0, 10):
        messages = [(topics_of[number % 2], str(number)) for number in range(first, first + 6)]
        found = values(decoder.feed(chunks(*messages)))
        assert [row["value"] for row in found] == list(range(first, first + 6))


def test_a_chunk_that_only_tells_the_time_is_no_message():
    decoder = TopicsDecoder()
    assert decoder.feed([Chunk(b"", NOW_NS)]) == []
    assert decoder.tally.frames == 0


def shown(values: Mapping[str, Sequence[float | str]]) -> dict[str, list[str]]:
    """Return values as text, since NaN is not equal to itself."""
    return {
        name: [value if isinstance(value, str) else repr(float(value)) for value in column]
        for name, column in values.items()
    }


@pytest.mark.parametrize("sample", TopicsDecoder.samples, ids=lambda sample: sample.title)
def test_samples(sample: Sample):
    decoder = TopicsDecoder(TopicsDecoder.Options(**sample.options))
    values: dict[str, list[Any]] = {}
    units = {}
    for batch in decoder.feed(chunks(*sample.messages)):
        for channel, column in zip(batch.channels, batch.values, strict=True):
            name = f"{batch.stream}/{channel.name}"
            values.setdefault(name, []).extend(column.tolist())
            if channel.unit and (channel.kind is not Kind.TIME or name in sample.units):
                units[name] = channel.unit
    assert shown(values) == shown(sample.values)
    assert units == sample.units
    assert not decoder.tally.rejected


def test_every_convention_is_asked_in_order():
    found = {"tele/x/LWT": "Tasmota", "spBv1.0/g/NDATA/e": "Sparkplug B", "zigbee2mqtt/x": "Zigbee2MQTT"}
    found |= {"shellyplus1-x/online": "Shelly", "v3/a/devices/d/up": "The Things Stack", "x/sensor/y/state": "ESPHome"}
    found |= {"collectd/h/p/t": "collectd", "rtl_433/h/events": "rtl_433", "owntracks/u/d": "OwnTracks", "": "plain"}
    found |= {"homeassistant/sensor/x/config": "Home Assistant", "homeassistant/status": "plain", "a/b": "plain"}
    decoder = TopicsDecoder()
    decoder.feed([Chunk(b"x", NOW_NS, 0, topic) for topic in found])
    assert decoder._titles == found


def test_the_note_tells_what_is_read_how_and_what_is_left_out():
    decoder = TopicsDecoder()
    assert decoder.note == ""
    decoder.feed(chunks(("tele/x/LWT", "Online"), ("cmnd/x/POWER", "ON"), ("a", "1")))
    assert decoder.note == "MQTT, 3 topics (Tasmota 1, left out 1, plain 1)"


def test_commands_wait_within_a_limit():
    decoder = TopicsDecoder()
    assert decoder.commands.maxlen == topics.MAX_COMMANDS
    assert all(convention.setup.commands is decoder.commands for convention in decoder._conventions.values())


def test_nothing_is_held():
    decoder = TopicsDecoder()
    send(decoder, "1")
    decoder.reset()
    assert decoder.buffered == 0
    assert decoder.finish() == []


def test_limits_are_checked():
    with pytest.raises(ConfigError, match="topics: max_topic: expected a positive number, got 0"):
        TopicsDecoder.Options(max_topic=0)
