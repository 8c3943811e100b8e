"""Sentences of NMEA 0183 in a stream of bytes: found, checked, and handed on by their type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from stripchart.decoders.cells import LOG_STREAM, FrameError, listed
from stripchart.decoders.framed import FramedDecoder
from stripchart.decoders.lines import LineFramer, Lines
from stripchart.decoders.nmea.checksum import verify, xor
from stripchart.decoders.nmea.clock import SentenceClock
from stripchart.decoders.nmea.others import OtherRows, Restated
from stripchart.decoders.nmea.rows import TableRows
from stripchart.decoders.nmea.samples import SAMPLES
from stripchart.decoders.nmea.streams import read_address
from stripchart.decoders.streams import Builders, read_leftover

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.nmea.forms import Form
    from stripchart.decoders.nmea.rows import Sentence
    from stripchart.decoders.nmea.streams import Address
    from stripchart.decoders.samples import Sample
    from stripchart.flow.records import Batch, Tally

SIGNATURE: Final = re.compile(rb"[$!][A-Z][A-Z0-9]{2,15},[^$!*\r\n]*\*[0-9A-Fa-f]{2}[ \t]*[\r\n]")
"""A whole sentence with a checksum."""
FEW: Final = 6
"""Lines of which the checksums are sooner computed one by one."""
MAX_NOTED: Final = 64
"""Streams that the note knows."""
WRONG_CHECKSUM: Final = "wrong checksum"
NO_CHECKSUM: Final = "no checksum"
CUT_OFF: Final = "cut off"
NOT_NMEA: Final = "not NMEA"
_ADDRESS: Final = rb"[A-Za-z][A-Za-z0-9]{1,15}"
_START: Final = re.compile(rb"[$!](?=" + _ADDRESS + rb"[,*])")
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{2}")
_TAIL: Final = re.compile(rb"[^*]*,[^*]*\*[0-9A-Fa-f]{2}[ \t]*")
"""What is left of a sentence that lost its beginning."""


class NmeaDecoder(FramedDecoder[Lines]):
    """Sentences of NMEA 0183; see the package for what becomes of them."""

    samples: ClassVar[tuple[Sample, ...]] = SAMPLES

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """What a user may set.

        Attributes
        ----------
        checksum
            Whether sentences need one: ``"required"``, ``"optional"``, or ``"learned"``: once one came that has it.
        """

        checksum: Literal["learned", "required", "optional"] = "learned"

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:
        super().__init__(tally)
        self._checksum = (options or self.Options()).checksum
        self._framer = LineFramer(self.tally, hold_first=False)
        self._tables = TableRows(self.tally)
        self._others = OtherRows()
        self._clock = SentenceClock()
        self._needs_checksum = self._checksum == "required"
        self._noted: dict[str, None] = {}
        self._builders = Builders()
        self._waiting: dict[str, tuple[Form, list[Sentence]]] = {}

    def reset(self) -> None:
        """Forget the line that is not complete, the date, what checksums there were, and parts of groups."""
        super().reset()
        self._others.reset()
        self._clock.reset()
        self._needs_checksum = self._checksum == "required"

    def _decode(self, lines: Lines) -> list[Batch]:
        if not lines.data:
            return []
        texts, time = lines.data.split(b"\n"), lines.time.tolist()
        del texts[-1]
        right = verify(lines.data).tolist() if len(time) > FEW else [False] * len(time)
        for line, time_ns, is_right in zip(texts, time, right, strict=True):
            if is_right and _START.match(line):
                self._needs_checksum = self._checksum != "optional"
                self._read_sentence(line[1:-3], time_ns, line)
            else:
                self._read_pieces(line, time_ns)
        for stream in list(self._waiting):
            self._read_waiting(stream)
        batches = self._builders.finish()
        self._builders = Builders()
        for batch in batches:
            self._mention(batch.stream)
        return batches

    def _read_pieces(self, line: bytes, time_ns: int) -> None:
        """Read a line that is anything but a single sentence with a checksum."""
        starts = [start.start() for start in _START.finditer(line)]
        before = line[: starts[0]] if starts else line
        if before.strip() or not starts:
            self._read_leftover(before, time_ns)
        for start, stop in pairwise([*starts, len(line)]):
            self._read_piece(line[start:stop], time_ns, last=stop == len(line))

    def _read_piece(self, piece: bytes, time_ns: int, *, last: bool) -> None:
        """Read what begins like a sentence and goes on to the next beginning, or to the end of the line."""
        body, star, rest = piece[1:].partition(b"*")
        if _HEX.match(rest):
            self._read_checked(body, rest[:2], time_ns, piece)
            if rest[2:].strip():
                self._read_leftover(rest[2:], time_ns)
        elif star:
            self._reject(WRONG_CHECKSUM, time_ns, piece)
        elif not last:
            self._reject(CUT_OFF, time_ns, piece)
        elif self._needs_checksum:
            self._reject(NO_CHECKSUM, time_ns, piece)
        else:
            self._read_sentence(body.rstrip(), time_ns, piece)

    def _read_leftover(self, piece: bytes, time_ns: int) -> None:
        if _TAIL.fullmatch(piece):
            self._reject(CUT_OFF, time_ns, piece)
        else:
            read_leftover(piece, time_ns, self.tally, self._builders[LOG_STREAM], NOT_NMEA)

    def _read_checked(self, body: bytes, checksum: bytes, time_ns: int, text: bytes) -> None:
        if xor(body) == int(checksum, 16):
            self._needs_checksum = self._checksum != "optional"
            self._read_sentence(body, time_ns, text)
        else:
            self._reject(WRONG_CHECKSUM, time_ns, text)

    def _read_sentence(self, body: bytes, time_ns: int, text: bytes) -> None:
        """Take a sentence to be true: one that has a form waits, to be read together with others."""
        self.tally.frames += 1
        fields = body.split(b",")
        address = read_address(fields[0])
        form = address.form
        if form is None:
            self._read_other(address, fields, time_ns, text)
        else:
            day = self._day(form, fields) if form.time is not None else None
            self._wait(address.stream, form, (fields, time_ns, day, text))

    def _read_other(self, address: Address, fields: list[bytes], time_ns: int, text: bytes) -> None:
        if address.kind == b"ZDA" and len(fields) > 4:  # noqa: PLR2004 - the place of the year
            self._clock.tell(b"".join(fields[2:5]), fields[1])
        try:
            found = self._others.read(address, fields)
        except FrameError as reason:
            self.tally.reject(time_ns, str(reason), text)
            return
        if isinstance(found, Restated):
            self._wait(found.stream, found.form, (found.fields, time_ns, None, text))
            return
        self.tally.decoded += 1
        for row in found:
            self._read_waiting(row.stream)
            self._builders[row.stream].row(row.channels, time_ns, row.values)

    def _wait(self, stream: str, form: Form, sentence: Sentence) -> None:
        """Keep a sentence, to be read together with those of its stream that have the same form."""
        waiting = self._waiting.get(stream)
        if waiting is not None and waiting[0] is form:
            waiting[1].append(sentence)
        else:
            self._read_waiting(stream)
            self._waiting[stream] = form, [sentence]

    def _read_waiting(self, stream: str) -> None:
        """Read the sentences of a stream that wait, before what comes after them."""
        waiting = self._waiting.pop(stream, None)
        if waiting is not None:
            self._tables.add(*waiting, self._builders[stream])

    def _day(self, form: Form, fields: Sequence[bytes]) -> float | None:
        """Return when the day of a sentence begins, if it is valid and tells a time."""
        if form.time is None or form.time >= len(fields) or not form.is_valid(fields):
            return None
        if form.date is None:
            return self._clock.day(fields[form.time])
        return self._clock.tell(fields[form.date], fields[form.time]) if form.date < len(fields) else None

    def _reject(self, reason: str, time_ns: int, text: bytes) -> None:
        self.tally.frames += 1
        self.tally.reject(time_ns, reason, text)

    def _mention(self, stream: str) -> None:
        """Say in the note which types of sentences there are."""
        kind = stream.partition("/")[0]
        if kind not in self._noted and kind != LOG_STREAM and len(self._noted) < MAX_NOTED:
            self._noted[kind] = None
            self.note = f"NMEA 0183: {listed(sorted(self._noted))}"
