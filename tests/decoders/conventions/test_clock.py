from __future__ import annotations

from typing import Any

import pytest

from stripchart.decoders.conventions.clock import read_time

NOON = 1_709_294_400.0


@pytest.mark.parametrize(
    ("value", "unit", "time"),
    [
        (1709294400, "s", (NOON, "s")),
        ("1709294400.5", "s", (NOON + 0.5, "s")),
        (12, "", (12, "")),
        ("2024-03-01T12:00:00", "s", (NOON, "wall")),
        ("2024-03-01 12:00:00.250Z", "ms", (NOON + 0.25, "s")),
        ("2024-03-01T13:00:00+0100", "s", (NOON, "s")),
    ],
)
def test_reads(value: Any, unit: str, time: tuple[float, str]):
    assert read_time(value, unit) == time


@pytest.mark.parametrize(
    "value", [None, True, "", "noon", "nan", float("inf"), {}, [1], "2024-02-30 12:00:00", "12:00:00"]
)
def test_reads_nothing_else(value: Any):
    assert read_time(value, "s") is None
