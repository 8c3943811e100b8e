"""What a frame looks like from outside, and whether bytes are one.

::

    frame = [ sync word ] … [ length ] … fields … [ checksum ] [ end mark ]

Places count from the first byte of the frame, the sync word included, as data sheets do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripchart.decoders.binary.checksums import Checksum
    from stripchart.decoders.binary.fields import Endian

REASONS: Final = ("", "no sync word", "wrong length", "no end mark", "wrong checksum")
"""Why bytes are no frame; the first stands for those that are one."""
NO_SYNC, WRONG_LENGTH, NO_END, WRONG_CHECKSUM = range(1, len(REASONS))


class Length(NamedTuple):
    """A field that tells how long the frame is."""

    start: int
    width: int
    endian: Endian
    beside: int
    """Bytes of the frame that it does not count."""

    @property
    def stop(self) -> int:
        """Place after its last byte."""
        return self.start + self.width


class Check(NamedTuple):
    """A checksum and the bytes that it covers."""

    algorithm: Checksum
    endian: Endian
    place: int | None
    """Of its first byte; None if it is the last before the end mark."""
    start: int
    stop: int | None
    """Before which it covers; None: up to the checksum, or to the end mark if the checksum is before the bytes."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What all frames have in common.

    Attributes
    ----------
    sync, end
        What frames begin and end with; may be empty.
    length, check
        The length field and the checksum, if there are such.
    smallest, largest
        Bytes of a frame.
    keep
        Bytes of each frame that hold the fields; at most ``smallest``.
    """

    sync: bytes
    end: bytes
    length: Length | None
    check: Check | None
    smallest: int
    largest: int
    keep: int

    @cached_property
    def head(self) -> int:
        """Bytes at the beginning that tell whether it begins here, and its size; one at least."""
        return max(1, len(self.sync), self.length.stop if self.length else 0)

    @cached_property
    def _fixed(self) -> NDArray[np.intp]:
        """Places of the sync word and of the length: what is alike in frames of one size."""
        length = range(self.length.start, self.length.stop) if self.length else ()
        return np.array([*range(len(self.sync)), *length], np.intp)

    def size_at(self, data: bytes, start: int) -> int | None:
        """Return the size of the frame that begins here; 0 if there is no such frame, None if it is not told yet."""
        if self.length is None:
            return self.smallest
        place, stop = start + self.length.start, start + self.length.stop
        if stop > len(data):
            return None
        size = int.from_bytes(data[place:stop], self.length.endian) + self.length.beside
        return size if self.smallest <= size <= self.largest else 0

    def sizes(self, heads: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the sizes of frames by their first bytes, shape (n, ``head``); 0 where there is no such frame."""
        if self.length is None:
            return np.full(len(heads), self.smallest)
        told = _number(heads[:, self.length.start : self.length.stop], self.length.endian).astype(np.int64)
        sizes = told + self.length.beside
        return np.where((self.smallest <= sizes) & (sizes <= self.largest), sizes, 0)

    def begun(self, pieces: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Return which of equally long pieces begin with the sync word."""
        return np.flatnonzero(~_differs(pieces, 0, self.sync))

    def alike(self, frames: NDArray[np.uint8]) -> int:
        """Return how many of equally long pieces begin with the sync word and the length of the first one."""
        if not len(self._fixed) or len(frames) == 1:
            return len(frames)
        fixed = frames[:, self._fixed]
        alike = (fixed == fixed[0]).all(axis=1)
        return len(alike) if alike.all() else int(alike.argmin())

    def faults(self, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return what is wrong with each of equally long pieces.

        Parameters
        ----------
        frames
            Shape (n, bytes).

        Returns
        -------
        Shape (n,): indices into ``REASONS``.
        """
        count, size = frames.shape
        if not self.smallest <= size <= self.largest:
            return np.full(count, WRONG_LENGTH, np.uint8)
        faults = np.zeros(count, np.uint8)
        if self.check:
            faults[~_verified(self.check, frames, size - len(self.end))] = WRONG_CHECKSUM
        if self.end:
            faults[_differs(frames, size - len(self.end), self.end)] = NO_END
        if self.length:
            told = (size - self.length.beside).to_bytes(self.length.width, self.length.endian)
            faults[_differs(frames, self.length.start, told)] = WRONG_LENGTH
        if self.sync:
            faults[_differs(frames, 0, self.sync)] = NO_SYNC
        return faults


def _verified(check: Check, frames: NDArray[np.uint8], stop: int) -> NDArray[np.bool_]:
    """Say of each frame, whose bytes before the end mark are ``stop``, whether its checksum is right."""
    width = check.algorithm.size
    place = stop - width if check.place is None else check.place
    covered = place if check.start <= place else stop
    computed = check.algorithm.compute(frames[:, check.start : covered if check.stop is None else check.stop])
    return np.asarray(_number(frames[:, place : place + width], check.endian) == computed)


def _number(digits: NDArray[np.uint8], endian: Endian) -> NDArray[np.uint32]:
    """Return the number that up to four bytes, shape (n, bytes), make together."""
    shifts = np.arange(0, 8 * digits.shape[1], 8, dtype=np.uint32)
    shifted = digits.astype(np.uint32) << (shifts if endian == "little" else shifts[::-1])
    return np.asarray(shifted.sum(axis=1, dtype=np.uint32))


def _differs(frames: NDArray[np.uint8], start: int, expected: bytes) -> NDArray[np.bool_]:
    """Say of each frame whether it has other bytes than these at ``start``."""
    found = frames[:, start : start + len(expected)]
    return np.asarray((found != np.frombuffer(expected, np.uint8)).any(axis=1))
