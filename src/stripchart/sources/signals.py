"""What simulated sensors say: the sensors there are, and their values, pattern by pattern."""

from __future__ import annotations

import math
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

import numpy as np

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Signal = Literal[
    "walk", "sine", "square", "noise", "bursts", "steps", "tone", "latitude", "longitude", "switch", "mode"
]


class Sensor(NamedTuple):
    """One simulated channel: its values are ``centre + span * signal``, the signal being within about -1 and 1."""

    name: str
    unit: str
    signal: str
    centre: float = 0.0
    span: float = 1.0
    noise: float = 0.0
    """Standard deviation of white noise on top, as a part of the span."""
    decimals: int = 3
    words: tuple[str, ...] = ()
    """What is said in place of the whole numbers from 0 on."""


DESK: Final = (
    Sensor("temperature", "°C", "walk", 22.4, 1.5, 0.01, 2),
    Sensor("outdoors", "°C", "sine", 20.6, 1.2, 0.05, 2),
    Sensor("humidity", "%", "sine", 44.0, 6.0, 0.04, 1),
    Sensor("pressure", "hPa", "walk", 1013.2, 2.5, 0.02, 2),
    Sensor("light", "lx", "steps", 420.0, 300.0, 0.03, 0),
    Sensor("vibration", "g", "bursts", 0.0, 1.2, 0.02, 3),
    Sensor("current", "A", "square", 1.6, 1.1, 0.03, 2),
)
"""What ``sim:`` shows when nothing else is asked for."""

SENSORS: Final = {
    "tone": Sensor("tone", "g", "tone", 0.0, 1.0, 0.02, 4),
    "latitude": Sensor("latitude", "°", "latitude", 48.137, 4e-4, 0.01, 6),
    "longitude": Sensor("longitude", "°", "longitude", 11.575, 9e-4, 0.007, 6),
    "switch": Sensor("switch", "", "switch", words=("off", "on")),
    "mode": Sensor("mode", "", "mode", words=("idle", "heating", "running", "cooling")),
}
"""What measures a signal; for all others a voltmeter."""


def sensors_of(name: str, signals: Sequence[str], channels: int) -> tuple[Sensor, ...]:
    """Return so many sensors of some kinds of signal, with names of their own; ConfigError if there is no such kind."""
    known = get_args(Signal)
    if unknown := [signal for signal in signals if signal not in known]:
        raise ConfigError(f"{name}: no signal named {unknown[0]!r} (there are: {', '.join(known)})")
    pool = tuple(SENSORS.get(signal, Sensor(signal, "V", signal)) for signal in signals) or DESK
    sensors = [pool[i % len(pool)] for i in range(channels or len(pool))]
    uses = Counter(sensor.name for sensor in sensors)
    numbers = {label: count(1) for label, times in uses.items() if times > 1}
    return tuple(
        sensor._replace(name=f"{sensor.name}{next(numbers[sensor.name])}") if sensor.name in numbers else sensor
        for sensor in sensors
    )


def pattern_of(sensor: Sensor, seed: tuple[int, int], pattern: int, rows: int) -> NDArray[np.float64]:
    """Return one pattern of a sensor: shape (rows,)."""
    random = np.random.default_rng((*seed, pattern))
    start = random.uniform(-0.7, 0.7)
    turn = np.arange(rows) / rows
    match sensor.signal:
        case "walk":  # a Brownian bridge between the starts of this pattern and the next
            end = np.random.default_rng((*seed, pattern + 1)).uniform(-0.7, 0.7)
            path = np.cumsum(random.normal(scale=0.5 / math.sqrt(rows), size=rows))
            signal = start + turn * (end - start) + path - path[0] - turn * (path[-1] - path[0])
        case "sine":
            signal = np.sin(2 * np.pi * (turn + 0.618 * seed[1]))
        case "square":
            signal = np.copysign(1.0, np.sin(2 * np.pi * (turn + 0.618 * seed[1])))
        case "noise":
            signal = random.normal(scale=1 / 3, size=rows)
        case "bursts":
            since = np.maximum(turn - random.uniform(0.1, 0.6), 0.0)
            signal = random.uniform(0.4, 1.0) * np.exp(-since / 0.06) * np.sin(2 * np.pi * 12 * since)
        case "tone":  # its frequency is that part of the rate
            phase = np.cumsum(0.02 + 0.18 * np.sin(np.pi * turn) ** 2)
            signal = 0.7 * np.sin(2 * np.pi * phase) + 0.3 * np.sin(4 * np.pi * phase)
        case "latitude":
            signal = np.sin(2 * np.pi * turn) + 0.25 * np.sin(6 * np.pi * turn)
        case "longitude":
            signal = np.cos(2 * np.pi * turn) + 0.15 * np.cos(4 * np.pi * turn)
        case "switch" | "mode":
            signal = random.integers(0, len(sensor.words), 5)[(turn * 5).astype(int)].astype(float)
        case _:  # steps
            signal = random.uniform(-1.0, 1.0, 4)[(turn * 4).astype(int)]
    column: NDArray[np.float64] = sensor.centre + sensor.span * (signal + sensor.noise * random.normal(size=rows))
    return column
