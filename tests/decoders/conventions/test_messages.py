"""What holds for any messages on any topics, however they are fed."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.conventions.base import Reader
from stripchart.decoders.conventions.plain import PlainReader
from stripchart.decoders.conventions.rules import Rule
from stripchart.decoders.topics import TopicsDecoder
from stripchart.flow.records import Batch, Chunk
from stripchart.testing import TIME_NS, DecoderContract
from support.decoding import NOW_NS, account, check_frames, exact, known_bytes, many_examples
from support.formats import BOUNDS
from support.objects import like_objects

SAMPLES = [message for sample in TopicsDecoder.samples for message in sample.messages]
SCALARS = (
    "1 -0 -0.0 +1 .5 5. 007 1e5 nan -inf Infinity 1_000 0x1A 1e400 9007199254740993 ovf 1,2 "
    "ON off null None unavailable idle online true \u00e9 \u0663"
)
TOPICS = st.sampled_from([*dict(SAMPLES), "a", "a", "a", "/b", "", "zigbee2mqtt/x", "x/debug", "rtl_433/h/events"])
PAYLOADS = st.one_of(
    st.sampled_from(SCALARS.split()).map(str.encode),
    st.sampled_from([payload for _, payload in SAMPLES]),
    st.sampled_from(
        [b"", b" ", b'"5"', b"5\n", b"5\0", b"[1]", b'{"a":1}', b'{"a":null}', b'{"a":"x","ts":1709294400}']
    ),
    st.sampled_from([b'[{"a":1},{"b":"on"}]', b'{"a":1,"a ":2}', b'{"\\u0000":1}', b"[" * 70 + b"]" * 70]),
    st.binary(max_size=20),
)


@st.composite
def configs(draw: st.DrawFn) -> tuple[str, bytes]:
    """Announcements of Home Assistant about some of the topics."""
    topic = draw(st.sampled_from(["a", "/b", "zigbee2mqtt/x", "tele/fridge/LWT", "spBv1.0/plant/NDATA/press"]))
    key = draw(st.sampled_from(["value", "value_json.a", "value_json['b']", "value / 2"]))
    name = draw(st.sampled_from(["A", "a", "", "Z"]))
    said = f'{{"stat_t":"{topic}","name":"{name}","unit_of_meas":"V","val_tpl":"{{{{ {key} }}}}","avty_t":"a"}}'
    kind = draw(st.sampled_from(["sensor", "binary_sensor"]))
    number = draw(st.integers(0, 2))
    return f"homeassistant/{kind}/{number}/config", draw(st.sampled_from([said.encode(), b""]))


def odd(payload: bytes, place: int) -> bytes:
    return payload[: place % (len(payload) + 1)] + b"\xff" + payload[place % (len(payload) + 1) :]


MESSAGES = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(TOPICS, PAYLOADS),
            st.sampled_from(SAMPLES),
            configs(),
            st.builds(
                lambda message, place: (message[0], odd(message[1], place)),
                st.sampled_from(SAMPLES),
                st.integers(0, 300),
            ),
        ),
        st.booleans(),
        st.sampled_from([0, 1, 400_000_000, 2_000_000_000]),
    ),
    max_size=16,
)


def to_chunks(messages: list[Any]) -> list[Chunk]:
    time_ns = NOW_NS
    made = []
    for (topic, payload), retained, later in messages:
        time_ns += later + 1
        made.append(Chunk(payload, time_ns, 0, topic, retained))
    return made


def decoder() -> TopicsDecoder:
    return TopicsDecoder(TopicsDecoder.Options(rules=(Rule(topic="a", unit="W", on="x"), Rule(topic="/b", stream="b"))))


def in_order(batches: list[Batch]) -> list[Any]:
    """Return all rows by time; those of one message stay as they came."""
    return sorted(exact(batches), key=lambda row: row[2])


@many_examples
@given(messages=MESSAGES, places=st.lists(st.integers(0, 16), max_size=4))
def test_messages_fed_together_are_as_messages_fed_one_by_one(messages: list[Any], places: list[int]):
    together, alone, pieces = decoder(), decoder(), decoder()
    chunks = to_chunks(messages)
    expected = in_order([batch for chunk in chunks for batch in alone.feed([chunk])])
    assert in_order(together.feed(chunks)) == expected
    edges = [0, *sorted(place % (len(chunks) + 1) for place in places), len(chunks)]
    assert in_order([b for start, stop in pairwise(edges) for b in pieces.feed(chunks[start:stop])]) == expected
    for one in (together, pieces):
        assert account(one) == account(alone)
        assert one.note == alone.note
        assert one.commands == alone.commands
    assert known_bytes(together) == sum(len(chunk.data) for chunk in chunks)
    check_frames(together)


@many_examples
@given(messages=MESSAGES)
def test_batches_are_well_formed(messages: list[Any]):
    for batch in decoder().feed(to_chunks(messages)):
        assert len(batch) > 0
        assert len({(channel.name, channel.kind == "text") for channel in batch.channels}) == len(batch.channels)
        assert sum(channel.kind == "time" for channel in batch.channels) <= 1
        assert all(channel.name.isprintable() for channel in batch.channels)


@many_examples
@given(payloads=st.lists(PAYLOADS, max_size=8))
def test_numbers_read_together_are_as_read_alone(payloads: list[bytes]):
    fast, slow = TopicsDecoder(), TopicsDecoder()
    chunks = [Chunk(payload, NOW_NS, 0, "a") for payload in payloads]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlainReader, "read_all", Reader.read_all)
        expected = exact(slow.feed(chunks))
    assert exact(fast.feed(chunks)) == expected
    assert account(fast) == account(slow)


@many_examples
@given(objects=st.lists(like_objects(), min_size=1, max_size=3), retained=st.lists(st.booleans(), min_size=1))
def test_objects_read_together_are_as_read_alone(objects: list[list[Any]], retained: list[bool]):
    fast, slow = TopicsDecoder(), TopicsDecoder()
    for number, like in enumerate(objects):
        old = retained[number % len(retained)]
        chunks = [Chunk(json.dumps(item).encode(), NOW_NS + place, 0, "a", old) for place, item in enumerate(like)]
        together = exact(fast.feed(chunks))
        assert together == exact([batch for chunk in chunks for batch in slow.feed([chunk])])
        assert account(fast) == account(slow)


class TestTopicsOfAllConventions(DecoderContract):
    messages = True
    samples = tuple(Chunk(payload, TIME_NS, topic=topic) for topic, payload in SAMPLES)
    max_buffered = BOUNDS["topics"]

    def make(self) -> Any:
        return TopicsDecoder()
