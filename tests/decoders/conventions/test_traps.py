"""What devices really send to a broker and is easily read wrong, one line each: the list that a reader can check."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from stripchart.decoders.topics import TopicsDecoder
from stripchart.flow.records import Chunk, Command
from support.decoding import NOW_NS
from support.messages import Message, columns, send
from support.sparkplug import payload

if TYPE_CHECKING:
    from collections.abc import Mapping

NOON = 1709294400
"""2024-03-01 12:00 UTC."""


class Trap(NamedTuple):
    messages: list[Message]
    values: dict[str, list[Any]]
    """Of each channel in order, with the unit behind them if there is one; NaN as None."""
    rejected: Mapping[str, int] = MappingProxyType({})


def one(topic: str, said: Any) -> Message:
    return topic, said if isinstance(said, str | bytes) else json.dumps(said)


def announced(place: str = "sensor/t", /, **said: Any) -> Message:
    return f"homeassistant/{place}/config", json.dumps(said) if said else ""


def double(value: float, **fields: Any) -> dict[str, Any]:
    return {"datatype": 10, "double_value": value, **fields}


PLAIN = {
    "a number as text": Trap([("a", "21.5")], {"a/value": [21.5]}),
    "a topic that begins with a slash": Trap([("/a", "1")], {"/a/value": [1]}),
    "a switch": Trap([("a", "ON"), ("a", "OFF")], {"a/value": [1, 0]}),
    "a boolean": Trap([("a", "true"), ("a", "false")], {"a/value": [1, 0]}),
    "availability": Trap([("a", "online"), ("a", "offline")], {"a/value": [1, 0]}),
    "thousands of topics keep their names": Trap(
        [(f"a/{number}", "1") for number in range(5000)], {f"a/{number}/value": [1] for number in range(5000)}
    ),
    "null after a number keeps the channel": Trap([("a", "1"), ("a", "null"), ("a", "2")], {"a/value": [1, None, 2]}),
    "text after a number keeps the channel": Trap([("a", "1"), ("a", "hot"), ("a", "2")], {"a/value": [1, "hot", 2]}),
    "null in JSON keeps the channel": Trap([("a", '{"t": 1}'), ("a", '{"t": null}')], {"a/t": [1, None]}),
    "an empty payload": Trap([("a", "")], {}, {"empty payload": 1}),
    "binary junk": Trap([("a", b"\x00\x01\xfe\xff")], {}, {"not UTF-8": 1}),
    "text that is not UTF-8": Trap([("a", "Küche".encode("latin-1"))], {}, {"not UTF-8": 1}),
    "broken JSON": Trap([("a", '{"t": 1')], {}, {"not JSON": 1}),
    "deep JSON": Trap([("a", "[" * 200 + "]" * 200)], {}, {"nested too deeply": 1}),
    "bottomless JSON": Trap([("a", "[" * 100_000)], {}, {"not JSON": 1}),
    "huge JSON": Trap([("a", json.dumps(["x"] * 100_000))], {}, {"payload too large": 1}),
    "a row without end": Trap([("a", json.dumps([1] * 5000))], {}, {"too many columns": 1}),
}

TASMOTA = {
    "the time has no zone": Trap(
        [one("tele/t/STATE", {"Time": "2024-03-01T12:00:00", "POWER": "ON"})],
        {"tele/t/STATE/POWER": [1], "tele/t/STATE/time": [NOON, "wall"]},
    ),
    "units stand beside the sensors": Trap(
        [one("tele/t/SENSOR", {"BME": {"Temperature": 70, "Pressure": 30}, "PressureUnit": "inHg", "TempUnit": "F"})],
        {"tele/t/SENSOR/BME/Temperature": [70, "°F"], "tele/t/SENSOR/BME/Pressure": [30, "inHg"]},
    ),
    "the unit of a speed": Trap(
        [one("tele/t/SENSOR", {"TX23": {"Speed": {"Act": 14.8}}, "SpeedUnit": "km/h"})],
        {"tele/t/SENSOR/TX23/Speed/Act": [14.8, "km/h"]},
    ),
    "a value may be a list": Trap(
        [one("tele/t/SENSOR", {"ENERGY": {"Power": [1, 2]}})],
        {"tele/t/SENSOR/ENERGY/Power[0]": [1, "W"], "tele/t/SENSOR/ENERGY/Power[1]": [2, "W"]},
    ),
    "a number may be text": Trap([one("tele/t/SENSOR", {"A": {"x": "2.5"}})], {"tele/t/SENSOR/A/x": [2.5]}),
    "StatusSNS wraps": Trap([one("stat/t/STATUS10", {"StatusSNS": {"A": {"x": 1}}})], {"stat/t/STATUS10/A/x": [1]}),
    "last will": Trap([("tele/t/LWT", "Online"), ("tele/t/LWT", "Offline")], {"tele/t/LWT/value": [1, 0]}),
}

ZIGBEE = {
    "JSON": Trap([one("zigbee2mqtt/hall", {"temperature": 21})], {"zigbee2mqtt/hall/temperature": [21, "°C"]}),
    "a friendly name with slashes": Trap(
        [one("zigbee2mqtt/up/hall", {"state": "ON"})], {"zigbee2mqtt/up/hall/state": [1]}
    ),
    "requests and the bridge are left out": Trap(
        [("zigbee2mqtt/a/set", "ON"), ("zigbee2mqtt/a/get", "{}"), ("zigbee2mqtt/bridge/state", "online")], {}
    ),
    "availability": Trap(
        [("zigbee2mqtt/a/availability", "offline"), one("zigbee2mqtt/b/availability", {"state": "online"})],
        {"zigbee2mqtt/a/availability/value": [0], "zigbee2mqtt/b/availability/state": [1]},
    ),
}

HOME_ASSISTANT = {
    "abbreviated keys": Trap([announced(stat_t="a", name="Air", unit_of_meas="°C"), ("a", "5")], {"a/Air": [5, "°C"]}),
    "keys in full": Trap(
        [announced(state_topic="a", name="Air", unit_of_measurement="°C"), ("a", "5")], {"a/Air": [5, "°C"]}
    ),
    "a node before the object": Trap([announced("sensor/node/t", stat_t="a", name="A"), ("a", "5")], {"a/A": [5]}),
    "~ at the beginning of a topic": Trap(
        [announced(**{"~": "x", "stat_t": "~/t", "name": "A"}), ("x/t", "5")], {"x/t/A": [5]}
    ),
    "~ at the end of a topic": Trap(
        [announced(**{"~": "x", "stat_t": "t/~", "name": "A"}), ("t/x", "5")], {"t/x/A": [5]}
    ),
    "an empty payload removes": Trap(
        [announced(stat_t="a", name="A"), ("a", "1"), announced(), ("a", "2")], {"a/A": [1], "a/value": [2]}
    ),
    "availability": Trap(
        [announced(stat_t="a", name="A", avty_t="b", pl_avail="up", pl_not_avail="down"), ("b", "up"), ("b", "down")],
        {"b/available": [1, 0]},
    ),
}

OTHERS = {
    "Shelly, first generation: scalars": Trap(
        [("shellies/p/relay/0", "on"), ("shellies/p/relay/0/power", "52.5")],
        {"shellies/p/relay/0/value": [1], "shellies/p/relay/0/power/value": [52.5, "W"]},
    ),
    "Shelly, later: status": Trap([one("p/status/switch:0", {"apower": 5})], {"p/status/switch:0/apower": [5, "W"]}),
    "Shelly, later: JSON-RPC with params": Trap(
        [one("p/events/rpc", {"method": "NotifyStatus", "params": {"ts": NOON, "switch:0": {"apower": 5}}})],
        {"p/events/rpc/switch:0/apower": [5, "W"], "p/events/rpc/time": [NOON, "s"]},
    ),
    "ESPHome: numbers as text": Trap([("n/sensor/t/state", "21.5")], {"n/sensor/t/state/value": [21.5]}),
    "ESPHome: nan": Trap([("n/sensor/t/state", "nan")], {"n/sensor/t/state/value": [None]}),
    "ESPHome: status": Trap([("n/status", "online"), ("n/status", "offline")], {"n/status/value": [1, 0]}),
    "OwnTracks: tst is the time, numbers may be text": Trap(
        [one("owntracks/u/d", {"_type": "location", "lat": "48.5", "lon": 11.5, "tst": NOON})],
        {"owntracks/u/d/lat": [48.5, "°"], "owntracks/u/d/lon": [11.5, "°"], "owntracks/u/d/time": [NOON, "s"]},
    ),
    "The Things Stack: the decoded payload, and one time of several": Trap(
        [one("v3/a@t/devices/d/up", {
            "received_at": "2024-03-01T12:00:02Z",
            "uplink_message": {"decoded_payload": {"t": 21}, "received_at": "2024-03-01T12:00:00Z",
                               "settings": {"time": "2024-03-01T12:00:01Z"}},
        })],
        {"v3/a@t/devices/d/up/t": [21], "v3/a@t/devices/d/up/time": [NOON, "s"]},
    ),
    "collectd: epoch:value": Trap(
        [("collectd/h/cpu-0/cpu-idle", f"{NOON}.5:98.5\0")],
        {"collectd/h/cpu-0/cpu-idle/value": [98.5], "collectd/h/cpu-0/cpu-idle/time": [NOON + 0.5, "s"]},
    ),
    "collectd: several values": Trap(
        [("collectd/h/load/load", f"{NOON}:1:2:3")],
        {"collectd/h/load/load/shortterm": [1], "collectd/h/load/load/midterm": [2],
         "collectd/h/load/load/longterm": [3], "collectd/h/load/load/time": [NOON, "s"]},
    ),
    "rtl_433: slashes in front": Trap(
        [one("/rtl_433//events", {"model": "M", "id": 7, "temperature_C": 4})],
        {"/rtl_433//events/M/7/temperature_C": [4, "°C"]},
    ),
    "Sparkplug B: names come on birth only": Trap(
        [("spBv1.0/g/NBIRTH/e", payload(double(1, name="t", alias=5), seq=0)),
         ("spBv1.0/g/NDATA/e", payload(double(2, alias=5), seq=1))],
        {"g/e/t": [1, 2], "g/e/online": [1]},
    ),
    "Sparkplug B: an alias without a name": Trap(
        [("spBv1.0/g/NDATA/e", payload(double(2, alias=5), seq=1))], {}, {"unknown alias": 1}
    ),
    "Sparkplug B: a null": Trap(
        [("spBv1.0/g/NBIRTH/e", payload(double(1, name="t"), seq=0)),
         ("spBv1.0/g/NDATA/e", payload({"name": "t", "datatype": 10, "is_null": True}, seq=1))],
        {"g/e/t": [1, None], "g/e/online": [1]},
    ),
}  # fmt: skip

TRAPS = {
    f"{name}: {words}" if name else words: trap
    for name, traps in {
        "plain": PLAIN, "Tasmota": TASMOTA, "Zigbee2MQTT": ZIGBEE, "Home Assistant": HOME_ASSISTANT, "": OTHERS
    }.items()
    for words, trap in traps.items()
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_it_is_read_right(trap: Trap):
    decoder = TopicsDecoder()
    assert columns(send(decoder, *trap.messages)) == trap.values
    assert dict(decoder.tally.rejected) == dict(trap.rejected)


def test_sparkplug_is_asked_for_the_name_of_an_unknown_alias():
    decoder = TopicsDecoder(TopicsDecoder.Options(rebirth=True))
    send(decoder, ("spBv1.0/g/NDATA/e", payload(double(2, alias=5), seq=1)))
    (asked,) = decoder.commands
    assert isinstance(asked, Command)
    assert asked.topic == "spBv1.0/g/NCMD/e"
    assert b"Node Control/Rebirth" in asked.data


def test_a_retained_message_is_marked_as_old():
    decoder = TopicsDecoder()
    (old,) = decoder.feed([Chunk(b"1", NOW_NS, topic="a", retained=True)])
    (new,) = decoder.feed([Chunk(b"1", NOW_NS, topic="a")])
    assert (old.retained, new.retained) == (True, False)


def test_an_event_that_rtl_433_hears_twice_counts_once():
    decoder = TopicsDecoder()
    event = b'{"time": "2024-03-01 12:00:00", "model": "M", "id": 7, "temperature_C": 4}'
    (batch,) = decoder.feed([Chunk(event, NOW_NS + number, 0, "rtl_433/h/events") for number in range(2)])
    assert len(batch) == 1
    assert decoder.tally.rejected == {"duplicate": 1}


def test_home_assistant_tells_when_a_value_is_stale():
    (batch,) = send(TopicsDecoder(), announced(stat_t="a", name="A", exp_aft=90), ("a", "5"))
    assert batch.channels[0].expires == 90
