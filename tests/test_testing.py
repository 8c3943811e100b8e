"""The contract suites pass what keeps the contracts, and each check catches what breaks its part of them."""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from stripchart.decoders.samples import Sample
from stripchart.errors import EndOfSource, SourceLost
from stripchart.flow.records import ABSENT, Channel, Chunk, Kind, Tally, make_batch
from stripchart.testing import DecoderContract, SourceContract, check_sample, sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.records import Batch


class Pipe:
    """A source that writes to itself."""

    url = "pipe:"
    default_decoder = "numbers"
    status = ""

    def __init__(self) -> None:
        self.ends: tuple[int, ...] = ()

    def open(self) -> None:
        self.ends = os.pipe()
        os.write(self.ends[1], b"1\n")

    def read(self, timeout: float) -> Sequence[Chunk]:
        if timeout == 0:
            return ()
        data, _ = os.read(self.ends[0], 100), os.write(self.ends[1], b"2\n")
        return (Chunk(data, time.time_ns()),)

    def close(self) -> None:
        for end in self.ends:
            os.close(end)
        self.ends = ()


class Numbers:
    """A decoder of lines that hold one number each; words are channels of a second stream."""

    note = "numbers"
    limit = 1_000

    def __init__(self) -> None:
        self.tally = Tally()
        self.held = b""

    @property
    def buffered(self) -> int:
        return len(self.held)

    def feed(self, chunks: Sequence[Chunk]) -> Sequence[Batch]:
        batches = []
        for chunk in chunks:
            *lines, self.held = (self.held + chunk.data).split(b"\n")
            batches += [batch for line in lines if (batch := self.decode(line, chunk.time_ns, 1))]
            if len(self.held) > self.limit:
                self.tally.bytes_skipped += len(self.held)
                self.held = b""
        return batches

    def finish(self) -> Sequence[Batch]:
        line, self.held = self.held, b""
        batch = self.decode(line, 1, 0) if line else None
        return [batch] if batch else []

    def reset(self) -> None:
        self.tally.bytes_skipped += len(self.held)
        self.held = b""

    def decode(self, line: bytes, time_ns: int, ending: int) -> Batch | None:
        self.tally.bytes_framed += len(line) + ending
        self.tally.frames += 1
        number = re.fullmatch(rb"[a-z0-9]{1,9}", line)
        if not number:
            self.tally.reject(time_ns, "not a number", line)
            return None
        self.tally.decoded += 1
        if line.isdigit():
            return make_batch("", (Channel("value"),), [time_ns], [[float(line)]])
        return make_batch("words", (Channel("word", kind=Kind.TEXT),), [time_ns], [[line.decode()]])


class TestSourceContract(SourceContract):
    def make(self):
        return Pipe()

    def make_absent(self):
        class Absent(Pipe):
            def open(self) -> None:
                raise SourceLost("pipe: no pipe here")

        return Absent()


class TestDecoderContract(DecoderContract):
    samples = (b"1\n2\n", b"word\n", b"300\n")
    max_buffered = 1_000

    def make(self):
        return Numbers()


class TestMessageDecoderContract(DecoderContract):
    samples = (Chunk(b"1", 5, topic="a"), Chunk(b"word", 6, topic="b"), Chunk(b"2", 7, topic="a"))
    messages = True

    def make(self):
        class Messages(Numbers):
            def feed(self, chunks: Sequence[Chunk]) -> Sequence[Batch]:
                return [batch for chunk in chunks if (batch := self.decode(chunk.data, chunk.time_ns, 0))]

        return Messages()


READS = Sample(
    title="numbers and words",
    recognised="Each line is a value.",
    data=b"1\n2\nword\n",
    values={"value": [1, 2], "words/word": ["word"]},
)


class Described(Numbers):
    """Numbers with options, as decoders are found by name."""

    @dataclass(frozen=True)
    class Options:
        limit: int = 1_000

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.limit = options.limit


def test_a_sample_that_decodes_to_what_it_states():
    check_sample(Described, READS)
    check_sample(Described, replace(READS, data=b"", messages=[("a", b"1\n2\n"), ("b", b"word\n")]))
    check_sample(Described, replace(READS, options={"limit": "5"}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": {"value": [1, 2]}}, "expected the values"),
        ({"values": {"value": [1, 3], "words/word": ["word"]}}, "expected the values"),
        ({"values": {"value": [1, 2, 3], "words/word": ["word"]}}, "expected the values"),
        ({"values": {"value": [1, 2], "words/word": ["world"]}}, "expected the values"),
        ({"values": {"value": ["1", 2], "words/word": ["word"]}}, "expected the values"),
        ({"units": {"value": "V"}}, r"expected the units \{'value': 'V'\}, found \{\}"),
        ({"data": b"1\n2\nword\n!\n"}, "numbers and words: rejected: {'not a number': 1}"),
        ({"options": {"limits": 5}}, "numbers and words: options: limits: no such option; did you mean 'limit'"),
    ],
)
def test_a_sample_that_does_not(change: dict[str, Any], message: str):
    with pytest.raises(AssertionError, match=message):
        check_sample(Described, replace(READS, **change))


class Timed(Described):
    """Each number is also a time of the device; 1 is a row without a value, and 4 one with NaN."""

    channels: tuple[Channel, ...] = (Channel("clock", "ms", Kind.TIME), Channel("value", "V"))

    def decode(self, line: bytes, time_ns: int, ending: int) -> Batch | None:
        if super().decode(line, time_ns, ending) is None:
            return None
        number = float(line)
        value = {1: ABSENT, 4: np.nan}.get(number, number)
        return make_batch("", self.channels, [time_ns], [[number], [value], *[[number]] * (len(self.channels) - 2)])


def test_times_of_the_device_and_absent_values_in_a_sample():
    sample = Sample(
        title="clocked",
        recognised="",
        data=b"1\n2\n4\n",
        values={"clock": [1, 2, 4], "value": [2, float("nan")]},
        units={"value": "V"},
    )
    check_sample(Timed, sample)
    check_sample(Timed, replace(sample, units={"value": "V", "clock": "ms"}))
    with pytest.raises(AssertionError, match="expected the units"):
        check_sample(Timed, replace(sample, units={"value": "V", "clock": "s"}))


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (
            (Channel("a", "ms", Kind.TIME), Channel("value"), Channel("b", "s", Kind.TIME)),
            "expected one column of Kind.",
        ),
        ((Channel("a", "h", Kind.TIME), Channel("value")), "expected a unit of"),
    ],
)
def test_a_batch_has_one_clock_at_most_in_a_known_unit(channels: tuple[Channel, ...], message: str):
    with pytest.raises(AssertionError, match=message):
        check_sample(type("Flawed", (Timed,), {"channels": channels}), replace(READS, data=b"2\n"))


def source_check(name: str, *, absent: bool = False, **broken: Any) -> None:
    """Run one check on a source with broken methods."""
    flawed = type("Flawed", (Pipe,), broken)

    class Suite(SourceContract):
        def make(self):
            return flawed()

        def make_absent(self):
            return flawed() if absent else None

    getattr(Suite(), name)()


def decoder_check(name: str, **broken: Any) -> None:
    flawed = type("Flawed", (Numbers,), broken)

    class Suite(DecoderContract):
        samples: ClassVar[Sequence[bytes]] = (b"1\n2\n", b"word\n", b"300\n")
        max_buffered = 1_000

        def make(self):
            return flawed()

    getattr(Suite(), name)()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PATIENCE", 0.2)
    monkeypatch.setattr(sources, "SETTLE", 0.1)


def test_a_source_with_a_status_that_is_no_text():
    with pytest.raises(AssertionError, match="status: expected a str, found None"):
        source_check("test_describes_itself", status=None)
    with pytest.raises(AssertionError, match="url is empty"):
        source_check("test_describes_itself", url="")


def test_a_source_that_cannot_be_closed_twice():
    def close(self: Pipe) -> None:
        for end in self.ends:
            os.close(end)

    with pytest.raises(OSError, match="Bad file descriptor"):
        source_check("test_closes_before_open_and_twice", close=close)


def test_a_source_that_opens_though_it_is_absent():
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        source_check("test_closes_after_a_failed_open", absent=True, open=lambda _: None)


def test_a_source_whose_open_raises_another_error():
    def fail(self: Pipe) -> None:
        raise FileNotFoundError(f"{self.url}: not here")

    with pytest.raises(FileNotFoundError):
        source_check("test_closes_after_a_failed_open", absent=True, open=fail)


@pytest.mark.usefixtures("impatient")
def test_a_source_that_hangs():
    forever = threading.Event()

    def hang(self: Pipe, timeout: float) -> Sequence[Chunk]:  # noqa: ARG001 - that it ignores the time limit is the flaw
        forever.wait()
        return ()

    with pytest.raises(AssertionError, match=r"(?s)did not return within 0.2 s; it is at\n.*forever.wait\(\)"):
        source_check("test_read_keeps_to_its_timeout", read=hang)
    forever.set()


@pytest.mark.usefixtures("impatient")
def test_a_source_that_says_nothing():
    with pytest.raises(AssertionError, match=r"nothing was read within 0\.2 s"):
        source_check("test_reads_chunks_again_after_close", read=lambda _, timeout: time.sleep(timeout) or ())


@pytest.mark.usefixtures("impatient")
def test_a_source_that_opens_only_once():
    def read(self: Pipe, timeout: float) -> Sequence[Chunk]:
        if hasattr(self, "used"):
            raise EndOfSource("pipe: once only")
        return Pipe.read(self, timeout)

    def close(self: Any) -> None:
        Pipe.close(self)
        self.used = True

    with pytest.raises(AssertionError, match="nothing was read"):
        source_check("test_reads_chunks_again_after_close", read=read, close=close)


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        ((b"1\n", 1, 0, "", False), "not a Chunk"),
        (Chunk("1\n", 1), "data: expected bytes, found str"),  # type: ignore[arg-type] # the flaw
        (Chunk(b"1\n", 1.5), "time_ns: expected nanoseconds, found 1.5"),  # type: ignore[arg-type] # the flaw
        (Chunk(b"1\n", 5, 6), "since_ns 6 is after time_ns 5"),
        (Chunk(b"1\n", 5, 0, b"t"), "topic: expected a str, found b't'"),  # type: ignore[arg-type] # the flaw
    ],
)
def test_a_source_whose_chunks_are_not_right(chunk: Any, message: str):
    with pytest.raises(AssertionError, match=message):
        source_check("test_reads_chunks_again_after_close", read=lambda *_: (chunk,))


@pytest.mark.usefixtures("impatient")
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not list descriptors")
def test_a_source_that_leaves_descriptors_behind():
    opened = []

    def close(self: Pipe) -> None:
        opened.extend(self.ends)
        self.ends = ()

    with pytest.raises(AssertionError, match=r"left behind after close: \['descriptor \d+: pipe:"):
        source_check("test_leaves_nothing_behind", close=close)
    for end in opened:
        os.close(end)


@pytest.mark.usefixtures("impatient")
def test_a_source_that_leaves_a_thread_behind():
    end = threading.Event()

    def open_(self: Pipe) -> None:
        Pipe.open(self)
        threading.Thread(target=end.wait, name="stray").start()

    with pytest.raises(AssertionError, match=r"left behind after close: .*'thread stray"):
        source_check("test_leaves_nothing_behind", open=open_)
    end.set()


def test_a_decoder_without_samples():
    class Suite(DecoderContract):
        def make(self):
            return Numbers()

    with pytest.raises(AssertionError, match="the suite needs samples"):
        Suite().test_decodes_its_samples()


def test_a_decoder_that_rejects_its_samples():
    def decode(self: Numbers, line: bytes, time_ns: int, ending: int) -> Batch | None:
        return Numbers.decode(self, b"?" * len(line) if line == b"word" else line, time_ns, ending)

    with pytest.raises(AssertionError, match=r"samples were rejected: {'not a number': 1}"):
        decoder_check("test_decodes_its_samples", decode=decode)
    with pytest.raises(AssertionError, match="the samples gave no values"):
        decoder_check("test_decodes_its_samples", decode=lambda *line: Numbers.decode(*line) and None)


def test_a_decoder_that_loses_bytes():
    def decode(self: Numbers, line: bytes, time_ns: int, ending: int) -> Batch | None:  # noqa: ARG001 - the flaw
        return Numbers.decode(self, line, time_ns, 0)

    with pytest.raises(AssertionError, match="13 bytes fed, but 9 known"):
        decoder_check("test_decodes_its_samples", decode=decode)


def test_a_decoder_that_loses_frames():
    def decode(self: Numbers, line: bytes, time_ns: int, ending: int) -> Batch | None:
        self.tally.frames += line == b"word"
        return Numbers.decode(self, line, time_ns, ending)

    with pytest.raises(AssertionError, match="5 frames, but 4 decoded"):
        decoder_check("test_decodes_its_samples", decode=decode)


def test_a_decoder_that_raises():
    def decode(self: Numbers, line: bytes, time_ns: int, ending: int) -> Batch | None:
        line.decode()
        return Numbers.decode(self, line, time_ns, ending)

    decoder_check("test_decodes_its_samples", decode=decode)
    with pytest.raises(UnicodeDecodeError) as caught:
        decoder_check("test_takes_any_bytes", decode=decode)
    assert caught.value.__notes__[0].startswith("The input was [[b'")


def test_a_decoder_that_depends_on_how_its_input_is_cut():
    def feed(self: Numbers, chunks: Sequence[Chunk]) -> Sequence[Batch]:
        if chunks[0].data == b"\n":
            self.tally.bytes_skipped += 1
            return []
        return Numbers.feed(self, chunks)

    with pytest.raises(AssertionError, match=r"(?s)cut into \[\[b'1'\], \[b'\\n'\].*but whole:"):
        decoder_check("test_any_chunking_gives_the_same", feed=feed)


def test_a_decoder_that_holds_without_bound():
    with pytest.raises(AssertionError, match="holds 65536 bytes of b'a'"):
        decoder_check("test_holds_little", limit=1 << 30)


@pytest.mark.parametrize(
    ("reset", "message"),
    [
        (lambda _: None, "holds 1 bytes after reset"),
        (lambda self: setattr(self, "held", b""), "1 bytes held at reset are not skipped ones"),
    ],
)
def test_a_decoder_that_does_not_reset(reset: Any, message: str):
    with pytest.raises(AssertionError, match=message):
        decoder_check("test_reset_forgets", reset=reset)


def test_a_decoder_that_decodes_otherwise_after_a_reset():
    def reset(self: Any) -> None:
        Numbers.reset(self)
        self.decode = lambda line, time_ns, ending: Numbers.decode(self, line.replace(b"1", b"7"), time_ns, ending)

    with pytest.raises(AssertionError, match=r"(?s)after b'1' and reset:.*7\.0.*but new:.*1\.0"):
        decoder_check("test_reset_forgets", reset=reset)
