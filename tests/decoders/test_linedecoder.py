"""What all line formats share, shown with the Arduino decoder."""

from __future__ import annotations

import pytest

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.keyvalue import KeyValueDecoder
from stripchart.decoders.linedecoder import _are_tail, is_tail
from stripchart.flow.records import Chunk
from support.decoding import NOW_NS, feed, rows, values

MS = 1_000_000


class TestPartialFirstLine:
    @pytest.mark.parametrize(
        ("first", "second", "partial"),
        [
            (b"um:40", b"temp:1,hum:40", True),
            (b"hum:40", b"temp:1,hum:40", True),
            (b"mp:1,hum:40", b"temp:1,hum:40", True),
            (b"1,hum:40", b"temp:1,hum:40", True),
            (b"2,3", b"1,2,3", True),
            (b"3", b"a,b,c", True),
            (b"3,4", b"1,2", False),
            (b"1,2,3", b"1,2", False),
            (b"temp:1", b"hum:40", False),
            (b"temp:1,hum:40", b"temp:1,hum:40", False),
            (b"1,2", b"boot...", False),
            (b"1,2", b"", False),
        ],
    )
    def test_a_tail_of_a_line_like_the_second_is_rejected(self, first: bytes, second: bytes, *, partial: bool):
        decoder = ArduinoDecoder()
        batches = feed(decoder, first + b"\n" + second + b"\n")
        assert decoder.tally.rejected["partial first line"] == partial
        assert (values(batches)[:1] == values(feed(ArduinoDecoder(), first, finish=True))) != partial

    def test_the_line_after_a_loss_is_a_first_line_again(self):
        decoder = ArduinoDecoder()
        assert len(values(feed(decoder, b"1,2\n3,4\n5,"))) == 2
        decoder.reset()
        assert values(feed(decoder, b"6\n7,8\n")) == [{"value 1": 7, "value 2": 8}]
        assert decoder.tally.rejected == {"partial first line": 1}

    def test_alone_it_is_trusted_after_a_second(self):
        decoder = ArduinoDecoder()
        assert decoder.feed([Chunk(b"5\n", NOW_NS)]) == []
        (batch,) = decoder.feed([Chunk(b"", NOW_NS + 1000 * MS)])
        assert batch.time.tolist() == [NOW_NS]

    def test_a_tail_that_cannot_be_read_is_no_log_text(self):
        decoder = KeyValueDecoder()
        found = feed(decoder, b"C, Humidity: 40 %\nTemp: 1 C, Humidity: 40 %\nTemp: 2 C, Humidity: 41 %\n")
        assert values(found) == [{"Temp": 1, "Humidity": 40}, {"Temp": 2, "Humidity": 41}]
        assert decoder.tally.rejected == {"partial first line": 1}

    def test_the_end_of_a_text(self):
        assert is_tail(b"C, H: 4 %", b"T: 1 C, H: 5 %")
        assert is_tail(b"p: 2.5x", b"temp: 3x")
        assert not is_tail(b"temp: 2x", b"temp: 3x")
        assert not is_tail(b"ready", b"1,2")
        assert not is_tail(b"12", b"1,2")

    def test_labels_of_a_tail(self):
        assert _are_tail(("", "b"), ("a", "b"))
        assert _are_tail(("b",), ("a", "b"))
        assert not _are_tail(("a", "b"), ("a", "b"))
        assert not _are_tail(("a",), ("a", "b"))
        assert not _are_tail((), ("a",))


class TestHeader:
    def test_it_names_the_columns_and_may_come_again(self):
        decoder = ArduinoDecoder()
        first, *_ = feed(decoder, b"temp,hum\n1,2\n3,4\n")
        (again,) = feed(decoder, b"temp,hum\n5,6\n")
        assert values([first]) == [{"temp": 1, "hum": 2}, {"temp": 3, "hum": 4}]
        assert again.channels is first.channels
        assert decoder.tally.decoded == 5

    def test_one_in_the_middle_names_what_follows(self):
        decoder = ArduinoDecoder()
        feed(decoder, b"1,2\n3,4\n")
        found = feed(decoder, b"5,6\nx,y\n7,8\n9,10\n")
        assert values(found) == [{"value 1": 5, "value 2": 6}, {"x": 7, "y": 8}, {"x": 9, "y": 10}]

    def test_one_that_never_fits_names_nothing(self):
        assert values(feed(ArduinoDecoder(), b"Hello, world\n1\n2,3,4\n")) == [
            {"value 1": 1},
            {"value 1": 2, "value 2": 3, "value 3": 4},
        ]

    @pytest.mark.parametrize("message", [b"Sensor error", b"Ready"])
    def test_words_after_the_first_row_are_a_message(self, message: bytes):
        row = b"1 2\n" if b" " in message else b"1\n"
        decoder = ArduinoDecoder()
        batch, log = feed(decoder, row * 2 + message + b"\n" + row)
        assert len(batch) == 3
        assert log["text"].tolist() == [message.decode()]
        assert decoder.tally.decoded == 4

    def test_words_before_it_are_both(self):
        batch, log = feed(ArduinoDecoder(), b"temp hum\n1 2\n")
        assert values([batch]) == [{"temp": 1, "hum": 2}]
        assert log["text"].tolist() == ["temp hum"]

    def test_one_at_the_end_of_a_feed_is_not_used_before_a_row(self):
        decoder = ArduinoDecoder()
        feed(decoder, b"1,2\n3,4\nx,y,z\n")
        assert values(feed(decoder, b"1,2\n1,2,3\n4,5\n")) == [
            {"value 1": 1, "value 2": 2},
            {"x": 1, "y": 2, "z": 3},
            {"x": 4, "y": 5},
        ]

    def test_shorter_rows_have_its_first_names_once_it_counts(self):
        found = feed(ArduinoDecoder(), b"x,y,z\n1,2\n1,2,3\n4,5\n")
        assert values(found) == [{"value 1": 1, "value 2": 2}, {"x": 1, "y": 2, "z": 3}, {"x": 4, "y": 5}]

    def test_longer_rows_are_rejected_under_it(self):
        decoder = ArduinoDecoder()
        assert values(feed(decoder, b"x,y\n1,2\n1,21,2\n3,4\n")) == [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
        assert decoder.tally.rejected == {"unexpected columns": 1}

    def test_names_that_come_twice_are_told_apart(self):
        assert values(feed(ArduinoDecoder(), b"T,T\n1,2\n3,4\n"))[0] == {"T": 1, "T 2": 2}

    def test_the_user_names_columns_and_the_device_does_not_then(self):
        decoder = ArduinoDecoder(ArduinoDecoder.Options(columns="volts, amps"))
        found = feed(decoder, b"a,b\n1,2\n3 4 5\n")
        assert values(found) == [{"volts": 1, "amps": 2}, {"volts": 3, "amps": 4, "value 3": 5}]


class TestTemplate:
    def test_it_is_learned_after_a_feed_and_lines_of_its_form_make_one_batch(self):
        decoder = ArduinoDecoder()
        (first,) = feed(decoder, b"a:1 b:2\na:3 b:4\n")
        assert decoder._form is not None
        (second,) = feed(decoder, b"a:5 b:6\n\na:7 b:nan\n##!\na:9 b:10\n")
        assert second.channels is first.channels
        assert second["a"].tolist() == [5, 7, 9]
        assert repr(second["b"].tolist()) == "[6.0, nan, 10.0]"
        assert decoder.tally.rejected == {"not a number": 1}

    def test_times_stay_with_their_lines(self):
        decoder = ArduinoDecoder()
        feed(decoder, b"1\n2\n")
        (batch,) = decoder.feed([Chunk(b"1\nx!\n2\nnan\n3\n", NOW_NS + 5, NOW_NS)])
        assert batch.time.tolist() == [NOW_NS + 1, NOW_NS + 3, NOW_NS + 4, NOW_NS + 5]

    def test_rows_of_another_shape_stay_in_their_places(self):
        decoder = ArduinoDecoder()
        feed(decoder, b"1 2\n3 4\n")
        assert values(feed(decoder, b"5 6\n7\n8 9\n")) == [
            {"value 1": 5, "value 2": 6},
            {"value 1": 7},
            {"value 1": 8, "value 2": 9},
        ]

    def test_another_form_replaces_it(self):
        decoder = ArduinoDecoder()
        feed(decoder, b"1 2\n3 4\n")
        before = decoder._form
        feed(decoder, b"a:1\na:2\n")
        assert decoder._form is not before
        assert values(feed(decoder, b"a:3\n1 2\n")) == [{"a": 3}, {"value 1": 1, "value 2": 2}]

    def test_a_line_with_too_many_labels_for_one_is_read_without(self):
        decoder = ArduinoDecoder()
        line = b" ".join(b"k%d:%d" % (number, number) for number in range(200)) + b"\n"
        for _ in range(3):
            assert values(feed(decoder, line * 2))[-1]["k199"] == 199
        assert decoder._form.template is None


def test_a_blank_line_is_decoded_into_nothing():
    decoder = ArduinoDecoder()
    assert feed(decoder, b"\n \t\n\r\n") == []
    assert (decoder.tally.decoded, decoder.tally.rejected.total()) == (3, 0)


def test_a_line_beyond_the_limit_is_rejected_and_the_next_is_read():
    decoder = ArduinoDecoder()
    assert values(feed(decoder, b"1\n" + b"2" * 5000, b"3\n4\n")) == [{"value 1": 1}, {"value 1": 4}]
    assert decoder.tally.rejected == {"line too long": 1}
    assert decoder.tally.bytes_skipped == 5001


def test_rejected_lines_are_kept_to_be_shown():
    decoder = ArduinoDecoder()
    feed(decoder, b"1\n2\n3.4.5\n")
    (reject,) = decoder.tally.recent
    assert (reject.time_ns, reject.reason, reject.data) == (NOW_NS, "not a number", b"3.4.5")


class TestLogText:
    LINES = b"1\n2\nI (312) wifi: connected\n3\n23.5 C\n4\n\xff\xfe\nBrownout detector was triggered\n5\n"

    @pytest.mark.parametrize("known", [False, True])
    def test_it_is_a_stream_beside_and_keeps_its_times(self, *, known: bool):
        decoder = ArduinoDecoder()
        if known:
            feed(decoder, b"8\n9\n")
        decoded = decoder.tally.decoded
        batch, log = decoder.feed([Chunk(self.LINES, NOW_NS + 9, NOW_NS)])
        assert batch["value 1"].tolist() == [1, 2, 3, 4, 5]
        assert rows([log]) == [
            ("log", NOW_NS + 3, {"text": "I (312) wifi: connected"}),
            ("log", NOW_NS + 8, {"text": "Brownout detector was triggered"}),
        ]
        assert decoder.tally.decoded == decoded + 7
        assert decoder.tally.rejected == {"not a number": 1, "not UTF-8": 1}

    def test_a_sample_that_is_refused_is_none(self):
        decoder = ArduinoDecoder()
        assert feed(decoder, b"hum" * 50 + b":1\n", finish=True) == []
        assert decoder.tally.rejected == {"bad name": 1}

    def test_a_line_decoded_alone_is_a_row_only_if_it_holds_numbers(self):
        decoder = ArduinoDecoder()
        row = decoder.decode_line(b"a:1", NOW_NS)
        assert row is not None
        assert row.values == [1]
        assert decoder.decode_line(b"WiFi connected, IP 192.168.1.5", NOW_NS) is None
        assert decoder.decode_line(b"Sensor ready", NOW_NS) is None
        assert (decoder.tally.decoded, decoder.tally.rejected.total()) == (3, 0)
