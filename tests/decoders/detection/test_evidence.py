from __future__ import annotations

import pytest

from stripchart.decoders.detection.candidates import CANDIDATES
from stripchart.decoders.detection.evidence import Evidence, Trial, rank
from stripchart.flow.records import Chunk
from support.decoding import NOW_NS

SECOND = 1_000_000_000


def gather(*pieces: bytes, lines: int = 50, size: int = 1000) -> Evidence:
    evidence = Evidence(lines, 2 * SECOND, size)
    evidence.add([Chunk(piece, NOW_NS) for piece in pieces])
    return evidence


def best(evidence: Evidence) -> str:
    found = evidence.best()
    return found.candidate.name if found else ""


def trial(name: str, *lines: bytes) -> Trial:
    tried = Trial(next(candidate for candidate in CANDIDATES if candidate.name == name))
    for line in lines:
        tried.read(Chunk(line + b"\n", NOW_NS))
    return tried


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"23.5", "arduino"),
        (b"temp:23.5", "arduino"),
        (b"temp:23.5,hum:40", "arduino"),
        (b"temp: 23 hum: 40", "arduino"),
        (b"a:1, 5", "arduino"),
        (b"1,2,3", "csv"),
        (b"1 2 3", "csv"),
        (b"1\t2", "csv"),
        (b"1,5;2,5", "csv"),
        (b"12:34:56,1,2", "csv"),
        (b"OK,1,2", "csv"),
        (b"temp=23.5", "keyvalue"),
        (b"T: 23.5 C, H: 40 %", "keyvalue"),
        (b"mode: on", "keyvalue"),
        (b"V\t12800", "keyvalue"),
        (b'{"a":1}', "json"),
        (b'[{"a":1},{"a":2}]', "json"),
        (b"[1,2,3]", "json"),
        (b'log {"a":1}', "json"),
        (b"hello world", ""),
        (b"[12] started", ""),
        (b"I (29) boot: ESP-IDF v4.4", ""),
        (b"mode=auto", ""),
    ],
)
@pytest.mark.parametrize("count", [1, 2, 12])
def test_the_best_decoder_of_lines_alike(line: bytes, name: str, count: int):
    evidence = gather((line + b"\n") * count)
    if not evidence.judge():
        evidence.add([Chunk(b"", NOW_NS + 2 * SECOND)])
        assert evidence.judge()
    assert best(evidence) == name


def test_five_rows_alike_are_enough():
    evidence = gather(b"1,2\n" * 4)
    assert not evidence.judge()
    evidence.add([Chunk(b"1,2\n", NOW_NS)])
    assert evidence.judge()


def test_rows_of_changing_shape_take_all_lines():
    evidence = gather(b"V\t1\nI\t2\n" * 24)
    assert not evidence.judge()
    evidence.add([Chunk(b"V\t1\nI\t2\n", NOW_NS)])
    assert evidence.judge()
    assert best(evidence) == "keyvalue"


def test_one_row_by_chance_among_other_lines_is_no_evidence():
    evidence = gather(b"chip 32\nheap: 23456\n" + b"Connecting...\n" * 48)
    assert evidence.judge()
    assert best(evidence) == ""


@pytest.mark.parametrize("later", [2 * SECOND, -SECOND], ids=["after two seconds", "the clock was set back"])
def test_time_is_up(later: int):
    evidence = gather(b"1,2\n")
    assert not evidence.judge()
    evidence.add([Chunk(b"", NOW_NS + later)])
    assert evidence.judge()


def test_without_a_line_end_only_objects_are_evidence():
    evidence = gather(b'{"a":1}{"a":2}')
    assert not evidence.judge()
    evidence.add([Chunk(b"", NOW_NS + 2 * SECOND)])
    assert evidence.judge()
    assert best(evidence) == "json"
    evidence = gather(b"1,2,3")
    evidence.add([Chunk(b"", NOW_NS + 2 * SECOND)])
    assert not evidence.judge()


def test_what_was_read_is_let_go_and_the_rest_kept_with_times_in_proportion():
    evidence = Evidence(2, 2 * SECOND, 1000)
    evidence.add([Chunk(b"a!\n", NOW_NS), Chunk(b"b!\nc!\nd", NOW_NS + 7, NOW_NS)])
    assert evidence.judge()
    assert evidence.take_tried() == ([Chunk(b"a!\n", NOW_NS), Chunk(b"b!\n", NOW_NS + 3, NOW_NS)], True)
    assert evidence.chunks == [Chunk(b"c!\nd", NOW_NS + 7, NOW_NS + 3)]
    assert evidence.size == 4


def test_without_a_line_the_limit_is_let_go():
    evidence = gather(b"x" * 15, size=10)
    assert evidence.judge()
    assert evidence.take_tried() == ([Chunk(b"x" * 10, NOW_NS)], False)
    assert evidence.size == 5


def test_a_return_at_the_end_may_be_half_of_a_line_end():
    evidence = gather(b"1,2\r", lines=1)
    assert not evidence.judge()
    evidence.add([Chunk(b"\n", NOW_NS)])
    assert evidence.judge()
    assert evidence.take_tried() == ([Chunk(b"1,2\r", NOW_NS), Chunk(b"\n", NOW_NS)], True)


def test_without_a_line_nor_a_number_much_of_it_is_let_go_when_time_is_up():
    evidence = gather(b"\x81" * 5000, size=1 << 16)
    assert not evidence.judge()
    evidence.add([Chunk(b"", NOW_NS + 2 * SECOND)])
    assert evidence.judge()
    assert evidence.best() is None
    assert evidence.take_tried() == ([Chunk(b"\x81" * 5000, NOW_NS)], False)


@pytest.mark.parametrize("name", ["arduino", "csv"])
def test_a_number_by_chance_among_garbage_is_no_evidence(name: str):
    garbage = [b"\x80%d\xff" % number for number in range(10)]
    tried = trial(name, b"1,2" if name == "csv" else b"7", *garbage)
    assert tried.rows == 1
    assert not tried.plausible


def test_rows_with_text_weigh_less():
    lines = (b"V\t12800", b"PID\t0xA053", b"I\t-500")
    pairs, cells = trial("keyvalue", *lines), trial("csv", *lines)
    assert pairs.merit > cells.merit
    assert pairs.plausible
    assert cells.plausible


def test_one_right_checksum_leaves_no_doubt():
    assert trial("nmea", b"$GPVTG,084.4,T,081.3,M,2.43,N,4.50,K,A*24").rows == 0
    tried = trial("nmea", b"$GPVTG,084.4,T,081.3,M,2.43,N,4.50,K,A*25")
    assert (tried.rows, tried.sure, tried.confidence) == (1, True, "sure")


@pytest.mark.parametrize(
    ("lines", "confidence"),
    [
        ([b"1,2"] * 5, "sure"),
        ([b"boot text"] * 3 + [b"1,2"] * 5, "sure"),
        ([b"1,2"] * 3, "likely"),
        ([b"OK,1,2"] * 9, "likely"),
        ([b"1,2", b"1,2", b"a log line", b"1,2"] * 3, "75 % fits"),
        ([b"1,2", b"a log line", b"and another", b"and another"] * 5, "unsure, 25 % fits"),
    ],
)
def test_confidence_in_words(lines: list[bytes], confidence: str):
    assert trial("csv", *lines).confidence == confidence


def test_a_mark_that_comes_in_two_pieces_counts():
    evidence = gather(b"x" * 60 + b"BM\0", b"\x1c" + bytes(60), size=128)  # the mark lies across the 64th byte
    evidence.judge()
    assert any(one.candidate.name == "pmsx003" for one in evidence._trials)


def test_all_decoders_that_make_samples_are_ranked():
    ranked = rank(b"boot\nt:1,h:2\nt:3,h:4\nwhat is that?\n")
    assert [(one.candidate.name, round(one.share, 2)) for one in ranked] == [("arduino", 0.67), ("keyvalue", 0.67)]
    assert rank(b"nothing of that kind\n") == []
    assert [one.candidate.name for one in rank(b"7")] == ["arduino"]
