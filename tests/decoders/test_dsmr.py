from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.cells import DeviceTime
from stripchart.decoders.dsmr import MAX_TELEGRAM, SIGNATURE, DsmrDecoder
from stripchart.decoders.dsmr_telegram import NAMES, read_time
from stripchart.flow.records import Channel, Kind
from stripchart.testing import DecoderContract, check_sample
from support.corpus import crc16
from support.decoding import feed, many_examples, rows
from support.formats import BOUNDS

GAS = ("0-1:24.1.0(003)", "0-1:24.2.1(240624101502S)(00987.654*m3)")


def telegram(*lines: str, crc: bool = True) -> bytes:
    data = "\r\n".join(["/EXA5STRIPCHART", "", *lines, "!"]).encode()
    return data + (b"%04X" % crc16(data) if crc else b"") + b"\r\n"


def decode(data: bytes) -> list[tuple[str, dict[str, Any]]]:
    decoder = DsmrDecoder()
    batches = feed(decoder, data, finish=True)
    assert not decoder.tally.rejected
    return [(stream, row) for stream, _, row in rows(batches)]


class TestContract(DecoderContract):
    samples = (
        b"meter ready\r\n",
        DsmrDecoder.samples[1].data,
        DsmrDecoder.samples[0].data,
        telegram("0-0:96.14.0(0001)"),
    )
    max_buffered = BOUNDS["dsmr"]

    def make(self) -> Any:
        return DsmrDecoder()


@pytest.mark.parametrize("sample", DsmrDecoder.samples, ids=lambda sample: sample.title)
def test_samples(sample: Any):
    check_sample(DsmrDecoder, sample)
    assert SIGNATURE.search(sample.data)


def test_the_check_value_of_the_crc():
    assert crc16(b"123456789") == 0xBB3D  # of the oracle, as in the catalogue of parametrised CRC algorithms


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("1-0:1.8.1(001234.567*kWh)", {"energy imported 1": 1234.567}),
        ("1-0:1.8.0(001234.567*kWh)", {"energy imported": 1234.567}),
        ("1-0:4.7.0(00.012*kvar)", {"power reactive exported": 0.012}),
        ("1-0:61.7.0(00.101*kW)", {"power imported L3": 0.101}),
        ("1-0:42.7.0(00.102*kW)", {"power exported L2": 0.102}),
        ("1-0:51.7.0(003*A)", {"current L2": 3}),
        ("1-0:72.7.0(230.1*V)", {"voltage L3": 230.1}),
        ("1-0:52.36.0(00002)", {"voltage swells L2": 2}),
        ("1-0:1.6.0(240601171500S)(03.695*kW)", {"peak demand": 3.695}),
        ("0-0:96.3.10(1)", {"breaker": 1}),
        ("0-1:24.4.0(1)", {"valve 1": 1}),
        ("1-0:9.1.7(-5)", {"1-0:9.1.7": -5}),
        ("1-0:9.7.0.255(00.5*kVA)", {"1-0:9.7.0": 0.5}),
    ],
)
def test_codes(line: str, found: dict[str, float]):
    assert decode(telegram(line)) == [("", found)]


@pytest.mark.parametrize(
    "line",
    [
        "1-3:0.2.8(50)", "0-0:96.1.1(4530303434303037)", "0-0:96.13.0()", "0-0:96.13.1(3031)", "0-0:42.0.0(XYZ)",
        "1-0:99.97.0(1)(0-0:96.7.19)(101208152415W)(0000000240*s)", "0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(1)(2*kW)",
        "0-0:1.0.0(240624101836S)", "1-0:1.8.1()", "1-0:1.8.1(x*kWh)", "not a line", "0-1:24.1.0(003)",
    ],
)  # fmt: skip
def test_what_is_no_sample(line: str):
    assert decode(telegram(line)) == []


def test_units_and_kinds():
    batches = feed(DsmrDecoder(), telegram("0-0:1.0.0(240624101836S)", "1-0:1.7.0(00.456*kW)", *GAS))
    assert [(batch.stream, batch.channels) for batch in batches] == [
        ("", (Channel("time", "s", Kind.TIME), Channel("power imported", "kW"))),
        ("gas", (Channel("time", "s", Kind.TIME), Channel("volume", "m³"))),
    ]


def test_a_reading_that_is_repeated_is_one_row():
    later = (GAS[0], GAS[1].replace("1015", "1020"))
    found = decode(telegram(*GAS) * 3 + telegram(*later) * 2)
    assert found == [
        ("gas", {"time": 1719216902, "volume": 987.654}),
        ("gas", {"time": 1719217202, "volume": 987.654}),
    ]
    decoder = DsmrDecoder()
    assert len(feed(decoder, telegram(*GAS))) == 1
    assert feed(decoder, telegram(*GAS)) == []
    decoder.reset()
    assert len(feed(decoder, telegram(*GAS))) == 1


def test_meters_by_their_type():
    found = decode(
        telegram(
            "0-1:24.1.0(007)",
            "0-1:24.2.1(240624101502S)(1.5*m3)",
            "0-2:24.1.0(003)",
            "0-2:24.2.3(240624101502S)(2.5*m3)",
            "0-3:24.1.0(003)",
            "0-3:24.2.1(240624101502S)(3.5*m3)",
            "0-4:24.2.1(240624101502S)(4.5*GJ)",
            "0-5:24.1.0(003)",
            "0-5:24.2.1(632525252525S)(00000.000)",
        )
    )
    assert [(stream, *list(row)[1:], *list(row.values())[1:]) for stream, row in found] == [
        ("water", "volume", 1.5), ("gas", "volume", 2.5), ("gas 2", "volume", 3.5), ("meter 4", "energy", 4.5),
    ]  # fmt: skip


def test_a_text_message_is_log_text():
    assert decode(telegram("0-0:96.13.0(4D61696E74656E616E6365)")) == [("log", {"text": "Maintenance"})]
    assert decode(telegram("0-0:96.13.0(FF)")) == decode(telegram("0-0:96.13.0(zz)")) == []


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("240624101836S", DeviceTime(1719217116, "s")),
        ("240624091836W", DeviceTime(1719217116, "s")),
        ("240624101836", DeviceTime(1719224316, "wall")),
        ("241027025959S", DeviceTime(datetime(2024, 10, 27, 0, 59, 59, tzinfo=UTC).timestamp(), "s")),
        ("241027020000W", DeviceTime(datetime(2024, 10, 27, 1, tzinfo=UTC).timestamp(), "s")),
        ("632525252525S", None),
        ("24062410183", None),
        ("240624101836X", None),
    ],
)
def test_times(text: str, time: DeviceTime | None):
    assert read_time(text) == time


class TestFraming:
    def test_a_wrong_crc_rejects_the_telegram(self):
        decoder = DsmrDecoder()
        good = telegram("1-0:1.7.0(00.456*kW)")
        bad = [good.replace(b"456", b"457"), good[:-6] + b"0000\r\n", good[:-6] + b"wxyz\r\n"]
        assert len(rows(feed(decoder, b"".join(bad) + good))) == 1
        assert decoder.tally.rejected == {"wrong checksum": 3}

    def test_other_line_ends_do_not_change_the_crc(self):
        assert len(decode(telegram("1-0:1.7.0(00.456*kW)").replace(b"\r\n", b"\n"))) == 1

    def test_a_crc_is_needed_once_one_came(self):
        bare, checked = telegram("1-0:1.7.0(1*kW)", crc=False), telegram("1-0:1.7.0(2*kW)")
        decoder = DsmrDecoder()
        assert len(rows(feed(decoder, bare + checked + bare))) == 2
        assert decoder.tally.rejected == {"no checksum": 1}

    def test_without_a_crc_every_line_must_be_readable(self):
        decoder = DsmrDecoder()
        assert feed(decoder, telegram("1-0:1.7.0(1*kW)", "1-0:1.8.1(0012", crc=False)) == []
        assert decoder.tally.rejected == {"unreadable line": 1}

    def test_telegrams_that_are_cut_off(self):
        decoder = DsmrDecoder()
        good = telegram("1-0:1.7.0(1*kW)")
        data = good[:-8] + good + good[22:] + good[:-3] + good + good[:30]
        assert len(rows(feed(decoder, data, finish=True))) == 2
        assert decoder.tally.rejected == {"cut off": 2, "not DSMR": 2, "wrong checksum": 1}

    def test_the_last_line_may_lack_its_end(self):
        assert len(decode(telegram("1-0:1.7.0(1*kW)")[:-2])) == 1
        assert decode(b"hello") == [("log", {"text": "hello"})]

    def test_text_between_telegrams(self):
        found = decode(b"a/b ready\r\n\r\n" + telegram("1-0:1.7.0(1*kW)") + b"bye/now ")
        assert [row.get("text") for _, row in found if "text" in row] == ["a/b ready", "bye/now"]

    def test_a_telegram_without_end_is_not_kept(self):
        decoder = DsmrDecoder()
        feed(decoder, b"/EXA5" + b"1" * 2 * MAX_TELEGRAM)
        assert decoder.tally.rejected == {"telegram too long": 2}
        assert decoder.buffered < MAX_TELEGRAM
        good = telegram("1-0:1.7.0(1*kW)")
        assert len(rows(feed(decoder, good))) == 1

    def test_too_many_values(self):
        decoder = DsmrDecoder()
        feed(decoder, telegram(*["1-0:9.7.0(1)"] * 1030))
        assert decoder.tally.rejected == {"too many columns": 1}

    def test_the_note_tells_the_version(self):
        decoder = DsmrDecoder()
        feed(decoder, telegram("1-3:0.2.8(42)"))
        assert decoder.note == "DSMR P1 4.2"


def test_names_are_told_apart():
    assert len(set(NAMES.values())) == len(NAMES)


GAS_3 = "0-1:24.3.0(120624100000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(24.1)"
LINES = st.sampled_from(["1-0:1.7.0(00.456*kW)", "0-0:1.0.0(240624101836S)", *GAS, GAS_3, "x", ""])
TELEGRAMS = st.builds(lambda lines, crc: telegram(*lines, crc=crc), st.lists(LINES, max_size=5), st.booleans())
PIECES = st.one_of(
    TELEGRAMS,
    TELEGRAMS.map(lambda data: data[:-9]),
    st.sampled_from([b"/", b"!", b"/EXA", b"/EXA5", b"!\r\n", b"\n", b"\r", b"hello\n", b"a/b", b"/AB!c\n", b"\xff"]),
    st.binary(max_size=6),
)
STREAMS = st.lists(PIECES, max_size=8).map(b"".join)


@many_examples
@given(junk=STREAMS, power=st.integers(0, 99999), place=st.integers(0, 200), flip=st.integers(1, 255))
def test_a_telegram_comes_through_whole_or_not_at_all(junk: bytes, power: int, place: int, flip: int):
    good = telegram("0-0:96.14.0(0002)", f"1-0:1.7.0({power / 1000:06.3f}*kW)")
    bad = bytearray(good)
    bad[place % len(good)] ^= flip
    decoder = DsmrDecoder()
    feed(decoder, junk, b"\r\n", telegram(), bytes(bad), b"\r\n")
    found = [row for stream, _, row in rows(feed(decoder, good)) if not stream]
    assert found == [{"tariff": 2, "power imported": power / 1000}]


@many_examples
@given(place=st.integers(1, 200), flip=st.integers(1, 255))
def test_one_wrong_byte_never_makes_another_row(place: int, flip: int):
    good = telegram("0-0:96.14.0(0002)", "1-0:1.7.0(01.234*kW)")
    bad = bytearray(good)
    bad[place % len(good)] ^= flip
    decoder = DsmrDecoder()
    feed(decoder, telegram())
    found = [row for stream, _, row in rows(feed(decoder, bytes(bad), finish=True)) if not stream]
    assert found in ([], [{"tariff": 2, "power imported": 1.234}])
