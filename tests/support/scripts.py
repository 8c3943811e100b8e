"""What happens to a decoder, played twice: as it came, and cut otherwise. Both must give the same.

A script says it all, so a property test and a fuzzer that write scripts in their own ways check the same things.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from stripchart.flow.records import Chunk, Kind
from stripchart.testing.checks import check_batch, check_conserves, expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stripchart.flow.contracts import Decoder
    from stripchart.flow.records import Batch

START_NS: Final = 1_700_000_000_000_000_000
PAUSE_NS: Final = 2_500_000_000
"""Longer than any decoder waits for more."""
MAX_SHOWN: Final = 2000
"""Characters of a segment."""


class Segment(NamedTuple):
    """Input that may be cut anywhere, and what happens behind it."""

    whole: Sequence[Chunk]
    """Fed together."""
    feeds: Sequence[Sequence[Chunk]]
    """The same otherwise."""
    then: Literal["", "reset", "finish"] = ""


class Run(NamedTuple):
    """Consecutive rows of a stream with the same channels, free of how they were dealt into batches."""

    channels: tuple[Any, ...]
    retained: bool
    gap: bool
    time: list[int]
    columns: list[bytearray | list[str]]
    """The bits of numbers, so that NaN, ABSENT and the sign of zero are told apart."""


class Writer:
    """Writes a script.

    Parameters
    ----------
    messages
        Every piece is a message of its own, which is never cut; else the pieces are a stream of bytes.
    seal
        What is done to a stretch of a stream before it is cut; it keeps its size.
    """

    def __init__(self, *, messages: bool, seal: Callable[[bytes], bytes] = bytes) -> None:
        self._messages = messages
        self._seal = seal
        self._segments: list[Segment] = []
        self._now_ns = START_NS
        self._begin()

    def _begin(self) -> None:
        self._whole: list[Chunk] = []
        self._data = bytearray()
        self._last_size = 0
        self._edges: dict[int, bool] = {}

    def add(self, data: bytes, topic: str = "", *, retained: bool = False) -> None:
        """Add a piece."""
        self._last_size = len(data)
        if self._messages:
            self._now_ns += 1
            self._whole.append(Chunk(data, self._now_ns, 0, topic, retained))
        else:
            self._data += data

    def cut(self, place: int, *, feed: bool, step: int = 0) -> None:
        """Cut before a place, counted from the beginning of the newest piece, or from there on after every few bytes.

        Parameters
        ----------
        place
            At most its size.
        feed
            A new feed begins, not only a new chunk.
        step
            So many bytes; 0 for one cut.
        """
        if self._messages:
            self._edges[len(self._whole)] = True
            return
        start = len(self._data) - self._last_size
        first = start + min(place, self._last_size)
        for edge in range(first, len(self._data) + 1, step) if step else (first,):
            self._edges[edge] = feed

    def wait(self, delay_ns: int) -> None:
        """Let time pass, or set the clock back; the decoder is told, as by the pump."""
        self._close("")
        self._now_ns += delay_ns
        tick = [Chunk(b"", self._now_ns)]
        self._segments.append(Segment(tick, [tick]))

    def then(self, what: Literal["reset", "finish"]) -> None:
        """Have the decoder forget, or finish, what it holds."""
        self._close(what)

    def finish(self) -> list[Segment]:
        """Return the script."""
        self._close("finish")
        return self._segments

    def _close(self, what: Literal["", "reset", "finish"]) -> None:
        if self._messages:
            whole = self._whole
            edges = [0, *sorted(self._edges), len(whole)]
            feeds = [whole[start:stop] for start, stop in pairwise(edges)]
        else:
            data = self._seal(bytes(self._data))
            whole, feeds = [Chunk(data, self._now_ns)], [[]]
            places = sorted(self._edges)
            for start, stop in pairwise([0, *places, len(data)]):
                feeds[-1].append(Chunk(data[start:stop], self._now_ns))
                if self._edges.get(stop):
                    feeds.append([])
        self._segments.append(Segment(whole, feeds, what))
        self._begin()


def check(make: Callable[[], Decoder], script: Sequence[Segment], max_buffered: int) -> None:
    """Check that a decoder does what all decoders must do.

    It raises nothing; knows after each feed what became of every byte and frame; holds no more than it may; and however
    its input is cut, it makes the same of it, at the end of each segment already.

    Raises
    ------
    AssertionError
        If it does not; whatever it raises comes through. A note shows the script.
    """
    try:
        batches, accounts = _play(make(), [(segment.whole,) for segment in script], script, max_buffered)
        others, other_accounts = _play(make(), [segment.feeds for segment in script], script, max_buffered)
        for batch in batches:
            check_batch(batch)
        _check_same("accounts", other_accounts, accounts)
        _check_same("rows", _runs(others), _runs(batches))
    except Exception as error:
        error.add_note("\n".join(["The script was:", *map(show, script)]))
        raise


def _check_same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise AssertionError(f"{what}, cut otherwise:\n{found}\nbut whole:\n{expected}")


def show(segment: Segment) -> str:
    """Return a segment as a person may read it: a bar between chunks, two between feeds."""
    feeds = [" | ".join(repr(c.data) if not c.topic else f"{c.topic}: {c.data!r}" for c in f) for f in segment.feeds]
    text = " || ".join(feeds)
    return f"{text[:MAX_SHOWN]}{'…' if len(text) > MAX_SHOWN else ''} {segment.then}"


def _play(
    decoder: Decoder, inputs: Iterable[Sequence[Sequence[Chunk]]], script: Sequence[Segment], max_buffered: int
) -> tuple[list[Batch], list[tuple[Any, ...]]]:
    """Return the batches; and the account, and all else that a decoder says, after each segment."""
    batches: list[Batch] = []
    accounts = []
    total = 0
    for feeds, (_, _, then) in zip(inputs, script, strict=True):
        for chunks in feeds:
            batches += decoder.feed(chunks)
            total += sum([len(chunk.data) for chunk in chunks])
            check_conserves(decoder, total)
            if decoder.buffered > max_buffered:
                raise AssertionError(f"holds {decoder.buffered} bytes, more than {max_buffered}")
        accounts.append(_account(decoder))
        if then:
            batches += getattr(decoder, then)() or ()
            check_conserves(decoder, total)
            expect(decoder.buffered == 0, f"holds bytes after {then}")
            accounts.append(_account(decoder))
    return batches, accounts


def _account(decoder: Decoder) -> tuple[Any, ...]:
    tally = decoder.tally
    commands = sorted(getattr(decoder, "commands", ()))  # those to several devices may be in any order
    return (
        tally.bytes_framed, tally.bytes_skipped, decoder.buffered, tally.decoded, dict(tally.rejected), decoder.note,
        commands,
    )  # fmt: skip


def _runs(batches: Sequence[Batch]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for batch in batches:
        runs = found.setdefault(batch.stream, [])
        run = runs[-1] if runs else None
        if run is None or batch.gap or run.channels != batch.channels or run.retained is not batch.retained:
            kinds = [channel.kind for channel in batch.channels]
            empty: list[bytearray | list[str]] = [[] if kind is Kind.TEXT else bytearray() for kind in kinds]
            run = Run(batch.channels, batch.retained, batch.gap, [], empty)
            runs.append(run)
        run.time.extend(batch.time.tolist())
        for column, values in zip(run.columns, batch.values, strict=True):
            column.extend(values.tolist() if isinstance(column, list) else values.tobytes())
    return found
