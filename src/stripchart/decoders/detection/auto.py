"""Finding out what a source speaks.

Messages on topics go to ``topics``. A stream of bytes is held, for 50 lines, 2 seconds or 64 KiB at most, and each of
the ``candidates`` is tried on it. One frame whose checksum is right decides at once, and so do five rows of numbers
alike; else the decoder that makes most rows is taken. What was held is decoded then with its own times: nothing is
lost. The note says how sure the choice is: "sure", "likely" after a few lines, or how much of the input it reads.

What nobody can read, such as boot messages, is told apart by ``unknown`` into log text and rejected frames, or passed
on to the last choice, which may know the names of the columns; and the holding begins again. So it does when a choice
made no samples of 10 frames and for 2 seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from stripchart.decoders.cells import LOG_CHANNELS, LOG_STREAM
from stripchart.decoders.detection.binaries import NEWEST, describe_binary
from stripchart.decoders.detection.evidence import Evidence
from stripchart.decoders.detection.unknown import NOT_RECOGNISED, UnknownDecoder
from stripchart.decoders.topics import TopicsDecoder
from stripchart.errors import ConfigError
from stripchart.flow.records import Chunk, Tally

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterable, Sequence

    from stripchart.decoders.detection.candidates import Candidate
    from stripchart.decoders.detection.evidence import Trial
    from stripchart.decoders.samples import Sample
    from stripchart.flow.contracts import Decoder
    from stripchart.flow.records import Batch, Command

NOT_YET: Final = "not recognised yet"
DOUBT_FRAMES: Final = 10
DOUBT_NS: Final = 2_000_000_000
"""A choice that makes no samples of so many frames, and for so long, is doubted."""


class AutoDecoder:
    """Chooses a decoder; see the module for how.

    Its account goes on when the choice changes; ``reset`` keeps the choice.
    """

    samples: ClassVar[tuple[Sample, ...]] = ()

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
        self._confidence = ""
        self._options = options or self.Options()
        self._topics = TopicsDecoder(tally=self.tally)
        self._decoder: Decoder = UnknownDecoder(self.tally)
        self._evidence: Evidence | None = self._new_evidence()
        self._candidate: Candidate | None = None
        self._unread = b""  # the newest that nobody could read
        self._binary = ""  # what it looks like, if it is no text
        self._now_ns = 0
        self._row_ns = 0  # when the last samples came
        self._row_frames = 0  # and how many frames had come then

    @property
    def buffered(self) -> int:
        """Bytes held for a choice, or by the one chosen."""
        held = self._evidence.size if self._evidence else 0
        return held + self._decoder.buffered

    @property
    def chosen(self) -> str:
        """Name of the decoder in use; empty while none is chosen."""
        return self._candidate.name if self._candidate else ""

    @property
    def commands(self) -> deque[Command]:
        """What is to be sent to the senders of messages."""
        return self._topics.commands

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode, or hold until it is clear how."""
        messages = [chunk for chunk in chunks if chunk.topic]
        stream = [chunk for chunk in chunks if not chunk.topic]
        batches = list(self._topics.feed(messages)) if messages else []
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
            best = self._evidence.finish()
            if best is not None:
                batches += self._choose(best, self._evidence)
            else:
                self._binary = describe_binary(self._evidence.newest)
                batches += self._decoder.feed(self._evidence.chunks)
                self._evidence = self._new_evidence()
        batches += self._decoder.finish()
        self._describe()
        return batches

    def reset(self) -> None:
        """Forget what is held, but keep the choice."""
        self._decoder.reset()
        if self._evidence:
            self.tally.bytes_skipped += self._evidence.size
            self._evidence = self._new_evidence()

    def _new_evidence(self) -> Evidence:
        options = self._options
        return Evidence(options.hold_lines, int(options.hold_seconds * 1e9), options.hold_bytes)

    def _listen(self, evidence: Evidence, chunks: Sequence[Chunk]) -> list[Batch]:
        """Hold the chunks, and decode what is held as soon as it is clear how, or that it is unreadable.

        That too much time has passed is found out before what has come meanwhile, wherever chunks are cut.
        """
        batches: list[Batch] = []
        now_ns = chunks[-1].time_ns
        if now_ns != self._now_ns:
            self._now_ns = now_ns
            evidence.add((Chunk(b"", now_ns),))
            batches += self._conclude(evidence, late=True)
            if self._evidence is None:
                return batches + self._follow(chunks)
        evidence.add(chunks)
        return batches + self._conclude(evidence, late=False)

    def _conclude(self, evidence: Evidence, *, late: bool) -> list[Batch]:
        """Choose if it is time to, or let go of what is unreadable."""
        batches: list[Batch] = []
        while evidence.judge(late=late):
            best = evidence.best()
            if best is not None:
                return batches + self._choose(best, evidence)
            unread, whole = evidence.take_tried()
            data = b"".join(chunk.data for chunk in unread)
            self._unread = (self._unread + data)[-NEWEST:]
            self._binary = describe_binary(self._unread)
            if whole:
                batches += self._decoder.feed(unread)
            else:
                self.tally.frames += 1
                self.tally.bytes_skipped += len(data)
                self.tally.reject(unread[-1].time_ns, NOT_RECOGNISED, data)
        if late and evidence.overdue:
            self._binary = describe_binary(evidence.newest)
        return batches

    def _choose(self, best: Trial, evidence: Evidence) -> list[Batch]:
        """Decode from now on as in a trial, beginning with what was held."""
        batches: list[Batch] = []
        candidate = best.candidate
        if self._candidate is not candidate:  # else it goes on, knowing the names of the columns
            batches += self._decoder.finish()
            self._decoder = candidate.make(self.tally)
            self._candidate = candidate
        self._confidence = best.confidence
        self._evidence = None
        self._unread, self._binary = b"", ""
        for chunk in evidence.chunks:  # one by one, as they arrived: some decoders date frames by the feed they end in
            batches += self._decoder.feed((chunk,))
        self._now_ns = self._row_ns = evidence.chunks[-1].time_ns
        self._row_frames = self.tally.frames
        return batches

    def _follow(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode with the choice, until it is doubted; it is so between two instants, wherever chunks are cut."""
        now_ns = chunks[-1].time_ns
        if now_ns != self._now_ns and self._is_doubtful:
            self._evidence = self._new_evidence()
            return self._listen(self._evidence, chunks)
        batches = list(self._decoder.feed(chunks))
        self._now_ns = now_ns
        if now_ns == self._row_ns or _has_samples(batches):
            self._row_ns, self._row_frames = now_ns, self.tally.frames
        return batches

    @property
    def _is_doubtful(self) -> bool:
        """The choice has made no samples of late."""
        return (
            self.tally.frames - self._row_frames >= DOUBT_FRAMES
            and not 0 <= self._now_ns - self._row_ns < DOUBT_NS
            and not self._decoder.buffered  # between two lines
        )

    def _describe(self) -> None:
        if self._evidence is None:
            self.note = f"{self._decoder.note} ({self._confidence})" if self._decoder.note else ""
        elif self._topics.note:
            self.note = self._topics.note
        else:
            self.note = self._binary or (NOT_YET if self.tally.frames else "")


def _has_samples(batches: Iterable[Batch]) -> bool:
    return any(batch.stream != LOG_STREAM or LOG_CHANNELS[0] not in batch.channels for batch in batches)
