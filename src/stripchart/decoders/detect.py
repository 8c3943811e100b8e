"""Finding out what a source speaks.

Messages on topics go to ``topics``. A stream of bytes is held, for 50 lines, 2 seconds or 64 KiB at most, and each
decoder is tried on the lines: ``arduino``, ``json``, ``keyvalue`` and ``csv``. Five rows of numbers alike decide at
once; else the decoder that makes most rows is taken. Where several read all, it is the one first named, but numbers
without labels are CSV if there are several columns. What was held is decoded then with its own times: nothing is lost.

Text that nobody can read, such as boot messages, is passed on to the last choice, at first to ``arduino``, which counts
it with reasons; and the holding begins again. So it does when a choice made no row of 10 lines and for 2 seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.evidence import Evidence
from stripchart.decoders.topics import TopicsDecoder
from stripchart.errors import ConfigError
from stripchart.flow.records import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.evidence import StreamDecoder
    from stripchart.flow.records import Batch, Chunk

DOUBT_FRAMES: Final = 10
DOUBT_NS: Final = 2_000_000_000
"""A choice that makes no row of so many frames, and for so long, is doubted."""


class AutoDecoder:
    """Chooses a decoder; see the module for how.

    Its account goes on when the choice changes; ``reset`` keeps the choice.
    """

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """What a user may set.

        Attributes
        ----------
        hold_lines, hold_seconds, hold_bytes
            How much of a stream is held at most, before a choice is made.
        """

        hold_lines: int = 50
        hold_seconds: float = 2.0
        hold_bytes: int = 64 << 10

        def __post_init__(self) -> None:
            for name in ("hold_lines", "hold_seconds", "hold_bytes"):
                if not getattr(self, name) > 0:
                    raise ConfigError(f"auto: {name}: expected a positive number, got {getattr(self, name)!r}")

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:
        self.tally = Tally() if tally is None else tally
        self.note = ""
        self._options = options or self.Options()
        self._topics = TopicsDecoder(tally=self.tally)
        self._chosen: StreamDecoder = ArduinoDecoder(tally=self.tally)
        self._evidence: Evidence | None = self._new_evidence()
        self._row_ns = 0  # when the last row came
        self._row_frames = 0  # and how many frames had come then

    @property
    def buffered(self) -> int:
        """Bytes held for a choice, or by the one chosen."""
        held = self._evidence.size if self._evidence else 0
        return held + self._chosen.buffered

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode, or hold until it is clear how."""
        messages = [chunk for chunk in chunks if chunk.topic]
        stream = [chunk for chunk in chunks if not chunk.topic]
        batches = self._topics.feed(messages)
        if stream:
            if self._evidence is None:
                batches += self._follow(stream)
            else:
                batches += self._listen(self._evidence, stream)
        self._describe()
        return batches

    def finish(self) -> list[Batch]:
        """Decode what is held."""
        batches: list[Batch] = []
        if self._evidence and self._evidence.size:
            batches += self._choose(self._evidence.finish() or type(self._chosen), self._evidence)
        batches += self._chosen.finish()
        self._describe()
        return batches

    def reset(self) -> None:
        """Forget what is held, but keep the choice."""
        self._chosen.reset()
        if self._evidence:
            self.tally.bytes_skipped += self._evidence.size
            self._evidence = self._new_evidence()

    def _new_evidence(self) -> Evidence:
        options = self._options
        return Evidence(options.hold_lines, int(options.hold_seconds * 1e9), options.hold_bytes)

    def _listen(self, evidence: Evidence, chunks: Sequence[Chunk]) -> list[Batch]:
        """Hold the chunks, and decode what is held as soon as it is clear how, or that it is unreadable."""
        batches: list[Batch] = []
        evidence.add(chunks)
        while evidence.judge():
            kind = evidence.best()
            if kind is not None:
                return batches + self._choose(kind, evidence)
            unreadable, whole = evidence.take_read()
            batches += self._chosen.feed(unreadable)
            if not whole:
                self._chosen.reset()
        return batches

    def _choose(self, kind: type[StreamDecoder], evidence: Evidence) -> list[Batch]:
        """Decode from now on with this kind, beginning with what was held."""
        batches: list[Batch] = []
        if type(self._chosen) is not kind:  # else it goes on, knowing the names of the columns
            batches += self._chosen.finish()
            self._chosen = kind(tally=self.tally)
        self._evidence = None
        return batches + self._follow(evidence.chunks)

    def _follow(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode with the choice, and begin to doubt it if it makes no rows."""
        batches = self._chosen.feed(chunks)
        now_ns = chunks[-1].time_ns
        if batches or not self._row_ns:
            self._row_ns, self._row_frames = now_ns, self.tally.frames
        elif (
            self.tally.frames - self._row_frames >= DOUBT_FRAMES
            and not 0 <= now_ns - self._row_ns < DOUBT_NS
            and not self._chosen.buffered  # between two lines
        ):
            self._evidence = self._new_evidence()
        return batches

    def _describe(self) -> None:
        if self._evidence is None:
            self.note = self._chosen.note
        else:
            self.note = self._topics.note or ("not recognised yet" if self.tally.frames else "")
