from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.cells import LOG_STREAM
from stripchart.decoders.csv import CsvDecoder
from stripchart.decoders.detection.auto import AutoDecoder
from stripchart.errors import ConfigError
from stripchart.flow.records import Chunk
from support.decoding import NOW_NS, account, check_frames, exact, feed, known_bytes, rows, values

if TYPE_CHECKING:
    from stripchart.flow.records import Batch

SECOND = 1_000_000_000
BOOT = (
    b"ets Jun  8 2016 00:22:57\r\n\r\n"
    b"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
    b"configsip: 0, SPIWP:0xee\r\n"
    b"mode:DIO, clock div:1\r\n"
    b"load:0x3fff0030,len:1344\r\nload:0x40078000,len:13964\r\nload:0x40080400,len:3600\r\n"
    b"entry 0x400805f0\r\n"
    b"Connecting to greenhouse\r\n.....\r\nWiFi connected, IP address: 192.168.1.5\r\n"
)


def samples(batches: list[Batch]) -> list[dict[str, Any]]:
    """Return all rows but log text, by channel name."""
    return values(batch for batch in batches if batch.stream != LOG_STREAM)


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        (b"1,2,3\n", "CSV, 3 columns (sure)"),
        (b"temp:1 hum:2\n", "Arduino labels: temp, hum (sure)"),
        (b"23.5\n", "Arduino, 1 value (sure)"),
        (b"T=1 H=2\n", "key=value: T, H (sure)"),
        (b'{"a":1}\n', "JSON lines (sure)"),
    ],
)
@pytest.mark.parametrize("before", [b"", BOOT, b"\x80\xff\x00garb"], ids=["clean", "after boot text", "after garbage"])
def test_it_finds_the_decoder_and_loses_no_row(lines: bytes, note: str, before: bytes):
    decoder = AutoDecoder()
    if before and not before.endswith(b"\n"):
        before += b"\n"
    assert len(samples(feed(decoder, before + lines * 5))) == 5
    assert decoder.note == note
    assert len(samples(feed(decoder, lines * 5))) == 5


def test_nothing_is_plotted_before_it_is_clear_and_nothing_lost_then():
    decoder = AutoDecoder()
    for number in range(4):
        assert decoder.feed([Chunk(b"%d,1\n" % number, NOW_NS + number)]) == []
        assert decoder.buffered == 4 * (number + 1)
        assert decoder.note == ""
    found = decoder.feed([Chunk(b"4,1\n", NOW_NS + 4)])
    assert [time for _, time, _ in rows(found)] == [NOW_NS + number for number in range(5)]
    assert decoder.buffered == 0


def test_a_slow_device_is_decided_after_two_seconds():
    decoder = AutoDecoder()
    assert decoder.feed([Chunk(b"T: 1 C\n", NOW_NS)]) == []
    assert decoder.feed([Chunk(b"T: 2 C\n", NOW_NS + SECOND)]) == []
    assert decoder.feed([Chunk(b"", NOW_NS + 2 * SECOND - 1)]) == []
    found = decoder.feed([Chunk(b"", NOW_NS + 2 * SECOND)])
    assert [time for _, time, _ in rows(found)] == [NOW_NS, NOW_NS + SECOND]
    assert decoder.note == "key=value: T (likely)"


@pytest.mark.parametrize(
    ("held", "later"),
    [
        (b"\xaaUf\x08\x00?\xad", b"T: 23.5 C, H: 40 %\nT: 23.6 C, H: 41 %\n$BENCH,21.5,40.2*42\r\nCS\t3\n"),
        (b"21.5 1\n" * 5, b"I (1) boot\n" * 12 + b"T: 23.5 C\n" * 6),
    ],
    ids=["held", "doubted"],
)
def test_time_that_passed_is_noticed_before_what_came_meanwhile_however_that_is_cut(held: bytes, later: bytes):
    outcomes = []
    for place in range(len(later)):
        decoder, pieces = AutoDecoder(), (later[:place], later[place:])
        feed(decoder, held)
        decoder.feed([Chunk(b"", NOW_NS + 3 * SECOND)])
        found = [batch for piece in pieces for batch in decoder.feed([Chunk(piece, NOW_NS + 3 * SECOND)])]
        found += decoder.feed([Chunk(b"", NOW_NS + 6 * SECOND)])
        outcomes.append((sorted(map(repr, exact(found))), account(decoder), decoder.note))
    assert outcomes == outcomes[:1] * len(later)


def test_the_end_of_the_input_decides_too():
    decoder = AutoDecoder()
    assert values(feed(decoder, b"a=1\na=2", finish=True)) == [{"a": 1}, {"a": 2}]


def test_what_nobody_reads_is_log_text_or_rejected_until_somebody_does():
    decoder = AutoDecoder()
    found = feed(decoder, b"nothing, to see here!\n--..--\n" * 60)
    assert [row for row in values(found) if "text" in row] == [{"text": "nothing, to see here!"}] * 50
    assert decoder.tally.rejected == {"not recognised": 50}
    assert decoder.note == "not recognised yet"
    assert decoder.chosen == ""
    assert decoder.buffered == 10 * len("nothing, to see here!\n--..--\n")
    assert len(samples(feed(decoder, b'{"a":1}\n' * 30))) == 30
    assert decoder.tally.rejected == {"not recognised": 50, "not JSON": 10}
    assert decoder.note == "JSON lines (sure)"
    assert decoder.chosen == "json"


def test_a_number_by_chance_in_binary_data_is_no_sample():
    decoder = AutoDecoder()
    chunks = [Chunk(bytes(range(128, 192)) + b"\n7\n", NOW_NS + number * SECOND) for number in range(30)]
    found = [batch for chunk in chunks for batch in decoder.feed([chunk])]
    assert values(found) == []
    assert decoder.note == "binary, format unknown"
    assert decoder.tally.rejected.total() >= 50


def test_binary_data_without_line_ends_is_said_to_be_when_time_is_up():
    decoder = AutoDecoder()
    decoder.feed([Chunk(b"\x81\x92" * 100, NOW_NS)])
    assert decoder.note == ""
    decoder.feed([Chunk(b"", NOW_NS + 2 * SECOND)])
    assert decoder.note == "binary, format unknown"
    assert decoder.buffered == 200


def test_a_stream_without_line_ends_is_given_up_piece_by_piece():
    decoder = AutoDecoder(AutoDecoder.Options(hold_bytes=1000))
    for _ in range(100):
        feed(decoder, b"\x81" * 100)
        assert decoder.buffered <= 1000
    assert known_bytes(decoder) == 10_000
    assert len(values(feed(decoder, b"\n" + b"1,2\n" * 10))) == 10


class TestAnotherFormat:
    def test_rows_of_another_kind_are_looked_at_again(self):
        decoder = AutoDecoder()
        feed(decoder, b"1,2\n" * 10)
        chunks = [Chunk(b'{"a":%d}\n' % number, NOW_NS + number * SECOND // 4) for number in range(30)]
        found: list[Batch] = [batch for chunk in chunks for batch in decoder.feed([chunk])]
        assert decoder.note == "JSON lines (sure)"
        assert values(found)[-1] == {"a": 29}
        assert len(values(found)) >= 19
        assert decoder.tally.frames == 10 + 30
        check_frames(decoder)

    def test_a_header_is_remembered_when_the_old_format_comes_back(self):
        decoder = AutoDecoder()
        feed(decoder, b"t,h\n" + b"1,2\n" * 5)
        for number in range(40):
            decoder.feed([Chunk(b"restarting, please wait!\n", NOW_NS + number * SECOND // 4)])
        assert decoder.note == "not recognised yet"
        found = decoder.feed([Chunk(b"3,4\n" * 5, NOW_NS + 11 * SECOND)])
        assert samples(found) == [{"t": 3, "h": 4}] * 5
        assert decoder.note == "CSV, 2 columns, header (sure)"

    def test_silence_alone_is_no_doubt(self):
        decoder = AutoDecoder()
        feed(decoder, b"1,2\n" * 5)
        decoder.feed([Chunk(b"hello!\n", NOW_NS + 100 * SECOND)])
        assert decoder.note == "CSV, 2 columns (sure)"


class TestReset:
    def test_it_keeps_the_choice(self):
        decoder = AutoDecoder()
        feed(decoder, b"1,2\n" * 5 + b"3")
        decoder.reset()
        assert decoder.buffered == 0
        assert values(feed(decoder, b"4\n5,6\n")) == [{"column 1": 5, "column 2": 6}]

    def test_what_is_held_is_skipped(self):
        decoder = AutoDecoder()
        feed(decoder, b"1,2\n1")
        decoder.reset()
        assert (decoder.buffered, decoder.tally.bytes_skipped) == (0, 5)
        assert len(values(feed(decoder, b"1,2\n" * 5))) == 5


def test_messages_on_topics_are_decoded_at_once():
    decoder = AutoDecoder()
    found = decoder.feed([Chunk(b"5", NOW_NS, 0, "a"), Chunk(b"", NOW_NS), Chunk(b'{"x":1}', NOW_NS, 0, "b")])
    assert rows(found) == [("a", NOW_NS, {"value": 5}), ("b", NOW_NS, {"x": 1})]
    assert decoder.note == "MQTT, 2 topics"


def test_after_the_choice_it_is_as_the_chosen_decoder():
    data = b"1,2\n3,4\n5,6\n7,x\n9,10\n\n11,12\n"
    auto, chosen = AutoDecoder(), CsvDecoder()
    assert exact(feed(auto, data, data, finish=True)) == exact(feed(chosen, data, data, finish=True))
    assert account(auto) == account(chosen)


def test_times_never_go_back_where_held_chunks_were_cut():
    decoder = AutoDecoder()
    found = decoder.feed([Chunk(b"log!\n" * 70 + b"1,2\n" * 70, NOW_NS, NOW_NS - SECOND)])
    times = [time for stream, time, _ in rows(found) if not stream]
    assert len(times) == 70
    assert times == sorted(times)
    assert times[-1] == NOW_NS
    assert times[0] > NOW_NS - SECOND


def test_a_tally_goes_on():
    first = ArduinoDecoder()
    feed(first, b"1\n2\n")
    second = AutoDecoder(tally=first.tally)
    feed(second, b"1,2\n" * 5)
    assert first.tally.frames == 7


@pytest.mark.parametrize("name", ["hold_lines", "hold_seconds", "hold_bytes"])
def test_limits_are_checked(name: str):
    with pytest.raises(ConfigError, match=f"auto: {name}: expected a positive number, got 0"):
        AutoDecoder.Options(**{name: 0})
