from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.records import Chunk
from stripchart.sources.mqtt_packets import PacketReader

TIME = 1_700_000_000_000_000_000
LIMIT = 1_024
PING_ANSWER = b"\xd0\x00"


def number(value: int) -> bytes:
    """Encode a number of 7 bits a byte."""
    encoded = b""
    while value > 127:
        encoded += bytes((value & 127 | 128,))
        value >>= 7
    return encoded + bytes((value,))


def packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + number(len(body)) + body


def publish(
    topic: bytes, payload: bytes, *, qos: int = 0, mid: int = 7, flags: int = 0, properties: bytes | None = None
) -> bytes:
    """Build a PUBLISH; properties of None are those of MQTT 3.1.1, which has none."""
    body = struct.pack("!H", len(topic)) + topic + (struct.pack("!H", mid) if qos else b"")
    if properties is not None:
        body += number(len(properties)) + properties
    return packet(0x30 | qos << 1 | flags, body + payload)


def read(*pieces: bytes, version: int = 3) -> tuple[list[Chunk], bytes, list[bytes], int]:
    reader = PacketReader(version, LIMIT)
    found = [reader.feed(piece, TIME) for piece in pieces]
    assert not any(packets.error for packets in found)
    messages = [message for packets in found for message in packets.messages]
    others = [other for packets in found for other in packets.others]
    return messages, b"".join(bytes(packets.acks) for packets in found), others, reader.oversized


def test_message_of_qos_0():
    assert read(publish(b"a/b", b"21.5")) == ([Chunk(b"21.5", TIME, topic="a/b")], b"", [], 0)


def test_message_of_qos_1_is_acknowledged():
    messages, acks, _, _ = read(publish(b"a", b"1", qos=1, mid=0x1234) + publish(b"a", b"2", qos=1, mid=2))
    assert [message.data for message in messages] == [b"1", b"2"]
    assert acks == b"\x40\x02\x12\x34\x40\x02\x00\x02"


@pytest.mark.parametrize("properties", [b"", b"\x01\x01", b"\x26" + b"x" * 200])
def test_properties_of_mqtt_5_are_passed_over(properties: bytes):
    messages, acks, _, _ = read(publish(b"a", b"1", qos=1, properties=properties), version=5)
    assert messages == [Chunk(b"1", TIME, topic="a")]
    assert acks == b"\x40\x02\x00\x07"


@pytest.mark.parametrize(("flags", "retained"), [(0, False), (1, True), (8, False), (9, True)])
def test_flags(flags: int, retained: bool):
    messages, *_ = read(publish(b"a", b"1", qos=1, flags=flags))
    assert [message.retained for message in messages] == [retained]


@pytest.mark.parametrize(("qos", "flags", "expected"), [(0, 0, 0), (1, 0, 0), (1, 8, 1), (1, 9, 1), (2, 8, 1)])
def test_what_is_sent_again_is_counted(qos: int, flags: int, expected: int):
    packets = PacketReader(3, LIMIT, set()).feed(publish(b"a", b"1", qos=qos, flags=flags), TIME)
    assert (len(packets.messages), packets.redelivered) == (1, expected)


def read_settled(data: bytes, settled: set[bytes]) -> tuple[list[bytes], bytes, list[bytes]]:
    """Read as where acknowledgements are withheld."""
    packets = PacketReader(3, LIMIT, settled).feed(data, TIME)
    assert not packets.error
    return [message.data for message in packets.messages], bytes(packets.acks), packets.others


def test_message_of_qos_2_that_is_read_here():
    data = publish(b"a", b"1", qos=2, mid=0x1234) + publish(b"a", b"2", qos=1, mid=2) + publish(b"a", b"3")
    assert read_settled(data, set()) == ([b"1", b"2", b"3"], b"\x50\x02\x12\x34\x40\x02\x00\x02", [])


def test_message_of_qos_2_that_is_stored_already():
    settled = {b"\0\7"}
    again = publish(b"a", b"1", qos=2, mid=7, flags=8)
    assert read_settled(again, settled) == ([], b"\x50\x02\0\7", [])
    release = packet(0x62, b"\0\7")
    assert read_settled(release, settled) == ([], b"", [release])
    assert settled == set()
    assert read_settled(publish(b"a", b"2", qos=2, mid=7), settled)[0] == [b"2"], "the number of another message"


@pytest.mark.parametrize(
    ("connack", "kept"),
    [
        (b"\1\0", True),
        (b"\0\0", False),
        (b"\0\x88", True),  # refused: that says nothing of the session
    ],
)
def test_what_is_settled_ends_with_the_session(connack: bytes, kept: bool):
    settled = {b"\0\7"}
    read_settled(PING_ANSWER + packet(0x20, connack), settled)
    assert bool(settled) is kept


def test_too_large_a_message_of_qos_2_that_is_read_here():
    data = publish(b"a", b"x" * 2 * LIMIT, qos=2, mid=1) + publish(b"a", b"after", qos=2, mid=2)
    assert read_settled(data, set()) == ([b"after"], b"\x50\x02\0\1\x50\x02\0\2", [])


def test_empty_payload_and_topic_that_is_not_utf_8():
    messages, *_ = read(publish(b"a", b"") + publish(b"caf\xe9/t", b"1"))
    assert [(message.topic, message.data) for message in messages] == [
        ("a", b""),
        ("caf\N{REPLACEMENT CHARACTER}/t", b"1"),
    ]


def test_all_else_is_passed_on_whole():
    twice = publish(b"a", b"1", qos=2)
    assert read(PING_ANSWER + twice + publish(b"a", b"2"))[2] == [PING_ANSWER, twice]


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("size", [1, 3, 1_000, 10_000])
def test_too_large_a_message_is_counted_and_skipped(qos: int, size: int):
    large = publish(b"a", b"x" * 5_000, qos=qos, mid=1)
    stream = publish(b"a", b"before") + large + publish(b"a", b"after")
    reader = PacketReader(3, LIMIT)
    messages, acks = [], b""
    for at in range(0, len(stream), size):
        packets = reader.feed(stream[at : at + size], TIME)
        messages += [message.data for message in packets.messages]
        acks += packets.acks
        assert len(reader._held) <= LIMIT
    assert messages == [b"before", b"after"]
    assert reader.oversized == 1
    assert acks == (b"\x40\x02\x00\x01" if qos else b"")


def test_a_packet_at_the_limit_is_taken():
    fits = publish(b"a", b"x" * (LIMIT - 6))
    assert len(fits) == LIMIT
    assert read(fits)[3] == 0
    assert read(publish(b"a", b"x" * (LIMIT - 5)))[3] == 1


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (b"\x30\xff\xff\xff\xff\x01", 3),  # a length of five bytes
        (packet(0x30, b"\x00\x09abc"), 3),  # a topic longer than the packet
        (packet(0x30, b"\x00"), 3),
        (packet(0x32, b"\x00\x01a\x00"), 3),  # half an identifier
        (packet(0x30, b"\x00\x01a\x05xy"), 5),  # properties longer than the packet
        (packet(0x30, b"\x00\x01a\xff\xff"), 5),  # properties of unknown length
        (packet(0x30, b"\x00\x01a"), 5),  # no properties at all
        (packet(0x34, b"\x00\x01a" + b"x" * LIMIT), 3),  # too large and not to be skipped: QoS 2 wants an answer
    ],
)
def test_what_is_not_mqtt(data: bytes, version: int):
    packets = PacketReader(version, LIMIT).feed(PING_ANSWER + data, TIME)
    assert packets.error
    assert packets.others == [PING_ANSWER]
    assert not packets.messages


def test_reset_forgets_half_a_packet():
    reader = PacketReader(3, LIMIT)
    reader.feed(publish(b"a", b"1")[:-1], TIME)
    reader.reset()
    assert reader.feed(publish(b"a", b"2"), TIME).messages == [Chunk(b"2", TIME, topic="a")]


messages_strategy = st.builds(
    publish,
    st.binary(min_size=1, max_size=20),
    st.binary(max_size=2 * LIMIT),
    qos=st.sampled_from([0, 1]),
    mid=st.integers(1, 0xFFFF),
    flags=st.sampled_from([0, 1, 8, 9]),
    properties=st.binary(max_size=200),
)


@given(st.lists(messages_strategy | st.just(PING_ANSWER), max_size=8), st.data())
def test_any_cut_gives_the_same(packets: list[bytes], data: Any):
    stream = b"".join(packets)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    edges = zip([0, *cuts], [*cuts, len(stream)], strict=True)
    assert read(*(stream[start:stop] for start, stop in edges), version=5) == read(stream, version=5)


@given(st.lists(messages_strategy, max_size=3))
def test_byte_by_byte_gives_the_same(packets: list[bytes]):
    stream = b"".join(packets)
    assert read(*(stream[i : i + 1] for i in range(len(stream))), version=5) == read(stream, version=5)


@given(st.lists(st.binary(max_size=300), max_size=5), st.sampled_from([3, 5]))
def test_any_bytes_are_taken(pieces: list[bytes], version: int):
    reader = PacketReader(version, LIMIT)
    for piece in pieces:
        if reader.feed(piece, TIME).error:
            return
        assert len(reader._held) <= LIMIT
