from __future__ import annotations

import re
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pytest

from stripchart.errors import ConfigError, SourceLost
from stripchart.sources.signals import DESK
from stripchart.sources.simulated import CATCH_UP, MAX_VALUES, SimulatedSource
from stripchart.testing import SourceContract
from support.wait import until

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripchart.flow.records import Chunk


def make(target: str = "", **options: Any) -> SimulatedSource:
    return SimulatedSource(target, SimulatedSource.Options(**options))


def read_rows(source: SimulatedSource, rows: int, pause: float = 0.0) -> list[Chunk]:
    """Read chunks until there are so many lines."""
    chunks: list[Chunk] = []

    def enough() -> bool:
        chunks.extend(source.read(0.2))
        time.sleep(pause)
        return sum(chunk.data.count(b"\n") for chunk in chunks) >= rows

    until(enough, 30, every=0)
    return chunks


def lines(chunks: list[Chunk]) -> list[bytes]:
    return b"".join(chunk.data for chunk in chunks).splitlines()


def row_of(source: SimulatedSource, time_ns: int) -> int:
    row = round((time_ns - source._first_ns) * source._rate / 1e9)
    assert time_ns == source._time_ns(row)
    return row


def numbered(source: SimulatedSource, chunks: list[Chunk]) -> dict[int, bytes]:
    """Return the lines by row; so a machine that stalls for more than a second, and skips rows, breaks no test."""
    found: dict[int, bytes] = {}
    for chunk in chunks:
        part = lines([chunk])
        found.update(enumerate(part, row_of(source, chunk.time_ns) - len(part) + 1))
    return found


def values(target: str, rows: int = 4_000, **options: Any) -> NDArray[np.float64]:
    return make(target, **options)._block(0, rows)


class TestContract(SourceContract):
    def make(self):
        return make(rate=100)


class TestFastContract(SourceContract):
    def make(self):
        return make("walk", channels=3, rate=5_000, format="csv")


def test_what_a_person_sees_first_are_sensors_with_names_and_units():
    source = make()
    source.open()
    assert source.default_decoder == "keyvalue"
    (line, *_) = lines(source.read(1))
    number = r"-?\d+(\.\d+)?"
    assert re.fullmatch(", ".join(f"{sensor.name}: {number} {sensor.unit}" for sensor in DESK), line.decode())
    assert source.status == "7 channels, 20 rows/s"


def test_the_same_seed_gives_the_same_bytes_however_they_are_read():
    rows = []
    for seed, pause in ((7, 0.0), (7, 0.05), (8, 0.0)):
        source = make("walk,sine,noise,bursts,steps", rate=1_000, seed=seed)
        source.open()
        rows.append(numbered(source, read_rows(source, 400, pause)))
    eager, lazy, other = rows
    both = eager.keys() & lazy.keys()
    assert len(both) > 100
    assert all(eager[row] == lazy[row] for row in both)
    assert all(eager[row] != other[row] for row in eager.keys() & other.keys())


def test_a_row_does_not_depend_on_the_rows_before_it():
    whole = values("walk,noise,steps", 3_000)
    source = make("walk,noise,steps")
    for first, stop in ((2_990, 3_000), (395, 1_210), (0, 1)):  # patterns are 400 rows long
        np.testing.assert_array_equal(source._block(first, stop), whole[first:stop])


def test_a_tone_rises_and_falls_as_parts_of_the_rate():
    wave = values("tone", 2_000, rate=100).ravel()
    strongest = [
        float(np.fft.rfftfreq(100)[np.abs(np.fft.rfft(part * np.hanning(100))).argmax()])
        for part in wave.reshape(-1, 100)
    ]
    assert (strongest[0], max(strongest), strongest[-1]) == pytest.approx((0.02, 0.2, 0.02), abs=0.015)
    assert int(np.argmax(strongest)) in range(8, 12)


def test_a_track_comes_back_to_where_it_began():
    latitude, longitude = values("latitude,longitude", 401, rate=20).T
    assert np.hypot(latitude[400] - latitude[0], longitude[400] - longitude[0]) < 1e-4
    assert 3e-4 < np.ptp(latitude) < 2e-3
    assert longitude.max() > 11.5755


@pytest.mark.parametrize("form", ["keyvalue", "json", "csv", "arduino"])
def test_states_are_words(form: str):
    source = make("switch,sine,mode", rate=200, format=form, seed=3)
    source.open()
    said = b"\n".join(lines(read_rows(source, 300))).decode()
    words = set(re.findall(r"[a-z]+", said)) - {"switch", "sine", "mode", "V"}
    assert words <= {"off", "on", "idle", "heating", "running", "cooling"}
    assert len(words) >= 2
    if form == "keyvalue":
        assert re.fullmatch(r"switch=(on|off), sine: -?[\d.]+ V, mode=[a-z]+", said.splitlines()[-1])


def test_channels_of_one_kind_differ():
    columns = values("walk", channels=8).T
    assert len({column.tobytes() for column in columns}) == 8


@pytest.mark.parametrize("rate", [30.0, 333.0, 1_999.0])
def test_each_row_has_its_exact_time(rate: float):
    source = make("sine", rate=rate)
    before = time.time_ns()
    source.open()
    assert before <= source._first_ns <= time.time_ns()
    for row, chunk in enumerate(read_rows(source, 20)):
        if not source._skipped:
            assert chunk.time_ns - source._first_ns == round(row * 1e9 / rate)


def test_rows_are_never_early_and_none_is_missing():
    source = make("sine", rate=1_000)
    source.open()
    opened = time.monotonic()
    rows = numbered(source, read_rows(source, 700))
    last = max(rows)
    assert last <= (time.monotonic() - opened) * 1_000 + 1
    assert len(rows) + source._skipped == last + 1


def test_reads_are_coalesced():
    source = make("sine", rate=1_000)
    source.open()
    sizes = [len(source.read(1)) for _ in range(20)]
    assert sum(sizes) >= 20 * 8  # a pause is at least as long as asked, so a slow machine only gives more


def test_at_a_high_rate_a_read_is_one_chunk_with_its_span():
    source = make("walk", channels=2, rate=50_000)
    source.open()
    chunks = read_rows(source, 2_000)
    for chunk in chunks:
        rows = row_of(source, chunk.time_ns) - row_of(source, chunk.since_ns)
        assert rows == chunk.data.count(b"\n")
    assert source._skipped or all(later.since_ns == earlier.time_ns for earlier, later in pairwise(chunks))


def test_a_read_waits_no_longer_than_asked():
    source = make(rate=0.001)
    source.open()
    assert len(source.read(1)) == 1  # row 0 is due at once
    assert source.read(0.01) == ()


@pytest.mark.parametrize("rate", [1_000, 10_000])
def test_a_late_read_makes_good_one_second_and_counts_the_rest(rate: int):
    source = make("sine", rate=rate)
    source.open()
    before = read_rows(source, 1)
    time.sleep(1.3)
    late = source.read(1)
    assert len(lines(late)) == CATCH_UP * rate
    skipped = int(source.status.rpartition(": ")[2])
    assert skipped >= 0.3 * rate - len(lines(before))
    gap = (late[0].time_ns if rate == 1_000 else late[0].since_ns) - before[-1].time_ns
    assert round(gap * rate / 1e9) == skipped + (1 if rate == 1_000 else 0)


@pytest.mark.parametrize("rate", [1_000, 5_000])
def test_dropouts_are_silent_and_keep_the_clock(rate: int):
    source = make("walk,sine", rate=rate, dropouts=0.1)
    always = make("walk,sine", rate=rate)
    source.open()
    always.open()
    heard = numbered(source, read_rows(source, rate // 2))
    period = rate // 10
    assert max(heard) > 5 * period
    assert all(row % period < 0.9 * period for row in heard)
    complete = {row for row in range(max(heard)) if row % period < 0.9 * period}
    assert source._skipped or complete <= heard.keys()
    whole = numbered(always, always.read(1))
    assert all(heard[row] == whole[row] for row in heard.keys() & whole.keys())


def test_unplug_is_a_loss_until_it_is_plugged_in_again():
    source = make("sine", rate=100, unplug=0.5, format="csv")
    source.open()
    assert read_rows(source, 2)[0].data == b"sine\n"
    with pytest.raises(SourceLost, match=r"unplugged, as its option unplug=0\.5 asks"):
        read_rows(source, 1_000_000)
    source.close()
    losses = 0

    def opens() -> bool:
        nonlocal losses
        try:
            source.open()
        except SourceLost:
            losses += 1
            return False
        return True

    until(opens, every=0.001)
    header, row = read_rows(source, 2)[:2]
    assert header.data == b"sine\n"
    assert row.time_ns - source._first_ns >= 500_000_000
    assert (row.time_ns - source._first_ns) % 10_000_000 == 0


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("keyvalue", rb"walk: -?\d+\.\d{3} V, sine: -?\d+\.\d{3} V"),
        ("arduino", rb"walk:-?\d+\.\d{3},sine:-?\d+\.\d{3}"),
        ("csv", rb"-?\d+\.\d{3},-?\d+\.\d{3}"),
        ("json", rb'\{"walk":-?\d+\.\d{3},"sine":-?\d+\.\d{3}\}'),
    ],
)
def test_the_decoder_follows_the_format(form: Any, pattern: bytes):
    source = make("walk,sine", format=form)
    source.open()
    assert source.default_decoder == form
    *header, line = lines(source.read(1))
    assert header == ([b"walk,sine"] if form == "csv" else [])
    assert re.fullmatch(pattern, line)
    if form == "json":
        assert set(orjson.loads(line)) == {"walk", "sine"}


@pytest.mark.parametrize(
    ("target", "options", "names"),
    [
        ("", {}, [sensor.name for sensor in DESK]),
        ("", {"channels": 2}, ["temperature", "outdoors"]),
        ("", {"channels": len(DESK) + 1}, ["temperature1", *(sensor.name for sensor in DESK[1:]), "temperature2"]),
        ("walk", {}, ["walk"]),
        ("walk", {"channels": 3}, ["walk1", "walk2", "walk3"]),
        ("walk,sine", {"channels": 3}, ["walk1", "sine", "walk2"]),
        ("", {"signals": ("noise", "steps")}, ["noise", "steps"]),
        ("walk", {"signals": ("walk", "square")}, ["walk1", "walk2", "square"]),
    ],
)
def test_channels_have_names_of_their_own(target: str, options: dict[str, Any], names: list[str]):
    assert [sensor.name for sensor in make(target, **options)._sensors] == names


def test_a_walk_is_continuous_and_stays_near():
    walk = values("walk", 100_000)[:, 0]
    assert np.abs(walk).max() < 3
    assert walk.std() > 0.2
    assert np.abs(np.diff(walk)).max() < 0.2  # also where one pattern meets the next


def test_a_sine_turns_once_in_a_pattern():
    sine = values("sine", 4_000, rate=20)[:, 0]
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * np.arange(4_000) / 400), atol=1e-9)


def test_a_square_has_two_levels():
    assert set(values("square")[:, 0]) == {-1.0, 1.0}


def test_noise_is_white():
    noise = values("noise", 100_000)[:, 0]
    assert noise.std() == pytest.approx(1 / 3, rel=0.02)
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 0.02


def test_bursts_come_out_of_silence():
    bursts = np.abs(values("bursts", 40_000)[:, 0]).reshape(100, 400)
    assert (bursts[:, :40] == 0).all()
    assert (bursts.max(axis=1) > 0.2).all()
    assert (bursts[:, -1] < 0.01).all()


def test_steps_hold_their_level():
    steps = values("steps", 40_000)[:, 0]
    assert np.count_nonzero(np.diff(steps)) == 399  # four levels in each of 100 patterns
    assert np.abs(steps).max() <= 1


def test_the_desk_is_plausible():
    temperature, outdoors, humidity, pressure, light, _, current = values("", 100_000).T
    assert 15 < temperature.min() < temperature.max() < 30
    assert 15 < outdoors.min() < outdoors.max() < 30
    assert 30 < humidity.min() < humidity.max() < 60
    assert 1_000 < pressure.min() < pressure.max() < 1_025
    assert light.min() > 0
    assert current.min() > 0


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("wolk", {}, r"^sim:wolk: no signal named 'wolk' \(there are: walk, sine, square, noise, bursts, steps, .*\)$"),
        ("", {"rate": 0}, r"^sim: rate: expected 0.001 to 1,000,000, got 0$"),
        ("", {"rate": float("nan")}, "rate: expected 0.001 to 1,000,000, got nan"),
        ("", {"channels": 5_001}, "channels: expected 0 to 5,000, got 5001"),
        ("", {"seed": -1}, "seed: expected 0 or more, got -1"),
        ("", {"dropouts": -1.0}, "dropouts: expected 0 to 1,000,000, got -1.0"),
        ("", {"unplug": float("inf")}, "unplug: expected 0 to 1,000,000, got inf"),
    ],
)
def test_options_are_checked(target: str, options: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        make(target, **options)


def test_many_fast_channels_are_made_in_bounded_memory():
    source = make("noise", channels=5_000, rate=1_000_000, format="csv")
    source.open()
    time.sleep(0.01)  # 10,000 rows are due
    _, chunk = source.read(1)
    assert chunk.data.count(b"\n") == MAX_VALUES // 5_000
    assert source._values.size <= 5_000 * 64
