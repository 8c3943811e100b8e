from __future__ import annotations

import pytest

from stripchart.errors import ConfigError
from stripchart.sources.url import split_url


@pytest.mark.parametrize(
    ("text", "scheme", "target", "query"),
    [
        ("sim:", "sim", "", {}),
        ("sim:walk?channels=8&rate=100", "sim", "walk", {"channels": "8", "rate": "100"}),
        ("-", "-", "", {}),
        ("-:?fd=3", "-", "", {"fd": "3"}),
        ("serial:/dev/ttyUSB0?baudrate=115200", "serial", "/dev/ttyUSB0", {"baudrate": "115200"}),
        ("mqtt://host/greenhouse/#", "mqtt", "//host/greenhouse/#", {}),
        ("mqtt://host/+/temp/#?qos=1", "mqtt", "//host/+/temp/#", {"qos": "1"}),
        ("mqtt://host/why?/x", "mqtt", "//host/why?/x", {}),
        ("mqtt://host/a?topics=b/+/%23", "mqtt", "//host/a", {"topics": "b/+/#"}),
        ("tcp://[::1]:7000", "tcp", "//[::1]:7000", {}),
        ("udp://:47269", "udp", "//:47269", {}),
        ("function:bench.sensors:read?interval=0.5", "function", "bench.sensors:read", {"interval": "0.5"}),
        ("sim:?a=1?b=2", "sim", "", {"a": "1?b=2"}),
        ("sim:?empty=&bare", "sim", "", {"empty": "", "bare": ""}),
        ("sim:?text=two%20words%26more", "sim", "", {"text": "two words&more"}),
    ],
)
def test_splits(text: str, scheme: str, target: str, query: dict[str, str]):
    assert split_url(text) == (scheme, target, query)


@pytest.mark.parametrize("text", ["", "/dev/ttyUSB0", "9600", "Serial:/dev/ttyUSB0", ":target", "a b:c"])
def test_no_scheme_says_what_is_expected(text: str):
    with pytest.raises(ConfigError, match=r"expected SCHEME:TARGET, such as serial:/dev/ttyUSB0"):
        split_url(text)


def test_an_option_given_twice_is_an_error():
    with pytest.raises(ConfigError, match=r"option 'rate' is given twice"):
        split_url("sim:?rate=1&rate=2")
