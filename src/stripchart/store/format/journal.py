"""The journal's rows: what came since the last commit and is in no block yet; see docs/recording-format.md.

One row a commit, whatever number of streams there are: a broker's thousand topics cost one insert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

_ENTRY: Final = np.dtype(
    [
        ("stream", "<u4"), ("rows", "<u4"), ("first", "<u8"), ("offset", "<u4"), ("channels", "<u2"),
        ("flags", "u1"), ("zero", "u1"),
    ]
)  # fmt: skip
_COUNT_BYTES: Final = 4
_GAP: Final = 1
MAX_CHANNELS: Final = 0xFFFF


class Entry(NamedTuple):
    """Consecutive rows of one stream."""

    stream: int
    first: int
    """Number of the first row."""
    gap: bool
    """Something is missing before it."""
    time: NDArray[np.int64]
    channels: Sequence[int]
    """Ids of the channels."""
    values: Sequence[NDArray[Any]]
    unknown: Sequence[int] = ()
    """Ids of channels whose values cannot be read: of the first, it is not known whether it holds texts."""


class JournalError(ValueError):
    """A body that no writer made."""


def encode(entries: Sequence[Entry]) -> bytes:
    """Return the body of a journal row."""
    table = np.zeros(len(entries), _ENTRY)
    parts: list[memoryview] = []
    offset = _COUNT_BYTES + table.nbytes
    for place, entry in enumerate(entries):
        pieces = [_view(entry.time, "<i8"), _view(entry.channels, "<u4")]
        for column in entry.values:
            pieces += _encode_text(column) if column.dtype == object else [_view(column, "<f8")]
        table[place] = (
            entry.stream, len(entry.time), entry.first, offset, len(entry.channels), _GAP * entry.gap, 0,
        )  # fmt: skip
        offset += sum(piece.nbytes for piece in pieces)
        parts += pieces
    return b"".join([len(entries).to_bytes(_COUNT_BYTES, "little"), table.tobytes(), *parts])


def decode(body: bytes, is_text: Mapping[int, bool], stream: int | None = None) -> Iterator[Entry]:
    """Yield the entries of a body, or only those of one stream.

    Parameters
    ----------
    is_text
        Which channels, by their ids, hold texts.

    Raises
    ------
    JournalError
        If the body is not as it was written.
    """
    try:
        count = int.from_bytes(body[:_COUNT_BYTES], "little")
        table = np.frombuffer(body, _ENTRY, count, _COUNT_BYTES)
        chosen: Iterable[Any] = table if stream is None else table[table["stream"] == stream]
        for number, rows, first, offset, channels, flags, _ in map(np.void.item, chosen):
            time, ids, values = _decode_columns(body, rows, offset, channels, is_text)
            known = len(values)
            yield Entry(number, first, bool(flags & _GAP), time, ids[:known], values, ids[known:])
    except (ValueError, IndexError) as error:
        raise JournalError(f"{type(error).__name__}: {error}") from error


def _decode_columns(
    body: bytes, rows: int, at: int, count: int, is_text: Mapping[int, bool]
) -> tuple[NDArray[np.int64], list[int], list[NDArray[Any]]]:
    time = np.frombuffer(body, "<i8", rows, at)
    at += time.nbytes
    ids = np.frombuffer(body, "<u4", count, at)
    at += ids.nbytes
    values: list[NDArray[Any]] = []
    for channel in ids.tolist():
        if channel not in is_text:
            break
        if is_text[channel]:
            lengths = np.frombuffer(body, "<u4", rows, at)
            at += lengths.nbytes
            column = np.empty(rows, object)
            for row, length in enumerate(lengths.tolist()):
                column[row] = body[at : at + length].decode("utf-8", "surrogatepass")
                at += length
            values.append(column)
        else:
            values.append(np.frombuffer(body, "<f8", rows, at))
            at += 8 * rows
    if at > len(body):
        raise JournalError(f"an entry ends at byte {at} of {len(body)}")
    return time.astype(np.int64), ids.tolist(), values


def _encode_text(column: NDArray[Any]) -> list[memoryview]:
    texts = [text.encode("utf-8", "surrogatepass") for text in column.tolist()]
    return [_view([len(text) for text in texts], "<u4"), *(memoryview(text) for text in texts)]


def _view(numbers: NDArray[Any] | Sequence[int], kind: str) -> memoryview:
    """Return the bytes of numbers without a copy, if there is need of none."""
    return np.ascontiguousarray(numbers, kind).data
