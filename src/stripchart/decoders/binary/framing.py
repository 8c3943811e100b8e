"""Bytes to frames whose size is known from their beginning.

A frame is taken where the sync word stands, the length is possible, and the end mark and the checksum are right. Where
they are not, one byte is skipped and the search goes on in what follows, so a real frame within a false one is found.
Frames without a sync word follow one another; when the checksum says that they do not, the next place where it is right
is taken.

Frames of one size that follow one another are checked together, as are all places of a stretch in which one was wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from stripchart.decoders.binary.frames import FrameList
from stripchart.decoders.binary.layout import REASONS, WRONG_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.binary.frames import Frames
    from stripchart.decoders.binary.layout import Layout
    from stripchart.flow.records import Chunk, Tally

SILENCE_NS: Final = 1_000_000_000
"""After so long a pause the rest of a frame will not come."""
CUT_OFF: Final = "cut off"
_MIN_AHEAD: Final = 16
"""Frames that are checked together after one was wrong."""
_STRETCH: Final = 1024
"""Places that are tried together after a frame was wrong."""


class CountedFramer:
    """Cuts frames by their size.

    Parameters
    ----------
    layout
        What they look like.
    tally
        Where bytes and rejected frames are counted; those found right are counted in bytes only.
    """

    def __init__(self, layout: Layout, tally: Tally) -> None:
        self._layout = layout
        self._tally = tally
        self._rest = b""
        self._now_ns = 0
        self._lost = False  # there is no sync word, and it is not known where frames begin

    @property
    def buffered(self) -> int:
        """Bytes of a frame that is not complete."""
        return len(self._rest)

    def feed(self, chunks: Sequence[Chunk]) -> Frames:
        """Return the frames that are complete now."""
        found = FrameList(self._layout.keep, len(self._rest), self._now_ns, chunks)
        data = b"".join([self._rest, *(chunk.data for chunk in chunks)])
        silent = len(data) == len(self._rest)
        waited = chunks[-1].time_ns - self._now_ns if chunks else 0
        if not silent:
            self._now_ns = chunks[-1].time_ns
        return self._scan(data, found, last=silent and not 0 <= waited < SILENCE_NS)  # negative: the clock was set back

    def finish(self) -> Frames:
        """Return what is in the bytes that are held: no more will come."""
        found = FrameList(self._layout.keep, len(self._rest), self._now_ns, ())
        return self._scan(self._rest, found, last=True)

    def reset(self) -> None:
        """Forget the frame that is not complete."""
        self._tally.bytes_skipped += len(self._rest)
        self._rest = b""
        self._lost = False

    def _scan(self, data: bytes, found: FrameList, *, last: bool) -> Frames:
        """Take the frames out of data; keep what may be the beginning of one, unless this is the last of it."""
        layout = self._layout
        place, framed, ahead = 0, 0, len(data)
        while True:
            place = self._find(data, place)
            size = layout.size_at(data, place)
            if size is None or place + size > len(data):
                if not last or place == len(data) or not data.startswith(layout.sync, place):
                    break
                self._reject(CUT_OFF, data[place:])
                place += 1
                continue
            good = 0
            if size:
                count = min(ahead, (len(data) - place) // size)
                frames = np.frombuffer(data, np.uint8, count * size, place).reshape(count, size)
                wrong = layout.faults(frames[: layout.alike(frames)]) != 0
                good = int(wrong.argmax()) if wrong.any() else len(wrong)
                ahead = 4 * ahead if good == count else max(_MIN_AHEAD, 2 * good)
            if good > 1 or (good and layout.smallest == layout.largest):
                self._lost = False
                found.add(frames[:good], np.arange(place + size, place + size * good + 1, size))
                framed += size * good
                place += size * good
            else:
                place, taken = self._sift(data, place, found)
                framed += taken
        if last:
            place, self._lost = len(data), False
        self._rest = data[place:]
        self._tally.bytes_framed += framed
        self._tally.bytes_skipped += place - framed
        return found.finish()

    def _find(self, data: bytes, place: int) -> int:
        """Return where the next sync word is, or the beginning of one at the very end."""
        sync = self._layout.sync
        start = data.find(sync, place)
        if start >= 0:
            return start
        longest = min(len(sync) - 1, len(data) - place)
        return next((len(data) - n for n in range(longest, 0, -1) if data.endswith(sync[:n])), len(data))

    def _sift(self, data: bytes, place: int, found: FrameList) -> tuple[int, int]:
        """Try every place of a stretch.

        Returns
        -------
        Where to go on, and how many bytes were in frames.
        """
        layout, every = self._layout, np.frombuffer(data, np.uint8)
        stop = min(place + _STRETCH, len(data) - layout.head + 1)
        heads = sliding_window_view(every[place : stop + layout.head - 1], layout.head)
        begun = layout.begun(heads)
        starts, sizes = place + begun, layout.sizes(heads[begun])
        ends = starts + sizes
        faults = np.full(len(starts), WRONG_LENGTH, np.uint8)
        for size in np.unique(sizes[(ends <= len(data)) & (sizes > 0)]).tolist():
            alike = np.flatnonzero((sizes == size) & (ends <= len(data)))
            faults[alike] = layout.faults(every[starts[alike, np.newaxis] + np.arange(size)])
        taken, free = list[int](), place
        for number, (start, end, fault) in enumerate(zip(starts.tolist(), ends.tolist(), faults.tolist(), strict=True)):
            if start < free:
                continue
            if end > len(data):
                stop = start
                break
            if fault:
                self._reject(REASONS[fault], data[start : start + layout.largest])
            else:
                taken.append(number)
                free, self._lost = end, False
        if taken:
            found.add(every[starts[taken, np.newaxis] + np.arange(layout.keep)], ends[taken])
        return max(stop, free), int(sizes[taken].sum())

    def _reject(self, reason: str, data: bytes) -> None:
        """Count one that is wrong; without a sync word, only where the one before was right."""
        if not self._lost:
            self._tally.frames += 1
            self._tally.reject(self._now_ns, reason, data[: self._layout.largest])
            self._lost = not self._layout.sync
