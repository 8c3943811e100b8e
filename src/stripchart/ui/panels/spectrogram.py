"""Spectrograms: what frequencies a signal is made of as time goes on, on the time axis that all strips share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from bokeh.models import LinearColorMapper
from bokeh.palettes import Viridis256

from stripchart.errors import ConfigError, StripchartError
from stripchart.flow.analysis.samples import GAP_STEPS, typical_step
from stripchart.flow.analysis.sampling import LEAST_ROWS, Even, Uneven, evenly
from stripchart.flow.analysis.spectrogram import FLOOR_DB, Spectrogram, spectrogram
from stripchart.flow.records import Kind
from stripchart.ui.panels.plot import caveats, numbers, pack, plot, short, source
from stripchart.ui.panels.spectrum import SegmentOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bokeh.models import Range1d
    from numpy.typing import NDArray

    from stripchart.ui.panels.contract import Ask, Samples

LEVELS: Final = 255
"""A level is told as one of so many steps: as finely as it is drawn."""
MOST_STRETCHES: Final = 24
"""Stretches between gaps, of which the newest are drawn."""
PIXELS: Final = 2
"""Of a column, at least."""
PERCENTILES: Final = (25.0, 99.9)
"""Of what is seen, between which the colours go where nobody said."""
LEAST_DB: Final = 20.0
MOST_DB: Final = 80.0
"""Between the ends of the colours."""
ROUND_DB: Final = 5.0


@dataclass(frozen=True)
class SpectrogramOptions(SegmentOptions):
    """How a spectrogram is made and coloured.

    Attributes
    ----------
    low, high
        Levels, in dB, at which the colours begin and end; fitted to what is seen where not given.
    """

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ConfigError(f"high: expected more than low ({self.low:g} dB), got {self.high:g}")


class SpectrogramPanel:
    """The spectrogram of one channel; gaps stay gaps."""

    Options = SpectrogramOptions
    script = "figure"
    on_time = True

    def __init__(self, options: SpectrogramOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> Any:
        """Return an image for each stretch without a gap."""
        made = plot(key, time=time_range)
        made.image(
            "image", "x", "y", "dw", "dh", color_mapper=LinearColorMapper(palette=Viridis256, low=0, high=LEVELS),
            source=source(key, "images", "image", "x", "y", "dw", "dh"),
        )  # fmt: skip
        return made

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return the images.

        Raises
        ------
        StripchartError
            If there is no channel, or no stretch of it is long enough.
        """
        series = numbers(ask, "spectrogram")
        chosen = next((each for each in series if each.channel.kind is Kind.NUMBER), series[0])
        evens = self._stretches(chosen.samples(), chosen.channel.kind)
        columns = max(1, ask.width // PIXELS)
        pictures = self._pictures(evens, columns)
        if ask.live:
            evens[-1] = _on_grid(evens[-1], pictures[-1])
            pictures = self._pictures(evens, columns)
        low, high = self._levels(pictures)
        return {
            "sources": {"images": _images(evens, pictures, low, high)},
            "ranges": {"y": [0, max(even.rate_hz for even in evens) / 2]},
            "labels": {"y": "Hz"},
            "legend": [{"label": chosen.label}],
            "scale": {
                "colours": list(Viridis256[::17]),
                "low": f"{short(low)} dB",
                "high": f"{short(high)} dB",
                "title": f"0 dB is 1 ({chosen.unit or 'unit'})²/Hz",
            },
            "tip": {"source": "images", "find": "cell", "head": "{x:time}", "label": "{y} Hz", "value": "{image} dB"},
            "note": " · ".join([f"sampled at {short(evens[-1].rate_hz)} Hz", *caveats([chosen], len(series))]),
        }

    def _stretches(self, samples: Samples, kind: Kind) -> list[Even]:
        """Return the newest stretches between gaps, oldest first."""
        time, value = samples.time, samples.value
        steps = np.diff(time)
        breaks = np.flatnonzero((steps > GAP_STEPS * max(typical_step(time), 1)) | (steps < 0)) + 1
        bounds = np.unique(np.concatenate(([0], breaks, samples.gaps, [len(time)])))
        long = [(begin, end) for begin, end in pairwise(bounds.tolist()) if end - begin >= LEAST_ROWS]
        found = [evenly(time[begin:end], value[begin:end], kind) for begin, end in long[-MOST_STRETCHES:]]
        evens = [even for even in found if isinstance(even, Even)]
        if not evens:
            whole = evenly(time, value, kind)
            raise StripchartError(whole.reason if isinstance(whole, Uneven) else f"no {LEAST_ROWS} samples in a row")
        return evens

    def _pictures(self, evens: Sequence[Even], columns: int) -> list[Spectrogram]:
        """Return the spectrogram of each stretch, with segments of one length, and together so many columns."""
        samples = sum(len(even.value) for even in evens)
        options, length = self.options, self.options.length
        made: dict[int, Spectrogram] = {}
        for place in sorted(range(len(evens)), key=lambda place: -len(evens[place].value)):
            even = evens[place]
            share = max(1, columns * len(even.value) // samples)
            made[place] = spectrogram(even, options.window, length, options.overlap, share)
            length = length or 2 * len(made[place].frequency)
        return [made[place] for place in range(len(evens))]

    def _levels(self, pictures: Sequence[Spectrogram]) -> tuple[float, float]:
        low, high = self.options.low, self.options.high
        if low is None or high is None:
            every = np.concatenate([picture.level_db.ravel() for picture in pictures])
            heard = every[every > FLOOR_DB]
            quiet, loud = np.percentile(heard if len(heard) else every, PERCENTILES) // ROUND_DB * ROUND_DB
            high = max(float(loud) + ROUND_DB, (-math.inf if low is None else low) + LEAST_DB) if high is None else high
            low = min(max(float(quiet), high - MOST_DB), high - LEAST_DB) if low is None else low
        return low, high


def _on_grid(even: Even, picture: Spectrogram) -> Even:
    """Leave out the newest samples, less than a column, so that columns lie on a grid of time.

    They end with the newest sample, so as time goes on each picture would be of other segments, and flicker.
    """
    if len(picture.time_ns) < 2:  # noqa: PLR2004 - two make a width
        return even
    step_ns = 1e9 / even.rate_hz
    column_ns = float(f"{float(picture.time_ns[1] - picture.time_ns[0]):.3g}")  # the rate is known to some digits only
    late = int((even.start_ns + (len(even.value) - 1) * step_ns) % column_ns / step_ns)
    return even._replace(value=even.value[: len(even.value) - late])


def _images(evens: Sequence[Even], pictures: Sequence[Spectrogram], low: float, high: float) -> dict[str, Any]:
    boxes = [_box(even, picture) for even, picture in zip(evens, pictures, strict=True)]
    left, wide, bottom, tall = (list(each) for each in zip(*boxes, strict=True))
    return {
        "image": [pack(_steps(picture.level_db, low, high)) for picture in pictures],
        "x": left, "dw": wide, "y": bottom, "dh": tall,
        "zero": [low] * len(boxes),
        "step": [(high - low) / LEVELS] * len(boxes),
    }  # fmt: skip


def _box(even: Even, picture: Spectrogram) -> tuple[float, float, float, float]:
    """Return left and width, ms, and bottom and height, Hz."""
    time, frequency = picture.time_ns / 1e6, picture.frequency
    column = float(time[1] - time[0]) if len(time) > 1 else len(even.value) * 1e3 / even.rate_hz
    row = float(frequency[1] - frequency[0])
    return float(time[0]) - column / 2, column * len(time), float(frequency[0]) - row / 2, row * len(frequency)


def _steps(level: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    """Return levels as whole numbers from 0 at ``low`` to ``LEVELS`` at ``high``."""
    steps: NDArray[np.float32] = np.clip((level - low) * (LEVELS / (high - low)), 0, LEVELS)
    return np.rint(steps).astype(np.uint8)
