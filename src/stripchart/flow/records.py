"""The data itself: chunks of bytes go in, batches of samples come out.

A *sample* is one value of one channel at one time; a batch of ``n`` rows and ``c`` channels holds ``n * c``.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_REASONS: Final = 32
"""Distinct reasons a tally keeps; later ones are counted as ``other`` (they become metric labels)."""
MAX_REJECT_BYTES: Final = 200
"""Bytes of a rejected input that are kept to be shown."""

_ABSENT_BITS: Final = np.uint64(0x7FF8_0000_0000_07A2)
ABSENT: Final = _ABSENT_BITS.view(np.float64)
"""Cell of a channel that a row did not have: a NaN, but not one that a sensor sends. R tells NA and NaN apart alike."""


def is_absent(column: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which cells of a number column, shape (n,), are ``ABSENT``."""
    absent: NDArray[np.bool_] = column.view(np.uint64) == _ABSENT_BITS
    return absent


class Kind(StrEnum):
    """What a channel's values are."""

    NUMBER = "number"
    """float64; NaN is a value that the sensor sent as such."""
    STATE = "state"
    """float64 codes of a switch: 0 is off, 1 is on."""
    TEXT = "text"
    """Python strings in an object array."""
    TIME = "time"
    """float64: what the device's own clock said for the row. Its unit is "s", "ms", "us" or "ns", since the epoch or
    since the device started; "wall" for seconds since the epoch by a clock whose zone is not told; "" if unknown.
    At most one in a batch, and the pump's clock takes it out: no subscriber ever sees one."""


class Channel(NamedTuple):
    """One column of a stream."""

    name: str
    unit: str = ""
    kind: Kind = Kind.NUMBER
    expires: float = 0.0
    """Seconds after which a value is stale, as the device announced; 0 if it did not: learned from the rate then."""


def channel_key(channel: Channel) -> tuple[str, bool]:
    """Return what tells the channels of a stream apart: numbers and text under one name are two."""
    return channel.name, channel.kind is Kind.TEXT


def nothing(kind: Kind, rows: int) -> NDArray[Any]:
    """Make a column of cells that never came, shape (rows,)."""
    return np.full(rows, "", object) if kind is Kind.TEXT else np.full(rows, ABSENT)


class Chunk(NamedTuple):
    """Bytes as a source read them, at one instant.

    A message-oriented source (MQTT, UDP) yields one chunk a message, a byte stream whatever had arrived.
    """

    data: bytes
    time_ns: int
    """When it was read: nanoseconds since the epoch, UTC."""
    since_ns: int = 0
    """Nothing in it arrived before this instant (0: unknown); lines of one chunk are spread in between."""
    topic: str = ""
    retained: bool = False
    """An old value which a broker kept for new subscribers."""


class Command(NamedTuple):
    """What a decoder would have its source send, such as a request for names that it lacks."""

    data: bytes
    topic: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Consecutive rows of one stream, as read-only columns; every cell is there.

    It takes the arrays over: they are not copied, and can no longer be written through the names given here.

    Attributes
    ----------
    stream
        Name of the stream. A decoder gives the part below its source (``""`` for the source itself).
    channels
        One for each column, no name twice. A decoder passes the same tuple again while nothing changes.
    time
        int64, shape (n,): nanoseconds since the epoch, UTC.
    values
        One array of shape (n,) a channel: float64, or object for text.
    gap
        Something is missing before the first row, so no line is drawn to it.
    retained
        Old values that a broker had kept.
    first
        Number of the first row in its stream, counted by the hub from 0.

    Raises
    ------
    ValueError
        If a column is missing, or not as long as the times.
    """

    stream: str
    channels: tuple[Channel, ...]
    time: NDArray[np.int64]
    values: tuple[NDArray[Any], ...]
    gap: bool = False
    retained: bool = False
    first: int = 0

    def __post_init__(self) -> None:
        if len(self.values) != len(self.channels):
            raise ValueError(f"batch {self.stream!r}: {len(self.channels)} channels, but {len(self.values)} columns")
        shape = self.time.shape
        self.time.setflags(write=False)
        for channel, column in zip(self.channels, self.values, strict=True):
            if column.shape != shape:
                found = f"values of shape {column.shape} of {channel.name!r}"
                raise ValueError(f"batch {self.stream!r}: times of shape {shape}, but {found}")
            column.setflags(write=False)

    def __len__(self) -> int:
        return len(self.time)

    @property
    def samples(self) -> int:
        """How many values there are: rows times channels."""
        return len(self.time) * len(self.values)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return the column of a channel by name; KeyError if there is none."""
        for channel, column in zip(self.channels, self.values, strict=True):
            if channel.name == name:
                return column
        raise KeyError(f"{self.stream}: no channel {name!r}, only {[c.name for c in self.channels]}")

    @classmethod
    def of_table(cls, channels: tuple[Channel, ...], time: NDArray[np.int64], table: NDArray[np.float64]) -> Batch:
        """Return a batch of the source itself whose columns are the rows of one array, shape (channels, n).

        It is checked once, not column by column: with eight of them in half the time.
        """
        if table.shape != (len(channels), len(time)):
            raise ValueError(f"batch: {len(channels)} channels, {len(time)} times, but a table of shape {table.shape}")
        time.setflags(write=False)
        table.setflags(write=False)
        return _assemble("", channels, time, tuple(table), gap=False, retained=False, first=0)

    def labelled(self, stream: str, *, gap: bool, first: int) -> Batch:
        """Return the same rows under another name or number; they are shared and not checked again.

        The pump and the hub do this to every batch: it costs a fifth of ``dataclasses.replace`` with one column,
        an eighth with eight.
        """
        return _assemble(stream, self.channels, self.time, self.values, gap=gap, retained=self.retained, first=first)


def _assemble(
    stream: str,
    channels: tuple[Channel, ...],
    time: NDArray[np.int64],
    values: tuple[NDArray[Any], ...],
    *,
    gap: bool,
    retained: bool,
    first: int,
) -> Batch:
    """Return a batch of columns that were checked before."""
    batch = object.__new__(Batch)
    assign = object.__setattr__  # as a frozen dataclass does in its own __init__
    assign(batch, "stream", stream)
    assign(batch, "channels", channels)
    assign(batch, "time", time)
    assign(batch, "values", values)
    assign(batch, "gap", gap)
    assign(batch, "retained", retained)
    assign(batch, "first", first)
    return batch


def make_batch(stream: str, channels: tuple[Channel, ...], time: Any, values: Any, **flags: Any) -> Batch:
    """Build a batch from copies of anything array-like; text columns become object arrays, all others float64."""
    columns = tuple(
        np.array(column, dtype=object if channel.kind is Kind.TEXT else np.float64)
        for channel, column in zip(channels, values, strict=True)
    )
    return Batch(stream, channels, np.array(time, dtype=np.int64), columns, **flags)


class Reject(NamedTuple):
    """An input that did not become samples, kept to answer "why isn't it plotting?"."""

    time_ns: int
    reason: str
    data: bytes


@dataclass(slots=True)
class Tally:
    """What a decoder did with its input; it only grows.

    At every instant ``bytes received = bytes_framed + bytes_skipped + bytes still buffered`` and
    ``frames = decoded + sum(rejected.values())``. A frame is a line, a message or a packet; what carries no
    samples by intent (a header row, a blank line, log text) is decoded too, into none.
    """

    bytes_framed: int = 0
    bytes_skipped: int = 0
    frames: int = 0
    decoded: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    recent: deque[Reject] = field(default_factory=lambda: deque(maxlen=100))

    def reject(self, time_ns: int, reason: str, data: bytes, count: int = 1) -> None:
        """Count ``count`` frames as rejected for a short, fixed ``reason``, and keep one to show."""
        if reason not in self.rejected and len(self.rejected) >= MAX_REASONS:
            reason = "other"
        self.rejected[reason] += count
        self.recent.append(Reject(time_ns, reason, data[:MAX_REJECT_BYTES]))
