"""A recording as a source: its rows, or the bytes that were kept, once more and at any pace."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
from pydantic import Field

from stripchart.decoders.recorded import encode
from stripchart.errors import ConfigError, DamagedError, EndOfSource, SourceLost
from stripchart.flow.records import Batch, Chunk
from stripchart.store.library import folder
from stripchart.store.reading.instants import parse_instant
from stripchart.store.reading.pages import EVER
from stripchart.store.reading.reader import Recording
from stripchart.store.replay.pauses import KEPT_NS, Pauses, find_pauses
from stripchart.store.replay.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

COALESCE: Final = 0.01
"""Seconds between two reads of a paced replay."""
READ_BYTES: Final = 1 << 20
"""Bytes after which a read gives no further chunk."""
_SECOND: Final = 1_000_000_000


class ReplaySource:
    """A recording (``replay:FILE``, ``replay:bench?speed=10&start=-10m``), by its path or its name in the folder.

    It gives the rows as they were recorded, or with ``decode`` the bytes as they came, for a decoder to read anew.
    Each ``open`` begins at the beginning.

    Parameters
    ----------
    target
        The file, or its name in the folder of recordings.
    options
        See ``Options``.

    Raises
    ------
    ConfigError
        If no recording is named.
    """

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """Options of ``replay:``."""

        speed: Annotated[float, Field(ge=0)] = 1.0
        """How many times as fast as it was recorded; 0: as fast as it can."""
        source: str = ""
        """Only what this source gave; all streams if empty. They are called as they were, without the source's name."""
        start: str = ""
        """Only from this instant on: ISO 8601, seconds since 1970, or a time before the end such as -10m."""
        stop: str = ""
        """Only up to this instant."""
        at: Literal["now", "paced", "recorded"] = "now"
        """Which times rows get: "now": the recorded ones, shifted so that the replay begins now; "paced": those at
        which they are replayed, so that none is to come; "recorded": the recorded ones."""
        decode: str = ""
        """A decoder for the bytes that were kept (``--raw``); rows are replayed as they are if empty."""
        pauses: bool = False
        """Keep the times in which nobody recorded; they are cut to a second if not."""
        loop: bool = False
        """Begin again at the end of the recording, with new times."""
        begins_ns: int = 0
        """When the first replay begins, in nanoseconds since 1970, so that several keep in step; 0: when opened."""

    def __init__(self, target: str, options: Options) -> None:
        if not target:
            raise ConfigError("replay: expected a recording, such as replay:bench; stripchart ls lists those there are")
        if options.loop and not (options.speed and options.at != "recorded"):
            raise ConfigError("loop: needs a speed above 0, and new times: leave out at=recorded")
        self.url = f"replay:{target}"
        self.default_decoder = options.decode or "recorded"
        self.status = ""
        self._target = target
        self._options = options
        self._begins_ns = options.begins_ns
        self._recording: Recording | None = None
        self._rows: Rows | None = None
        self._raw: Iterator[Chunk] = iter(())
        self._waiting: Chunk | None = None
        self._pauses = Pauses()
        self._origin_ns = self._end_ns = 0  # of the recording, without its pauses
        self._start_ns = 0
        self._began = self._last = 0.0
        self._left_out = 0

    @property
    def replayed_file(self) -> Path | None:
        """The recording's file, resolved, if it is there: nothing must be recorded into it meanwhile."""
        try:
            return folder.find(self._target).resolve()
        except ConfigError:
            return None

    def open(self) -> None:
        """Open the recording and begin; ConfigError if it is not there, or has not what is asked for."""
        self.close()
        recording = self._recording = Recording(folder.find(self._target))
        try:
            first_ns, last_ns = recording.span() or (0, 0)
            options = self._options
            start_ns, stop_ns = (
                parse_instant(text, last_ns) if text else edge
                for text, edge in zip((options.start, options.stop), EVER, strict=True)
            )
            if options.decode:
                first_ns = self._open_raw(recording, first_ns, (start_ns, stop_ns))
            else:
                self._rows = Rows(recording, self._names(recording), (start_ns, stop_ns))
            self._pauses = Pauses() if options.pauses else find_pauses(recording)
        except DamagedError as error:
            self.close()
            raise ConfigError(str(error)) from error
        except BaseException:
            self.close()
            raise
        self._origin_ns = self._pauses.played_at(max(first_ns, start_ns))
        self._end_ns = self._pauses.played_at(min(last_ns, stop_ns))
        now_ns = time.time_ns()
        self._start_ns, self._begins_ns = self._begins_ns or now_ns, 0
        self._began = time.monotonic() - (now_ns - self._start_ns) / _SECOND
        self._last = 0.0

    def read(self, timeout: float) -> Sequence[Chunk]:
        """Return what is due, waiting for the first of it; EndOfSource behind the last."""
        if self._recording is None:
            raise ConfigError(f"{self.url}: is not open")
        try:
            due_ns = self._next_ns()
            if due_ns is None:
                return self._end(timeout)
            until_ns = self._wait(due_ns, timeout)
            if until_ns is None:
                return ()
            return self._take_raw(until_ns) if self._rows is None else self._take_rows(self._rows, until_ns)
        except DamagedError as error:
            raise ConfigError(str(error)) from error
        finally:
            self._tell()

    def close(self) -> None:
        """Let go of the recording."""
        raw, self._raw = self._raw, iter(())
        getattr(raw, "close", lambda: None)()  # while it reads, it holds a connection
        recording, self._recording = self._recording, None
        self._rows = self._waiting = None
        if recording is not None:
            recording.close()

    def _names(self, recording: Recording) -> dict[str, str]:
        """Return the streams to replay by their recorded names, and what they are called below this source."""
        known = [stream.name for stream in recording.streams()]
        source = self._options.source or _sole({name.partition("/")[0] for name in known})
        if not source:
            return {name: name for name in known}
        names = {name: name.partition("/")[2] for name in known if name.partition("/")[0] == source}
        if not names:
            there = ", ".join(sorted({name.partition("/")[0] for name in known})) or "none"
            raise ConfigError(f"source: {self._target} has nothing of {source!r}; there are: {there}")
        return names

    def _open_raw(self, recording: Recording, first_ns: int, times: tuple[int, int]) -> int:
        """Prepare to replay the bytes; return when the recording begins."""
        known = recording.raw_sources()
        source = self._options.source or _sole(known)
        if source not in known:
            if known:
                raise ConfigError(f"source: expected one of those whose bytes were kept: {', '.join(known)}")
            what = "no bytes of its sources were kept, only rows"
            raise ConfigError(f"decode: {self._target}: {what}; record with --raw, or leave it out")
        self._raw = _chunks(recording, source, times)
        self._waiting = next(self._raw, None)
        return first_ns or (self._waiting.time_ns if self._waiting else 0)

    def _end(self, timeout: float) -> Sequence[Chunk]:
        """End, or wait for the end of the recording, where all that replay it begin again."""
        options = self._options
        if not options.loop:
            raise EndOfSource(f"{self.url}: is at its end")
        lasted = (self._end_ns - self._origin_ns + KEPT_NS) / options.speed
        wait = self._began + lasted / _SECOND - time.monotonic()
        if wait > timeout:
            time.sleep(max(timeout, 0.0))
            return ()
        time.sleep(max(wait, 0.0))
        self._begins_ns = self._start_ns + int(lasted)
        raise SourceLost(f"{self.url}: begins again")

    def _next_ns(self) -> int | None:
        """Return the recorded time of what comes next; None if nothing does."""
        if self._rows is not None:
            return self._rows.next_ns()
        return None if self._waiting is None else self._waiting.time_ns

    def _wait(self, due_ns: int, timeout: float) -> int | None:
        """Wait until something is due; return the recorded time up to which all is, or None if nothing is yet."""
        speed = self._options.speed
        if not speed:
            return EVER[1]
        due = self._began + (self._pauses.played_at(due_ns) - self._origin_ns) / _SECOND / speed
        wait = max(due, self._last + COALESCE) - time.monotonic()
        if wait > timeout:
            time.sleep(max(timeout, 0.0))
            return None
        time.sleep(max(wait, 0.0))
        self._last = time.monotonic()
        until = self._origin_ns + (self._last - self._began) * speed * _SECOND
        until_ns = self._pauses.recorded_at(int(min(until, EVER[1] // 2)))
        return max(due_ns, until_ns)  # what was waited for is due, however the numbers were rounded

    def _take_rows(self, rows: Rows, until_ns: int) -> list[Chunk]:
        now_ns = time.time_ns()
        chunks = []
        for batch in rows.take(until_ns):
            timed = Batch(batch.stream, batch.channels, self._timed(batch.time), batch.values, batch.gap)
            try:
                chunks += [Chunk(frame, now_ns) for frame in encode(timed)]
            except ValueError:
                self._left_out += len(batch)
        return chunks

    def _take_raw(self, until_ns: int) -> list[Chunk]:
        chunks: list[Chunk] = []
        size = 0
        while self._waiting is not None and self._waiting.time_ns <= until_ns and size < READ_BYTES:
            chunk = self._waiting
            edges = self._timed(np.array([chunk.time_ns, chunk.since_ns], np.int64)).tolist()
            arrived = max(edges[0], 1)
            since = min(max(edges[1], 1), arrived) if chunk.since_ns else 0
            chunks.append(chunk._replace(time_ns=arrived, since_ns=since))
            size += len(chunk.data) + 1
            self._waiting = next(self._raw, None)
        return chunks

    def _timed(self, times: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return the times that rows get."""
        if self._options.at == "recorded":
            return times
        since = self._pauses.played(times) - self._origin_ns
        if self._options.at == "paced" and self._options.speed:
            since = (since / self._options.speed).astype(np.int64)
        return self._start_ns + since

    def _tell(self) -> None:
        """Say what a person should know of the recording."""
        problems = self._recording.problems if self._recording is not None else []
        parts = [f"damaged: {problems[0]}"] if problems else []
        parts += [f"{len(problems) - 1} more such problems"] if len(problems) > 1 else []
        parts += [f"rows too large to be replayed: {self._left_out}"] if self._left_out else []
        self.status = "; ".join(parts)


def _sole(names: Sequence[str] | set[str]) -> str:
    """Return the only name; empty if there are several, or none."""
    return next(iter(names)) if len(names) == 1 else ""


def _chunks(recording: Recording, source: str, times: tuple[int, int]) -> Iterator[Chunk]:
    """Yield the bytes that arrived in a span."""
    with closing(recording.chunks(source)) as chunks:  # type: ignore[type-var]  # it is a generator
        for _, chunk in chunks:
            if times[0] <= chunk.time_ns < times[1]:
                yield chunk
