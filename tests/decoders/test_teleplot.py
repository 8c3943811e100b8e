from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders import teleplot
from stripchart.decoders.teleplot import TeleplotDecoder
from stripchart.errors import ConfigError
from stripchart.flow.records import Channel, Chunk, Kind
from stripchart.testing import TIME_NS, DecoderContract
from support.decoding import NOW_NS, account, cut, exact, feed, many_examples, rows, values
from support.formats import BOUNDS

TIME = Channel("time", "ms", Kind.TIME)
NOW_MS = 1761935745000


def decode(text: str, **options: Any) -> list[tuple[str, dict[str, Any]]]:
    decoder = TeleplotDecoder(TeleplotDecoder.Options(**options))
    batches = feed(decoder, text.encode() + b"\n", finish=True)
    assert decoder.tally.rejected.total() == 0
    return [(stream, row) for stream, _, row in rows(batches)]


class TestContract(DecoderContract):
    samples = (
        b">temp:21.5\n",
        ">temp:21.6§°C\n".encode(),
        b">temp:1761935745000:21.7\r\n",
        b">path:1:2;3:4|xy\n",
        b"WiFi connected\n",
        b">state:On|t\n>_hidden:1\n>|reboot|\n>x:|clr\n",
    )
    max_buffered = BOUNDS["teleplot"]

    def make(self) -> Any:
        return TeleplotDecoder()


class TestDatagramContract(DecoderContract):
    messages = True
    samples = (
        Chunk(b"temp:21.5\nhum:40", TIME_NS, topic="bench"),
        Chunk(b"temp:21.6", TIME_NS, topic="bench"),
        Chunk(b">:ready\n", TIME_NS, topic="/bench/2"),
    )
    max_buffered = BOUNDS["topics"]

    def make(self) -> Any:
        return TeleplotDecoder()


@pytest.mark.parametrize(
    ("line", "entries"),
    [
        (">temp:21.5", [("temp", {"value": 21.5})]),
        (">temp: 21.5 ", [("temp", {"value": 21.5})]),
        (">a b:-.5e3", [("a b", {"value": -500})]),
        (">temp:1761935745000.5:21.5", [("temp", {"time": NOW_MS + 0.5, "value": 21.5})]),
        (">temp:1000:21.5", [("temp", {"time": 1000, "value": 21.5})]),
        (">temp:1;2;3", [("temp", {"value": 1}), ("temp", {"value": 2}), ("temp", {"value": 3})]),
        (">temp:1000:1;1100:2;", [("temp", {"time": 1000, "value": 1}), ("temp", {"time": 1100, "value": 2})]),
        (">temp:1§°C|np", [("temp", {"value": 1})]),
        (">temp:1|g", [("temp", {"value": 1})]),
        (">temp:1|clr", [("temp", {"value": 1})]),
        (">temp,gauge:1", [("temp", {"value": 1})]),
        (">path:1:2|xy", [("path", {"x": 1, "y": 2})]),
        (
            ">path:1:2:1000;3:4:1100|xy,clr",
            [("path", {"x": 1, "y": 2, "time": 1000}), ("path", {"x": 3, "y": 4, "time": 1100})],
        ),
        (">state:On|t", [("state", {"value": "On"})]),
        (">state:1761935745000:On|t", [("state", {"time": NOW_MS, "value": "On"})]),
        (">state:door: 12:30|t", [("state", {"value": "door: 12:30"})]),
        (">state:12:30|t", [("state", {"value": "12:30"})]),
        (">state:1761935745000:12:30|t", [("state", {"time": NOW_MS, "value": "12:30"})]),
        (">state:a|b|t", [("state", {"value": "a|b"})]),
        (">_hidden:1", []),
        (">x:|clr", []),
        (">|reset|", []),
        (">>:low battery: 3 V", [("log", {"text": "low battery: 3 V"})]),
        (">:low battery", [("log", {"text": "low battery"})]),
        (">>1000:low battery", [("log", {"time": 1000, "text": "low battery"})]),
        (">>boot: ok", [("log", {"text": "boot: ok"})]),
        ("WiFi connected, IP 192.168.1.5", [("log", {"text": "WiFi connected, IP 192.168.1.5"})]),
        ("> ready", [("log", {"text": "> ready"})]),
        ("", []),
    ],
)
def test_serial_lines(line: str, entries: list[tuple[str, dict[str, Any]]]):
    assert decode(">a:1\n" + line) == [("a", {"value": 1}), *entries]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (">temp:x", "not a number"),
        (">temp:1:2:3", "not a number"),
        (">path:1|xy", "not a number"),
        (">temp:1;x", "not a number"),
        (">temp:", "no value"),
        (">temp:1|boom", "unknown flag"),
        (">a\x00:5", "bad name"),
        (">" + "n" * 200 + ":5", "bad name"),
        (">temp:5§\x00", "bad unit"),
        (">s:\x00|t", "not text"),
        (">>:\x00", "not text"),
        (">3D|cube:S:cube:W:1", "3-D object"),
        ("23.5", "not teleplot"),
        ("--", "not teleplot"),
        (b"\xff\xfe", "not teleplot"),
        (b">\xff:5", "bad name"),
    ],
)
def test_rejected_lines(line: str | bytes, reason: str):
    decoder = TeleplotDecoder()
    data = line if isinstance(line, bytes) else line.encode()
    assert values(feed(decoder, b">a:1\n" + data + b"\n")) == [{"value": 1}]
    assert decoder.tally.rejected == {reason: 1}
    assert decoder.tally.recent[0].data == data[:200]


def test_channels_have_units_and_times():
    temp, hum, state = feed(TeleplotDecoder(), ">temp:1000:1§°C\n>hum:2§%\n>state:On§V|t\n".encode())
    assert temp.channels == (TIME, Channel("value", "°C"))
    assert hum.channels == (Channel("value", "%"),)
    assert state.channels == (Channel("value", kind=Kind.TEXT),)


def test_variables_in_turns_are_one_batch_each_and_keep_their_times():
    decoder = TeleplotDecoder()
    x, y, log = decoder.feed([Chunk(b">x:1\n>y:2\nready\n>x:3\n", NOW_NS, NOW_NS - 40)])
    assert (x.stream, x.time.tolist(), x["value"].tolist()) == ("x", [NOW_NS - 30, NOW_NS], [1, 3])
    assert (y.stream, y.time.tolist()) == ("y", [NOW_NS - 20])
    assert (log.stream, log.time.tolist()) == ("log", [NOW_NS - 10])
    assert feed(decoder, b">x:4\n")[0].channels is x.channels


@pytest.mark.parametrize(
    ("first", "reasons"),
    [
        ("umidity:40", {"partial first line": 1}),
        ("umid:1000:40§%", {"partial first line": 1}),
        ("40", {"not teleplot": 1}),
        ("ready", {}),
        ("done: all", {}),
        (">hum:40", {}),
    ],
)
def test_the_first_line_may_lack_its_beginning(first: str, reasons: dict[str, int]):
    decoder = TeleplotDecoder()
    feed(decoder, first.encode() + b"\n>humidity:40\n")
    assert decoder.tally.rejected == reasons
    decoder.reset()
    feed(decoder, first.encode() + b"\n")
    assert decoder.tally.rejected == dict.fromkeys(reasons, 2)


def test_later_such_a_line_is_log_text():
    assert decode(">a:1\nheap: 2000\nheap:2000")[1:] == [
        ("log", {"text": "heap: 2000"}),
        ("log", {"text": "heap:2000"}),
    ]


def test_in_datagrams_every_line_is_a_message():
    assert decode("temp:1\nhum:1000:2§%\n>:ready\n|cmd", transport="udp") == [
        ("temp", {"value": 1}),
        ("hum", {"time": 1000, "value": 2}),
        ("log", {"text": "ready"}),
    ]
    decoder = TeleplotDecoder(TeleplotDecoder.Options(transport="udp"))
    assert feed(decoder, b"WiFi connected\n") == []
    assert decoder.tally.rejected == {"not teleplot": 1}


def test_messages_on_topics_are_datagrams_below_their_topic():
    decoder = TeleplotDecoder()
    found = decoder.feed(
        [Chunk(b"t:1\nt:2", NOW_NS, 0, "bench"), Chunk(b">s:3\n", NOW_NS), Chunk(b"t:4", NOW_NS, 0, "b2")]
    )
    assert {batch.stream: batch["value"].tolist() for batch in found} == {"s": [3], "bench/t": [1, 2], "b2/t": [4]}
    assert (decoder.tally.frames, decoder.tally.bytes_framed, decoder.buffered) == (4, 15, 0)


def test_the_transport_is_checked():
    with pytest.raises(ConfigError, match="teleplot: transport: expected 'serial' or 'udp', got 'tcp'"):
        TeleplotDecoder.Options(transport="tcp")


def test_note():
    decoder = TeleplotDecoder()
    assert decoder.note == ""
    feed(decoder, b">a:1\n>b:1\n>a:2\n>c:1|np\n>d:1\n>e:1\n")
    assert decoder.note == "Teleplot: a, b, c, d, …"


PIECES = st.sampled_from(
    [">", ">", ">", "a", "b c", "temp", "_", ":", ":", ":", ";", "|", "§", ",", " ", "\t", "\u00a0", "1", "2.5", "-0",
     "+.5e1", "1761935745000", "nan", "1_0", "t", "xy", "clr", "np", "g", "°C", "ready", "3D|", "\x00", "\udcff", "٣"]
)  # fmt: skip
VALUES = st.sampled_from(["1", "2.5", "-0", "1000:3", "1§V", "1|np", "x:y|t", "1:2|xy"])
LINE = st.lists(PIECES, max_size=8).map("".join) | st.builds(">{}:{}".format, st.sampled_from("abc"), VALUES)
STREAM = st.lists(st.tuples(LINE, st.sampled_from(["\n", "\n", "\r\n", "\r", ""])), max_size=12).map(
    lambda lines: "".join(line + end for line, end in lines).encode(errors="surrogateescape")
)


@pytest.mark.parametrize("transport", ["serial", "udp"])
@many_examples
@given(data=STREAM, places=st.lists(st.integers(0, 1 << 16), max_size=8))
def test_common_lines_are_read_as_by_the_whole_grammar_and_in_any_pieces(
    transport: str, data: bytes, places: list[int]
):
    options = TeleplotDecoder.Options(transport=transport)
    fast, slow = TeleplotDecoder(options), TeleplotDecoder(options)
    found = sorted(exact(feed(fast, *cut(data, places), finish=True)), key=lambda row: row[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(teleplot._LINES, transport, teleplot.re.compile(r"^()()()().*$", teleplot.re.MULTILINE))
        assert found == sorted(exact(feed(slow, data, finish=True)), key=lambda row: row[0])
    assert account(fast) == account(slow)


@pytest.mark.parametrize("text", [">", ">a", ">a:", ">a ", ">a:1", ">a:1;", ">a:1|t,", ":", ">>", "§", "a "])
def test_no_line_takes_long(text: str):
    line = (text * 4096)[:4096].encode()[:4096]
    decoder = TeleplotDecoder()
    feed(decoder, (line + b"\n") * 100)  # more than a minute if a match tried again and again
    assert decoder.tally.frames == 100
