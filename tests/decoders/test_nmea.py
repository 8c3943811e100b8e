from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from typing import Any

import numpy as np
import pynmea2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.nmea import SIGNATURE, NmeaDecoder
from stripchart.decoders.nmea import decoder as decoder_module
from stripchart.decoders.nmea.checksum import verify
from stripchart.flow.records import Channel, Kind
from stripchart.testing import DecoderContract, check_sample
from support.decoding import (
    account,
    by_stream,
    feed,
    many_examples,
    rows,
)
from support.formats import BOUNDS

RMC = "GPRMC,081836.00,A,4733.2120,N,00735.3100,E,11.50,84.40,240624,2.9,E,A"
GGA = "GPGGA,081836.00,4733.2120,N,00735.3100,E,1,08,0.92,278.4,M,47.3,M,,"
T0 = 1719217116.0


def sentence(body: str, start: str = "$") -> bytes:
    return f"{start}{body}*{reduce(xor, body.encode(), 0):02X}\r\n".encode()


def decode(*bodies: str) -> list[tuple[str, dict[str, Any]]]:
    """Return stream and values of each row of sentences."""
    decoder = NmeaDecoder()
    batches = feed(decoder, b"".join(map(sentence, bodies)), finish=True)
    assert not decoder.tally.rejected
    assert decoder.tally.frames == len(bodies)
    return [(stream, row) for stream, _, row in rows(batches)]


def only(*bodies: str) -> dict[str, Any]:
    ((_, row),) = decode(*bodies)
    return row


def rejected(data: bytes, **options: Any) -> dict[str, int]:
    decoder = NmeaDecoder(NmeaDecoder.Options(**options))
    assert feed(decoder, data, finish=True) == []
    return dict(decoder.tally.rejected)


class TestContract(DecoderContract):
    samples = tuple(sample.data for sample in NmeaDecoder.samples)
    max_buffered = BOUNDS["nmea"]

    def make(self) -> Any:
        return NmeaDecoder()


@pytest.mark.parametrize("sample", NmeaDecoder.samples, ids=lambda sample: sample.title)
def test_samples(sample: Any):
    check_sample(NmeaDecoder, sample)
    assert SIGNATURE.search(sample.data)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("GPGLL,4733.2120,S,00735.3100,W,081836,A,A", {"latitude": -47.5535333333, "longitude": -7.5885, "fix": 1}),
        ("GPGLL,4733.2120,N,00735.3100,E", {"latitude": 47.5535333333, "longitude": 7.5885, "fix": 1}),
        ("GPGLL,,,,,081836,V,N", {"fix": 0}),
        ("GPGLL,4733.2120,N,00735.3100,E,081836,A,N", {"fix": 0}),
        (
            "GNGNS,081836,4733.2120,N,00735.3100,E,AN,11,0.8,278.4,47.3,,",
            {
                "latitude": 47.5535333333, "longitude": 7.5885, "satellites": 11, "hdop": 0.8, "altitude": 278.4,
                "geoid separation": 47.3,
            },
        ),
        ("GNGNS,081836,,,,,NN,03,9.9,,,,", {"satellites": 3, "hdop": 9.9}),
        ("GPGST,081836,1.5,,,,0.8,0.7,1.9", {"range error": 1.5, "latitude error": 0.8, "longitude error": 0.7,
                                             "altitude error": 1.9}),
        ("GPVTG,,T,,M,0.02,N,0.04,K,A", {"speed": 0.02}),
        ("GPVTG,,T,,M,,N,18.52,K,A", {"speed": 10}),
        ("GPGGA,081836,4733.2120,N,00735.3100,E,4,12,0.5,-3.2,M,47.3,M,1.2,0001",
         {"latitude": 47.5535333333, "longitude": 7.5885, "fix quality": 4, "satellites": 12, "hdop": 0.5,
          "altitude": -3.2, "geoid separation": 47.3, "correction age": 1.2}),
        ("HEHDT,359.9,T", {"true heading": 359.9}),
        ("HCHDM,98.3,M", {"magnetic heading": 98.3}),
        ("HCHDG,98.3,0.5,W,12.6,E", {"magnetic heading": 98.3, "magnetic deviation": -0.5, "magnetic variation": 12.6}),
        ("HCHDG,98.3,,,,", {"magnetic heading": 98.3}),
        ("TIROT,-35.6,A", {"rate of turn": -35.6}),
        ("IIRSA,-3.5,A,,V", {"rudder angle": -3.5}),
        ("SDDBT,7.8,f,,M,,F", {"depth": 2.37744}),
        ("SDDBS,,f,,M,1,F", {"depth below surface": 1.8288}),
        ("SDDPT,2.4,-0.3", {"depth": 2.4, "depth offset": -0.3}),
        ("WIMWD,214.8,T,212.1,M,12.4,N,6.4,M", {"wind direction": 214.8, "magnetic wind direction": 212.1,
                                                "wind speed": 12.4}),
        ("IIVHW,,T,,M,,N,9.26,K", {"speed through water": 5}),
        ("YXMTW,-0.5,C", {"water temperature": -0.5}),
        ("XXABC,1,x,-2.50,,+.5", {"field 1": 1, "field 3": -2.5, "field 5": 0.5}),
        ("PGRME,15.0,M,22.0,M,28.0,M", {"field 1": 15, "field 3": 22, "field 5": 28}),
    ],
)  # fmt: skip
def test_values(body: str, found: dict[str, float]):
    assert only(body) == pytest.approx(found, rel=1e-12)


@pytest.mark.parametrize(
    "body",
    [
        "GPVTG,,T,,M,,N,,K,N", "GPVTG,84.4,T,81.5,M,11.5,N,21.3,K,N", "WIMWV,214.8,R,12.4,N,V",
        "GPZDA,081836,24,06,2024,00,00", "AIVDM,1,1,,B,15M67F0000G?Uf6E>FepT@3n00Sa,0", "GPTXT,01,01,02,", "GPGPQ,RMC",
        "IIXDR", "TIROT,5,V", "IIRSA,5,V,,",
    ],
)  # fmt: skip
def test_what_has_nothing_to_say_is_decoded_into_none(body: str):
    decoder = NmeaDecoder()
    found = feed(decoder, sentence(body), finish=True)
    assert (found, decoder.tally.decoded, decoder.tally.rejected) == ([], 1, {})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("GPGGA,081836,4733.2120,X,00735.3100,E,1,08,0.92,278.4,M,47.3,M,,", "bad direction"),
        ("GPGGA,081836,9133.2120,N,00735.3100,E,1,08,0.92,278.4,M,47.3,M,,", "bad position"),
        ("GPGGA,081836,4733.2120,N,18101.3100,E,1,08,0.92,278.4,M,47.3,M,,", "bad position"),
        ("GPGGA,081836,4733.2120,N,-0735.3100,E,1,08,0.92,278.4,M,47.3,M,,", "bad position"),
        ("HEHDT,12e3,T", "not a number"),
        ("HEHDT,nan,T", "not a number"),
        ("HEHDT,1.2.3,T", "not a number"),
        ("HEHDT,--1,T", "not a number"),
        ("GPVTG,054.7,034.4,005.5,010.2", "unexpected form"),
        ("GPGSV,2,2,05,20,18,110,30", "a part is missing"),
        ("GPGSV,x,2,05", "malformed"),
        ("GPGSV,1,2,05", "a part is missing"),
        ("YXXDR,P", "malformed"),
        ("YXXDR,P,1.2x,B,Baro", "not a number"),
        ("XXABC," + ",".join("1" * 1100), "too many columns"),
    ],
)
def test_what_a_sentence_cannot_mean_is_rejected(body: str, reason: str):
    assert rejected(sentence(body)) == {reason: 1}


def test_no_fix_means_no_position_but_the_state_is_told():
    found = decode(RMC.replace(",A,", ",V,", 1), "GPRMC,081837,V,,,,,,,240624,,,N", GGA.replace(",1,08,", ",0,03,"))
    assert found == [
        ("RMC", {"fix": 0}),
        ("RMC", {"fix": 0}),
        ("GGA", {"fix quality": 0, "satellites": 3, "hdop": 0.92}),
    ]


def test_units_and_kinds():
    (batch,) = feed(NmeaDecoder(), sentence(RMC))
    assert batch.channels == (
        Channel("latitude", "°"),
        Channel("longitude", "°"),
        Channel("speed", "kn"),
        Channel("course", "°"),
        Channel("magnetic variation", "°"),
        Channel("fix", kind=Kind.STATE),
        Channel("time", "s", Kind.TIME),
    )


def times(*bodies: str) -> list[float | None]:
    return [row.get("time") for _, row in decode(*bodies)]


def gga(time_of_day: str) -> str:
    return GGA.replace("081836.00", time_of_day)


def test_times_of_day_need_a_date():
    assert times(GGA) == [None]
    assert [row.get("time") for stream, row in decode(GGA, RMC, GGA) if stream == "GGA"] == [None, T0]
    assert times("GPZDA,081836,24,06,2024,00,00", gga("081837.25")) == [T0 + 1.25]
    assert times("GPZDA,,,,,,", GGA) == [None]


def test_a_time_of_day_belongs_to_the_nearest_day():
    late, early = RMC.replace("081836.00", "235959.00"), RMC.replace("081836.00", "000001.00")
    day = T0 - (8 * 3600 + 18 * 60 + 36)
    assert times(late, gga("000000.50"))[1] == day + 86400.5
    assert times(early, gga("235959.50"))[1] == day - 0.5
    assert times(late, gga("000000.50"), gga("120000"), gga("235959"), gga("000001"))[1:] == [
        day + 86400.5, day + 1.5 * 86400, day + 2 * 86400 - 1, day + 2 * 86400 + 1,
    ]  # fmt: skip


def test_a_receiver_without_a_fix_does_not_tell_the_time():
    assert times(RMC.replace("240624", "060180").replace(",A,", ",V,", 1), GGA) == [None, None]


@pytest.mark.parametrize("date", ["310224", "2406", "24o624", ""])
def test_a_bad_date_tells_no_time(date: str):
    assert times(RMC.replace("240624", date)) == [None]


def test_a_year_of_two_digits_from_80_on_is_of_the_last_century():
    assert times(RMC.replace("240624", "060180"))[0] == 315964800 + 8 * 3600 + 18 * 60 + 36


@pytest.mark.parametrize("time_of_day", ["8:18:36", "", "x"])
def test_what_is_no_time_of_day_is_left_out(time_of_day: str):
    assert times(RMC, gga(time_of_day))[1] is None


def test_an_impossible_time_of_day_rejects_the_sentence():
    assert rejected(sentence(RMC.replace("081836.00", "250000"))) == {"bad time": 1}


def test_receivers_share_streams_and_instruments_do_not():
    found = decode(
        RMC, RMC.replace("GP", "GN"), "SDDBT,,f,2.4,M,,F", "IIDBT,,f,2.5,M,,F", "TEMP,5", "PUBX,00,7", "PUBX,04,8"
    )
    assert sorted(stream for stream, _ in found) == ["IIDBT", "PUBX/00", "PUBX/04", "RMC", "RMC", "SDDBT", "TEMP"]


def test_wind_by_its_reference_and_unit():
    batches = feed(
        NmeaDecoder(), sentence("WIMWV,1,R,2,M,A") + sentence("WIMWV,3,T,4,K,A") + sentence("WIMWV,5,R,6,Z,A")
    )
    found = [(batch.stream, [(c.name, c.unit) for c in batch.channels]) for batch in batches]
    angle = ("wind angle", "°")
    assert found == [
        ("WIMWV/apparent", [angle, ("wind speed", "m/s")]),
        ("WIMWV/apparent", [angle]),
        ("WIMWV/true", [angle, ("wind speed", "km/h")]),
    ]


def test_satellites_in_parts():
    parts = [
        "GPGSV,3,1,09,01,,,40,02,,,,03,,,30,04,,,20",
        "GPGSV,3,2,09,05,,,41,06,,,42,07,,,43,08,,,44",
        "GPGSV,3,3,09,09,,,45",
    ]
    expected = {
        "satellites in view": 9, "satellites tracked": 8, "SNR 1": 40, "SNR 3": 30, "SNR 4": 20, "SNR 5": 41,
        "SNR 6": 42, "SNR 7": 43, "SNR 8": 44, "SNR 9": 45,
    }  # fmt: skip
    assert decode(*parts) == [("GSV/GPS", expected)]
    decoder = NmeaDecoder()
    others = [sentence(body) for body in ("GLGSV,2,1,05,65,,,30", "GLGSV,2,2,05,66,,,31")]
    mixed = [others[0], *map(sentence, parts[:2]), others[1], sentence(parts[2])]
    assert [row[0] for row in rows(feed(decoder, b"".join(mixed)))] == ["GSV/GLONASS", "GSV/GPS"]
    lost = feed(decoder, sentence(parts[0]) + sentence(parts[2]) + b"".join(map(sentence, parts)))
    assert [row[2] for row in rows(lost)] == [expected]
    assert decoder.tally.rejected == {"a part is missing": 1}


def test_satellites_of_a_signal_are_a_stream_of_their_own():
    bodies = ["GAGSV,1,1,01,05,,,40,7", "GAGSV,1,1,01,05,,,35,1"]
    assert decode(*bodies) == [
        ("GSV/Galileo signal 7", {"satellites in view": 1, "satellites tracked": 1, "SNR 5": 40}),
        ("GSV/Galileo signal 1", {"satellites in view": 1, "satellites tracked": 1, "SNR 5": 35}),
    ]


def test_groups_that_are_never_completed_are_forgotten():
    decoder = NmeaDecoder()
    for number in range(1000):
        feed(decoder, sentence(f"{chr(65 + number % 26)}{chr(65 + number // 26)}GSV,2,1,01,05,,,40"))
        assert len(decoder._others._groups) <= 32


@pytest.mark.parametrize(
    ("body", "stream"),
    [
        ("GNGSA,A,3,05,12,,,,,,,,,,,1.6,0.9,1.4,1", "GSA/GPS"),
        ("GNGSA,A,3,05,12,,,,,,,,,,,1.6,0.9,1.4,3", "GSA/Galileo"),
        ("GNGSA,A,3,65,,,,,,,,,,,,1.6,0.9,1.4", "GSA/GLONASS"),
        ("GNGSA,A,3,12,,,,,,,,,,,,1.6,0.9,1.4", "GSA/GPS"),
        ("GNGSA,A,1,,,,,,,,,,,,,99.9,99.9,99.9", "GSA"),
        ("GLGSA,A,3,65,,,,,,,,,,,,1.6,0.9,1.4", "GSA/GLONASS"),
    ],
)
def test_the_system_of_a_fix(body: str, stream: str):
    ((found, row),) = decode(body)
    assert found == stream
    assert row["satellites used"] == sum(field.isdigit() for field in body.split(",")[3:15])


def test_transducers_are_streams():
    found = decode("IIXDR,A,-1.2,D,PTCH,A,3.4,D,ROLL,H,55,P,,G,,,empty,U,12.5,V,Main bank")
    assert found == [
        ("IIXDR/PTCH", {"value": -1.2}),
        ("IIXDR/ROLL", {"value": 3.4}),
        ("IIXDR/humidity", {"value": 55}),
        ("IIXDR/Main bank", {"value": 12.5}),
    ]
    units = {
        b.stream: b.channels[0].unit for b in feed(NmeaDecoder(), sentence("YXXDR,H,55,P,a,C,1,C,b,N,1,kN,c,R,2,l,d"))
    }
    assert units == {"YXXDR/a": "%", "YXXDR/b": "°C", "YXXDR/c": "kN", "YXXDR/d": "l"}


def test_empty_fields_part_the_rows_of_a_chunk_in_order():
    bodies = [
        RMC,
        RMC.replace("84.40", ""),
        RMC.replace("11.50", "x"),
        RMC.replace("11.50", "12"),
        RMC.replace("11.50", "-0"),
    ]
    decoder = NmeaDecoder()
    batches = feed(decoder, b"".join(map(sentence, bodies)))
    assert [(len(batch), "course" in [c.name for c in batch.channels]) for batch in batches] == [
        (1, True),
        (1, False),
        (2, True),
    ]
    assert [row["speed"] for _, _, row in rows(batches)] == [11.5, 11.5, 12, 0]
    assert math.copysign(1, batches[-1]["speed"][-1]) == 1
    assert decoder.tally.rejected == {"not a number": 1}


def test_rows_of_a_stream_stay_in_order_also_where_a_sentence_lacks_its_talker():
    batches = feed(NmeaDecoder(), sentence(GGA) + sentence("GGA,1,2") + sentence(GGA))
    assert [batch.channels[0].name for batch in batches] == ["latitude", "field 1", "latitude"]


class TestFraming:
    def test_sentences_run_together(self):
        decoder = NmeaDecoder()
        data = sentence(RMC).strip() + sentence(GGA).strip() + b"$GPGGA,0818" + sentence(RMC)
        assert [row[0] for row in rows(feed(decoder, data, finish=True))] == ["RMC", "RMC", "GGA"]
        assert decoder.tally.rejected == {"cut off": 1}
        assert decoder.tally.frames == 4

    def test_what_lost_its_beginning_is_rejected(self):
        assert rejected(sentence(RMC)[3:]) == {"cut off": 1}

    def test_wrong_checksums(self):
        assert rejected(sentence(RMC).replace(b"84.40", b"84.41")) == {"wrong checksum": 1}
        assert rejected(sentence(RMC)[:-3] + b"\r\n") == {"wrong checksum": 1}
        assert rejected(b"$GPGGA,1*xy\n") == {"wrong checksum": 1}

    def test_lower_case_checksums_and_blanks_after_them(self):
        decoder = NmeaDecoder()
        assert (
            len(feed(decoder, sentence(GGA).lower().replace(b"gpgga", b"GPGGA").upper().replace(b"*53\r", b"*53 \t\r")))
            == 1
        )
        assert len(feed(decoder, b"$HEHDT,1,T*1a\n".replace(b"1a", b"%02x" % reduce(xor, b"HEHDT,1,T")))) == 1

    def test_noise_with_a_right_checksum_is_noise_still(self):
        for count in (1, 10):
            decoder = NmeaDecoder()
            assert feed(decoder, sentence("GPGGA,1").replace(b"GPGGA,1*4B", b"G\xaaGGA,1*B1") * count) == []
            assert decoder.tally.rejected.total() == count

    def test_log_text_and_noise_between(self):
        decoder = NmeaDecoder()
        data = b"u-blox ready\r\n\r\n\xb5\x62\x01\x07" + sentence(GGA).strip() + b" see you!\r\n# 12\r\n$ 5\r\n"
        found = rows(feed(decoder, data, finish=True))
        assert [(stream, row.get("text")) for stream, _, row in found] == [
            ("log", "u-blox ready"), ("log", "see you!"), ("GGA", None),
        ]  # fmt: skip
        assert decoder.tally.rejected == {"not UTF-8": 1, "not NMEA": 2}
        assert decoder.tally.decoded == 4

    def test_a_checksum_is_needed_once_one_came(self):
        bare = b"$HEHDT,5,T\r\n"
        decoder = NmeaDecoder()
        assert len(feed(decoder, bare)) == 1
        assert len(feed(decoder, sentence("HEHDT,6,T"))) == 1
        assert feed(decoder, bare) == []
        assert decoder.tally.rejected == {"no checksum": 1}
        decoder.reset()
        assert len(feed(decoder, bare)) == 1

    def test_options(self):
        bare = b"$HEHDT,5,T\r\n"
        assert rejected(bare, checksum="required") == {"no checksum": 1}
        decoder = NmeaDecoder(NmeaDecoder.Options(checksum="optional"))
        assert len(feed(decoder, sentence("HEHDT,6,T") + bare)) == 1
        assert not decoder.tally.rejected

    def test_the_note_names_the_types(self):
        decoder = NmeaDecoder()
        feed(decoder, sentence(RMC) + b"log text\n" + sentence("GPGSV,1,1,01,05,,,40"))
        assert decoder.note == "NMEA 0183: GSV, RMC"


FIELDS = st.sampled_from(
    [
        "",
        "A",
        "V",
        "N",
        "S",
        "E",
        "W",
        "T",
        "M",
        "K",
        "1",
        "08",
        "081836.00",
        "240624",
        "4733.2120",
        "-3.5",
        "x",
        "12.5",
    ]
)
TYPES = [
    "GPRMC", "GNGGA", "GPGLL", "GPVTG", "GNGSA", "GPGSV", "WIMWV", "SDDBT", "IIXDR", "GPZDA", "GPTXT", "PUBX", "XXYYY",
    "AIVDM",
]  # fmt: skip
BODIES = st.one_of(
    st.sampled_from([RMC, GGA, "GPGSV,2,1,02,05,,,40", "GPGSV,2,2,02,06,,,41", "GPVTG,84.40,T,,M,11.50,N,21.30,K,A"]),
    st.builds(lambda kind, fields: ",".join([kind, *fields]), st.sampled_from(TYPES), st.lists(FIELDS, max_size=20)),
)
PIECES = st.one_of(
    BODIES.map(sentence),
    BODIES.map(sentence),
    BODIES.map(lambda body: sentence(body, "!").strip()),
    BODIES.map(lambda body: f"${body}\n".encode()),
    st.sampled_from([b"\r\n", b"ready\n", b"$", b"!", b"*", b"*5", b"\xff", b",", b"GPGGA,1*00\n"]),
    st.binary(max_size=12),
)
STREAMS = st.lists(PIECES, max_size=25).map(b"".join)


@many_examples
@given(data=STREAMS)
def test_together_is_as_one_by_one(data: bytes):
    fast, slow = NmeaDecoder(), NmeaDecoder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder_module, "FEW", 0)
        found = by_stream(feed(fast, data, finish=True))
    expected: list[Any] = []
    for line in data.splitlines(keepends=True):
        expected += feed(slow, line)
    assert found == by_stream([*expected, *slow.finish()])
    assert account(fast) == account(slow)


@many_examples
@given(
    lines=st.lists(
        st.one_of(PIECES, st.binary(max_size=300)).map(lambda piece: piece.strip(b"\r\n").replace(b"\n", b"")),
        max_size=12,
    )
)
def test_checksums_of_many_lines_are_those_of_each(lines: list[bytes]):
    if not lines:
        return
    found = verify(b"\n".join(lines) + b"\n")
    assert found.dtype == np.bool_
    for line, right in zip(lines, found, strict=True):
        body = line[1:-3]
        plain = line[:1] in (b"$", b"!") and line[-3:-2] == b"*" and not set(body) & set(b"$!*") and len(line) > 4
        try:
            told = int(line[-2:].decode("ascii"), 16) if line[-2:].isalnum() else -1
        except ValueError:
            told = -1
        assert right == (plain and reduce(xor, body, 0) == told)


def coordinates(limit: int) -> st.SearchStrategy[str]:
    width = len(str(limit))
    return st.tuples(st.integers(0, limit - 1), st.integers(0, 5999999)).map(
        lambda pair: f"{pair[0]:0{width}}{pair[1] // 100000:02}.{pair[1] % 100000:05}"
    )


SPEEDS = st.floats(0, 99).map(lambda value: f"{value:.2f}")
ALTITUDES = st.floats(-99, 9999).map(lambda value: f"{value:.1f}")


@many_examples
@given(
    place=st.tuples(coordinates(90), st.sampled_from("NS"), coordinates(180), st.sampled_from("EW")).map(",".join),
    speed=SPEEDS,
    altitude=ALTITUDES,
    moment=st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2068, 12, 31)),  # noqa: DTZ001 - UTC is meant
)
def test_pynmea2_agrees(place: str, speed: str, altitude: str, moment: datetime):
    time_of_day, date = moment.strftime("%H%M%S.%f")[:9], moment.strftime("%d%m%y")
    bodies = [
        f"GPRMC,{time_of_day},A,{place},{speed},84.4,{date},2.9,E,A",
        f"GPGGA,{time_of_day},{place},2,07,1.1,{altitude},M,47.3,M,,",
    ]
    messages = [pynmea2.parse(sentence(body).decode().strip(), check=True) for body in bodies]
    found = [row for _, row in decode(*bodies)]
    for row, message in zip(found, messages, strict=True):
        assert row["latitude"] == pytest.approx(message.latitude, abs=1e-9)
        assert row["longitude"] == pytest.approx(message.longitude, abs=1e-9)
        assert row["time"] == pytest.approx(messages[0].datetime.replace(tzinfo=UTC).timestamp(), abs=1e-3)
    assert (found[0]["speed"], found[0]["course"]) == (messages[0].spd_over_grnd, messages[0].true_course)
    assert (found[1]["altitude"], found[1]["satellites"]) == (messages[1].altitude, int(messages[1].num_sats))
