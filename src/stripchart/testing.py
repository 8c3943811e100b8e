r"""Contract suites for adapters: subclass one, say how to make yours, and let pytest run it.

::

    # test_modbus.py
    from stripchart.testing import DecoderContract, SourceContract

    class TestModbusSource(SourceContract):
        def make(self):
            return ModbusSource("//127.0.0.1:5020", ModbusSource.Options())

        def make_absent(self):  # optional
            return ModbusSource("//127.0.0.1:1", ModbusSource.Options())

        def stimulate(self):  # optional: make the opened source's device send something
            server.set_register(1, 42)

    class TestModbusDecoder(DecoderContract):
        samples = (b"1:42\n", b"2:17\n")

        def make(self):
            return ModbusDecoder(ModbusDecoder.Options())

Set a device or server up with pytest's fixtures. The inputs are random with fixed seeds, so a failure repeats.
"""

from __future__ import annotations

import random
import sys
import threading
import time
import traceback
from collections import defaultdict
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pytest

from stripchart.errors import ConfigError, EndOfSource, SourceLost
from stripchart.flow.records import Chunk, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stripchart.flow.contracts import Decoder, Source
    from stripchart.flow.records import Batch

T = TypeVar("T")

PATIENCE: Final = 10.0
"""Seconds after which a call counts as hung, and a silent source as broken."""
SETTLE: Final = 5.0
"""Seconds in which what a closed source had must be gone."""
TIME_NS: Final = 1_700_000_000_000_000_000
"""The instant at which all test input of decoders arrives."""


class SourceContract:
    """What every source must do; a subclass gives ``make``."""

    def make(self) -> Source:
        """Return a new source that can be opened, and opened again after ``close``."""
        raise NotImplementedError

    def make_absent(self) -> Source | None:
        """Return a new source whose ``open`` fails; None if there is no such thing."""
        return None

    def stimulate(self) -> None:
        """Have the device of the opened source send something; needless for one that talks by itself."""

    def test_describes_itself(self) -> None:
        """``url``, ``default_decoder`` and ``status`` are texts, before and after ``open``."""
        source = self.make()

        def scenario() -> None:
            _check_texts(source)
            source.open()
            _check_texts(source)
            source.close()

        _within(PATIENCE, scenario)

    def test_closes_before_open_and_twice(self) -> None:
        """``close`` is safe at any time."""
        source = self.make()

        def scenario() -> None:
            source.close()
            source.open()
            source.close()
            source.close()

        _within(PATIENCE, scenario)

    def test_closes_after_a_failed_open(self) -> None:
        """``open`` of an absent device raises SourceLost or ConfigError, in time, and leaves nothing behind."""
        source = self.make_absent()
        if source is None:
            pytest.skip("this source cannot be absent")

        def scenario() -> None:
            with pytest.raises((SourceLost, ConfigError)):
                source.open()
            source.close()
            source.close()

        _check_leaves_nothing(scenario)

    def test_read_keeps_to_its_timeout(self) -> None:
        """A read that finds nothing returns nothing, and in time."""
        source = self.make()

        def scenario() -> None:
            source.open()
            for timeout in (0.0, 0.05, 0.0):
                _read(source, timeout)
            source.close()

        _within(PATIENCE, scenario)

    def test_reads_chunks_again_after_close(self) -> None:
        """What arrives are chunks of bytes with their time, also when it was closed and opened again."""
        source = self.make()
        for _ in range(2):
            for chunk in _within(2 * PATIENCE, lambda: self._session(source)):
                _check_chunk(chunk)

    def test_leaves_nothing_behind(self) -> None:
        """After ``close`` there is no thread and no descriptor more than before ``open``."""
        _check_leaves_nothing(lambda: self._session(self.make()))

    def _session(self, source: Source) -> list[Chunk]:
        source.open()
        try:
            self.stimulate()
            chunks: list[Chunk] = []
            deadline = time.monotonic() + PATIENCE
            while not chunks:
                _expect(time.monotonic() < deadline, f"nothing was read within {PATIENCE:g} s")
                chunks.extend(_read(source, 0.1))
        finally:
            source.close()
        return chunks


class DecoderContract:
    """What every decoder must do; a subclass gives ``make`` and ``samples``."""

    samples: Sequence[bytes | Chunk] = ()
    """Valid input, in whole frames; its concatenation is a valid stream. Chunks where a topic is needed."""
    messages: bool = False
    """Each chunk is a message of its own, which is never cut."""
    max_buffered: int = 1 << 18
    """Bytes that may be held after any input."""

    def make(self) -> Decoder:
        """Return a new decoder."""
        raise NotImplementedError

    def test_decodes_its_samples(self) -> None:
        """The samples become well-formed batches, with nothing rejected or skipped."""
        decoder, batches = self._decode(self._chunks())
        _expect(sum(batch.samples for batch in batches) > 0, "the samples gave no values")
        for batch in batches:
            _check_batch(batch)
        _expect(not decoder.tally.rejected, f"samples were rejected: {dict(decoder.tally.rejected)}")
        _expect(isinstance(decoder.note, str), f"note: expected a str, found {decoder.note!r}")

    def test_any_chunking_gives_the_same(self) -> None:
        """However the input is cut, the rows and the account are the same."""
        valid = self._chunks()
        for case, chunks in enumerate((valid, *self._damaged(valid, 10))):
            decoder, batches = self._decode(chunks)
            expected = _rows(batches), _account(decoder)
            for cut in self._cuts(chunks, seed=case):
                again, batches = self._decode(*cut)
                found = _rows(batches), _account(again)
                _expect(found == expected, f"cut into {_show(cut)}:\n{found}\nbut whole:\n{expected}")

    def test_takes_any_bytes(self) -> None:
        """No input raises an exception, and every byte and frame of it is accounted for."""
        chance = _chance(1)
        noise = [[Chunk(chance.randbytes(chance.randrange(200)), TIME_NS)] for _ in range(200)]
        for chunks in (*noise, *self._damaged(self._chunks(), 200)):
            try:
                _, batches = self._decode(chunks)
            except Exception as error:
                error.add_note(f"The input was {_show([chunks])}.")
                raise
            for batch in batches:
                _check_batch(batch)

    def test_holds_little(self) -> None:
        """Input that never ends a frame is not kept for ever."""
        noise = _chance(2).randbytes(1 << 16).replace(b"\n", b"").replace(b"\r", b"")
        sample = b"".join(chunk.data for chunk in self._chunks())
        for endless in (b"a", b"1", b",", b"{", b"[", b'"', b"\\", b" ", b"\0", b"$", noise, sample[:-1], sample[:3]):
            decoder = self.make()
            piece = endless * max(1, (1 << 16) // len(endless))
            total = 0
            for _ in range(2 * self.max_buffered // len(piece) + 2):
                decoder.feed([Chunk(piece, TIME_NS)])
                total += len(piece)
                _expect(decoder.buffered <= self.max_buffered, f"holds {decoder.buffered} bytes of {endless[:10]!r}…")
                _check_conserves(decoder, total)

    def test_reset_forgets(self) -> None:
        """After ``reset`` the rest of a frame is skipped, and the next input decodes as with a new decoder."""
        chunks = self._chunks()
        _, batches = self._decode(chunks)
        expected = _rows(batches, marks=False)
        data = b"".join(chunk.data for chunk in chunks)
        for length in sorted({1, 2, 3, len(data) // 2, len(data) - 1}):
            decoder = self.make()
            decoder.feed([chunks[0]._replace(data=data[:length])])
            held, skipped = decoder.buffered, decoder.tally.bytes_skipped
            decoder.reset()
            _expect(decoder.buffered == 0, f"holds {decoder.buffered} bytes after reset")
            _expect(decoder.tally.bytes_skipped == skipped + held, f"{held} bytes held at reset are not skipped ones")
            _check_conserves(decoder, length)
            found = _rows([*decoder.feed(chunks), *decoder.finish()], marks=False)
            _check_conserves(decoder, length + len(data))
            _expect(found == expected, f"after {data[:length]!r} and reset:\n{found}\nbut new:\n{expected}")

    def _chunks(self) -> list[Chunk]:
        _expect(bool(self.samples), "the suite needs samples")
        made = [one if isinstance(one, Chunk) else Chunk(one, TIME_NS) for one in self.samples]
        return [chunk._replace(time_ns=TIME_NS, since_ns=0) for chunk in made]

    def _decode(self, *feeds: Sequence[Chunk]) -> tuple[Decoder, list[Batch]]:
        decoder, batches, total = self.make(), list[Any](), 0
        for chunks in feeds:
            batches.extend(decoder.feed(chunks))
            total += sum(len(chunk.data) for chunk in chunks)
            _check_conserves(decoder, total)
        batches.extend(decoder.finish())
        _check_conserves(decoder, total)
        _expect(decoder.buffered == 0, f"holds {decoder.buffered} bytes after finish")
        return decoder, batches

    def _damaged(self, chunks: Sequence[Chunk], count: int) -> Iterable[list[Chunk]]:
        """Yield the input with bytes changed, lost and put in."""
        for seed in range(count):
            chance = _chance(seed)
            damaged = []
            for chunk in chunks:
                data = bytearray(chunk.data)
                for _ in range(chance.randrange(4)):
                    place = chance.randrange(len(data) + 1)
                    data[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
                damaged.append(chunk._replace(data=bytes(data)))
            yield damaged

    def _cuts(self, chunks: Sequence[Chunk], seed: int) -> Iterable[list[list[Chunk]]]:
        """Yield the input in other pieces: each piece is what one call of ``feed`` gets."""
        yield [[chunk] for chunk in chunks]
        if self.messages:
            return
        data = b"".join(chunk.data for chunk in chunks)
        yield [[Chunk(data, TIME_NS)]]
        yield [[Chunk(data[i : i + 1], TIME_NS)] for i in range(len(data))]
        for attempt in range(10):
            chance = _chance((seed, attempt))
            ends = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(1, 12)))
            edges = list(zip([0, *ends], [*ends, len(data)], strict=True))
            yield [[Chunk(data[start:stop], TIME_NS)] for start, stop in edges]


def _chance(seed: object) -> random.Random:
    return random.Random(repr(seed))  # noqa: S311 - test data is no secret


def _expect(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


def _within(seconds: float, scenario: Callable[[], T]) -> T:
    """Run in a thread of its own, as a pump does; AssertionError with the place where it hangs if it takes longer."""
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(scenario())
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            outcome.set_exception(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(seconds)
    if worker.is_alive():
        place = "".join(traceback.format_stack(sys._current_frames()[worker.ident or 0]))  # noqa: SLF001 - public in all but name
        raise AssertionError(f"did not return within {seconds:g} s; it is at\n{place}")
    return outcome.result()


def _read(source: Source, timeout: float) -> Sequence[Chunk]:
    try:
        return source.read(timeout)
    except EndOfSource:
        return ()


def _check_texts(source: Source) -> None:
    for name in ("url", "default_decoder", "status"):
        value = getattr(source, name)
        _expect(isinstance(value, str), f"{name}: expected a str, found {value!r}")
    _expect(bool(source.url), "url is empty")


def _check_chunk(chunk: Any) -> None:
    _expect(isinstance(chunk, Chunk), f"read gave {chunk!r}, not a Chunk")
    _expect(isinstance(chunk.data, bytes), f"data: expected bytes, found {type(chunk.data).__name__}")
    _expect(
        isinstance(chunk.time_ns, int) and chunk.time_ns > 0, f"time_ns: expected nanoseconds, found {chunk.time_ns!r}"
    )
    _expect(0 <= chunk.since_ns <= chunk.time_ns, f"since_ns {chunk.since_ns} is after time_ns {chunk.time_ns}")
    _expect(isinstance(chunk.topic, str), f"topic: expected a str, found {chunk.topic!r}")


def _check_leaves_nothing(scenario: Callable[[], object]) -> None:
    _within(2 * PATIENCE, scenario)  # what is imported and made once stays
    before = _held()
    for _ in range(3):
        _within(2 * PATIENCE, scenario)
    deadline = time.monotonic() + SETTLE
    while (extra := _held() - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    _expect(not extra, f"left behind after close: {sorted(extra)}")


def _held() -> set[str]:
    """Return the process's threads and, where the system tells them, its descriptors."""
    held = {f"thread {thread.name} {thread.ident}" for thread in threading.enumerate()}
    folder = Path("/proc/self/fd")
    for descriptor in folder.iterdir() if folder.exists() else ():
        with suppress(FileNotFoundError):  # the one that listed the folder
            held.add(f"descriptor {descriptor.name}: {descriptor.readlink()}")
    return held


def _check_batch(batch: Batch) -> None:
    _expect(len(batch) > 0, f"batch {batch.stream!r} has no rows")
    _expect(batch.time.dtype == np.int64, f"batch {batch.stream!r}: time is {batch.time.dtype}, not int64")
    _expect(not batch.time.flags.writeable, f"batch {batch.stream!r}: time is writable")
    for channel, column in zip(batch.channels, batch.values, strict=True):
        expected = object if channel.kind is Kind.TEXT else np.float64
        _expect(column.dtype == expected, f"{channel}: expected {expected.__name__}, found {column.dtype}")
        _expect(not column.flags.writeable, f"{channel}: writable")


def _check_conserves(decoder: Decoder, total: int) -> None:
    tally = decoder.tally
    known = tally.bytes_framed + tally.bytes_skipped + decoder.buffered
    _expect(
        known == total,
        f"{total} bytes fed, but {known} known: {tally.bytes_framed} framed, "
        f"{tally.bytes_skipped} skipped, {decoder.buffered} held",
    )
    frames = tally.decoded + sum(tally.rejected.values())
    _expect(frames == tally.frames, f"{tally.frames} frames, but {tally.decoded} decoded and {dict(tally.rejected)}")


def _account(decoder: Decoder) -> tuple[Any, ...]:
    tally = decoder.tally
    return tally.bytes_framed, tally.bytes_skipped, tally.frames, tally.decoded, dict(tally.rejected)


def _rows(batches: Iterable[Batch], *, marks: bool = True) -> dict[str, list[Any]]:
    """Return the rows of each stream, free of how they were dealt into batches; ``marks`` are times and gaps."""
    rows = defaultdict(list)
    for batch in batches:
        for i, instant in enumerate(batch.time.tolist()):
            cells = [(*channel, repr(column[i])) for channel, column in zip(batch.channels, batch.values, strict=True)]
            rows[batch.stream].append((instant, batch.gap and i == 0, batch.retained, cells) if marks else cells)
    return dict(rows)


def _show(cut: Sequence[Sequence[Chunk]]) -> str:
    return repr([[chunk.data for chunk in chunks] for chunks in cut])[:500]
