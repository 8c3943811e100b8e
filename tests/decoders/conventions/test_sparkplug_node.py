"""Births, deaths and the sequence between, through the decoder that users have."""

from __future__ import annotations

import math
from typing import Any

import pytest

from stripchart.decoders.conventions.sparkplug_node import MAX_DEVICES, PATIENCE_NS, Place, find_place
from stripchart.decoders.topics import TopicsDecoder
from stripchart.flow.records import Batch, Chunk
from support.decoding import NOW_NS, check_frames, rows
from support.sparkplug import Payload, payload

DOUBLE = 10


class Listener:
    """A decoder, fed one message at a time."""

    def __init__(self, *, rebirth: bool = True) -> None:
        self.decoder = TopicsDecoder(TopicsDecoder.Options(rebirth=rebirth))
        self.now_ns = NOW_NS

    def hear(self, topic: str, *metrics: dict[str, Any], retained: bool = False, **fields: Any) -> list[Batch]:
        """Feed a message on ``spBv1.0/<topic>``."""
        chunk = Chunk(payload(*metrics, **fields), self.now_ns, 0, f"spBv1.0/{topic}", retained)
        batches = self.decoder.feed([chunk])
        check_frames(self.decoder)
        return batches

    def asked(self) -> list[str]:
        """Take the topics of the commands."""
        topics = [command.topic for command in self.decoder.commands]
        self.decoder.commands.clear()
        return topics

    @property
    def rejected(self) -> dict[str, int]:
        return dict(self.decoder.tally.rejected)


@pytest.fixture
def listener() -> Listener:
    return Listener()


def number(name: str, value: float, **fields: Any) -> dict[str, Any]:
    return {"name": name, "datatype": DOUBLE, "double_value": value, **fields}


def bd_seq(value: int) -> dict[str, Any]:
    return {"name": "bdSeq", "datatype": 4, "long_value": value}


def values(batches: list[Batch]) -> list[tuple[str, dict[str, Any]]]:
    return [(stream, row) for stream, _, row in rows(batches)]


def born(listener: Listener) -> None:
    """A node with a metric of alias 1 and a device with one of alias 2; the next number is 2."""
    listener.hear("g/NBIRTH/e", bd_seq(7), number("load", 0.5, alias=1), seq=0)
    listener.hear("g/DBIRTH/e/d", number("t", 20, alias=2), seq=1)


@pytest.mark.parametrize(
    ("topic", "place"),
    [
        ("spBv1.0/g/NBIRTH/e", Place("g", "e", "BIRTH")),
        ("spBv1.0/g/DDATA/e/d", Place("g", "e", "DATA", "d")),
        ("spBv1.0/g/DDATA/e/d/x", Place("g", "e", "DATA", "d/x")),
        ("spBv1.0/g/NCMD/e", Place("g", "e", "CMD")),
        ("$sparkplug/certificates/spBv1.0/g/NBIRTH/e", Place("g", "e", "BIRTH")),
        ("spBv1.0/g/NOTE/e", Place("", "spBv1.0/g/NOTE/e", "DATA")),
        ("spBv1.0/g/NDATA", Place("", "spBv1.0/g/NDATA", "DATA")),
        ("other/topic", Place("", "other/topic", "DATA")),
        ("", Place("", "", "DATA")),
    ],
)
def test_places(topic: str, place: Place):
    assert find_place(topic) == place


def test_a_stream_an_edge_node_and_one_a_device(listener: Listener):
    born(listener)
    assert values(listener.hear("g/NDATA/e", {"alias": 1, "double_value": 0.75}, seq=2)) == [("g/e", {"load": 0.75})]
    assert values(listener.hear("g/DDATA/e/d", {"alias": 2, "double_value": 21.0}, seq=3, timestamp=1)) == [
        ("g/e/d", {"t": 21, "time": 1})
    ]
    assert listener.rejected == {}
    assert listener.asked() == []
    assert listener.decoder.note.endswith("Sparkplug B: 1 edge node")


def test_an_alias_of_a_node_is_not_one_of_its_device(listener: Listener):
    born(listener)
    listener.hear("g/DDATA/e/d", {"alias": 1, "double_value": 21.0}, seq=2)
    assert listener.rejected == {"unknown alias": 1}


def test_commands_are_left_out(listener: Listener):
    assert listener.hear("g/NCMD/e", number("x", 1)) == []
    assert listener.hear("g/DCMD/e/d", number("x", 1)) == []
    assert listener.rejected == {}


def test_the_birth_of_a_node_ends_the_aliases_of_its_devices(listener: Listener):
    born(listener)
    listener.hear("g/NBIRTH/e", seq=0)
    listener.hear("g/DDATA/e/d", {"alias": 2, "double_value": 21.0}, seq=1)
    assert listener.rejected == {"unknown alias": 1}


def test_a_dataset_is_a_stream_below(listener: Listener):
    table = {"columns": ["a"], "types": [DOUBLE], "rows": [{"elements": [{"double_value": 1.0}]}]}
    (batch,) = listener.hear("g/DDATA/e/d", {"name": "log/2", "dataset_value": table})
    assert values([batch]) == [("g/e/d/log/2", {"a": 1})]


# Asking for a birth


def test_an_unknown_alias_asks_for_a_birth(listener: Listener):
    assert listener.hear("g/DDATA/e/d", {"alias": 2, "double_value": 21.0}) == []
    assert listener.rejected == {"unknown alias": 1}
    (command,) = listener.decoder.commands
    assert command.topic == "spBv1.0/g/NCMD/e"
    found = Payload.FromString(command.data)
    assert [(metric.name, metric.boolean_value) for metric in found.metrics] == [("Node Control/Rebirth", True)]
    assert found.timestamp == NOW_NS // 1_000_000


def test_a_node_is_not_asked_again_at_once(listener: Listener):
    for wait, expected in [(0, 1), (PATIENCE_NS - 1, 0), (1, 1), (PATIENCE_NS // 2, 0), (PATIENCE_NS, 1)]:
        listener.now_ns += wait
        listener.hear("g/NDATA/e", {"alias": 1})
        assert len(listener.asked()) == expected
    listener.hear("g/NDATA/other", {"alias": 1})
    assert listener.asked() == ["spBv1.0/g/NCMD/other"]


def test_a_clock_that_steps_back_does_not_silence_us(listener: Listener):
    listener.hear("g/NDATA/e", {"alias": 1})
    listener.now_ns -= 3600 * 10**9
    listener.hear("g/NDATA/e", {"alias": 1})
    assert len(listener.asked()) == 2


def test_who_only_listens_stays_silent():
    listener = Listener(rebirth=False)
    listener.hear("g/NDATA/e", {"alias": 1})
    born(listener)
    listener.hear("g/NDATA/e", {"alias": 1, "double_value": 1.0}, seq=9)
    assert listener.asked() == []
    assert not TopicsDecoder.Options().rebirth


# The sequence


def test_missing_messages_are_counted_and_drawn_as_a_gap(listener: Listener):
    born(listener)
    (batch,) = listener.hear("g/NDATA/e", {"alias": 1, "double_value": 1.0}, seq=4)
    assert batch.gap
    assert listener.asked() == ["spBv1.0/g/NCMD/e"]
    assert listener.decoder.note.endswith("1 edge node, 1 sequence gap")
    (device,) = listener.hear("g/DDATA/e/d", {"alias": 2, "double_value": 1.0}, seq=5)
    assert device.gap, "it may have been a message of this device that was lost"
    (again,) = listener.hear("g/DDATA/e/d", {"alias": 2, "double_value": 1.0}, seq=6)
    assert not again.gap


def test_the_sequence_wraps_and_may_repeat(listener: Listener):
    listener.hear("g/NBIRTH/e", number("a", 1), seq=254)
    for seq in (255, 0, 1, 1, 2):
        (batch,) = listener.hear("g/NDATA/e", number("a", 1), seq=seq)
        assert not batch.gap
    assert listener.asked() == []


def test_without_a_birth_there_is_no_sequence(listener: Listener):
    for seq in (3, 9, 1):
        (batch,) = listener.hear("g/NDATA/e", number("a", 1), seq=seq)
        assert not batch.gap
    assert listener.asked() == []


def test_a_birth_begins_the_sequence_anew(listener: Listener):
    born(listener)
    (batch,) = listener.hear("g/NBIRTH/e", number("a", 1), seq=0)
    assert not batch.gap
    listener.hear("g/DBIRTH/e/d", seq=1)
    assert listener.asked() == []


def test_births_that_a_broker_kept_give_names_but_no_sequence(listener: Listener):
    (batch,) = listener.hear("g/NBIRTH/e", number("a", 1, alias=1), seq=0, retained=True)
    assert batch.retained
    (batch,) = listener.hear("g/NDATA/e", {"alias": 1, "double_value": 2.0}, seq=77)
    assert values([batch]) == [("g/e", {"a": 2})]
    assert not batch.gap
    assert listener.asked() == []


def test_births_of_an_aware_broker(listener: Listener):
    birth = payload(number("a", 1, alias=1), seq=0)
    listener.decoder.feed([Chunk(birth, NOW_NS, 0, "$sparkplug/certificates/spBv1.0/g/NBIRTH/e", retained=True)])
    assert values(listener.hear("g/NDATA/e", {"alias": 1, "double_value": 2.0})) == [("g/e", {"a": 2})]


# Deaths


def test_the_death_of_a_node_is_one_of_its_devices(listener: Listener):
    born(listener)
    found = values(listener.hear("g/NDEATH/e", bd_seq(7), timestamp=5))
    assert repr(found) == repr(
        [("g/e", {"load": math.nan, "online": 0.0}), ("g/e/d", {"t": math.nan, "online": 0.0})]
    ), "without a time: that is when the connection was made"
    assert values(listener.hear("g/NDEATH/e", bd_seq(7))) == [
        ("g/e", {"load": pytest.approx(math.nan, nan_ok=True), "online": 0})
    ]


def test_the_death_of_a_device_has_its_time(listener: Listener):
    born(listener)
    found = values(listener.hear("g/DDEATH/e/d", seq=2, timestamp=5))
    assert repr(found) == repr([("g/e/d", {"t": math.nan, "online": 0.0, "time": 5.0})])
    listener.hear("g/NDATA/e", {"alias": 1, "double_value": 1.0}, seq=3)
    assert listener.asked() == []
    assert [stream for stream, _ in values(listener.hear("g/NDEATH/e"))] == ["g/e"], "the device is dead already"


def test_a_death_of_another_session_is_left_out(listener: Listener):
    born(listener)
    assert listener.hear("g/NDEATH/e", bd_seq(6)) == []
    assert listener.rejected == {}
    assert len(listener.hear("g/NDEATH/e", bd_seq(7))) == 2


def test_the_death_of_a_node_that_was_never_heard(listener: Listener):
    assert values(listener.hear("g/NDEATH/e", bd_seq(3))) == [("g/e", {"online": 0})]


def test_after_a_death_comes_a_birth(listener: Listener):
    born(listener)
    listener.hear("g/NDEATH/e", bd_seq(7))
    (batch,) = listener.hear("g/NBIRTH/e", bd_seq(8), number("load", 1, alias=1), seq=0)
    assert values([batch]) == [("g/e", {"load": 1, "online": 1})]
    assert len(listener.hear("g/NDEATH/e", bd_seq(8))) == 1
    assert listener.asked() == []


# Old values


def test_what_was_sent_late_is_apart_from_the_live_line(listener: Listener):
    born(listener)
    old = [number("load", value, timestamp=10 + value, is_historical=True) for value in range(2)]
    (late,) = listener.hear("g/NDATA/e", *old, seq=2)
    assert late.gap
    assert values([late]) == [("g/e", {"load": 0, "time": 10}), ("g/e", {"load": 1, "time": 11})]
    (more,) = listener.hear("g/NDATA/e", number("load", 2, timestamp=12, is_historical=True), seq=3)
    assert not more.gap
    (live,) = listener.hear("g/NDATA/e", number("load", 3, timestamp=99), seq=4)
    assert live.gap
    (live,) = listener.hear("g/NDATA/e", number("load", 3, timestamp=100), seq=5)
    assert not live.gap


# Bounds and oddities


def test_too_many_devices(listener: Listener):
    for place in range(MAX_DEVICES + 5):
        listener.hear(f"g/DDATA/e/{place}", number("a", 1))
    assert listener.rejected == {"too many devices": 5}


def test_junk(listener: Listener):
    for data in (b"\xff\xff", b'{"a": 1}', b"\x12\x01\x08"):
        listener.decoder.feed([Chunk(data, NOW_NS, 0, "spBv1.0/g/NDATA/e")])
    assert listener.rejected == {"not Protocol Buffers": 3}
    assert listener.asked() == []
    assert listener.hear("g/NDATA/e") == []


def test_a_rejected_message_leaves_nothing_behind(listener: Listener):
    born(listener)
    bad = [number("load", 1), {"name": "s", "datatype": DOUBLE, "string_value": "x"}]
    assert listener.hear("g/NDATA/e", *bad, seq=2) == []
    assert listener.rejected == {"value does not fit its type": 1}
    assert values(listener.hear("g/NDATA/e", {"alias": 1, "double_value": 2.0}, seq=3)) == [("g/e", {"load": 2})]
    assert listener.asked() == []
