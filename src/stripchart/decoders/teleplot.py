r"""Lines of Teleplot: one variable a line, each with a time line of its own.

Grammar, after the README and ``serverMessageReading.js`` of nesnes/teleplot::

    line   = ">" message end                      on a serial line; anything else is log text
           | message end                          in datagrams, and on topics
    message = "|" command                         means nothing here
            | ">" [time] ":" text                 log text
            | name ["," widget] ":" [sample { ";" sample }] ["§" unit] ["|" flags]
            | "3D|" ...                           rejected: there is nothing to draw it
    sample = [time ":"] value                     time = milliseconds, perhaps with a fraction
           | x ":" y [":" time]                   with the flag "xy"
    flags  = { "t" | "xy" | "clr" | "np" | "g" }  text, a curve, clear, do not plot, (nothing)

A variable is a stream of its name, with the channel ``value``, or ``x`` and ``y``. The last ``|`` begins the flags, the
first ``§`` behind the name the unit. Traps, and what becomes of them:

- A text may hold ``:``. What stands before the first one is its time only if it is a plausible one since the epoch.
- Several samples may come in one line; if one of them cannot be read, all are rejected.
- Names that begin with ``_`` are ignored, and so is ``clr`` without samples. Samples with ``np`` are kept.
- A first line without ``>`` that would be a message with it has lost its beginning, and is rejected.
- ``>:text`` on a serial line lacks a ``>`` by the grammar, but is log text all the same.
- A ``>`` line that is no message is log text only if it has no ``:``; else it is rejected with its reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from stripchart.decoders.cells import (
    LOG_CHANNELS,
    LOG_STREAM,
    MAX_TEXT,
    NOT_A_NUMBER,
    SHOWN,
    FrameError,
    is_name,
    is_text,
    listed,
    to_device_time,
    to_log,
    to_number,
)
from stripchart.decoders.linedecoder import PARTIAL
from stripchart.decoders.lines import LineFramer
from stripchart.decoders.rows import ChannelCache
from stripchart.decoders.samples import Sample
from stripchart.decoders.streams import Builders
from stripchart.errors import ConfigError
from stripchart.flow.records import Channel, Kind, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.lines import Lines
    from stripchart.flow.records import Batch, Chunk

NOT_TELEPLOT: Final = "not teleplot"
_NUMBER: Final = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_COMMON: Final = rf"([^\s>|_:;,§][^:;|,§\n]*(?<!\s)):(?:(\d+(?:\.\d+)?):)?({_NUMBER})(?:§([^\s|§]*))?$"
"""A message with one number: its name, time, value and unit."""
_LINES: Final = {
    "serial": re.compile(rf"^(?:>{_COMMON}|.*$)", re.MULTILINE),
    "udp": re.compile(rf"^(?:{_COMMON}|.*$)", re.MULTILINE),
}
_FLAGS: Final = re.compile(r"(?:(?:xy|clr|np|t|g)[,; ]*)*")
_FLAG: Final = re.compile(r"xy|clr|np|t|g")
_TIME: Final = Channel("time", "ms", Kind.TIME)
_TIMED_LOG: Final = (_TIME, *LOG_CHANNELS)
_COLUMNS: Final = {
    "": (("value", Kind.NUMBER),),
    "t": (("value", Kind.TEXT),),
    "xy": (("x", Kind.NUMBER), ("y", Kind.NUMBER)),
}


Entry: TypeAlias = "tuple[str, tuple[Channel, ...], Sequence[float | str]]"
"""Stream, channels and values of a row."""


class TeleplotDecoder:
    """Teleplot messages; see the module for the grammar.

    Its shapes are ``(name, unit, flag, timed)``, with ``"t"``, ``"xy"`` or ``""`` for the flag.
    """

    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="Teleplot",
            recognised="Each variable is a stream of its own; a unit may follow behind `§`.",
            data=">temp:21.5§°C\n>hum:40\n>temp:21.6§°C\n".encode(),
            values={"temp/value": [21.5, 21.6], "hum/value": [40]},
            units={"temp/value": "°C"},
        ),
        Sample(
            title="Teleplot with times",
            recognised="Milliseconds by the device's clock before each value; several samples in a line.",
            data=b">temp:1761935745000:21.5;1761935745100:21.6\n",
            values={"temp/time": [1761935745000, 1761935745100], "temp/value": [21.5, 21.6]},
            units={"temp/time": "ms"},
        ),
        Sample(
            title="Teleplot: curves, text and log",
            recognised="`|xy` gives `x` and `y`, `|t` a text; other lines and `>:` are log text.",
            data=b">path:1:2;3:4|xy\n>state:On: 12:30|t\nWiFi connected\n>:low battery\n",
            values={
                "path/x": [1, 3],
                "path/y": [2, 4],
                "state/value": ["On: 12:30"],
                "log/text": ["WiFi connected", "low battery"],
            },
        ),
    )

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """What a user may set.

        Attributes
        ----------
        transport
            ``"serial"``: messages begin with ``>``, other lines are log text. ``"udp"``: every line is a message.
            Messages on topics are read like the latter anyhow.
        """

        transport: str = "serial"

        def __post_init__(self) -> None:
            if self.transport not in _LINES:
                raise ConfigError(f"teleplot: transport: expected 'serial' or 'udp', got {self.transport!r}")

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:
        self.tally = Tally() if tally is None else tally
        self.note = ""
        self._transport = (options or self.Options()).transport
        self._framer = LineFramer(self.tally, hold_first=False)
        self._datagrams = LineFramer(self.tally, hold_first=False)
        self._fresh = True
        self._shapes = ChannelCache(self._to_channels)
        self._names: list[str] = []  # the first few

    @property
    def buffered(self) -> int:
        """Bytes of a line without its end."""
        return self._framer.buffered

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode the lines that are complete now, and messages on topics."""
        builders = Builders()
        self._decode(self._framer.feed([chunk for chunk in chunks if not chunk.topic]), builders)
        for chunk in chunks:
            if chunk.topic:
                for lines in (self._datagrams.feed([chunk]), self._datagrams.finish()):
                    self._decode(lines, builders, chunk.topic)
        return builders.finish()

    def finish(self) -> list[Batch]:
        """Decode what is held."""
        builders = Builders()
        self._decode(self._framer.finish(), builders)
        return builders.finish()

    def reset(self) -> None:
        """Forget the line that is not complete."""
        self._framer.reset()
        self._fresh = True

    def _decode(self, lines: Lines, builders: Builders, topic: str = "") -> None:
        if not lines.data:
            return
        transport = "udp" if topic else self._transport
        text = lines.data[:-1].decode(errors="surrogateescape")
        parts = _LINES[transport].findall(text)
        for line, common, time_ns in zip(text.split("\n"), parts, lines.time.tolist(), strict=True):
            try:
                entries = (self._common(*common),) if common[0] else self._read(line, serial=transport == "serial")
            except FrameError as reason:
                self.tally.reject(time_ns, str(reason), line.encode(errors="surrogateescape"))
                entries = ()
            else:
                self.tally.decoded += 1
            self._fresh = False
            for stream, channels, values in entries:
                builders[f"{topic}/{stream}" if topic else stream].row(channels, time_ns, values)
        self.tally.frames += len(lines.time)

    def _common(self, name: str, time: str, value: str, unit: str) -> Entry:
        """Read a message with one number, cut into its parts."""
        channels = self._shapes[name, unit, "", bool(time)]
        number = float(value) or 0.0
        return name, channels, (float(time), number) if time else (number,)

    def _read(self, line: str, *, serial: bool) -> Sequence[Entry]:
        """Read any line; FrameError if it cannot be read."""
        line = line.strip()
        if not line:
            return ()
        if not serial:
            return self._message(line)
        if line.startswith(">") and (line[1:2] in ">|" or ":" in line):
            return self._message(line[1:])
        if self._fresh and re.match(_COMMON, line):
            raise FrameError(PARTIAL)
        text = to_log(line)
        if text is None:
            raise FrameError(NOT_TELEPLOT)
        return ((LOG_STREAM, LOG_CHANNELS, (text,)),)

    def _message(self, message: str) -> Sequence[Entry]:
        if message.startswith(("|", "_")):
            return ()
        if message.startswith((">", ":")):
            return (_log(message.removeprefix(">")),)
        if message.startswith("3D|"):
            raise FrameError("3-D object")
        name, colon, rest = message.partition(":")
        if not colon:
            raise FrameError(NOT_TELEPLOT)
        body, bar, flags = rest.rpartition("|")
        if not _FLAGS.fullmatch(flags if bar else ""):
            raise FrameError("unknown flag")
        body, _, unit = (body if bar else rest).partition("§")
        found = _FLAG.findall(flags) if bar else []
        flag = "xy" if "xy" in found else "t" if "t" in found else ""
        samples = [sample for sample in body.split(";") if sample.strip()]
        if not samples and "clr" not in found:
            raise FrameError("no value")
        name = name.partition(",")[0].strip()
        entries = []
        for sample in samples:
            time, values = _cut(sample.strip(), flag)
            channels = self._shapes[name, unit.strip(), flag, time is not None]
            entries.append((name, channels, values if time is None else (time, *values)))
        return entries

    def _to_channels(self, shape: tuple[str, str, str, bool]) -> tuple[Channel, ...]:
        name, unit, flag, timed = shape
        if not is_name(name):
            raise FrameError("bad name")
        if unit and not is_name(unit):
            raise FrameError("bad unit")
        if name not in self._names and len(self._names) <= SHOWN:
            self._names.append(name)
            self.note = f"Teleplot: {listed(self._names)}"
        channels = tuple(Channel(column, unit if kind is Kind.NUMBER else "", kind) for column, kind in _COLUMNS[flag])
        return (_TIME, *channels) if timed else channels


def _log(text: str) -> Entry:
    """Read log text with its time, if there is one before the first colon."""
    head, _, tail = text.partition(":")
    time = to_number(head)
    text = (text if head and time is None else tail).strip()[:MAX_TEXT]
    if not is_text(text):
        raise FrameError("not text")
    if time is None:
        return LOG_STREAM, LOG_CHANNELS, (text,)
    return LOG_STREAM, _TIMED_LOG, (time, text)


def _cut(sample: str, flag: str) -> tuple[float | None, tuple[float | str, ...]]:
    """Return the time of a sample, or None, and its values."""
    if flag == "t":
        head, _, text = sample.partition(":")
        stamp = to_number(head) if text else None
        plausible = stamp is not None and to_device_time(stamp)
        if not (plausible and plausible.unit == "ms"):
            stamp, text = None, sample
        if not is_text(text):
            raise FrameError("not text")
        return stamp, (text,)
    cells = sample.split(":")
    numbers = [number for number in map(to_number, cells) if number is not None]
    count = 2 if flag == "xy" else 1
    if len(numbers) != len(cells) or len(cells) - count not in (0, 1):
        raise FrameError(NOT_A_NUMBER)
    if len(cells) == count:
        return None, tuple(numbers)
    time = numbers.pop(count if flag == "xy" else 0)
    return time, tuple(numbers)
