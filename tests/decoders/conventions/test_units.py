from __future__ import annotations

import pytest

from stripchart.decoders.conventions import units as module
from stripchart.decoders.conventions.units import Units


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Power", "W"),
        ("ENERGY/Power[1]", "W"),
        ("power", ""),
        ("x_power", "kW"),
        ("a/b_x_power", "kW"),
        ("xPower", ""),
        ("", ""),
        ("Power/Max", "W"),
        ("Power[1]/Max", "W"),
        ("Power/Max/x", ""),
        ("Power/x_power", "kW"),
        ("x_power/Max", "kW"),
    ],
)
def test_the_last_parts_of_a_name_tell(name: str, unit: str):
    assert Units({"Power": "W"}, {"_x_power": "kW", "x_power": "kW"})[name] == unit


def test_all_others_may_have_one():
    units = Units({"a": "V"}, otherwise="W")
    assert (units["a"], units["b"]) == ("V", "W")


def test_names_are_remembered_within_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_NAMES", 2)
    units = Units({"a": "V"})
    assert [units[name] for name in ("b", "c", "x/a", "x/a")] == ["", "", "V", "V"]
    assert len(units) == 2
