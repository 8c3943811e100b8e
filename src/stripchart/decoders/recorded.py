"""Rows of a recording as bytes, and back: what ``replay:`` sends, so that they go the way of all other input.

::

    frame = head body
    head  = magic (4), size of the body (u32), CRC-32 of the body (u32), CRC-32 of these twelve bytes (u32)
    body  = size of the header (u32), header, times (i64 each), one column after the other
    header = JSON: stream, rows, gap, retained, channels as [name, unit, kind, expires]
    column = numbers (f64 each), or for text all sizes in bytes (u32 each) and then the texts in UTF-8

All is little endian. The head has a checksum of its own, so that a damaged size never swallows the frames behind it.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from stripchart.decoders.samples import Sample
from stripchart.flow.records import Batch, Channel, Kind, Tally, make_batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from stripchart.flow.records import Chunk

MAGIC: Final = b"\xf6SC1"
MAX_BODY: Final = 1 << 24
"""Bytes of the largest body: a row of 5,000 channels has room several times over."""
MAX_KNOWN: Final = 1_000
"""Sets of channels that are remembered; were there more, they are met anew."""
_HEAD: Final = struct.Struct("<4sIII")
_SIZE: Final = struct.Struct("<I")
MAX_FRAME: Final = _HEAD.size + MAX_BODY
_NO_FRAME: Final = "no frame begins here"
_DAMAGED: Final = "wrong checksum"
_UNREADABLE: Final = "not as a replay writes it"
_CUT_OFF: Final = "cut off"


def encode(batch: Batch) -> Iterator[bytes]:
    """Yield the frames of a batch: one, or several of fewer rows each if it is large.

    Raises
    ------
    ValueError
        If a single row is larger than a frame can be.
    """
    body = _encode_body(batch)
    if len(body) <= MAX_BODY:
        head = _HEAD.pack(MAGIC, len(body), zlib.crc32(body), 0)[: -_SIZE.size]
        yield head + _SIZE.pack(zlib.crc32(head)) + body
        return
    if len(batch) == 1:
        raise ValueError(f"{batch.stream!r}: a row has {len(body):,} bytes; a frame holds {MAX_BODY:,}")
    half = len(batch) // 2
    yield from encode(part(batch, 0, half))
    yield from encode(part(batch, half, len(batch)))


def part(batch: Batch, begin: int, end: int) -> Batch:
    """Return some rows of a batch; its gap is before its first."""
    values = tuple(column[begin:end] for column in batch.values)
    gap = batch.gap and begin == 0
    return Batch(batch.stream, batch.channels, batch.time[begin:end], values, gap, batch.retained, batch.first + begin)


def _encode_body(batch: Batch) -> bytes:
    header = {
        "stream": batch.stream,
        "rows": len(batch),
        "gap": batch.gap,
        "retained": batch.retained,
        "channels": batch.channels,
    }
    text = json.dumps(header, separators=(",", ":")).encode()  # escapes what UTF-8 cannot say
    parts = [_SIZE.pack(len(text)), text, batch.time.astype("<i8").tobytes()]
    for channel, column in zip(batch.channels, batch.values, strict=True):
        if channel.kind is Kind.TEXT:
            texts = [value.encode("utf-8", "surrogatepass") for value in column.tolist()]
            parts += [np.array([len(value) for value in texts], "<u4").tobytes(), *texts]
        else:
            parts.append(column.astype("<f8").tobytes())
    return b"".join(parts)


@dataclass(frozen=True)
class NoOptions:
    """There is nothing to set."""


class RecordedDecoder:
    """What ``replay:`` sends: rows of a recording, with the times, units and kinds that they had.

    Parameters
    ----------
    tally
        The account to go on with; a new one if not given.
    """

    Options = NoOptions

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="Rows of a recording",
            recognised="Frames that `replay:` writes: channels and rows as they were recorded.",
            data=b"".join(
                encode(
                    make_batch(
                        "", (Channel("t", "°C"), Channel("mode", kind=Kind.TEXT)),
                        [1_699_999_999_000_000_000, 1_700_000_000_000_000_000], ([21.5, 22.0], ["idle", "run"]),
                    )
                )
            ),
            values={"t": [21.5, 22.0], "mode": ["idle", "run"]},
            units={"t": "°C"},
        ),
    )  # fmt: skip

    def __init__(self, _options: NoOptions | None = None, tally: Tally | None = None) -> None:
        self.tally = Tally() if tally is None else tally
        self.note = ""
        self._held = bytearray()
        self._astray = False  # what was read last began no frame
        self._now_ns = 0
        self._known: dict[tuple[Channel, ...], tuple[Channel, ...]] = {}

    @property
    def buffered(self) -> int:
        """Bytes of a frame that is not complete."""
        return len(self._held)

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode the frames that are complete now."""
        batches: list[Batch] = []
        for chunk in chunks:
            self._now_ns = chunk.time_ns
            if chunk.data:
                self._held += chunk.data
                batches += self._cut()
        return batches

    def finish(self) -> list[Batch]:
        """Give up what is held: a frame without its end holds no rows that can be trusted."""
        if self._held:
            self._reject(_CUT_OFF, bytes(self._held))
        self.reset()
        return []

    def reset(self) -> None:
        """Forget the frame that is not complete."""
        self.tally.bytes_skipped += len(self._held)
        self._held.clear()
        self._astray = False

    def _cut(self) -> list[Batch]:
        """Take all complete frames out of what is held."""
        held, place, batches = self._held, 0, []
        while place < len(held):
            begin = _find(held, place)
            if begin > place:
                self._skip(held, place, begin)
                place = begin
            if len(held) - place < _HEAD.size:
                break
            _, size, checksum, head_checksum = _HEAD.unpack_from(held, place)
            body_at = place + _HEAD.size
            if zlib.crc32(held[place : body_at - _SIZE.size]) != head_checksum or size > MAX_BODY:
                self._skip(held, place, place + 1)
                place += 1
                continue
            if len(held) < body_at + size:
                break
            place = body_at + size
            batches += self._read(bytes(held[body_at:place]), checksum)
        del held[:place]
        return batches

    def _skip(self, held: bytearray, begin: int, end: int) -> None:
        """Count bytes that belong to no frame; however many follow each other, they are one frame that was not."""
        if not self._astray:
            self._reject(_NO_FRAME, bytes(held[begin:end]))
        self._astray = True
        self.tally.bytes_skipped += end - begin

    def _reject(self, reason: str, data: bytes) -> None:
        self.tally.frames += 1
        self.tally.reject(self._now_ns, reason, data)

    def _read(self, body: bytes, checksum: int) -> list[Batch]:
        """Decode one frame and account for it."""
        self._astray = False
        self.tally.bytes_framed += _HEAD.size + len(body)
        if zlib.crc32(body) != checksum:
            self._reject(_DAMAGED, body)
            return []
        try:
            batch = _decode_body(body)
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError, struct.error):  # a made-up header
            self._reject(_UNREADABLE, body)
            return []
        self.tally.frames += 1
        self.tally.decoded += 1
        self.note = "rows of a recording"
        if len(self._known) >= MAX_KNOWN and batch.channels not in self._known:
            self._known.clear()
        channels = self._known.setdefault(batch.channels, batch.channels)
        return [Batch(batch.stream, channels, batch.time, batch.values, batch.gap, batch.retained)]


def _find(held: bytearray, place: int) -> int:
    """Return where the next frame begins, or may begin when more has come."""
    found = held.find(MAGIC, place)
    if found >= 0:
        return found
    for size in range(min(len(MAGIC) - 1, len(held) - place), 0, -1):
        if held.endswith(MAGIC[:size]):
            return len(held) - size
    return len(held)


def _decode_body(body: bytes) -> Batch:
    """Return the batch of a body; what it raises if it is none, ``_read`` catches."""
    (size,) = _SIZE.unpack_from(body)
    at = _SIZE.size + size
    header = json.loads(body[_SIZE.size : at])
    stream, rows, gap, retained = (header[key] for key in ("stream", "rows", "gap", "retained"))
    if [type(value) for value in (stream, rows, gap, retained)] != [str, int, bool, bool] or rows < 1:
        raise ValueError(f"unexpected header {header!r}")
    channels = tuple(_to_channel(*described) for described in header["channels"])
    if len({channel.name for channel in channels}) < len(channels):
        raise ValueError("a name occurs twice")
    time = np.frombuffer(body, "<i8", rows, at).astype(np.int64)
    at += 8 * rows
    values: list[NDArray[Any]] = []
    for channel in channels:
        if channel.kind is Kind.TEXT:
            column, at = _decode_texts(body, rows, at)
            values.append(column)
        else:
            values.append(np.frombuffer(body, "<f8", rows, at).astype(np.float64))
            at += 8 * rows
    if at != len(body):
        raise ValueError(f"the columns end at byte {at} of {len(body)}")
    return Batch(stream, channels, time, tuple(values), gap, retained)


def _decode_texts(body: bytes, rows: int, at: int) -> tuple[NDArray[Any], int]:
    sizes = np.frombuffer(body, "<u4", rows, at).tolist()
    at += 4 * rows
    column = np.empty(rows, object)
    for row, size in enumerate(sizes):
        column[row] = body[at : at + size].decode("utf-8", "surrogatepass")
        at += size
    return column, at


def _to_channel(name: Any, unit: Any, kind: Any, expires: Any) -> Channel:
    if not isinstance(name, str) or not isinstance(unit, str) or kind == Kind.TIME:
        raise ValueError(f"no channel: {name!r}, {unit!r}, {kind!r}")
    seconds = float(expires)
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{name!r}: expected a number of seconds, found {expires!r}")
    return Channel(name, unit, Kind(kind), seconds)
