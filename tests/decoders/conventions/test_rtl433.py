from __future__ import annotations

import pytest

from stripchart.decoders.conventions import rtl433
from stripchart.decoders.topics import TopicsDecoder
from stripchart.flow.records import Chunk
from support.decoding import NOW_NS
from support.messages import SECOND_NS, columns, read, rejected

EVENT = b'{"time": "2024-03-01 12:00:00", "model": "M", "id": 7, "temperature_C": 4}'


def events(decoder: TopicsDecoder, *events: tuple[bytes, float]) -> dict[str, list[object]]:
    chunks = [Chunk(data, NOW_NS + int(seconds * SECOND_NS), 0, "rtl_433/h/events") for data, seconds in events]
    return columns(decoder.feed(chunks))


@pytest.mark.parametrize(
    "topic", ["rtl_433/events", "rtl_433/h/events", "/rtl_433/h/events", "rtl_433//events", "/rtl_433/events"]
)
def test_topics_as_users_have_them(topic: str):
    assert read((topic, EVENT)) == {
        f"{topic}/M/7/temperature_C": [4, "°C"],
        f"{topic}/M/7/time": [1709294400, "wall"],
    }


def test_an_event_heard_twice_counts_once():
    decoder = TopicsDecoder()
    other = EVENT.replace(b"7", b"8")
    found = events(decoder, (EVENT, 0), (other, 0.1), (EVENT, 0.2), (EVENT, 0.9))
    assert found["rtl_433/h/events/M/7/temperature_C"] == [4, "°C"]
    assert found["rtl_433/h/events/M/8/temperature_C"] == [4, "°C"]
    assert decoder.tally.rejected == {"duplicate": 2}


@pytest.mark.parametrize(
    ("second", "after"),
    [(EVENT, 1.5), (EVENT.replace(b"12:00:00", b"12:00:01"), 0.1), (EVENT.replace(b": 4", b": 5"), 0.1)],
)
def test_events_that_differ_or_come_later_are_others(second: bytes, after: float):
    decoder = TopicsDecoder()
    events(decoder, (EVENT, 0), (second, after))
    assert (decoder.tally.decoded, decoder.tally.rejected) == (2, {})


def test_after_a_loss_nothing_is_a_duplicate():
    decoder = TopicsDecoder()
    events(decoder, (EVENT, 0))
    decoder.reset()
    events(decoder, (EVENT, 0.1))
    assert decoder.tally.decoded == 2


def test_devices_are_remembered_within_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rtl433, "MAX_DEVICES", 2)
    decoder = TopicsDecoder()
    made = [EVENT.replace(b"7", b"%d" % number) for number in range(4)]
    events(decoder, *((event, 0) for event in (*made, made[3], made[0])))
    assert decoder.tally.rejected == {"duplicate": 1}


def test_what_is_no_event_is_rejected():
    topic = "rtl_433/h/events"
    reasons = rejected((topic, "{}"), (topic, "5"), (topic, '{"model": "\\u0007"}'))
    assert reasons == {"no model": 1, "not a JSON object": 1, "bad name": 1}


@pytest.mark.parametrize(
    ("name", "unit"),
    [("wind_avg_km_h", "km/h"), ("rain_rate_mm_h", "mm/h"), ("rain_mm", "mm"), ("battery_ok", ""), ("power_W", "W")],
)
def test_units_are_endings_of_names(name: str, unit: str):
    topic = f"rtl_433/h/devices/M/7/{name}"
    assert read((topic, "1")) == {f"{topic}/value": [1, unit] if unit else [1]}
