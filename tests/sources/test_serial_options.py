from __future__ import annotations

from typing import Any

import pytest

from stripchart.config.options import fill
from stripchart.errors import ConfigError
from stripchart.sources.serial_options import SerialOptions


@pytest.mark.parametrize(("given", "rate"), [("auto", "auto"), ("9600", 9600), (9600, 9600)])
def test_a_baud_rate(given: Any, rate: Any) -> None:
    options, mistakes = fill(SerialOptions, {"baudrate": given})
    assert mistakes == []
    assert options is not None
    assert options.baudrate == rate


def test_what_is_no_baud_rate() -> None:
    _, (mistake,) = fill(SerialOptions, {"baudrate": "fast"})
    assert str(mistake) == "baudrate: expected a whole number or 'auto', got 'fast'"


def test_every_value_that_cannot_be_is_named() -> None:
    with pytest.raises(ConfigError) as error:
        SerialOptions(baudrate=0, parity="X", coalesce_ms=5000)
    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == ["parity", "baudrate", "coalesce_ms"]
