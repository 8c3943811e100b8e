"""The contract suite of decoders."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from stripchart.flow.records import Chunk
from stripchart.testing.checks import TIME_NS, check_batch, check_conserves, expect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stripchart.flow.contracts import Decoder
    from stripchart.flow.records import Batch


class DecoderContract:
    """What every decoder must do; a subclass gives ``make`` and ``samples``."""

    samples: Sequence[bytes | Chunk] = ()
    """Valid input, in whole frames; its concatenation is a valid stream. Chunks where a topic is needed."""
    messages: bool = False
    """Each chunk is a message of its own, which is never cut."""
    max_buffered: int = 1 << 18
    """Bytes that may be held after any input."""

    def make(self) -> Decoder:
        """Return a new decoder."""
        raise NotImplementedError

    def test_decodes_its_samples(self) -> None:
        """The samples become well-formed batches, with nothing rejected or skipped."""
        decoder, batches = self._decode(self._chunks())
        expect(sum(batch.samples for batch in batches) > 0, "the samples gave no values")
        for batch in batches:
            check_batch(batch)
        expect(not decoder.tally.rejected, f"samples were rejected: {dict(decoder.tally.rejected)}")
        expect(isinstance(decoder.note, str), f"note: expected a str, found {decoder.note!r}")

    def test_any_chunking_gives_the_same(self) -> None:
        """However the input is cut, the rows and the account are the same."""
        valid = self._chunks()
        for case, chunks in enumerate((valid, *self._damaged(valid, 10))):
            decoder, batches = self._decode(chunks)
            expected = _rows(batches), _account(decoder)
            for cut in self._cuts(chunks, seed=case):
                again, batches = self._decode(*cut)
                found = _rows(batches), _account(again)
                expect(found == expected, f"cut into {_show(cut)}:\n{found}\nbut whole:\n{expected}")

    def test_takes_any_bytes(self) -> None:
        """No input raises an exception, and every byte and frame of it is accounted for."""
        chance = _chance(1)
        valid = self._chunks()
        noise = [[valid[0]._replace(data=chance.randbytes(chance.randrange(200)))] for _ in range(200)]
        for chunks in (*noise, *self._damaged(valid, 200)):
            try:
                _, batches = self._decode(chunks)
            except Exception as error:
                error.add_note(f"The input was {_show([chunks])}.")
                raise
            for batch in batches:
                check_batch(batch)

    def test_holds_little(self) -> None:
        """Input that never ends a frame is not kept for ever."""
        noise = _chance(2).randbytes(1 << 16).replace(b"\n", b"").replace(b"\r", b"")
        valid = self._chunks()
        sample = b"".join(chunk.data for chunk in valid)
        for endless in (b"a", b"1", b",", b"{", b"[", b'"', b"\\", b" ", b"\0", b"$", noise, sample[:-1], sample[:3]):
            decoder = self.make()
            piece = endless * max(1, (1 << 16) // len(endless))
            total = 0
            for _ in range(2 * self.max_buffered // len(piece) + 2):
                decoder.feed([valid[0]._replace(data=piece)])
                total += len(piece)
                expect(decoder.buffered <= self.max_buffered, f"holds {decoder.buffered} bytes of {endless[:10]!r}…")
                check_conserves(decoder, total)

    def test_reset_forgets(self) -> None:
        """After ``reset`` the rest of a frame is skipped, and the next input decodes as with a new decoder."""
        chunks = self._chunks()
        _, batches = self._decode(chunks)
        expected = _rows(batches, marks=False)
        data = b"".join(chunk.data for chunk in chunks)
        for length in sorted({1, 2, 3, len(data) // 2, len(data) - 1}):
            decoder = self.make()
            decoder.feed([chunks[0]._replace(data=data[:length])])
            held, skipped = decoder.buffered, decoder.tally.bytes_skipped
            decoder.reset()
            expect(decoder.buffered == 0, f"holds {decoder.buffered} bytes after reset")
            expect(decoder.tally.bytes_skipped == skipped + held, f"{held} bytes held at reset are not skipped ones")
            check_conserves(decoder, length)
            found = _rows([*decoder.feed(chunks), *decoder.finish()], marks=False)
            check_conserves(decoder, length + len(data))
            expect(found == expected, f"after {data[:length]!r} and reset:\n{found}\nbut new:\n{expected}")

    def _chunks(self) -> list[Chunk]:
        expect(bool(self.samples), "the suite needs samples")
        made = [one if isinstance(one, Chunk) else Chunk(one, TIME_NS) for one in self.samples]
        return [chunk._replace(time_ns=TIME_NS, since_ns=0) for chunk in made]

    def _decode(self, *feeds: Sequence[Chunk]) -> tuple[Decoder, list[Batch]]:
        decoder, batches, total = self.make(), list[Any](), 0
        for chunks in feeds:
            batches.extend(decoder.feed(chunks))
            total += sum(len(chunk.data) for chunk in chunks)
            check_conserves(decoder, total)
        batches.extend(decoder.finish())
        check_conserves(decoder, total)
        expect(decoder.buffered == 0, f"holds {decoder.buffered} bytes after finish")
        return decoder, batches

    def _damaged(self, chunks: Sequence[Chunk], count: int) -> Iterable[list[Chunk]]:
        """Yield the input with bytes changed, lost and put in."""
        for seed in range(count):
            chance = _chance(seed)
            damaged = []
            for chunk in chunks:
                data = bytearray(chunk.data)
                for _ in range(chance.randrange(4)):
                    place = chance.randrange(len(data) + 1)
                    data[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
                damaged.append(chunk._replace(data=bytes(data)))
            yield damaged

    def _cuts(self, chunks: Sequence[Chunk], seed: int) -> Iterable[list[list[Chunk]]]:
        """Yield the input in other pieces: each piece is what one call of ``feed`` gets."""
        yield [[chunk] for chunk in chunks]
        if self.messages:
            return
        data = b"".join(chunk.data for chunk in chunks)
        yield [[Chunk(data, TIME_NS)]]
        yield [[Chunk(data[i : i + 1], TIME_NS)] for i in range(len(data))]
        for attempt in range(10):
            chance = _chance((seed, attempt))
            ends = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(1, 12)))
            edges = list(zip([0, *ends], [*ends, len(data)], strict=True))
            yield [[Chunk(data[start:stop], TIME_NS)] for start, stop in edges]


def _chance(seed: object) -> random.Random:
    return random.Random(repr(seed))  # noqa: S311 - test data is no secret


def _account(decoder: Decoder) -> tuple[Any, ...]:
    tally = decoder.tally
    return tally.bytes_framed, tally.bytes_skipped, tally.frames, tally.decoded, dict(tally.rejected)


def _rows(batches: Iterable[Batch], *, marks: bool = True) -> dict[str, list[Any]]:
    """Return the rows of each stream, free of how they were dealt into batches; ``marks`` are times and gaps."""
    rows = defaultdict(list)
    for batch in batches:
        for i, instant in enumerate(batch.time.tolist()):
            cells = [(*channel, repr(column[i])) for channel, column in zip(batch.channels, batch.values, strict=True)]
            rows[batch.stream].append((instant, batch.gap and i == 0, batch.retained, cells) if marks else cells)
    return dict(rows)


def _show(cut: Sequence[Sequence[Chunk]]) -> str:
    return repr([[chunk.data for chunk in chunks] for chunks in cut])[:500]
