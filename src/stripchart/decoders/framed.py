"""What decoders share that read frames one after the other: a framer cuts the bytes, the decoder reads what it cut."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from stripchart.flow.records import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.records import Batch, Chunk

Cut = TypeVar("Cut")
Cut_co = TypeVar("Cut_co", covariant=True)


class Framer(Protocol[Cut_co]):
    """Cuts bytes into frames, and counts them in the decoder's account."""

    @property
    def buffered(self) -> int:
        """Bytes of a frame that is not complete."""
        ...

    def feed(self, chunks: Sequence[Chunk]) -> Cut_co:
        """Return the frames that are complete now."""
        ...

    def finish(self) -> Cut_co:
        """Return what is held, as if its end had come."""
        ...

    def reset(self) -> None:
        """Forget what is held, counting it as skipped."""
        ...


class FramedDecoder(ABC, Generic[Cut]):
    """A decoder whose subclass says what the frames mean, and sets its framer.

    Parameters
    ----------
    tally
        The account to go on with; a new one if not given.
    """

    _framer: Framer[Cut]

    def __init__(self, tally: Tally | None) -> None:
        self.tally = Tally() if tally is None else tally
        self.note = ""

    @property
    def buffered(self) -> int:
        """Bytes of a frame that is not complete."""
        return self._framer.buffered

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode the frames that are complete now."""
        return self._decode(self._framer.feed(chunks))

    def finish(self) -> list[Batch]:
        """Decode what is held."""
        return self._decode(self._framer.finish())

    def reset(self) -> None:
        """Forget the frame that is not complete."""
        self._framer.reset()

    @abstractmethod
    def _decode(self, frames: Cut) -> list[Batch]:
        """Read frames, and account for them, though not for their bytes."""
