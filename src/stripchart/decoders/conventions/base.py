"""What a convention is: how some family of devices uses topics and payloads.

``TopicsDecoder`` asks once for each topic, in this order, who reads it: the user's rules, then the built-in table, then
``plain``. What it finds is remembered for a bounded number of topics, so the search costs next to nothing a message.

The contract of a convention:

- It is one small module with a ``Convention`` of its own, whose ``filters`` (MQTT topic filters) say which topics are
  its own. A user's rule may give it any other topic, so ``reader`` takes every topic, and must not raise.
- ``reader`` returns who reads the topic: a new ``Reader``, or the same one for all topics whose messages build on each
  other (births name what later data means). Messages of one reader come in the order of their arrival; those of several
  do not, unless a reader is a ``barrier``.
- ``Reader.read`` gets one message and hands over any number of rows to ``Rows``. To give none is right for what carries
  no samples by intent; such a message counts as decoded. ``FrameError`` with a short fixed reason rejects the message;
  the rows that it had already given are dropped.
- A stream is named after the topic, and values that come together in one message are channels of one row. Where one
  topic carries several devices, or several topics one, the reader says another name for the stream.
- What the device's clock said goes beside the values as a ``DeviceTime``; the arrival stays the time of the row.
- It is made with a ``Setup``. It asks for messages to be sent by appending a ``flow.records.Command`` to
  ``setup.commands``, and tells what it learned about other topics by ``setup.announce``.
- What it keeps (announcements, aliases, duplicates) has a bound; beyond, the oldest is forgotten. ``reset`` is called
  when the connection was lost and messages may be missing.
- It reads no clock, does no I/O, and takes any bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from stripchart.decoders.cells import FrameError
from stripchart.decoders.conventions.filters import Filter

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Sequence

    from stripchart.decoders.conventions.labels import Labels
    from stripchart.decoders.conventions.rows import Rows
    from stripchart.decoders.samples import Sample
    from stripchart.flow.records import Chunk, Command

_to_filter: Final = lru_cache(maxsize=128)(Filter)
"""Every decoder has the same ones, and compiling them would be half of its making."""


class Setup(NamedTuple):
    """What a convention is made with.

    Attributes
    ----------
    commands
        Where to put what shall be sent.
    announce
        Say what was learned about a topic: from the next message on, its values have these labels; None takes them
        back. Only a reader that is a ``barrier`` may call it.
    discovery_prefix
        Where Home Assistant's discovery messages are.
    max_payload
        Bytes of the largest payload, also when it is unpacked.
    rebirth
        Whether to ask edge nodes of Sparkplug B for names that are missing.
    """

    commands: deque[Command]
    announce: Callable[[str, Labels | None], None]
    discovery_prefix: str
    max_payload: int
    rebirth: bool


class Reader:
    """Reads the messages of one topic, or of all those that build on each other.

    Attributes
    ----------
    barrier
        Its messages change how others are read: what came before them is decoded first.
    """

    barrier: ClassVar[bool] = False

    def read(self, message: Chunk, rows: Rows) -> None:
        """Read one message.

        Raises
        ------
        FrameError
            If it is none of this convention; the message is the reason in the tally.
        """
        raise NotImplementedError

    def read_all(self, messages: Sequence[Chunk], rows: Rows) -> bool:  # noqa: ARG002 - for those that have a fast way
        """Read several messages at once, if there is a fast way to do what ``read`` would.

        Returns
        -------
        Whether it did; else nothing was added, and they are read one by one.
        """
        return False


class LeftOut(Reader):
    """Reads topics that carry no samples by intent, such as commands: every message is decoded into none."""

    def read(self, message: Chunk, rows: Rows) -> None:
        """Do nothing."""


class Refusal(Reader):
    """Rejects every message for one reason."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def read(self, message: Chunk, rows: Rows) -> None:  # noqa: ARG002 - whatever it says
        """Raise FrameError."""
        raise FrameError(self._reason)


LEFT_OUT = LeftOut()


class Convention:
    """A family of topics; see the module for the contract.

    Attributes
    ----------
    name
        What a user's rule calls it.
    title
        What people call it.
    filters
        Which topics are its own, as MQTT topic filters.
    samples
        What it reads, for the documentation and the tests.
    note
        What a person should know of its state, such as "3 edge nodes, 1 without a birth"; empty if nothing.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    filters: ClassVar[tuple[str, ...]] = ()
    samples: ClassVar[tuple[Sample, ...]] = ()
    note: str = ""

    def __init__(self, setup: Setup, filters: Sequence[str] | None = None) -> None:
        self.setup = setup
        self._filters = tuple(map(_to_filter, self.filters if filters is None else filters))

    def matches(self, topic: str) -> bool:
        """Say whether a topic is one of its own."""
        return any(pattern.match(topic) is not None for pattern in self._filters)

    def reader(self, topic: str) -> Reader:
        """Return who reads a topic: ``LEFT_OUT``, a new reader, or one that other topics have too."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget what only holds while no message is missing."""
