"""Bytes to frames that end with a mark which is in none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.decoders.binary.frames import FrameList, Frames
from stripchart.decoders.binary.layout import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from stripchart.decoders.binary.layout import Layout
    from stripchart.decoders.binary.stuffing import Stuffing
    from stripchart.flow.records import Chunk, Tally

TOO_LONG: Final = "too long"


class DelimitedFramer:
    """Cuts frames at the marks between them; what is between two marks is one frame, right or wrong.

    Bytes before the sync word, if there is one, are skipped. Where the sync word comes again in a frame that is wrong,
    the frame that begins there counts: the end of another one was lost.

    Parameters
    ----------
    layout
        What frames look like when they are decoded; its end mark is that of the stuffing, or none.
    stuffing
        How they are written.
    tally
        Where bytes and rejected frames are counted; those found right are counted in bytes only.
    """

    def __init__(self, layout: Layout, stuffing: Stuffing, tally: Tally) -> None:
        self._layout = layout
        self._stuffing = stuffing
        self._tally = tally
        self._limit = 2 * layout.largest + len(stuffing.mark)  # every byte may be escaped
        self._seeks = bool(layout.sync and layout.end)  # else the sync word is known after decoding only
        self._rest = b""
        self._now_ns = 0
        self._skipping = False  # what is too long, up to its end

    @property
    def buffered(self) -> int:
        """Bytes of a frame that has not ended."""
        return len(self._rest)

    def feed(self, chunks: Sequence[Chunk]) -> Frames:
        """Return the frames that are complete now."""
        mark = self._stuffing.mark
        data = b"".join([self._rest, *(chunk.data for chunk in chunks)])
        found = FrameList(self._layout.keep, len(self._rest), self._now_ns, chunks)
        if chunks:
            self._now_ns = chunks[-1].time_ns
        start = 0
        if self._skipping and (end := data.find(mark)) >= 0:
            start = end + len(mark)
            self._tally.bytes_skipped += start
            self._skipping = False
        *pieces, rest = data[start:].split(mark)
        frames = self._read(pieces, start, found, len(mark))
        self._rest = self._limited(rest)
        return frames

    def finish(self) -> Frames:
        """Return what is held as if its end had come."""
        if self._skipping:
            self.reset()
        found = FrameList(self._layout.keep, len(self._rest), self._now_ns, ())
        pieces = [self._rest] if self._rest else []
        self._rest = b""
        return self._read(pieces, 0, found, 0)

    def reset(self) -> None:
        """Forget the frame that has not ended."""
        self._tally.bytes_skipped += len(self._rest)
        self._rest, self._skipping = b"", False

    def _limited(self, rest: bytes) -> bytes:
        """Keep a frame that has not ended, unless it is too long; then only what may be a part of its mark."""
        keep = len(self._stuffing.mark) - 1
        if not self._skipping:
            if len(rest) - keep <= self._limit:
                return rest
            self._reject(TOO_LONG, rest)
            self._skipping = True
        keep = min(keep, len(rest))
        self._tally.bytes_skipped += len(rest) - keep
        return rest[len(rest) - keep :]

    def _read(self, pieces: Sequence[bytes], start: int, found: FrameList, mark: int) -> Frames:
        """Read frames, each followed by a mark of so many bytes; the first one begins at ``start``."""
        if not pieces:
            return found.finish()
        layout = self._layout
        rows = np.zeros((len(pieces), layout.keep), np.uint8)
        right = np.zeros(len(pieces), np.bool_)
        for numbers, frames in self._decode(pieces, mark):
            faults = layout.faults(frames)
            if not faults.all():
                fine = numbers[faults == 0]
                rows[fine], right[fine] = frames[faults == 0, : layout.keep], True
            for place in np.flatnonzero(faults).tolist():
                number = int(numbers[place])
                inner = self._find_inner(pieces[number])
                if inner is None:
                    self._reject(REASONS[faults[place]], pieces[number])
                else:
                    rows[number], right[number] = inner, True
        ends = start + np.cumsum([len(piece) + mark for piece in pieces], dtype=np.int64)
        if right.any():
            found.add(rows[right], ends[right])
        return found.finish()

    def _decode(self, pieces: Sequence[bytes], mark: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.uint8]]]:
        """Yield what the pieces say, as frames of one size each time, and the numbers of these pieces."""
        tally, stuffing, end = self._tally, self._stuffing, self._layout.end
        numbers, written = [], []
        for number, piece in enumerate(pieces):
            begin = piece.find(self._layout.sync) if self._seeks else 0
            if len(piece) > self._limit:
                self._reject(TOO_LONG, piece)
                begin = -1
            if begin < 0:
                tally.bytes_skipped += len(piece) + mark
                continue
            tally.bytes_skipped += begin
            tally.bytes_framed += len(piece) + mark - begin
            if piece:
                numbers.append(number)
                written.append(piece[begin:])
        by_size: dict[int, list[int]] = {}
        decoded = stuffing.decode(written)
        for place, frame in enumerate(decoded):
            if frame is None:
                self._reject(stuffing.fault, written[place])
            else:
                by_size.setdefault(len(frame) + len(end), []).append(place)
        for size, places in by_size.items():
            joined = b"".join([(decoded[place] or b"") + end for place in places])
            yield np.array(numbers)[places], np.frombuffer(joined, np.uint8).reshape(len(places), size)

    def _find_inner(self, piece: bytes) -> NDArray[np.uint8] | None:
        """Return the first bytes of a frame that begins where the sync word comes again."""
        layout = self._layout
        begin = piece.find(layout.sync) if self._seeks else len(piece)
        while (begin := piece.find(layout.sync, begin + 1)) >= 0:
            (inner,) = self._stuffing.decode([piece[begin:]])
            frame = np.frombuffer((inner or b"") + layout.end, np.uint8)[np.newaxis]
            if not layout.faults(frame)[0]:
                return frame[0, : layout.keep]
        return None

    def _reject(self, reason: str, data: bytes) -> None:
        self._tally.frames += 1
        self._tally.reject(self._now_ns, reason, data)
