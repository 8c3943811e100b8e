"""What holds for every decoder that is registered, whatever comes and however it is cut."""

from __future__ import annotations

import gc
import itertools
import re
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from stripchart.flow.records import Chunk
from stripchart.testing.checks import check_batch, check_conserves
from support import raw
from support.decoding import EXAMPLES, MOST_EXAMPLES, many_examples
from support.formats import BUILT_IN, seal, setups
from support.programs import PROGRAMS, SIZES, cut, to_script
from support.scripts import START_NS, Segment, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.formats import Setup

ALL = [pytest.param(setup, id=f"{name}-{number}") for name in BUILT_IN for number, setup in enumerate(setups(name))]
KEPT = sorted((Path(__file__).parents[1] / "fuzz" / "corpus").glob("*/*"))
MOST_KEPT, MOST_KEPT_BYTES = 30, 40_000
TIMES = (0, 1, START_NS, START_NS + 1, START_NS + 5_000_000_000, START_NS - 10_000_000_000, 1 << 62)
DELAYS_NS = (1, 50_000_000, 300_000_000, 1_500_000_000)
WORD = re.compile(rb"[A-Za-z]{2,}")
LIMITS = {"MAX_REMEMBERED", "MAX_KNOWN", "MAX_DEVICES", "MAX_ENTITIES", "MAX_NODES", "MAX_NAMES", "MAX_METRICS"}
"""Of what is remembered, by decoders and their parts."""
many_programs = settings(many_examples, max_examples=EXAMPLES // len(SIZES))
most_programs = settings(many_examples, max_examples=MOST_EXAMPLES // len(SIZES))
"""For the one property that holds a decoder to all its promises at once."""


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.timeout(1800)
@most_programs
@given(drawn=PROGRAMS)
def test_any_input_however_cut_is_read_alike_and_accounted_for(name: str, drawn: bytes):
    known = setups(name)
    for program in cut(drawn):
        setup = known[program[0] % len(known)]
        check(setup.make, to_script(program[1:], setup), setup.max_buffered)


@pytest.mark.parametrize("name", [name for name in BUILT_IN if name != "recorded"])  # its times are recorded ones
@many_programs
@given(drawn=PROGRAMS)
def test_the_times_of_a_stream_never_go_back_and_are_never_to_come(name: str, drawn: bytes):
    known = setups(name)
    for program in cut(drawn):
        setup = known[program[0] % len(known)]
        decoder, now_ns = setup.make(), START_NS
        times: dict[str, list[int]] = {}
        for segment in to_script(program[1:], setup):
            for feed in segment.feeds:
                chunks = []
                for chunk in feed:
                    since_ns, now_ns = now_ns, now_ns + DELAYS_NS[len(chunk.data) % len(DELAYS_NS)]
                    chunks.append(chunk._replace(time_ns=now_ns, since_ns=since_ns))
                for batch in decoder.feed(chunks):
                    times.setdefault(batch.stream, [START_NS]).extend(batch.time.tolist())
                assert all(time[-1] <= now_ns for time in times.values())
            for batch in getattr(decoder, segment.then or "finish")() or ():
                times.setdefault(batch.stream, [START_NS]).extend(batch.time.tolist())
        assert all(time == sorted(time) for time in times.values())


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_the_fuzzer_kept(path: Path):
    setup, script = raw.read(path.read_bytes(), setups(path.parent.name))
    check(setup.make, script, setup.max_buffered)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_fuzzer_keeps_little(name: str):
    sizes = [path.stat().st_size for path in KEPT if path.parent.name == name]
    assert 0 < len(sizes) <= MOST_KEPT
    assert sum(sizes) <= MOST_KEPT_BYTES


@pytest.mark.parametrize("setup", ALL)
@many_programs
@given(drawn=PROGRAMS)
def test_odd_times_topics_and_flags_do_no_harm(setup: Setup, drawn: bytes):
    for program in cut(drawn):
        decoder, total = setup.make(), 0
        for chunks, then_reset in odd(program, setup):
            for batch in decoder.feed(chunks):
                check_batch(batch)
            total += sum(len(chunk.data) for chunk in chunks)
            check_conserves(decoder, total)
            if then_reset:
                decoder.reset()
                check_conserves(decoder, total)


def odd(program: bytes, setup: Setup) -> Iterator[tuple[list[Chunk], bool]]:
    """Yield feeds, and whether a reset comes behind each; four bytes of a program are a chunk, the last its flags."""
    chunks: list[Chunk] = []
    for which, size, times, flags in zip(*[iter(program)] * 4, strict=False):
        usual, data = setup.frames[which % len(setup.frames)]
        time_ns, since_ns = TIMES[times % len(TIMES)], TIMES[times // len(TIMES) % len(TIMES)]
        chunks.append(Chunk(data[:size], time_ns, since_ns, (usual, usual, "", "a")[flags % 4], flags & 4 > 0))
        if flags & 8:
            yield chunks, flags & 16 > 0
            chunks = []
    yield chunks, False


@pytest.mark.parametrize("setup", ALL)
@pytest.mark.parametrize(("size", "piece"), [(1 << 18, 1 << 16), (10_000, 1)])
def test_much_at_once_is_as_bit_by_bit(setup: Setup, size: int, piece: int):
    data = b"".join(data for _, data in setup.frames)
    data = data * (size // len(data)) + data[: size % len(data)]
    topic = setup.frames[0][0]
    pieces = [Chunk(data[start : start + piece], START_NS, 0, topic) for start in range(0, size, piece)]
    whole = pieces if setup.messages else [Chunk(data, START_NS)]
    check(setup.make, [Segment(whole, [pieces], "finish")], setup.max_buffered)


@pytest.mark.parametrize("setup", ALL)
def test_names_that_never_come_again_are_not_kept_for_ever(setup: Setup, monkeypatch: pytest.MonkeyPatch):
    for name, module in list(sys.modules.items()):
        for limit in LIMITS & vars(module).keys() if name.startswith("stripchart.decoders.") else ():
            monkeypatch.setattr(module, limit, 20)
    decoder, inputs, held = setup.make(), varied(setup), []
    decoder.feed(next(inputs))  # imports, and makes tables, that stay
    tracemalloc.start()
    for _ in range(3):
        for chunks in itertools.islice(inputs, 12):
            decoder.feed(chunks)
        decoder.finish()
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert held[-1] < held[0] + 100_000, held


def varied(setup: Setup) -> Iterator[list[Chunk]]:
    """Yield what a decoder reads, with other words in it each time."""
    numbers = itertools.count(1)
    while True:
        chunks = []
        for topic, data in setup.frames[:40] * 2:
            number = next(numbers)
            word = "".join(chr(ord("a") + int(digit, 16)) for digit in f"{number:x}").encode()
            words = [found.end() for found in WORD.finditer(data)]
            place = words[number % len(words)] if words else 0
            named = f"{topic}/{number}" if topic and number % 3 == 0 else topic
            chunks.append(Chunk(seal(setup.name, data[:place] + word + data[place:]), START_NS + number, 0, named))
        yield chunks
