"""What ``stripchart decode`` does: the bytes of a file through a decoder, rows out."""

from __future__ import annotations

import json
import math
import sys
import time
from contextlib import closing
from csv import writer
from io import StringIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from stripchart.config.options import fill
from stripchart.errors import ConfigError
from stripchart.flow.records import Chunk, Kind
from stripchart.plugins import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stripchart.flow.contracts import Decoder
    from stripchart.flow.records import Batch, Channel

PIECE: Final = 1 << 16
"""Bytes that are read at once."""
DIGITS: Final = 15
"""That a float64 keeps of any number."""


def make_decoder(name: str, options: Mapping[str, Any]) -> Decoder:
    """Make a decoder as the command line asks for it.

    Raises
    ------
    ConfigError
        With all mistakes, one a line.
    """
    try:
        kind = load("decoders", name)
    except ConfigError as error:
        raise ConfigError(f"--as: {error}") from error
    filled, mistakes = fill(kind.Options, options)
    if filled is None:
        raise ConfigError("\n".join(f"--option: {mistake}" for mistake in mistakes))
    decoder: Decoder = kind(filled)
    return decoder


def batches_of(file: str, decoder: Decoder, *, messages: bool) -> Iterator[Batch]:
    """Yield what a decoder makes of a file, or of standard input (``-``), as it is read.

    Parameters
    ----------
    messages
        Each line is a topic, a blank and a payload, as ``mosquitto_sub -v`` prints them.

    Raises
    ------
    ConfigError
        If the file cannot be read.
    """
    try:
        with closing(sys.stdin.buffer if file == "-" else Path(file).open("rb")) as stream:
            for chunk in _messages(stream) if messages else _pieces(stream):
                yield from decoder.feed((chunk,))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from error
    yield from decoder.finish()


def limited(batches: Iterator[Batch], limit: int | None) -> Iterator[tuple[Batch, int]]:
    """Yield batches, each with how many of its rows are to be shown, until the limit is reached."""
    left = limit
    for batch in batches:
        count = len(batch) if left is None else min(len(batch), left)
        yield batch, count
        if left is not None:
            left -= count
            if not left:
                return


def account(file: str, decoder: Decoder, rows: int) -> str:
    """Say what became of the input, in one line."""
    tally = decoder.tally
    parts = [f"{rows:,} rows; {tally.frames:,} frames: {tally.decoded:,} decoded"]
    if tally.rejected:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in tally.rejected.most_common())
        parts.append(f"{tally.rejected.total():,} rejected ({reasons})")
    if tally.bytes_skipped:
        parts.append(f"{tally.bytes_skipped:,} bytes skipped")
    return f"{'standard input' if file == '-' else file}: {decoder.note or 'nothing recognised'}: {', '.join(parts)}"


def json_lines() -> Callable[[Batch, int], Iterator[str]]:
    """Return what writes one object a row; NaN and infinities become null, as JSON has none."""

    def write(batch: Batch, count: int) -> Iterator[str]:
        for cells in _rows(batch, count):
            values = zip(batch.channels, map(_jsonable, cells), strict=True)
            row = ({"stream": batch.stream} if batch.stream else {}) | {
                channel.name: value for channel, value in values
            }
            yield json.dumps(row, ensure_ascii=False)

    return write


def csv_lines() -> Callable[[Batch, int], Iterator[str]]:
    """Return what writes CSV: the stream, then its channels; a new header whenever they change."""
    header: list[Any] = []

    def write(batch: Batch, count: int) -> Iterator[str]:
        if header != [batch.stream, batch.channels]:
            header[:] = batch.stream, batch.channels
            yield _csv_line(["stream", *map(_title, batch.channels)])
        for cells in _rows(batch, count):
            yield _csv_line([batch.stream, *map(_text, cells)])

    return write


def table_lines() -> Callable[[Batch, int], Iterator[str]]:
    """Return what writes columns for people; a new header whenever the stream or the channels change."""
    shown: list[Any] = []
    widths: list[int] = []

    def write(batch: Batch, count: int) -> Iterator[str]:
        rows = [list(map(_shown, cells)) for cells in _rows(batch, count)]
        if shown != [batch.stream, batch.channels]:
            place = f"{batch.stream}/" if batch.stream else ""
            titles = [place + _title(channel) for channel in batch.channels]
            widths[:] = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
            if shown:
                yield ""
            shown[:] = batch.stream, batch.channels
            yield _aligned(titles, widths)
        for row in rows:
            yield _aligned(row, widths)

    return write


FORMATS: Final = {"table": table_lines, "csv": csv_lines, "json": json_lines}


def _pieces(stream: IO[bytes]) -> Iterator[Chunk]:
    read = getattr(stream, "read1", stream.read)  # what a pipe has by now
    while data := read(PIECE):
        yield Chunk(data, time.time_ns())


def _messages(stream: IO[bytes]) -> Iterator[Chunk]:
    for line in stream:
        topic, _, payload = line.rstrip(b"\r\n").partition(b" ")
        yield Chunk(payload, time.time_ns(), topic=topic.decode(errors="replace"))


def _rows(batch: Batch, count: int) -> Iterator[tuple[Any, ...]]:
    return zip(*(column[:count].tolist() for column in batch.values), strict=True)


def _title(channel: Channel) -> str:
    unit = channel.unit or ("time" if channel.kind is Kind.TIME else "")
    return f"{channel.name} [{unit}]" if unit else channel.name


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.{DIGITS}g}"


def _shown(value: float | str) -> str:
    text = _text(value)
    return text if text.isprintable() else repr(text)


def _jsonable(value: float | str) -> float | str | None:
    return value if isinstance(value, str) or math.isfinite(value) else None


def _csv_line(cells: list[str]) -> str:
    line = StringIO()
    writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _aligned(cells: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
