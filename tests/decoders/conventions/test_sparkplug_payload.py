from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest

from stripchart.decoders.cells import FrameError
from stripchart.decoders.conventions.sparkplug_payload import COMPRESSED, read_members, read_payload, write_boolean
from support.sparkplug import Payload, payload

LIMIT = 10_000


def only(**fields: Any) -> Any:
    (metric,) = read_payload(payload(fields), LIMIT).metrics
    return metric


def properties(**given: Any) -> dict[str, Any]:
    values = [{"int_value": one} if isinstance(one, int) else {"string_value": one} for one in given.values()]
    return {"keys": list(given), "values": values}


def test_all_that_a_payload_says():
    found = read_payload(payload({"name": "a", "alias": 3, "timestamp": 5, "datatype": 9}, timestamp=7, seq=255), LIMIT)
    assert (found.time_ms, found.seq) == (7, 255)
    assert found.metrics[0][:7] == ("a", 3, 5, 9, False, False, "")


def test_what_is_not_told_is_empty():
    assert read_payload(b"", LIMIT) == (0, None, [])
    assert only()[:7] == ("", None, 0, 0, False, False, "")


def test_flags():
    assert only(is_historical=True).historical
    assert only(is_null=True).null


@pytest.mark.parametrize(
    ("given", "unit"),
    [
        ({"engUnit": "°C"}, "°C"),
        ({"Engineering Units": "bar"}, "bar"),
        ({"x": 1, "unit": "V", "y": "z"}, "V"),
        ({"UNITS": "rpm"}, "rpm"),
        ({"unit": 5}, ""),
        ({"unit": "a\nb"}, ""),
        ({"unit": ""}, ""),
        ({"description": "unit"}, ""),
    ],
)
def test_units(given: dict[str, Any], unit: str):
    metric = only(properties=properties(**given))
    assert metric.unit == unit
    assert not metric.null


@pytest.mark.parametrize(("quality", "null"), [(192, False), (0, True), (500, True)])
def test_only_values_of_good_quality_count(quality: int, null: bool):
    assert only(properties=properties(Quality=quality, unit="V")).null is null


def test_keys_without_values():
    assert only(properties={"keys": ["unit", "Quality"]}).unit == ""


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
def test_compressed_payloads(pack: Any):
    packed = payload({"name": "algorithm"}, uuid=COMPRESSED, body=pack(payload({"name": "a"}, seq=4)))
    found = read_payload(packed, LIMIT)
    assert (found.seq, found.metrics[0].name) == (4, "a")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (zlib.compress(b"\0" * (LIMIT + 1)), "payload too large"),
        (zlib.compress(b"\0" * 10**7), "payload too large"),
        (zlib.compress(b"abc")[:-5], "broken compression"),
        (b"abc", "broken compression"),
        (zlib.compress(b"abc"), "not Protocol Buffers"),
    ],
)
def test_what_cannot_be_unpacked(body: bytes, reason: str):
    with pytest.raises(FrameError, match=reason):
        read_payload(payload(uuid=COMPRESSED, body=body), LIMIT)


def test_another_body_is_left_alone():
    assert read_payload(payload(uuid="mine", body=b"abc"), LIMIT).metrics == []


def test_members_of_a_template():
    made = Payload(metrics=[{"template_value": {"metrics": [{"name": "a"}, {"name": "b"}]}}])
    data = made.metrics[0].template_value.SerializeToString()
    assert [metric.name for metric in read_members(data)] == ["a", "b"]
    made.metrics[0].template_value.is_definition = True
    assert read_members(made.metrics[0].template_value.SerializeToString()) == []


def test_written_for_googles_library():
    found = Payload.FromString(write_boolean("Node Control/Rebirth", 1_700_000_000_000, value=True))
    assert found.timestamp == 1_700_000_000_000
    (metric,) = found.metrics
    assert (metric.name, metric.datatype, metric.boolean_value) == ("Node Control/Rebirth", 11, True)
    assert metric.timestamp == 1_700_000_000_000


@pytest.mark.parametrize(
    "made", [{"name": b"\xff"}, {"properties": b"\x08"}, {"properties": b"\x0a\x04unit\x12\x01\x08"}]
)
def test_broken_parts(made: dict[str, bytes]):
    fields = {"name": 1, "properties": 9}
    part = b"".join(bytes((fields[name] << 3 | 2, len(data))) + data for name, data in made.items())
    with pytest.raises(FrameError):
        read_payload(b"\x12" + bytes((len(part),)) + part, LIMIT)
