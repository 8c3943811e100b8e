from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.console import (
    KEPT_BYTES,
    KEPT_CHUNKS,
    MAX_LINE,
    MAX_LINES,
    QUIET_NS,
    TAIL_BYTES,
    TAIL_CHUNKS,
    Console,
    Line,
)
from stripchart.flow.records import Chunk
from support.decoding import many_examples

SECOND = 10**9
NOW = 100 * SECOND
SIZES = st.lists(
    st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2 * KEPT_BYTES)), max_size=2 * KEPT_CHUNKS), max_size=4
)
PIECES = st.lists(st.sampled_from([b"", b"a", b"bc\n", b"\n", b"d\ne", b"x" * MAX_LINE, b"\r\n"]), max_size=30)


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


def tail(console: Console) -> bytes:
    return b"".join(chunk.data for chunk in console.tail())


def test_lines_of_a_stream_are_told_when_they_are_complete() -> None:
    console = Console()
    console.heard([Chunk(b"a=1\r\nb", 1)])
    first = console.log(now_ns=2)
    assert first.lines == [Line(5, 1, "in", "", "a=1", "613d310d0a", 5)]
    console.heard([Chunk(b"=2\nc=3\n", 3)])
    more = console.log(first.lines[-1].number, now_ns=4)
    assert (texts(more.lines), more.dropped) == (["b=2", "c=3"], 0)
    assert console.log(more.lines[-1].number, now_ns=4 + SECOND).lines == []


def test_silence_ends_a_line_too_and_what_follows_is_told_once() -> None:
    console = Console()
    console.heard([Chunk(b"login: ", 1)])
    assert console.log(now_ns=1 + QUIET_NS).lines == []
    (prompt,) = console.log(now_ns=2 + QUIET_NS).lines
    assert prompt.text == "login: "
    console.heard([Chunk(b"ann\n", 1 + SECOND)])
    assert texts(console.log(prompt.number, now_ns=2 * SECOND).lines) == ["ann"]
    assert texts(console.log(now_ns=2 * SECOND).lines) == ["login: ", "ann"]


def test_what_is_sent_stands_between_what_came() -> None:
    console = Console()
    console.heard([Chunk(b"> ", 1)])
    number, text = console.sent(b"go\r\n")
    console.heard([Chunk(b"ok\n", NOW)])
    lines = console.log(now_ns=NOW).lines
    assert [(line.direction, line.text) for line in lines] == [("in", "> "), ("out", "go"), ("in", "ok")]
    assert (lines[1].number, text, lines[1].hex) == (number, "go", "676f0d0a")
    assert texts(console.log(number, now_ns=NOW).lines) == ["ok"]
    assert tail(console) == b"> ok\n"


def test_messages_are_lines_whatever_is_in_them() -> None:
    console = Console()
    console.heard([Chunk(b"one\ntwo", 1, topic="a/b"), Chunk(b"", 2, topic="a/\u202eb")])
    console.sent(b"\0\xff", "cmd")
    lines = console.log().lines
    assert [(line.topic, line.text) for line in lines] == [
        ("a/b", "one\\ntwo"), ("a/\\u202eb", ""), ("cmd", "\\x00\\xff"),
    ]  # fmt: skip
    assert [line.number for line in lines] == [8, 9, 12]
    assert [line.number for line in console.log(8).lines] == [9, 12]


def test_a_long_message_is_cut_and_a_long_line_is_parted() -> None:
    console = Console()
    console.heard([Chunk(b"x" * (MAX_LINE + 5), 1, topic="a")])
    console.heard([Chunk(b"y" * (2 * MAX_LINE + 5) + b"\n", 2)])
    message, *parts = console.log().lines
    assert (len(message.text), message.size) == (MAX_LINE, MAX_LINE + 5)
    assert [part.size for part in parts] == [MAX_LINE, MAX_LINE, 6]


def test_an_answer_is_bounded_and_says_what_it_leaves_out() -> None:
    console = Console()
    console.heard([Chunk(b"%04d\n" % number, number) for number in range(MAX_LINES + 100)])
    log = console.log(0)
    assert texts(log.lines) == [f"{number:04}" for number in range(100, MAX_LINES + 100)]
    assert log.dropped == 100 * 6 - 1
    assert console.log(60).dropped == log.dropped - 60


def test_what_is_gone_counts_as_dropped() -> None:
    console = Console()
    for _ in range(20):
        console.heard([Chunk(b"z" * 9_999 + b"\n", 1)])
    log = console.log(10_001)
    first = log.lines[0].number - log.lines[0].size
    assert log.dropped == first - 10_001 > 0
    assert log.lines[-1].number == 20 * 10_001 - 1


def test_a_number_of_an_earlier_run_begins_anew() -> None:
    console = Console()
    console.heard([Chunk(b"a\n", 1)])
    assert texts(console.log(10**6).lines) == ["a"]
    assert texts(console.log(-5).lines) == ["a"]
    assert Console().log(7) == ([], 0)


def test_secrets_are_taken_out_of_what_is_sent() -> None:
    console = Console(lambda text: text.replace("canary", "***"))
    assert console.sent(b"wifi_password=canary\n")[1] == "wifi_password=***"
    (line,) = console.log().lines
    assert line.text == "wifi_password=***"
    assert bytes.fromhex(line.hex) == b"wifi_password=***"


@many_examples
@given(PIECES)
def test_who_follows_gets_every_byte_once(pieces: list[bytes]) -> None:
    console, after, got, now = Console(), 0, b"", NOW
    for place, piece in enumerate(pieces):
        now += SECOND if place % 5 == 0 else 1
        console.heard([Chunk(piece, now)])
        if place % 3 == 0:
            for line in console.log(after, now).lines:
                assert line.number > after
                got, after = got + bytes.fromhex(line.hex), line.number
    got += b"".join(bytes.fromhex(line.hex) for line in console.log(after, now + SECOND).lines)
    assert got == b"".join(pieces)


@many_examples
@given(SIZES)
def test_it_keeps_the_newest_within_its_bounds(reads: list[list[int]]) -> None:
    console, everything = Console(), b""
    for number, sizes in enumerate(reads):
        console.heard([Chunk(bytes([number + 65]) * size, NOW) for size in sizes])
        everything += b"".join(bytes([number + 65]) * size for size in sizes)
    kept = b"".join(chunk.data for entry in console._entries for chunk in entry.chunks)
    count = sum(len(entry.chunks) for entry in console._entries)
    assert everything.endswith(kept)
    assert len(kept) < 2 * KEPT_BYTES
    assert count < 2 * KEPT_CHUNKS
    assert len(kept) + count >= KEPT_BYTES or count >= KEPT_CHUNKS or kept == everything
    assert everything.endswith(tail(console))
    assert len(tail(console)) <= TAIL_BYTES
    assert len(console.tail()) <= TAIL_CHUNKS
    assert bool(tail(console)) == bool(kept)
