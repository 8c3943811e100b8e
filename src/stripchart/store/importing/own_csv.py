"""Our own CSV, read back exactly; ``exporting.csv`` says how it is written."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.flow.records import ABSENT, Batch, Channel, Kind, channel_key
from stripchart.store.exporting.csv import GAP, LONG_HEAD, WIDE_HEAD
from stripchart.store.exporting.formulas import undo
from stripchart.store.exporting.iso import from_iso
from stripchart.store.exporting.labels import from_label
from stripchart.store.importing.gather import Gatherer
from stripchart.store.importing.lines import BLOCK_ROWS, mistake, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from stripchart.store.importing.lines import Line

_TIME: Final = "a time such as 2026-05-01T10:00:00.000000000Z"
_SNIFFED: Final = 100
"""Lines of which the first that holds cells below the head tells whether a file is ours."""


def is_ours(path: Path) -> bool:
    """Say whether a file begins as ours do: with one of our heads, and a time as only we write it."""
    lines = (line.cells for line, _ in zip(read_lines(path, ","), range(_SNIFFED), strict=False))
    head = tuple(next(lines, ()))
    first = next((cells for cells in lines if cells), None)
    if head != LONG_HEAD and (head[: len(WIDE_HEAD)] != WIDE_HEAD or len(head) == len(WIDE_HEAD)):
        return False
    return first is None or _is_time(first[0])


def read_ours(path: Path, progress: Callable[[int], None]) -> Iterator[Batch]:
    """Yield the rows of a file of ours.

    Raises
    ------
    ConfigError
        If a line is not as we write them.
    """
    lines = read_lines(path, ",", progress)
    head = next(lines).cells
    return _read_long(path, lines) if tuple(head) == LONG_HEAD else _read_wide(path, head, lines)


def _read_wide(path: Path, head: Sequence[str], lines: Iterable[Line]) -> Iterator[Batch]:
    channels = tuple(from_label(undo(label)) for label in head[len(WIDE_HEAD) :])
    keys = [channel_key(channel) for channel in channels]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise mistake(path, 1, "columns of different names", f"{head[len(WIDE_HEAD) + place]!r} twice")
    for block, gap in _blocks(path, len(head), lines):
        for place, (stream, several) in enumerate(groupby(block, lambda line: line.cells[1])):
            part = list(several)
            columns = list(zip(*(line.cells for line in part), strict=True))
            values = tuple(
                _column(path, part, channel, cells)
                for channel, cells in zip(channels, columns[len(WIDE_HEAD) :], strict=True)
            )
            yield Batch(undo(stream), channels, _times(path, part, columns[0]), values, gap=gap and not place)


def _blocks(path: Path, width: int, lines: Iterable[Line]) -> Iterator[tuple[list[Line], bool]]:
    """Yield consecutive rows, at most ``BLOCK_ROWS``, and whether something is missing before them."""
    block: list[Line] = []
    gap = False
    for line in lines:
        if not line.cells or len(block) == BLOCK_ROWS:
            if block:
                yield block, gap
                gap = False
            block, gap = [], gap or not line.cells
        if line.cells:
            if len(line.cells) != width:
                raise mistake(path, line.number, f"{width} cells", str(len(line.cells)))
            block.append(line)
    if block:
        yield block, gap


def _read_long(path: Path, lines: Iterable[Line]) -> Iterator[Batch]:
    channels: dict[tuple[str, str, str], Channel] = {}
    for stream, of_stream in groupby(_checked(path, lines), lambda line: line.cells[1]):
        gatherer = Gatherer(undo(stream))
        time = 0
        for line in of_stream:
            _, _, row, name, unit, kind, cell = line.cells
            if gatherer.is_new(row):
                time = int(_times(path, [line], line.cells[:1])[0])
                if gatherer.rows >= BLOCK_ROWS:
                    yield from gatherer.finish()
            if kind == GAP:
                yield from gatherer.cut()
                continue
            channel = channels.get((name, unit, kind))
            if channel is None:
                channel = channels[name, unit, kind] = _channel(path, line)
            value = _column(path, [line], channel, [cell])[0]
            if not gatherer.add(row, time, channel, value):
                raise mistake(path, line.number, "each channel once in a row", f"{channel.name!r} twice")
        yield from gatherer.finish()


def _checked(path: Path, lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        if len(line.cells) != len(LONG_HEAD):
            raise mistake(path, line.number, f"{len(LONG_HEAD)} cells", str(len(line.cells)))
        yield line


def _channel(path: Path, line: Line) -> Channel:
    _, _, _, name, unit, kind, _ = line.cells
    if kind not in {Kind.NUMBER, Kind.STATE, Kind.TEXT}:
        raise mistake(path, line.number, "the kind number, state, text or gap", repr(kind))
    return Channel(undo(name), undo(unit), Kind(kind))


def _times(path: Path, lines: Sequence[Line], cells: Sequence[str]) -> NDArray[np.int64]:
    try:
        return from_iso(cells)
    except ValueError:
        wrong = next(place for place, cell in enumerate(cells) if not _is_time(cell))
        raise mistake(path, lines[wrong].number, _TIME, repr(cells[wrong])) from None


def _is_time(cell: str) -> bool:
    try:
        from_iso([cell])
    except ValueError:
        return False
    return True


def _column(path: Path, lines: Sequence[Line], channel: Channel, cells: Sequence[str]) -> NDArray[Any]:
    if channel.kind is Kind.TEXT:
        column = np.empty(len(cells), object)
        column[:] = [undo(cell) for cell in cells]
        return column
    try:
        values = np.array([float(cell or "nan") for cell in cells])
    except ValueError:
        wrong = next(place for place, cell in enumerate(cells) if not _is_number(cell))
        expected = f"a number or nothing in column {channel.name!r}"
        raise mistake(path, lines[wrong].number, expected, repr(cells[wrong])) from None
    values[[place for place, cell in enumerate(cells) if not cell]] = ABSENT
    return values


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True
