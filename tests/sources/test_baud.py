from __future__ import annotations

import pytest

from stripchart.flow.records import Chunk
from stripchart.sources.baud import NEWEST, RATES, RateFinder, Verdict, judge
from support.uart import received

TEXTS = {
    "CSV": b"".join(b"%d,%.2f,%.2f\r\n" % (20 * row, 20 + row / 7, 40 - row / 9) for row in range(30)),
    "plain numbers": b"".join(b"%d\r\n" % (37 * row % 1024) for row in range(70)),
    "labels": b"".join(b"temp:%.1f,hum:%d\r\n" % (20 + row / 7, 40 + row % 5) for row in range(25)),
    "JSON": b"".join(b'{"t":%.2f,"h":%d}\n' % (20 + row / 7, 40 + row % 5) for row in range(25)),
    "degrees": "".join(f"T: {20 + row / 7:.1f} °C\r\n" for row in range(25)).encode(),
}
SDS011 = bytes.fromhex("aac0d4043a0aa1601dab")
PMSX003 = bytes.fromhex("424d001c0004000600080004000600080366010200360006000200020000")
PMSX003 += sum(PMSX003).to_bytes(2)


@pytest.mark.parametrize("idle", [0, 7, 400])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_is_legible_at_its_own_rate_and_at_none_that_is_tried_before(text: bytes, idle: int):
    assert received(text, 9600, 9600, idle) == text
    assert judge(text) is Verdict.LEGIBLE
    wrong = [
        (sent_at, read_at)
        for place, sent_at in enumerate(RATES)
        for read_at in RATES[:place]
        if judge(received(text, sent_at, read_at, idle)) is Verdict.LEGIBLE
    ]
    assert wrong == []


@pytest.mark.parametrize("packets", [SDS011 * 4, PMSX003 * 3], ids=["SDS011", "PMSx003"])
def test_packets_are_legible_at_their_own_rate_only(packets: bytes):
    assert judge(packets) is Verdict.LEGIBLE
    assert judge(b"\x17" + packets[7:]) is Verdict.LEGIBLE
    for read_at in RATES:
        if read_at != 9600:
            assert judge(received(packets, 9600, read_at)) is not Verdict.LEGIBLE, read_at


def test_a_packet_with_a_wrong_sum_is_none():
    assert judge(SDS011.replace(b"\xd4", b"\xd5") * 4) is not Verdict.LEGIBLE
    assert judge(PMSX003.replace(b"\x03\x66", b"\x03\x67") * 4) is not Verdict.LEGIBLE


@pytest.mark.parametrize("data", [b"", b"2", b"23.5\r\n", b"a line without an end"])
def test_a_little_text_is_unclear(data: bytes):
    assert judge(data) is Verdict.UNCLEAR


def test_text_without_line_ends_needs_more_of_it():
    assert judge(b'{"temperature":21.5}' * 4) is Verdict.LEGIBLE


def test_the_newest_bytes_count():
    assert judge(b"\x80\xf8\0" * 100 + b"1.5,2.5\r\n" * 30) is Verdict.LEGIBLE
    assert judge(b"1.5,2.5\r\n" * 100 + b"\x80\xf8\0" * 80) is Verdict.GARBAGE


def listen(finder: RateFinder, text: bytes, sent_at: int, seconds: float = 40) -> list[tuple[int, bytes]]:
    """Feed what is read at the finder's rate, every quarter of a second; return what comes out, with the rate."""
    found = []
    now = 0.0
    while now < seconds:
        read_at = finder.rate
        piece = received(text[:60], sent_at, read_at)
        found += [(read_at, chunk.data) for chunk in finder.feed([Chunk(piece, int(now * 1e9) + 1)], now)]
        now += 0.25
    return found


@pytest.mark.parametrize("sent_at", RATES)
def test_it_finds_every_rate_and_gives_only_what_was_read_at_it(sent_at: int):
    finder = RateFinder()
    found = listen(finder, TEXTS["CSV"], sent_at)
    assert finder.found
    assert finder.rate == sent_at
    assert {piece for _, piece in found} == {TEXTS["CSV"][:60]}
    assert f"{sent_at} baud" in finder.status
    assert (finder.dropped > 0) == (sent_at != RATES[0])


def test_it_stays_where_nothing_comes():
    finder = RateFinder()
    for second in range(100):
        assert finder.feed([], second) == []
    assert finder.rate == RATES[0]
    assert finder.status == "looking for the baud rate: listening at 115200"


def test_a_slow_device_at_the_right_rate_is_waited_for():
    finder = RateFinder([9600, 1200])
    found = []
    for second in range(6):
        found += finder.feed([Chunk(b"23.5\r\n", second + 1)], 5.0 * second)
    assert finder.rate == 9600
    assert [chunk.time_ns for chunk in found] == [1, 2, 3, 4, 5, 6]


def test_it_looks_again_when_text_becomes_garbage_first_at_the_same_rate():
    finder = RateFinder([9600, 1200])
    text = b"1.5,2.5\r\n"
    assert finder.feed([Chunk(text * 10, 1)], 0.0)
    garbage = b"\x80\xf8\0" * (NEWEST // 3)
    finder.feed([Chunk(garbage, 2)], 1.0)
    assert not finder.found
    assert finder.rate == 9600
    finder.feed([Chunk(garbage, 3)], 1.1)
    assert finder.feed([Chunk(text * 30, 4)], 1.2) == [Chunk(garbage, 3), Chunk(text * 30, 4)]
    assert finder.found


def test_the_device_changes_its_rate():
    finder = RateFinder()
    listen(finder, TEXTS["JSON"], 9600)
    assert (finder.rate, finder.found) == (9600, True)
    listen(finder, TEXTS["JSON"], 57600)
    assert (finder.rate, finder.found) == (57600, True)


def test_what_is_legible_at_no_rate_is_said_to_be():
    finder = RateFinder([9600, 1200])
    for second in range(10):
        finder.feed([Chunk(b"\x80\xf8\0" * 20, 1)], float(second))
    assert finder.status.startswith("no baud rate gives text; listening at ")
    assert finder.status.endswith("if the device sends binary data, set baudrate")


def test_little_is_held():
    finder = RateFinder([9600])
    given = [finder.feed([Chunk(b"\x80" * 10_000, 1)], 0.0) for _ in range(20)]
    assert [len(chunks) for chunks in given] == [0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0]
