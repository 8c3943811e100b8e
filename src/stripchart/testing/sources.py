"""The contract suite of sources."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pytest

from stripchart.errors import ConfigError, EndOfSource, SourceLost
from stripchart.flow.records import Chunk
from stripchart.testing.checks import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stripchart.flow.contracts import Source

T = TypeVar("T")

PATIENCE: Final = 10.0
"""Seconds after which a call counts as hung, and a silent source as broken."""
SETTLE: Final = 5.0
"""Seconds in which what a closed source had must be gone."""


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
                expect(time.monotonic() < deadline, f"nothing was read within {PATIENCE:g} s")
                chunks.extend(_read(source, 0.1))
        finally:
            source.close()
        return chunks


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
        expect(isinstance(value, str), f"{name}: expected a str, found {value!r}")
    expect(bool(source.url), "url is empty")


def _check_chunk(chunk: Any) -> None:
    expect(isinstance(chunk, Chunk), f"read gave {chunk!r}, not a Chunk")
    expect(isinstance(chunk.data, bytes), f"data: expected bytes, found {type(chunk.data).__name__}")
    expect(
        isinstance(chunk.time_ns, int) and chunk.time_ns > 0, f"time_ns: expected nanoseconds, found {chunk.time_ns!r}"
    )
    expect(0 <= chunk.since_ns <= chunk.time_ns, f"since_ns {chunk.since_ns} is after time_ns {chunk.time_ns}")
    expect(isinstance(chunk.topic, str), f"topic: expected a str, found {chunk.topic!r}")


def _check_leaves_nothing(scenario: Callable[[], object]) -> None:
    _within(2 * PATIENCE, scenario)  # what is imported and made once stays
    before = _held()
    for _ in range(3):
        _within(2 * PATIENCE, scenario)
    deadline = time.monotonic() + SETTLE
    while (extra := _held() - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    expect(not extra, f"left behind after close: {sorted(extra)}")


def _held() -> set[str]:
    """Return the process's threads and, where the system tells them, its descriptors."""
    held = {f"thread {thread.name} {thread.ident}" for thread in threading.enumerate()}
    folder = Path("/proc/self/fd")
    for descriptor in folder.iterdir() if folder.exists() else ():
        with suppress(FileNotFoundError):  # the one that listed the folder
            held.add(f"descriptor {descriptor.name}: {descriptor.readlink()}")
    return held
