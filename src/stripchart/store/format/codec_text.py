"""Columns of text: the different ones, and which of them each row has; see docs/recording-format.md, "A column"."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.store.format.planes import CodecError, compress, expand

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEXT: Final = b"\6"
LONG_TEXT: Final = b"\7"

_ROW_BYTES: Final = 2048
"""What a row may expand to: what says more is not compressed, so that few bytes never take much memory."""
_COUNT_BYTES: Final = 4
_LENGTH: Final = np.dtype("<u4")
_NUMBER: Final = np.dtype("<u2")


def pack_texts(column: NDArray[Any]) -> bytes:
    """Return the bytes of a column of ``str``, shape (n,), object."""
    texts = column.tolist()
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    parts = [text.encode("utf-8", "surrogatepass") for text in numbers]
    lengths = np.fromiter(map(len, parts), _LENGTH, len(parts))
    rows = np.fromiter(map(numbers.__getitem__, texts), _NUMBER, len(texts))
    body = b"".join([len(parts).to_bytes(_COUNT_BYTES, "little"), lengths.tobytes(), *parts, rows.tobytes()])
    if len(body) <= _limit(len(texts)):
        packed = compress(body)
        if len(packed) < len(body):
            return TEXT + packed
    return LONG_TEXT + body


def unpack_texts(kind: bytes, body: bytes, rows: int) -> NDArray[Any]:
    """Return a new object array of shape (rows,); CodecError if the bytes are not so many texts."""
    if kind == TEXT:
        body = expand(body, _limit(rows))
    count = int.from_bytes(body[:_COUNT_BYTES], "little")
    start = _COUNT_BYTES + count * _LENGTH.itemsize
    end = len(body) - rows * _NUMBER.itemsize
    if count > rows or start > end:
        raise CodecError(f"text: {count:,} different ones for {rows} rows in {len(body):,} bytes")
    stops = start + np.cumsum(np.frombuffer(body, _LENGTH, count, _COUNT_BYTES), dtype=np.int64)
    if (stops[-1] if count else start) != end:
        raise CodecError("text: lengths that do not add up")
    places = [start, *stops.tolist()]
    try:
        texts = [str(body[a:b], "utf-8", "surrogatepass") for a, b in pairwise(places)]
    except UnicodeDecodeError as error:
        raise CodecError(f"text: not UTF-8: {error.reason}") from None
    numbers = np.frombuffer(body, _NUMBER, rows, end)
    if rows and int(numbers.max()) >= count:
        raise CodecError(f"text: number {int(numbers.max())} of {count}")
    column: NDArray[Any] = np.array(texts, dtype=object)[numbers]
    return column


def _limit(rows: int) -> int:
    return _COUNT_BYTES + rows * _ROW_BYTES
