"""What all line formats share: framing, the first line, headers, log text, the fast way and the exact one, the account.

A line that cannot be read, but reads like words, is log text: a row of the stream ``log``, see ``cells.to_log``. So are
words that might be a header as well, such as ``Sensor ready``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.decoders.cells import LOG_CHANNELS, LOG_STREAM, FrameError, to_log
from stripchart.decoders.framed import FramedDecoder
from stripchart.decoders.headers import ColumnNames, Header
from stripchart.decoders.lines import LineFramer, Lines
from stripchart.decoders.rows import BatchBuilder, ChannelCache, Row, Shape
from stripchart.decoders.template import NUMBER_BYTES, Template
from stripchart.flow.records import Batch, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.flow.records import Channel

PARTIAL: Final = "partial first line"


class NamedRow(NamedTuple):
    """A row, its shape resolved."""

    channels: tuple[Channel, ...]
    values: Sequence[float | str]


class Form(NamedTuple):
    """What lines have in common that differ in their numbers only."""

    literals: list[str]
    template: Template | None
    """None if there can be none."""
    channels: tuple[Channel, ...]
    version: int
    """Of the column names."""


class LineDecoder(FramedDecoder[Lines]):
    """A decoder of lines. A subclass says what one line means; chunks, times and the account are dealt with here.

    The first line after a start or a loss often lacks its beginning. It is rejected when it could be the tail of a line
    like the second one: fewer columns, the end of a label, or the end of its text. A tail that looks like a whole line
    cannot be told.

    Lines that differ in their numbers only are read together, by a template learned from lines that were read one by
    one; see ``template``. That is a matter of speed alone: both ways give the same.

    After ``reset`` the names of columns stay: a device may send its header only once.

    Parameters
    ----------
    tally
        The account to go on with; a new one if not given.
    header
        Names that the user gave; header rows of the device do not count then.
    """

    decimal_comma: bool = False
    """The numbers of the line that ``literals`` was last asked about may have decimal commas."""

    def __init__(self, tally: Tally | None, header: Header | None = None) -> None:
        super().__init__(tally)
        self.columns = ColumnNames(header)
        self._framer = LineFramer(self.tally)
        self._shapes = ChannelCache(self._name)
        self._last_key: tuple[int, Shape] | None = None  # of the newest row that was read alone
        self._last_line = b""
        self._repeated = False  # it has the shape of the one before
        self._form: Form | None = None

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

    def decode_line(self, line: bytes, time_ns: int, log: BatchBuilder | None = None) -> NamedRow | None:
        """Decode one line without its end, and account for it, though not for its bytes.

        Parameters
        ----------
        log
            Takes log text, if it is wanted.

        Returns
        -------
        The row; None if there is none, as for log text.
        """
        self.tally.frames += 1
        try:
            found = self.parse(line) if line.strip() else None
        except FrameError as reason:
            if self._take_log(line, time_ns, log):
                self.tally.decoded += 1
            else:
                self.tally.reject(time_ns, str(reason), line)
            return None
        if not isinstance(found, Row):
            self.tally.decoded += 1
            if found is not None:
                self.accept(found)
                if found.may_be_log:
                    self._take_log(line, time_ns, log)
            return None
        try:
            row = NamedRow(self._shapes[self.columns.version, found.shape], found.values)
        except FrameError as reason:
            self.tally.reject(time_ns, str(reason), line)
            return None
        key = self.columns.version, found.shape
        self._repeated = key == self._last_key
        self._last_key, self._last_line = key, line
        self.tally.decoded += 1
        return row

    def accept(self, header: Header) -> None:
        """Take a header row; words only before the first row, since later they are more likely a message."""
        if self._last_key is None or not header.is_words:
            self.columns.take(header)

    def _take_log(self, line: bytes, time_ns: int, log: BatchBuilder | None) -> bool:
        """Take a line as log text; return whether it is any."""
        try:
            text = to_log(line.decode())
        except UnicodeDecodeError:
            return False
        if text is not None and log is not None:
            log.row(LOG_CHANNELS, time_ns, (text,))
        return text is not None

    def _decode(self, lines: Lines) -> list[Batch]:
        if lines.first and len(lines.time) > 1:
            lines = self._without_partial(lines)
        count = len(lines.time)
        if not count:
            return []
        form = self._form
        if form is None or form.template is None or form.version != self.columns.version:
            return self._decode_mixed(lines, None, np.empty((0, 0)), np.zeros(count, np.bool_))
        numbers, fits = form.template.read(lines.data, count)
        if fits is not None:
            return self._decode_mixed(lines, form, numbers, fits)
        self.tally.frames += count
        self.tally.decoded += count
        return [Batch.of_table(form.channels, lines.time, numbers)]

    def _decode_mixed(
        self, lines: Lines, form: Form | None, numbers: NDArray[np.float64], fits: NDArray[np.bool_]
    ) -> list[Batch]:
        """Decode the lines that do not fit one by one, each in its place between those that the template has read."""
        builder, log = BatchBuilder(), BatchBuilder(LOG_STREAM)
        alone, stop = self._decode_alone(lines, np.flatnonzero(~fits), log)
        known = np.flatnonzero(fits[:stop])
        self.tally.frames += len(known)
        self.tally.decoded += len(known)
        places = np.searchsorted(known, [index for index, _ in alone]).tolist() if alone else []
        done = 0
        for (index, row), place in zip(alone, places, strict=True):
            if form and place > done:
                builder.block(form.channels, lines.time[known[done:place]], tuple(numbers[:, done:place]))
                done = place
            builder.row(row.channels, int(lines.time[index]), row.values)
        if form:
            builder.block(form.channels, lines.time[known[done:]], tuple(numbers[:, done : len(known)]))
        if self._repeated and not fits.any():
            self._learn()
        return builder.finish() + log.finish()

    def _decode_alone(
        self, lines: Lines, odd: NDArray[np.intp], log: BatchBuilder
    ) -> tuple[list[tuple[int, NamedRow]], int]:
        """Decode the odd lines, and behind a line that changes the names of columns all.

        Returns
        -------
        The rows with their places, and the place from which on all lines were decoded.
        """
        ends = lines.ends()
        version, stop = self.columns.version, len(ends)
        rows = []
        waiting = deque(odd.tolist())
        while waiting:
            index = waiting.popleft()
            line = lines.data[ends[index - 1] + 1 if index else 0 : ends[index]]
            row = self.decode_line(line, int(lines.time[index]), log)
            if row is not None:
                rows.append((index, row))
            if self.columns.version != version and stop == len(ends):
                stop = index
                waiting = deque(range(index + 1, len(ends)))
        return rows, stop

    def _name(self, key: tuple[int, Shape]) -> tuple[Channel, ...]:
        channels = self.channels(key[1])
        self.note = self.describe(channels)
        return channels

    def _learn(self) -> None:
        """Learn the form of lines, after a feed without any line of the form known before."""
        key, version = self._last_key, self.columns.version
        if key is None or key[0] != version:
            return
        literals = self.literals(self._last_line)
        if literals is None or (self._form and (literals, version) == (self._form.literals, self._form.version)):
            return
        try:
            template = Template(literals, decimal_comma=self.decimal_comma)
        except ValueError:
            template = None
        self._form = Form(literals, template, self._shapes[key], version)

    def _without_partial(self, lines: Lines) -> Lines:
        """Reject the first line if it could be the tail of a line like the second one."""
        line, next_line = lines.data.split(b"\n", 2)[:2]
        if not self._is_partial(line, next_line):
            return lines
        self.tally.frames += 1
        self.tally.reject(int(lines.time[0]), PARTIAL, line)
        return Lines(lines.data[len(line) + 1 :], lines.time[1:])

    def _is_partial(self, line: bytes, next_line: bytes) -> bool:
        second = self._try(next_line)
        if second is None:
            return False
        first = self._try(line)
        if first is None:
            return is_tail(line, next_line)
        labels = self.labels(second.shape) if isinstance(second, Row) else ("",) * len(second.names)
        return isinstance(first, Row) and _are_tail(self.labels(first.shape), labels)

    def _try(self, line: bytes) -> Row | Header | None:
        try:
            return self.parse(line) if line.strip() else None
        except FrameError:
            return None


def is_tail(line: bytes, whole: bytes) -> bool:
    """Say whether a line could be what is left of one like another: ``C, H: 4 %`` of ``T: 1 C, H: 5 %``."""
    text, other = line.translate(None, NUMBER_BYTES).strip(), whole.translate(None, NUMBER_BYTES).strip()
    return text != other and bool(text) and other.endswith(text)


def _are_tail(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Say whether labels could be what is left of others: ``(mp, hum)`` of ``(temp, hum)``, or fewer."""
    if first == second or not 0 < len(first) <= len(second):
        return False
    tail = second[len(second) - len(first) :]
    return tail[0].endswith(first[0]) and tail[1:] == first[1:]
