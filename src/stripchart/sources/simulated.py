"""Simulated sensors for demos, tests and benchmarks: alive to look at, and reproducible to the byte."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

import numpy as np

from stripchart.errors import ConfigError, SourceLost
from stripchart.flow.records import Chunk
from stripchart.sources.signals import Sensor, Signal, pattern_of, sensors_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


MAX_CHANNELS: Final = 5_000
MAX_RATE: Final = 1_000_000.0
MAX_PERIOD: Final = 1_000_000.0
MAX_VALUES: Final = 1 << 18
"""Values that one read gives, and one pattern holds, at most."""
COALESCE: Final = 0.01
"""Seconds between two reads at a high rate."""
CATCH_UP: Final = 1.0
"""Seconds of rows that a late read makes good; older ones are skipped and counted."""
CHUNK_A_ROW: Final = 2_000.0
"""Rows per second up to which each row is a chunk with its exact time."""
AWAY: Final = 0.1
"""Part of each period, at its end, in which the source is silent or unplugged."""

PATTERN_SECONDS: Final = 20.0
MIN_PATTERN: Final = 64


class SimulatedSource:
    """Sensors that do not exist (``sim:``, ``sim:walk?channels=8&rate=100&seed=1``, ``sim:walk,sine,square``).

    Row ``k`` is due ``k / rate`` seconds after the first ``open``, and has exactly that time. Its values follow from
    ``seed``, the sensors, ``rate`` and ``k`` only (with one version of NumPy). Signals are made in patterns of
    20 seconds, at least 64 rows and at most 262,144 values: one turn of a sine or square, one burst, four steps; a tone
    that rises from a fiftieth of the rate to a fifth and falls again, with its octave; a round trip of latitude and
    longitude; five times at which a switch or a mode may change.

    Above 2,000 rows a second one chunk holds all rows of a read, and says when the row before it was due. A read that
    comes late gives the rows of the last second; older ones are skipped, as in a dropout, and counted in ``status``.

    Parameters
    ----------
    target
        Kinds of signal, separated by commas: walk, sine, square, noise, bursts, steps, tone, latitude, longitude,
        switch, mode. Empty: a desk with a weather station, a light sensor, a motor and a heater.
    options
        See ``Options``.

    Raises
    ------
    ConfigError
        If a kind of signal is unknown or a number is out of its range.
    """

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """Options of ``sim:``."""

        signals: tuple[Signal, ...] = ()
        """Kinds of signal, after those in the target."""
        channels: int = 0
        """Number of channels; the kinds take turns. 0: one for each kind."""
        rate: float = 20.0
        """Rows per second."""
        seed: int = 0
        """Another seed gives other values."""
        dropouts: float = 0.0
        """Length in seconds of a period whose last tenth is silent; 0: never silent."""
        unplug: float = 0.0
        """Length in seconds of a period in whose last tenth the source is lost; 0: never lost."""
        format: Literal["keyvalue", "csv", "arduino", "json"] = "keyvalue"
        """How rows are written. Only ``keyvalue`` tells the units."""

    def __init__(self, target: str, options: Options) -> None:
        self.url = f"sim:{target}"
        self._name = self.url.removesuffix(":")
        self.default_decoder = options.format
        self._check(options)
        self._sensors = sensors_of(self._name, (*filter(None, target.split(",")), *options.signals), options.channels)
        self._rate = options.rate
        self._seed = options.seed
        self._unplug = options.unplug
        self._period = max(2, round(options.dropouts * options.rate)) if options.dropouts else 0
        self._template, self._header = _templates(self._sensors, options.format)
        most = max(MIN_PATTERN, MAX_VALUES // len(self._sensors))
        self._rows = int(min(max(MIN_PATTERN, PATTERN_SECONDS * options.rate), most))
        self._pattern = -1
        self._values = np.empty((0, 0))
        self._first_ns = 0
        self._start = self._last = 0.0
        self._next = 0
        self._skipped = 0
        self._greet = False
        self._about = self.status = f"{len(self._sensors)} channels, {options.rate:g} rows/s"

    def open(self) -> None:
        """Begin, or go on with the row that is due by now; SourceLost while it is unplugged."""
        now = time.monotonic()
        if not self._first_ns:
            self._first_ns, self._start = time.time_ns(), now
        self._check_plugged(now)
        self._next = max(self._next, math.ceil((now - self._start) * self._rate))
        self._greet = bool(self._header)

    def read(self, timeout: float) -> Sequence[Chunk]:
        """Return the rows that are due, waiting for the first of them; SourceLost when it is unplugged."""
        due = max(self._start + self._next / self._rate, self._last + COALESCE)
        wait = due - time.monotonic()
        if wait > timeout:
            time.sleep(timeout)
            return ()
        time.sleep(max(wait, 0.0))
        self._last = time.monotonic()
        self._check_plugged(self._last)
        first, stop = self._due_rows()
        self._next = max(first, stop)
        return self._chunks(first, stop) if first < stop else ()

    def close(self) -> None:
        """Nothing is held; its time goes on."""

    def _check(self, options: Options) -> None:
        limits = {
            "channels": (0, MAX_CHANNELS),
            "rate": (0.001, MAX_RATE),
            "seed": (0, math.inf),
            "dropouts": (0, MAX_PERIOD),
            "unplug": (0, MAX_PERIOD),
        }
        for name, (least, most) in limits.items():
            value = getattr(options, name)
            if not least <= value <= most:
                expected = f"{least:g} or more" if most == math.inf else f"{least:g} to {most:,.0f}"
                raise ConfigError(f"{self._name}: {name}: expected {expected}, got {value}")

    def _check_plugged(self, now: float) -> None:
        if self._unplug and (now - self._start) % self._unplug >= (1 - AWAY) * self._unplug:
            raise SourceLost(f"{self._name}: unplugged, as its option unplug={self._unplug:g} asks")

    def _due_rows(self) -> tuple[int, int]:
        """Return the rows to give now, as a range that neither is too old nor holds a silence."""
        stop = int((self._last - self._start) * self._rate) + 1
        first = max(self._next, stop - max(1, int(CATCH_UP * self._rate)))
        if first > self._next:
            self._skipped += first - self._next
            self.status = f"{self._about}; rows skipped, read too late: {self._skipped}"
        if self._period:
            silence = self._period - max(1, round(AWAY * self._period))
            row = first % self._period
            if row >= silence:
                first += self._period - row
            stop = min(stop, first - first % self._period + silence)
        return first, min(stop, first + max(1, MAX_VALUES // len(self._sensors)))

    def _chunks(self, first: int, stop: int) -> list[Chunk]:
        chunks = []
        if self._greet:
            chunks.append(Chunk(self._header, self._time_ns(first)))
            self._greet = False
        text = (self._template * (stop - first)) % tuple(self._cells(first, stop))
        data = text.encode()
        if self._rate > CHUNK_A_ROW:
            chunks.append(Chunk(data, self._time_ns(stop - 1), self._time_ns(first - 1)))
        else:
            lines = data.splitlines(keepends=True)
            chunks.extend(Chunk(line, self._time_ns(row)) for row, line in enumerate(lines, first))
        return chunks

    def _cells(self, first: int, stop: int) -> list[float | str]:
        """Return the values of some rows, one row after the other, with their words."""
        block = self._block(first, stop)
        if not any(sensor.words for sensor in self._sensors):
            return cast("list[float | str]", block.ravel().tolist())
        columns = [
            [sensor.words[round(value)] for value in column] if sensor.words else column
            for sensor, column in zip(self._sensors, block.T.tolist(), strict=True)
        ]
        return [cell for row in zip(*columns, strict=True) for cell in row]

    def _time_ns(self, row: int) -> int:
        return self._first_ns + round(row * 1e9 / self._rate)

    def _block(self, first: int, stop: int) -> NDArray[np.float64]:
        """Return rows ``first`` to ``stop``: shape (stop - first, channels)."""
        parts = []
        while first < stop:
            pattern, row = divmod(first, self._rows)
            if pattern != self._pattern:
                columns = [
                    pattern_of(sensor, (self._seed, i), pattern, self._rows) for i, sensor in enumerate(self._sensors)
                ]
                self._pattern, self._values = pattern, np.column_stack(columns)
            part = self._values[row : row + stop - first]
            parts.append(part)
            first += len(part)
        return np.concatenate(parts)


def _templates(sensors: Sequence[Sensor], form: str) -> tuple[str, bytes]:
    """Return the %-template of a row, and the header line."""
    numbers = ["%s" if sensor.words else f"%.{sensor.decimals}f" for sensor in sensors]
    names = [sensor.name for sensor in sensors]
    pairs = list(zip(names, numbers, strict=True))
    if form == "csv":
        return ",".join(numbers) + "\n", (",".join(names) + "\n").encode()
    if form == "arduino":
        return ",".join(f"{name}:{number}" for name, number in pairs) + "\n", b""
    if form == "json":
        texts = [f'"{name}":"{number}"' if number == "%s" else f'"{name}":{number}' for name, number in pairs]
        return "{" + ",".join(texts) + "}\n", b""
    units = [sensor.unit.replace("%", "%%") for sensor in sensors]
    texts = [
        f"{name}={number}" if number == "%s" else f"{name}: {number} {unit}"  # a word after a colon is prose
        for (name, number), unit in zip(pairs, units, strict=True)
    ]
    return ", ".join(texts) + "\n", b""
