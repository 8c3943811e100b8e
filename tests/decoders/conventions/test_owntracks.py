from __future__ import annotations

import pytest

from support.messages import read, rejected


@pytest.mark.parametrize("kind", ["lwt", "transition", "waypoint", "waypoints", "card", "cmd", "steps", "beacon"])
def test_other_types_carry_no_samples(kind: str):
    message = ("owntracks/ann/phone", f'{{"_type": "{kind}", "tst": 1, "lat": 1}}')
    assert read(message) == {}
    assert rejected(message) == {}


def test_what_cannot_be_read_says_why():
    topic = "owntracks/ann/phone"
    reasons = rejected(
        (topic, '{"_type": "encrypted", "data": "x"}'), (topic, "{}"), (topic, "5"), (topic, '{"_type": 1}')
    )
    assert reasons == {"encrypted": 1, "no _type": 2, "not a JSON object": 1}


def test_a_location_without_a_time_or_with_odd_values():
    payload = '{"_type": "location", "lat": "47.5", "lon": null, "acc": [1], "tst": "soon"}'
    assert read(("owntracks/a/b", payload)) == {"owntracks/a/b/lat": [47.5, "°"]}


def test_commands_to_a_telephone_are_left_out():
    assert rejected(("owntracks/a/b/cmd", b"\xff")) == {}
