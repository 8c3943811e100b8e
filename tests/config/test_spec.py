from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripchart.config.names import check_name, default_name, free_name
from stripchart.config.spec import SourceSpec, as_spec, source
from stripchart.errors import ConfigError
from stripchart.flow.clock.source import ClockOptions
from stripchart.flow.controls import Button, Controls
from stripchart.plugins import load
from stripchart.sources.function import FunctionSource
from stripchart.sources.mqtt import MqttSource
from stripchart.sources.simulated import SimulatedSource
from stripchart.sources.url import split_url

if TYPE_CHECKING:
    from stripchart.flow.records import Chunk

CANARY = "canary8Kx"


def idle_workers() -> dict[str, float]:
    return {"idle": 1.0}


class Gauge:
    """The least that is a source."""

    url = "gauge:7"
    default_decoder = "json"
    status = ""

    def open(self) -> None:
        pass

    def read(self, _timeout: float) -> list[Chunk]:
        return []

    def close(self) -> None:
        pass


class Reading:
    def __call__(self) -> float:
        return 1.0


def lines(spec: SourceSpec) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        spec.build()
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("serial:/dev/ttyUSB0?baudrate=9600", "ttyUSB0"),
        ("serial:COM3", "COM3"),
        ("mqtt://ann:pie@host:1883/greenhouse/#", "host"),
        ("mqtt://host/a/b@c", "host"),
        ("tcp://[::1]:7777", "::1"),
        ("udp://:47269", "udp"),
        ("sim:", "sim"),
        ("-", "stdin"),
        ("function:package.module:workers", "workers"),
        (f"serial:/dev/serial/by-id/{'x' * 80}", "x" * 64),
        (idle_workers, "idle_workers"),
        (partial(idle_workers), "idle_workers"),
        (lambda: 1.0, "function"),
        (Reading(), "Reading"),
        (deque([1.0]).popleft, "popleft"),
        (Gauge(), "7"),
    ],
)
def test_names_by_default(given: Any, name: str):
    assert default_name(given) == name
    assert as_spec(given).name == name


def test_a_name_that_was_given_stays():
    assert as_spec(source("sim:", name="bench")).name == "bench"


@pytest.mark.parametrize("name", ["a/b", "x" * 65, "tab\t", " blank ", "zero\u200bwidth", "\u202eevil"])
def test_names_that_cannot_be(name: str):
    with pytest.raises(ConfigError, match="name of a source: expected 1 to 64 printable characters without '/'"):
        as_spec(source("sim:", name=name))
    with pytest.raises(ConfigError):
        check_name("")


def test_free_names():
    assert free_name("sim", {}) == "sim"
    assert free_name("sim", {"sim", "sim-2"}) == "sim-3"


@pytest.mark.parametrize("given", [5, None, SimulatedSource, b"sim:"])
def test_what_stands_for_no_source(given: Any):
    with pytest.raises(ConfigError, match="a source: expected a URL, a function, or an object with"):
        as_spec(given)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ttyUSB0", "ttyUSB0: expected SCHEME:TARGET, such as serial:/dev/ttyUSB0"),
        ("/dev/ttyUSB0", "/dev/ttyUSB0: expected SCHEME:TARGET; for a serial port write serial:/dev/ttyUSB0"),
        ("", "'': expected SCHEME:TARGET"),
        (f"MQTT://ann:{CANARY}@host", r"MQTT://ann:\*\*\*@host: expected SCHEME:TARGET"),
        (f"sim:?token={CANARY}&token=b", r"sim:\?token=\*\*\*&token=\*\*\*: option 'token' is given twice"),
    ],
)
def test_urls_that_are_none(url: str, message: str):
    with pytest.raises(ConfigError, match=f"^{message}"):
        as_spec(url)


def test_a_url_with_its_query():
    built, decoder = as_spec("sim:sine?rate=50&seed=3&format=csv").build()
    assert isinstance(built, SimulatedSource)
    assert built.url == "sim:sine"
    assert type(decoder).__name__ == "CsvDecoder"


def test_keywords_say_the_same_as_the_query():
    built, _ = source("sim:sine", channels=3, rate=50, format="csv").build()
    assert built.status == "3 channels, 50 rows/s"


def test_a_scheme_is_passed_on_to_a_class_of_several():
    built, decoder = as_spec("wss://host/a/#").build()
    assert isinstance(built, MqttSource)
    assert built.url == "wss://host/a/#"
    assert type(decoder).__name__ == "TopicsDecoder"


def test_a_callable():
    built, decoder = source(idle_workers, interval=0.5).build()
    assert isinstance(built, FunctionSource)
    assert type(decoder).__name__ == "JsonDecoder"


def test_a_ready_source():
    gauge = Gauge()
    built, decoder = as_spec(gauge).build()
    assert built is gauge
    assert type(decoder).__name__ == "JsonDecoder"


def test_a_ready_source_takes_no_options():
    known = "buttons, decoder, decoder_options, ending, must_start, time, time_channel, time_unit, time_zone"
    assert lines(source(Gauge(), baudrate=3)) == [f"gauge:7: baudrate: no such option; there are: {known}"]


@pytest.mark.parametrize(
    "spec",
    [
        source("sim:", time="device", time_channel="millis", time_unit="ms", time_zone="UTC"),
        source("sim:?time=device&time_channel=millis", time_unit="ms", time_zone="UTC"),
        source(Gauge(), time="device", time_channel="millis", time_unit="ms", time_zone="UTC"),
        source(idle_workers, time="device", time_channel="millis", time_unit="ms", time_zone="UTC"),
    ],
)
def test_every_source_has_a_clock(spec: SourceSpec):
    assert spec.clock().options == ClockOptions("device", "millis", "ms", "UTC")
    assert spec.build()


def test_what_is_wrong_with_the_clock_is_told_with_the_rest():
    spec = source("sim:?time=gps&time_zone=Mars", time_unit="h", tim_channel="x")
    expected = [
        "sim:?time=gps&time_zone=Mars: tim_channel: no such option; did you mean 'time_channel'?",
        "sim:?time=gps&time_zone=Mars: time: expected one of 'auto', 'host', 'device', got 'gps'",
        "sim:?time=gps&time_zone=Mars: time_unit: expected one of 'auto', 's', 'ms', 'us', 'ns', got 'h'",
        "sim:?time=gps&time_zone=Mars: time_zone: expected a name such as Europe/Berlin or UTC, got 'Mars'",
    ]
    assert sorted(lines(spec)) == sorted(expected)
    with pytest.raises(ConfigError) as caught:
        spec.clock()
    assert sorted(str(caught.value).splitlines()) == sorted(expected[1:])


def test_a_clock_is_described_once():
    assert lines(source("sim:?time=host", time="host")) == [
        "sim:?time=host: time: is given twice, in the URL and beside it"
    ]


@pytest.mark.parametrize("spec", [source("sim:", decoder="csv"), source("sim:?decoder=csv")])
def test_another_decoder(spec: SourceSpec):
    assert type(spec.build()[1]).__name__ == "CsvDecoder"


def test_all_mistakes_at_once():
    spec = source("sim:?rate=fast&chanels=3&seed=1", seed=2, decoder="cvs", decoder_options={"never": "looked at"})
    *first, last = lines(spec)
    assert first == [
        "sim:?rate=fast&chanels=3&seed=1: seed: is given twice, in the URL and beside it",
        "sim:?rate=fast&chanels=3&seed=1: rate: expected a number, got 'fast'",
        "sim:?rate=fast&chanels=3&seed=1: chanels: no such option; did you mean 'channels'?",
    ]
    assert last.startswith(
        "sim:?rate=fast&chanels=3&seed=1: decoder: no decoder named 'cvs'; did you mean 'csv'? (there"
    )


def test_mistakes_that_the_source_itself_finds():
    assert lines(source("sim:sine?rate=-1")) == ["sim:sine?rate=-1: rate: expected 0.001 to 1,000,000, got -1.0"]
    assert lines(source("mqtt://host?qos=7&version=4")) == [
        "mqtt://host?qos=7&version=4: qos: expected 0 to 2, got 7",
        "mqtt://host?qos=7&version=4: version: expected 5, or 3 for MQTT 3.1.1, got 4",
    ]


def test_what_is_offered_to_people_who_send():
    zero = Button(label="Zero", send="Z")
    spec = source("loop", ending="\r", buttons=[zero])
    assert spec.controls == Controls("\r", (zero,))
    source("serial:/dev/ttyUSB0", buttons=[zero]).build()
    assert lines(source("mqtt://host/#", buttons=[Button(label="On", send="1", topic="lamp/set"), zero])) == [
        "mqtt://host/#: buttons[1].topic: is missing; it says where the message goes"
    ]
    assert lines(source("tcp://host:3", buttons=[Button(label="On", send="1", topic="lamp/set")])) == [
        "tcp://host:3: buttons[0].topic: expected none, for such a source has no topics"
    ]
    assert lines(source("udp://:47269", buttons=[zero])) == [
        "udp://:47269: buttons: nothing can be sent to such a source"
    ]


def test_a_decoder_given_twice():
    assert lines(source("sim:?decoder=csv", decoder="csv")) == [
        "sim:?decoder=csv: decoder: is given twice, in the URL and beside it"
    ]


def test_a_mistake_in_the_decoders_options():
    (line,) = lines(source("sim:", decoder="csv", decoder_options={"no_such": 1}))
    assert line.startswith("sim: decoder_options.no_such: no such option; ")


def test_a_scheme_that_is_unknown():
    assert lines(source("seral:/dev/ttyUSB0"))[0].startswith(
        "seral:/dev/ttyUSB0: no source named 'seral'; did you mean 'serial'? (there are: -, function,"
    )


@pytest.mark.parametrize(
    "spec",
    [
        source(f"mqtt://ann:{CANARY}@host:port/a"),
        source(f"mqtt://ann:{CANARY}/@host/a", qos="x"),
        source(f"mqtt://ann@host/a?password={CANARY}&qos=9", password=CANARY[1:]),
        source("mqtt://ann@host/a", password=CANARY, qos="often"),
        source("mqtt://ann@host/a", password=[CANARY]),
        source("mqtt://host/a", password=CANARY),
        source("sim:", secret=CANARY),
        source("sim:", decoder_options={"token": CANARY}),
    ],
)
def test_no_secret_shows(spec: SourceSpec):
    assert CANARY not in repr(spec)
    assert CANARY not in spec.url
    assert lines(spec)
    assert CANARY not in "\n".join(lines(spec))


def test_the_repr_shows_the_rest():
    spec = source("mqtt://ann:pie@host", name="bench", qos=1, password=CANARY)
    assert repr(spec) == (
        "SourceSpec('mqtt://ann:***@host', name='bench', decoder='', options={'qos': 1, 'password': '***'}, "
        "decoder_options={}, must_start=False)"
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    "url", ["sim:", "serial:/dev/ttyUSB0", "mqtt://host/a", "tcp://host:1", "udp://:1", "-", "function:a:b"]
)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_whatever_is_given_is_built_or_told(url: str, data: st.DataObject):
    options = {field.name: VALUES for field in fields(load("sources", split_url(url).scheme).Options)}
    given = data.draw(st.fixed_dictionaries({}, optional=options))
    built, mistakes = SourceSpec(url, "x", options=given).attempt()
    assert (built is None) == bool(mistakes)
    assert all(mistake.key and "\n" not in str(mistake) for mistake in mistakes)


@settings(max_examples=300, deadline=None)
@given(text=st.text() | st.text().map("mqtt://{}".format) | st.text().map("sim:?{}".format))
def test_any_text_is_a_source_or_told(text: str):
    with suppress(ConfigError):  # and nothing else is raised
        as_spec(text).build()


@pytest.mark.parametrize(
    ("url", "baudrate"),
    [
        ("serial:/dev/ttyX?decoder=sds011", 9600),
        ("serial:/dev/ttyX?decoder=sds011&baudrate=4800", 4800),
        ("serial:/dev/ttyX?decoder=vedirect", 19200),
        ("serial:/dev/ttyX?decoder=csv", 115200),
    ],
)
def test_a_decoder_knows_how_its_devices_are_set_unless_the_user_does(url: str, baudrate: int):
    built, _ = source(url).build()
    assert built._options.baudrate == baudrate


def test_what_a_decoder_knows_of_ports_is_nothing_to_a_socket():
    source("tcp://127.0.0.1:9?decoder=sds011").build()
