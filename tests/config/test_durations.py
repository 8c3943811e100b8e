from __future__ import annotations

import pytest

from stripchart.config.durations import parse_duration
from stripchart.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("30s", 30),
        ("5m", 300),
        ("5 min", 300),
        ("1h", 3600),
        ("1.5H", 5400),
        ("2d", 172_800),
        (".5s", 0.5),
        ("250ms", 0.25),
    ],
)
def test_spans(text: str, seconds: float):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "-5s", "0", "0s", "5 weeks", "1e3", "nan", "inf", "9" * 400, "\u0665s"])
def test_what_is_none(text: str):
    with pytest.raises(ConfigError, match="expected a span of time such as 90, 30s, 5m or 1h, got"):
        parse_duration(text)
