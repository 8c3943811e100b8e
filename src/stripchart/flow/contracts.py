"""What a source, a decoder and a sink promise each other; the pump holds them to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Sequence

    from stripchart.flow.records import Batch, Chunk, Command, Tally


class Source(Protocol):
    """Where bytes come from. One pump thread owns it; calls never overlap.

    No method retries or waits long by itself: connecting again is the pump's work.
    """

    url: str
    """What the user wrote, without secrets: it is shown and logged."""
    default_decoder: str
    """Name of the decoder for its chunks, unless the user names another."""
    status: str
    """What a person should know beyond the state, such as "subscribed to 3 filters"; empty if nothing."""

    def open(self) -> None:
        """Connect.

        Raises
        ------
        SourceLost
            It is not there (yet): tried again with back-off.
        ConfigError
            It can never work like this: given up, and shown.
        """
        ...

    def read(self, timeout: float) -> Sequence[Chunk]:
        """Return what has arrived, waiting at most ``timeout`` seconds for the first of it.

        Raises
        ------
        SourceLost
            The device or connection went away.
        EndOfSource
            A finite source is at its end; nothing more will come.
        """
        ...

    def close(self) -> None:
        """Let go of everything. Safe twice, and after a failed ``open``; raises nothing."""
        ...


class Writable(Protocol):
    """A source that also takes commands.

    One whose other side confirms what it takes may have a method ``deliver`` too, of the same form, which waits for
    that for a second at most: it is preferred for what people send.
    """

    topics: bool
    """Whether a command goes to a topic; if this is missing or false, none is ever given."""

    def write(self, data: bytes, topic: str = "") -> None:
        """Send bytes to the device, from the pump's thread. Waits a second at most.

        Raises
        ------
        SourceLost
            It is away; NoAnswer if it does not take them in time.
        ConfigError
            It can never take this, such as a topic that is none.
        """
        ...


class Acknowledging(Protocol):
    """A source whose sender keeps what it sent until it is told that it is safe.

    The pump takes a mark after each turn, when all that was read has been decoded and published, and gives it back when
    the record has stored what was published by then.
    """

    durable: bool
    """Whether to do so; otherwise it acknowledges on its own, and none of these methods is called."""
    redelivered: int
    """How many messages were sent again, so that the record may have them twice."""

    def mark(self) -> Any:
        """Return what stands for all that ``read`` has returned so far; equal marks stand for the same."""
        ...

    def acknowledge(self, mark: Any) -> None:
        """Tell the sender, from any thread and at once, that all up to the mark is safe; raises nothing.

        A mark of an earlier connection is acknowledged to nobody.
        """
        ...

    def send_again(self) -> None:
        """Have all that is not acknowledged sent again, such as by leaving; ``close`` and ``open`` follow."""
        ...


class Decoder(Protocol):
    """Bytes to batches. No I/O, thread or clock; bounded memory; any chunking gives the same batches.

    A batch has at most one column of ``Kind.TIME``: what the device's clock said. The pump's clock takes it out.
    """

    tally: Tally
    """Its account; see ``Tally``."""
    note: str
    """What it recognised, in words for the page ("CSV, 3 columns, header"); empty if nothing yet."""

    @property
    def buffered(self) -> int:
        """Bytes of an incomplete frame that it holds."""
        ...

    def feed(self, chunks: Sequence[Chunk]) -> Sequence[Batch]:
        """Decode; bad frames are counted in ``tally`` with a reason. Never raises on any bytes.

        While it holds input and nothing arrives, it is fed an empty chunk now and then, which only tells the time.
        """
        ...

    def finish(self) -> Sequence[Batch]:
        """Decode what is held: the input has ended, and its last frame may lack its end."""
        ...

    def reset(self) -> None:
        """Forget the partial frame after a loss, counting its bytes as skipped."""
        ...


class Commanding(Protocol):
    """A decoder that would have its source send something, such as a request for names that it lacks."""

    commands: deque[Command]
    """What to send, oldest first. The decoder appends in ``feed``; after each feed the pump takes all there is, and
    writes them to the source if that is ``Writable``: one a second at most, each once while it waits. Those that could
    not be sent are dropped and counted, so a decoder that still misses something asks again."""


class Sink(Protocol):
    """Where a pump puts batches: the hub."""

    published: int
    """Samples taken so far, of all pumps."""

    def publish(self, batch: Batch) -> int:
        """Take a batch; return how many of its samples were refused (a limit was reached)."""
        ...
