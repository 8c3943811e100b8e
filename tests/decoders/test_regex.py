from __future__ import annotations

import math
import re
import subprocess
import sys
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.config.options import fill
from stripchart.decoders.regex import RegexDecoder
from stripchart.decoders.regex_pattern import LinePattern
from stripchart.errors import ConfigError
from stripchart.flow.records import Channel, Kind
from stripchart.testing import DecoderContract, check_sample
from support.decoding import feed, many_examples, rows, values
from support.formats import BOUNDS

READINGS = r"T=(?P<temp>\S+) H=(?P<hum>\S+)( (?P<mode>\w+))?"


def make(pattern: str = READINGS, **options: Any) -> RegexDecoder:
    return RegexDecoder(RegexDecoder.Options(pattern=pattern, **options))


class TestContract(DecoderContract):
    samples = (b"sensor ready\n", b"T=21.5 H=40\n", b"T=21.75 H=nan auto\r\n", b"T=22 H=41 off\n")
    max_buffered = BOUNDS["regex"]

    def make(self) -> Any:
        return make()


@pytest.mark.parametrize("sample", RegexDecoder.samples, ids=lambda sample: sample.title)
def test_samples(sample: Any):
    check_sample(RegexDecoder, sample)


def test_each_group_is_a_channel_and_one_without_a_match_is_left_out():
    decoder = make(units={"temp": "°C", "hum": "%"}, names={"temp": "Air temperature"})
    batches = feed(decoder, b"T=21.5 H=40\n> T=22 H=41 auto.\n")
    temperature, humidity = Channel("Air temperature", "°C"), Channel("hum", "%")
    assert [batch.channels for batch in batches] == [
        (temperature, humidity),
        (temperature, humidity, Channel("mode", kind=Kind.TEXT)),
    ]
    assert values(batches) == [
        {"Air temperature": 21.5, "hum": 40}, {"Air temperature": 22, "hum": 41, "mode": "auto"},
    ]  # fmt: skip
    assert decoder.note == "regular expression: temp, hum, mode"


def test_both_ways_of_naming_groups():
    assert values(feed(make(r"(?<a>\d+):(?P<b>\d*)"), b"1:2\n3:\n")) == [{"a": 1, "b": 2}, {"a": 3}]


def test_only_groups_with_a_name_count():
    assert LinePattern(r"(x)(?P<b>y)(z)?(?P<a>w)").search(b"xyw") == [b"y", b"w"]
    assert LinePattern(r"(?P<b>y)(?:z)").search(b"w") is None


def test_anchors_hold_for_the_line():
    assert values(feed(make(r"^(?P<a>\d+)$"), b"1\n12 \n 3\r\n4\r\n")) == [{"a": 1}, {"a": 4}]


def test_lines_that_do_not_match():
    decoder = make()
    found = feed(decoder, b"booting up\n\n## 12\n\xff\nT=1 H=2\n")
    assert [(stream, row) for stream, _, row in rows(found)] == [
        ("log", {"text": "booting up"}),
        ("", {"temp": 1, "hum": 2}),
    ]
    assert decoder.tally.rejected == {"does not match": 1, "not UTF-8": 1}
    assert decoder.tally.decoded == 3


def kinds(*texts: str) -> list[Any]:
    decoder = make(r"v=(?P<v>.*)")
    batches = feed(decoder, "".join(f"v={text}\n" for text in texts).encode())
    assert decoder.tally.rejected.keys() <= {"not a number", "not text"}
    return [
        (batch.channels[0].kind.value, value) for batch in batches if batch.channels for value in batch["v"].tolist()
    ]


def test_kinds_of_values():
    assert kinds("1", " 2.5 ", "-1e3") == [("number", 1), ("number", 2.5), ("number", -1000)]
    assert kinds("on", "OFF") == [("state", 1), ("state", 0)]
    assert kinds("auto", "on", "5") == [("text", "auto"), ("text", "on"), ("text", "5")]
    assert kinds("on", "auto", "off") == [("state", 1), ("text", "auto"), ("text", "off")]
    assert kinds("1", "2x", "3") == [("number", 1), ("number", 3)]
    assert kinds("1", "off") == [("number", 1)]
    assert kinds("", "a\x07", "b" * 300) == []
    assert math.isnan(kinds("nan")[0][1])


def test_rejected_lines_settle_no_kind():
    decoder = make(r"(?P<a>\S+) (?P<b>.*)")
    feed(decoder, b"x \x07\n1 2\n")
    assert decoder.tally.rejected == {"not text": 1}
    assert values(feed(decoder, b"2 3\n")) == [{"a": 2, "b": 3}]


def times(text: str, **options: Any) -> tuple[list[Any], dict[str, int]]:
    decoder = make(r"\[(?P<time>[^\]]*)\] (?P<x>\S+)?", **options)
    batches = feed(decoder, f"[{text}] 5\n".encode())
    found = [(c.unit, v[0]) for b in batches for c, v in zip(b.channels, b.values, strict=True) if c.kind is Kind.TIME]
    assert [batch["x"][0] for batch in batches] == [5] * (not decoder.tally.rejected)
    return found, dict(decoder.tally.rejected)


@pytest.mark.parametrize(
    ("text", "options", "found"),
    [
        ("2024-06-24T08:18:36Z", {}, [("s", 1719217116)]),
        ("2024-06-24 10:18:36+02:00", {}, [("s", 1719217116)]),
        ("2024-06-24 08:18:36.5", {}, [("wall", 1719217116.5)]),
        ("1719217116", {}, [("s", 1719217116)]),
        ("1719217116000", {}, [("ms", 1719217116000)]),
        ("1234", {}, [("", 1234)]),
        ("1234", {"units": {"time": "ms"}}, [("ms", 1234)]),
        ("08:18:36", {}, []),
        ("", {}, []),
    ],
)
def test_the_time_of_the_device(text: str, options: dict[str, Any], found: list[tuple[str, float]]):
    assert times(text, **options) == (found, {})


@pytest.mark.parametrize("text", ["soon", "nan", "2024-02-30 08:18:36x"])
def test_what_is_no_time_rejects_the_line(text: str):
    assert times(text) == ([], {"not a time": 1})


def test_a_time_alone_is_no_sample():
    decoder = make(r"\[(?P<time>\d+)\](?P<x>\d+)?")
    assert feed(decoder, b"[5]\n") == []
    assert decoder.tally.decoded == 1


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"T=(?P<t>\d+)(?= C)", "a look-ahead, '(?=' at position 13, is not supported"),
        (r"(?!x)(?P<t>\d+)", "a look-ahead, '(?!' at position 1, is not supported"),
        (r"(?<=T=)(?P<t>\d+)", "a look-behind, '(?<=' at position 1, is not supported"),
        (r"(?<!T=)(?P<t>\d+)", "a look-behind, '(?<!' at position 1, is not supported"),
        (r"(?P<t>\d+) \1", r"a backreference, '\\1' at position 12, is not supported"),
        (r"(?P<t>\d+)(?P=t)", "a backreference, '(?P=t)' at position 11, is not supported"),
        (r"(?P<t>\d++)", "a possessive quantifier, '++' at position 9, is not supported"),
        (r"\\(?>x)(?P<t>\d+)", "an atomic group, '(?>' at position 3, is not supported"),
        (r"(?#x)(?P<t>\d+)", "a comment, '(?#' at position 1, is not supported"),
        (r"(x)?(?(1)a|(?P<t>b))", "a condition, '(?(' at position 5, is not supported"),
        (r"(?P<t>\d+)\Z", r"'\Z' at position 11 is not supported; write '\z'"),
        (r"(?P<t>\d+", r"missing ) '(?P<t>\\d+' at position 1"),
        (r"(?P<t>[0-9)", "missing ]"),
        (r"(?P<t>\d**)", "bad repetition operator '**' at position 9"),
        (r"(?P<t>\d{2000})", "invalid repetition size '{2000}' at position 9"),
        (r"(?P<t>((a{100}){100}){100})", "invalid repetition size"),
        (r"(?P<a b>x)", "invalid named capture group"),
        ("", "expected a group with a name, such as"),
        (r"T=(\d+)", "expected a group with a name, such as"),
        (r"(?P<a>x)|(?P<a>y)", "the group 'a' comes twice"),
        ("(?P<a>x)" + "y" * 5000, "expected at most 4096 bytes, got 5008"),
    ],
)
def test_patterns_that_cannot_be(pattern: str, message: str):
    with pytest.raises(ConfigError) as error:
        make(pattern)
    text = str(error.value)
    assert text.startswith(f"pattern: {message}")
    assert "\n" not in text


def test_what_the_table_of_options_may_hold():
    made, mistakes = fill(
        RegexDecoder.Options, {"pattern": READINGS, "units": {"temp": "°C"}, "names": {"hum": "Humidity"}}
    )
    assert not mistakes
    assert values(feed(RegexDecoder(made), b"T=1 H=2\n")) == [{"temp": 1, "Humidity": 2}]


@pytest.mark.parametrize(
    ("options", "mistakes"),
    [
        ({"units": {"tmp": "°C"}}, ["units: expected groups of the pattern (temp, hum, mode), got 'tmp'"]),
        ({"names": {"x": "y"}, "units": {"z": ""}}, [
            "names: expected groups of the pattern (temp, hum, mode), got 'x'",
            "units: expected groups of the pattern (temp, hum, mode), got 'z'",
        ]),
        ({"names": {"temp": "\x07"}}, ["names: expected a name that can be shown, got '\\x07'"]),
        (
            {"pattern": "(?P<time>.)", "units": {"time": "min"}},
            ["units: time: expected one of s, ms, us, ns, got 'min'"],
        ),
        ({"pattern": "("}, ["pattern: missing ) '(' at position 1 of '('"]),
    ],
)  # fmt: skip
def test_mistakes_in_the_options_are_told_at_once(options: dict[str, Any], mistakes: list[str]):
    _, found = fill(RegexDecoder.Options, {"pattern": READINGS, **options})
    assert list(map(str, found)) == mistakes


def test_the_pattern_is_not_optional():
    _, mistakes = fill(RegexDecoder.Options, {})
    assert list(map(str, mistakes)) == ["pattern: is missing; expected text"]


def test_no_pattern_stalls():
    evil = make(r"^(?P<a>(a+)+)$")
    for _ in range(20):  # Python's own engine would need longer than the world has existed
        feed(evil, b"a" * 4000 + b"!\n")
    assert evil.tally.rejected == {}
    assert evil.tally.decoded == 20
    nested = make(r"(?P<a>(x*)*(y*)*z)")
    feed(nested, b"xy" * 2000 + b"\n")
    assert nested.tally.frames == 1


def test_a_pattern_of_many_states_keeps_its_memory():
    decoder = make(r"(?P<a>(0|1)*1(0|1){20})$")
    tracemalloc.start()
    try:
        for seed in range(50):
            feed(decoder, f"{seed**200:b}"[:4000].encode() + b"\n")
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_re2_is_loaded_with_the_first_pattern_only():
    code = "import sys, stripchart.decoders.regex; sys.exit('re2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@many_examples
@given(pattern=st.text("(?P<ab>)[]{}*+.\\d1,|^$=!:#x", max_size=20))
def test_any_pattern_is_taken_or_explained(pattern: str):
    try:
        groups = LinePattern(pattern).groups
    except ConfigError as error:
        groups = ()
        said = str(error)
    else:
        said = "pattern: "
    assert said.startswith("pattern: ")
    assert all(re.search(rf"\(\?P?<{group}>", pattern) for group in groups)


@many_examples
@given(line=st.text("T=1. Hx9-", max_size=30))
def test_pythons_own_engine_agrees(line: str):
    pattern = r"T=(?P<a>-?\d+)( H(?P<b>x*))?"
    ours, theirs = LinePattern(pattern).search(line.encode()), re.search(pattern, line)
    assert ours == (theirs and [group and group.encode() for group in (theirs["a"], theirs["b"])])
