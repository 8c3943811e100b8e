"""What all line formats share: framing, the first line, headers, the fast way and the exact one, and the account."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.decoders.cells import FrameError, distinct, is_name
from stripchart.decoders.lines import LineFramer, Lines
from stripchart.decoders.rows import BatchBuilder, ChannelCache, Row, Shape
from stripchart.decoders.template import Template
from stripchart.errors import ConfigError
from stripchart.flow.records import Batch, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.flow.records import Channel, Chunk

PARTIAL: Final = "partial first line"
_NO_NUMBERS: Final = np.empty((0, 0))


class Header(NamedTuple):
    """A row of names."""

    separator: str
    """What stands between them."""
    names: tuple[str, ...]
    given: bool = False
    """The user named the columns; they count whatever separates them."""

    @classmethod
    def of_user(cls, names: str) -> Header | None:
        """Take names that a user wrote, separated by commas; None if there are none.

        Raises
        ------
        ConfigError
            If a name is empty or cannot be shown.
        """
        if not names.strip():
            return None
        each = tuple(map(str.strip, names.split(",")))
        for name in each:
            if not is_name(name):
                raise ConfigError(f"columns: expected names separated by commas, got {name!r} in {names!r}")
        return cls("", each, given=True)


class NamedRow(NamedTuple):
    """A row, its shape resolved."""

    channels: tuple[Channel, ...]
    values: Sequence[float | str]


class LineDecoder(ABC):
    """A decoder of lines. A subclass says what one line means; chunks, times and the account are dealt with here.

    The first line after a start or a loss often lacks its beginning. It is rejected when it could be the tail of a line
    like the second one: fewer columns, or the end of a label. A tail that looks like a whole line cannot be told.

    Lines that differ in their numbers only are read together, by a template learned from lines that were read one by
    one; see ``template``. That is a matter of speed alone: both ways give the same.

    Parameters
    ----------
    tally
        The account to go on with; a new one if not given.
    header
        Names that the user gave; header rows of the device do not count then.
    """

    def __init__(self, tally: Tally | None, header: Header | None = None) -> None:
        self.tally = Tally() if tally is None else tally
        self.note = ""
        self._header = header
        self._header_counts = False
        self._framer = LineFramer(self.tally)
        self._shapes = ChannelCache(self._name)
        self._last_shape: Shape = ()  # of the newest row that was read alone
        self._last_line = b""
        self._repeated = False
        self._template: Template | None = None
        self._template_channels: tuple[Channel, ...] = ()
        self._literals: list[str] | None = None

    @abstractmethod
    def parse(self, line: bytes) -> Row | Header | None:
        """Read a line that is not blank; None if it rightly holds no values. Changes nothing.

        Raises
        ------
        FrameError
            If it cannot be read.
        """

    @abstractmethod
    def channels(self, shape: Shape) -> tuple[Channel, ...]:
        """Return the channels of a shape, when it first comes after a start or a header; FrameError to refuse it."""

    @abstractmethod
    def labels(self, shape: Shape) -> tuple[str, ...]:
        """Return the label before each value, ``""`` where there is none."""

    @abstractmethod
    def literals(self, line: bytes) -> list[str] | None:
        """Return the text around the numbers of a line that ``parse`` took; None if it holds other values too."""

    @abstractmethod
    def describe(self, channels: tuple[Channel, ...]) -> str:
        """Say in words what was recognised, when channels first come."""

    @property
    def buffered(self) -> int:
        """Bytes of a line without its end, and of a first line that waits for the second."""
        return self._framer.buffered

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode the lines that are complete now."""
        return self._decode(self._framer.feed(chunks))

    def finish(self) -> list[Batch]:
        """Decode what is held."""
        return self._decode(self._framer.finish())

    def reset(self) -> None:
        """Forget the line that is not complete. The names of columns stay: a device may send its header only once."""
        self._framer.reset()

    def decode_line(self, line: bytes, time_ns: int) -> NamedRow | None:
        """Decode one line without its end, and account for it, though not for its bytes."""
        self.tally.frames += 1
        row = None
        try:
            found = self.parse(line) if line.strip() else None
            if isinstance(found, Header):
                self.accept(found)
            elif found is not None:
                row = NamedRow(self._shapes[found.shape], found.values)
                self._repeated = found.shape == self._last_shape
                self._last_shape, self._last_line = found.shape, line
        except FrameError as reason:
            self.tally.reject(time_ns, str(reason), line)
        else:
            self.tally.decoded += 1
        return row

    def accept(self, header: Header) -> None:
        """Take a header row, unless the user named the columns.

        The same one again, after a reset of the device, changes nothing. Words between blanks, or a single one, are a
        header only before the first row; later they are more likely a message.
        """
        given = self._header is not None and self._header.given
        message = bool(self._last_shape) and header.separator in {"", " "}
        if header != self._header and not given and not message:
            self._header = header
            self._header_counts = False
            self._rename()

    def names(self, separator: str, count: int, word: str) -> list[str]:
        """Name the columns of a row: by the header where there is one, else by number.

        Boot text can look like a header. So one only counts for rows with its separator, and not before a row with as
        many columns came; shorter rows then hold its first columns.

        Raises
        ------
        FrameError
            If the row is longer than a header that counts: most likely a line end was lost.
        """
        numbered = [f"{word} {number}" for number in range(1, count + 1)]
        header = self._header
        if header is None or (header.separator != separator and not header.given):
            return numbered
        if not header.given:
            if not self._header_counts:
                if count != len(header.names):
                    return numbered
                self._header_counts = True
                self._rename()
            if count > len(header.names):
                raise FrameError("unexpected columns")
        return distinct([*header.names[:count], *numbered[len(header.names) :]])

    def _decode(self, lines: Lines) -> list[Batch]:
        if lines.first and len(lines.time) > 1:
            lines = self._without_partial(lines)
        count = len(lines.time)
        if not count:
            return []
        numbers, odd = _NO_NUMBERS, list(range(count))
        if self._template is not None:
            numbers, odd = self._template.read(lines.data, count)
        if odd:
            return self._decode_mixed(lines, numbers, odd)
        self.tally.frames += count
        self.tally.decoded += count
        return [Batch("", self._template_channels, lines.time, tuple(numbers))]

    def _decode_mixed(self, lines: Lines, numbers: NDArray[np.float64], odd: Sequence[int]) -> list[Batch]:
        """Decode the odd lines one by one, each in its place between those that the template has read."""
        builder = BatchBuilder()
        texts, time = lines.data.split(b"\n"), lines.time.tolist()
        template, known = self._template, np.delete(lines.time, odd)
        used = 0
        for skipped, index in enumerate(odd):
            row = self.decode_line(texts[index], time[index])
            if row is None and self._template is template:
                continue
            before, used = used, index - skipped
            self._add_block(known[before:used], numbers[:, before:used], builder)
            if row is not None:
                builder.row(row.channels, time[index], row.values)
            if self._template is not template:  # a header: the lines that follow have other names
                for later in range(index + 1, len(time)):
                    row = self.decode_line(texts[later], time[later])
                    if row is not None:
                        builder.row(row.channels, time[later], row.values)
                return builder.finish()
        self._add_block(known[used:], numbers[:, used:], builder)
        if self._repeated and len(odd) == len(time):
            self._learn()
        return builder.finish()

    def _add_block(self, time: NDArray[np.int64], numbers: NDArray[np.float64], builder: BatchBuilder) -> None:
        self.tally.frames += len(time)
        self.tally.decoded += len(time)
        builder.block(self._template_channels, time, tuple(numbers))

    def _name(self, shape: Shape) -> tuple[Channel, ...]:
        channels = self.channels(shape)
        self.note = self.describe(channels)
        return channels

    def _rename(self) -> None:
        """Ask for the channels of each shape anew."""
        self._shapes.rename()
        self._template = self._literals = None
        self._repeated = False

    def _learn(self) -> None:
        """Learn the form of lines, after a feed without any line of the form known before."""
        literals = self.literals(self._last_line)
        if literals is None or literals == self._literals:
            return
        self._literals = literals
        self._template_channels = self._shapes[self._last_shape]
        try:
            self._template = Template(literals)
        except ValueError:
            self._template = None

    def _without_partial(self, lines: Lines) -> Lines:
        """Reject the first line if it could be the tail of a line like the second one."""
        line, next_line = lines.data.split(b"\n", 2)[:2]
        first, second = self._try(line), self._try(next_line)
        if not isinstance(first, Row) or second is None:
            return lines
        labels = self.labels(second.shape) if isinstance(second, Row) else ("",) * len(second.names)
        if not _is_tail(self.labels(first.shape), labels):
            return lines
        self.tally.frames += 1
        self.tally.reject(int(lines.time[0]), PARTIAL, line)
        return Lines(lines.data[len(line) + 1 :], lines.time[1:])

    def _try(self, line: bytes) -> Row | Header | None:
        try:
            return self.parse(line) if line.strip() else None
        except FrameError:
            return None


def _is_tail(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Say whether labels could be what is left of others: ``(mp, hum)`` of ``(temp, hum)``, or fewer."""
    if first == second or not 0 < len(first) <= len(second):
        return False
    tail = second[len(second) - len(first) :]
    return tail[0].endswith(first[0]) and tail[1:] == first[1:]
