from __future__ import annotations

from typing import Any

import pytest

from stripchart.config.spec import source
from stripchart.decoders.csv import CsvDecoder
from stripchart.errors import SourceLost
from stripchart.explain import report
from support.bench import Bench
from support.lines import ListSource
from support.wait import until

NOISE = bytes(range(128, 192)) * 4


def hint(*messages: bytes, decoder: Any = None, url: str = "serial:/dev/ttyUSB0", **changes: Any) -> str:
    with Bench(*messages, decoder=decoder, spec=source(url, name="bench")) as bench:
        return str(report(bench.facts(**changes))["hint"])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("serial:/dev/ttyUSB0", "its TX goes to RX here"),
        ("mqtt://host/greenhouse/#", "connected, but nothing arrives on this filter"),
        ("udp://:47269", "udp://0.0.0.0:PORT"),
        ("tcp://host:7777", "sends nothing"),
        ("-", "nothing was piped in yet"),
        ("acme:thing", "nothing has arrived yet"),
    ],
)
def test_silence(url: str, words: str) -> None:
    found = hint(url=url, quiet=12.0)
    assert found.startswith("no bytes for 12 s: ")
    assert words in found
    assert hint(url=url, quiet=1.0) == ""


def test_silence_while_rates_are_tried() -> None:
    assert hint(quiet=9.0, status="looking for the baud rate: listening at 9600").startswith("looking for the baud")


def test_an_end_without_a_byte() -> None:
    assert hint(state="ended") == "it has ended without a single byte"


def test_it_stopped_talking() -> None:
    assert hint(b"1,2\n" * 9, quiet=34.0) == "nothing for 34 s"
    assert hint(b"1,2\n" * 9, quiet=3.0) == ""


def test_garbage_from_a_port_is_most_likely_the_wrong_rate() -> None:
    garbage = (b"\x80\xf8\x00\xe0\xfe\n" + NOISE) * 3
    assert hint(garbage).startswith("this looks like the wrong baud rate")
    assert hint(garbage, url="tcp://host:1").startswith("binary, format unknown: describe its fields")


def test_frames_of_binary_data_are_no_wrong_rate() -> None:
    frames = b"".join(bytes([4, 130 + number % 100, 7, 200, 0]) for number in range(40))
    assert hint(frames).startswith("binary, looks like COBS frames of 4 bytes: describe its fields")


def test_another_decoder_would_read_it() -> None:
    found = hint(b'{"a":1}\n' * 20, decoder=CsvDecoder())
    assert found.endswith("try the decoder 'json'")


def test_no_line_ends() -> None:
    assert hint(b"23.5 ").startswith("5 bytes came without a line end")


def test_most_is_rejected() -> None:
    found = hint(b"1.2.3\n" * 9, decoder=CsvDecoder())
    assert found == "9 of 9 frames are rejected, most often as 'not a number'; see the newest below"


def test_text_only() -> None:
    with Bench(b"Waiting for a sensor\n" * 60) as bench:
        until(lambda: bench.explain()["log"])
        assert bench.explain()["hint"] == "only text came so far, and no line with values in it"


def test_the_limit_of_channels() -> None:
    with Bench(b"1,2\n" * 9) as bench:
        facts = bench.facts()
        assert "limit of channels" in report(facts._replace(counts=facts.counts._replace(refused=3)))["hint"]


def test_a_lost_source_says_why() -> None:
    class Away(ListSource):
        def open(self) -> None:
            raise SourceLost("serial:/dev/ttyUSB0: no such device")

    bench = Bench()
    bench.pump.source = Away([])
    bench.pump.start()
    try:
        until(lambda: bench.explain()["hint"] == "serial:/dev/ttyUSB0: no such device")
    finally:
        bench.pump.stop()
