from __future__ import annotations

from support.messages import read, rejected

TOPIC = "v3/app@ttn/devices/d/up"


def test_the_time_at_the_server_counts():
    payload = """{"received_at": "2024-03-01T12:00:09Z",
        "uplink_message": {"decoded_payload": {"t": 1}, "received_at": "2024-03-01T12:00:00Z"}}"""
    assert read((TOPIC, payload)) == {f"{TOPIC}/t": [1], f"{TOPIC}/time": [1709294400, "s"]}


def test_a_payload_nobody_decoded_still_tells_the_signal():
    payload = '{"uplink_message": {"frm_payload": "AQ==", "rx_metadata": [{"rssi": -80}, {"x": 1}, 5]}}'
    assert read((TOPIC, payload)) == {f"{TOPIC}/rssi": [-80, "dBm"]}


def test_what_tells_nothing_is_rejected():
    reasons = rejected((TOPIC, '{"uplink_message": {}}'), (TOPIC, "{}"), (TOPIC, "[]"))
    assert reasons == {"no decoded_payload": 1, "no uplink_message": 1, "not a JSON object": 1}


def test_other_messages_are_left_out():
    for end in ("join", "down/ack", "down/queued", "service/data"):
        assert rejected((f"v3/app@ttn/devices/d/{end}", b"\xff")) == {}
