from __future__ import annotations

import pytest

from support.messages import read, rejected


def test_instances_of_a_type_have_its_names():
    topic = "collectd/h/disk-sda/disk_octets-x"
    assert read((topic, b"5:1:2\0")) == {
        f"{topic}/read": [1, "B/s"],
        f"{topic}/write": [2, "B/s"],
        f"{topic}/time": [5, "s"],
    }


def test_more_values_than_the_type_has_are_numbered():
    topic = "collectd/h/x/load"
    assert read((topic, "5:1:2")) == {f"{topic}/value[0]": [1], f"{topic}/value[1]": [2], f"{topic}/time": [5, "s"]}


@pytest.mark.parametrize("payload", ["", "5", ":1", "N:1", "5:x", "5:", "5:1:x", "5:1_0", "nan:1"])
def test_other_text_is_rejected(payload: str):
    assert rejected(("collectd/h/cpu-0/cpu-idle", payload)) == {"not epoch:value[:value]": 1}


def test_junk_is_rejected():
    assert rejected(("collectd/h/cpu-0/cpu-idle", b"\xff:1")) == {"not UTF-8": 1}
