from __future__ import annotations

from typing import Any

import pytest

from stripchart.decoders.json import JsonDecoder
from stripchart.errors import ConfigError
from stripchart.flow.records import Chunk, Kind
from support.decoding import NOW_NS, feed, values


def decode(data: bytes) -> tuple[list[dict[str, Any]], dict[str, int]]:
    decoder = JsonDecoder()
    return values(feed(decoder, data, finish=True)), dict(decoder.tally.rejected)


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b'{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
        (b'{"a":1}\r\n\r\n {"a":2} \r\n', [{"a": 1}, {"a": 2}]),
        (b'{"a":1}{"a":2}', [{"a": 1}, {"a": 2}]),
        (b'{"a":1}, {"a":2}\n{"a":3}\n', [{"a": 1}, {"a": 2}, {"a": 3}]),
        (b'{"a":1}', [{"a": 1}]),
        (b'[{"a":1},{"a":2}]\n', [{"a": 1}, {"a": 2}]),
        (b"[1,2]\n", [{"value[0]": 1, "value[1]": 2}]),
        (b'{"a":{"b":[true,"12",null,"x"]}}\n', [{"a/b[0]": 1, "a/b[1]": 12, "a/b[3]": "x"}]),
        (b'{"a":1}\n{"a":"broken"}\n{"b":2}\n', [{"a": 1}, {"a": "broken"}, {"b": 2}]),
        (b'{"a":1,"a":2}\n', [{"a": 2}]),
        (b"{}\n[]\n", []),
    ],
)
def test_objects(data: bytes, rows: list[dict[str, Any]]):
    assert decode(data) == (rows, {})


@pytest.mark.parametrize(
    ("data", "rows", "rejected"),
    [
        (b'2}\n{"a":1}\n', [{"a": 1}], {"not JSON": 1}),
        (b'-- ok\n{"a":1}\n', [{"a": 1}], {"not JSON": 1}),
        (b'mp":21,"hum":40}\n{"a":1}\n', [{"a": 1}], {"not JSON": 1}),
        (b'\xff boot\n{"a":1}\n', [{"a": 1}], {"not JSON": 1}),
        (b'{"a":1},[2,3],{"a":4}', [{"a": 1}, {"value[0]": 2, "value[1]": 3}, {"a": 4}], {}),
        (b'{"a":1,\n{"a":2}\n', [{"a": 2}], {"not JSON": 1}),
        (b'{"a":{"b":1}{"a":2}{"a":3}', [{"a": 2}, {"a": 3}], {"not JSON": 1}),
        (b'{"a":nan}\n{"a":1}\n', [{"a": 1}], {"not JSON": 1}),
        (b'{"a":1e400}\n', [], {"not JSON": 1}),
        (b'23.5\n"x"\nnull\n', [], {"not JSON": 3}),
        (b'{"\xff":1}\n', [], {"not JSON": 1}),
        (b'{"a":' * 100 + b"1" + b"}" * 100 + b"\n", [], {"nested too deeply": 1}),
        (b"[" * 5000 + b"]" * 5000 + b"\n", [], {"not JSON": 1}),
        (b"[" + b"1," * 1100 + b"1]\n", [], {"too many columns": 1}),
        (b'{"a":1}\n{"\\u001b":1}\n', [{"a": 1}], {"bad name": 1}),
        (b'\xef\xbb\xbf{"a":1}\n', [{"a": 1}], {"not JSON": 1}),
    ],
)  # fmt: skip
def test_junk_is_rejected_and_the_next_object_read(data: bytes, rows: list[dict[str, Any]], rejected: dict[str, int]):
    assert decode(data) == (rows, rejected)


@pytest.mark.parametrize(
    ("data", "rows", "log"),
    [
        (b'boot ok\n{"a":1}\n', [{"a": 1}], ["boot ok"]),
        (b'[12] heap {"a":1} free\n', [{"a": 1}], ["[12] heap", "free"]),
        (b'[  8][I][main.cpp:12] setup(): ready\n{"a":1}\n', [{"a": 1}], ["[  8][I][main.cpp:12] setup(): ready"]),
        (b'Connected to "home"\n[1,2]\n', [{"value[0]": 1, "value[1]": 2}], ['Connected to "home"']),
    ],
)
def test_words_between_values_are_log_text(data: bytes, rows: list[dict[str, Any]], log: list[str]):
    for pieces in ([data], [data[i : i + 1] for i in range(len(data))]):
        decoder = JsonDecoder()
        batches = feed(decoder, *pieces, finish=True)
        assert values(batch for batch in batches if batch.stream != "log") == rows
        assert [text for batch in batches if batch.stream == "log" for text in batch["text"]] == log
        assert decoder.tally.rejected.total() == 0


def test_log_text_has_the_time_of_its_line():
    batch, log = JsonDecoder().feed([Chunk(b'{"a":1}\nready\n{"a":2}\n', NOW_NS, NOW_NS - 30)])
    assert batch.time.tolist() == [NOW_NS - 20, NOW_NS]
    assert log.time.tolist() == [NOW_NS - 10]


@pytest.mark.parametrize("lost", [b'{"t:2}', b'{"temp:2}', b'{t":2}', b'{"t":"x}', b'{"t":{"u":2}', b'{"t":2'])
def test_a_lost_quote_or_brace_costs_a_few_objects(lost: bytes):
    decoder = JsonDecoder()
    found = values(feed(decoder, b'{"t":1}' + lost + b'{"t":3}' * 5))
    assert found[0] == {"t": 1}
    assert found.count({"t": 3}) >= 4
    assert decoder.buffered == 0


class TestDeviceTime:
    @pytest.mark.parametrize(
        ("field", "value", "unit"),
        [
            (b'"time":"2025-10-31T18:35:45Z"', 1761935745, "s"),
            (b'"Time":"2025-10-31T18:35:45"', 1761935745, "wall"),
            (b'"timestamp":"2025-10-31T18:35:45.5+01:00"', 1761932145.5, "s"),
            (b'"ts":1761935745', 1761935745, "s"),
            (b'"ts":1761935745123', 1761935745123, "ms"),
            (b'"ts":"1761935745"', 1761935745, "s"),
            (b'"datetime":1761935745123456', 1761935745123456, "us"),
            (b'"ts":1761935745123456789', 1761935745123456789, "ns"),
        ],
    )
    def test_it_is_found_by_name(self, field: bytes, value: float, unit: str):
        (batch,) = feed(JsonDecoder(), b'{%b,"a":1}\n' % field * 2)
        assert batch.channels[0][1:3] == (unit, Kind.TIME)
        assert batch.values[0].tolist() == [float(value)] * 2

    @pytest.mark.parametrize(
        "line", [b'{"time":5000,"a":1}', b'{"time":true,"a":1}', b'{"ts":5e9,"a":1}', b'{"a":{"ts":1761935745},"b":1}',
                 b'{"time":"noon","a":1}', b'{"ts":1761935745}', b'{"timeout":1761935745,"a":1}']
    )  # fmt: skip
    def test_other_values_are_none(self, line: bytes):
        for batch in feed(JsonDecoder(), (line + b"\n") * 2):
            assert all(channel.kind is not Kind.TIME for channel in batch.channels)

    def test_the_first_one_counts(self):
        (batch,) = feed(JsonDecoder(), b'{"time":5,"ts":1761935745,"timestamp":1761935746}\n' * 2)
        assert [channel.kind for channel in batch.channels] == [Kind.NUMBER, Kind.TIME, Kind.NUMBER]


class TestSeveralObjectsTogether:
    """Lines that would merge into as many values as there are lines, but of other kinds."""

    @pytest.mark.parametrize(
        ("data", "rows", "rejected"),
        [
            (b'{"a":[{"b":1}\n{"c":2}]}\n{"d":3},{"e":4}\n', [{"c": 2}, {"d": 3}, {"e": 4}], 2),
            (b'{"a":"x}\n{"}\n{"d":3},{"e":4}\n', [{"d": 3}, {"e": 4}], 2),
            (b'{"a":1},{"b":2}\n{"c":\n', [{"a": 1}, {"b": 2}], 1),
        ],
    )
    def test_are_not_taken_for_one_a_line(self, data: bytes, rows: list[dict[str, Any]], rejected: int):
        found, reasons = decode(data)
        assert found == rows
        assert sum(reasons.values()) >= rejected

    def test_one_batch_for_equal_shapes(self):
        (batch,) = feed(JsonDecoder(), b'{"a":1,"on":true}\n' * 3)
        assert batch["a"].tolist() == [1, 1, 1]
        assert batch["on"].tolist() == [1, 1, 1]

    def test_the_same_channels_come_again(self):
        decoder = JsonDecoder()
        (first,) = feed(decoder, b'{"a":1}\n')
        (second,) = feed(decoder, b'{"a":[]}\n{"a":"2"}\n')
        assert second.channels is first.channels


def test_an_object_is_decoded_before_its_line_ends():
    decoder = JsonDecoder()
    assert values(feed(decoder, b'{"a":1}{"a"')) == [{"a": 1}]
    assert decoder.buffered == 4
    assert values(feed(decoder, b":2}")) == [{"a": 2}]
    assert feed(decoder, b"\n") == []
    assert (decoder.tally.frames, decoder.buffered) == (2, 0)


class TestTimes:
    def test_lines_are_spread(self):
        (batch,) = JsonDecoder().feed([Chunk(b'{"a":1}\n{"a":2}\n', NOW_NS, NOW_NS - 10)])
        assert batch.time.tolist() == [NOW_NS - 5, NOW_NS]

    def test_objects_without_line_ends_are_spread(self):
        (batch,) = JsonDecoder().feed([Chunk(b'{"a":1}{"a":2}', NOW_NS, NOW_NS - 10)])
        assert batch.time.tolist() == [NOW_NS - 5, NOW_NS]

    def test_objects_of_one_line_share_its_time(self):
        (batch,) = JsonDecoder().feed([Chunk(b'{"a":1}{"a":2}\n', NOW_NS, NOW_NS - 10)])
        assert batch.time.tolist() == [NOW_NS, NOW_NS]


@pytest.mark.parametrize("endless", [b'{"a":"', b"{", b"[1,", b"junk ", b'"', b"\\", b" "])
def test_what_never_ends_is_bounded_and_then_given_up(endless: bytes):
    decoder = JsonDecoder(JsonDecoder.Options(max_bytes=1000))
    for _ in range(100):
        feed(decoder, endless * 20)
        assert decoder.buffered <= 1000
    assert values(feed(decoder, b'\n{"a":1}\n')) == [{"a": 1}]


def test_an_object_over_the_limit_is_rejected():
    decoder = JsonDecoder(JsonDecoder.Options(max_bytes=20))
    assert values(feed(decoder, b'{"a":"%s"}\n{"a":1}\n' % (b"x" * 30))) == [{"a": 1}]
    assert decoder.tally.rejected == {"too long": 1, "not JSON": 1}


def test_the_limit_is_checked():
    with pytest.raises(ConfigError, match="json: max_bytes: expected a positive number, got 0"):
        JsonDecoder.Options(max_bytes=0)


def test_reset_forgets_the_object_that_is_not_complete():
    decoder = JsonDecoder()
    feed(decoder, b'{"a":{')
    decoder.reset()
    assert (decoder.buffered, decoder.tally.bytes_skipped) == (0, 6)
    assert values(feed(decoder, b'{"b":1}\n')) == [{"b": 1}]


def test_note():
    decoder = JsonDecoder()
    feed(decoder, b"--\n")
    assert decoder.note == ""
    feed(decoder, b'{"a":1}\n')
    assert decoder.note == "JSON lines"
