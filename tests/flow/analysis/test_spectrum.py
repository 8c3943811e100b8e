from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stripchart.errors import ConfigError
from stripchart.flow.analysis.sampling import Even
from stripchart.flow.analysis.spectrum import spectrum
from stripchart.flow.analysis.window import WINDOWS

RANDOM = np.random.default_rng(5)
RATE = 200.0


def signal(value: np.ndarray) -> Even:
    return Even(RATE, 0, value, jitter=0.0, gaps=0, resampled=False)


def sine(hertz: float, peak: float, samples: int = 4000) -> np.ndarray:
    return peak * np.sin(2 * np.pi * hertz * np.arange(samples) / RATE + 0.3)


@pytest.mark.parametrize("window", WINDOWS)
def test_the_amplitude_of_a_sine_is_its_peak(window: str):
    found = spectrum(signal(20 + sine(25, 3)), window, 400, scaling="amplitude")
    place = int(found.level.argmax())
    assert found.frequency[place] == 25
    assert found.level[place] == pytest.approx(3, rel=0.01)
    assert found.unit_suffix == ""


@pytest.mark.parametrize("length", [400, 401])
def test_the_amplitude_of_what_does_not_swing_is_its_value(length: int):
    found = spectrum(signal(np.full(4000, 5.0)), length=length, scaling="amplitude", detrend="none")
    assert found.level[0] == pytest.approx(5, rel=0.01)


def test_the_amplitude_at_half_the_rate():
    found = spectrum(signal(np.tile([2.0, -2.0], 2000)), length=400, scaling="amplitude")
    assert (found.frequency[-1], found.level[-1]) == (100, pytest.approx(2, rel=0.01))


def test_density_sums_to_the_mean_square():
    value = RANDOM.normal(3, 2, 4000)
    found = spectrum(signal(value), "boxcar", 400, 0, detrend="none")
    assert found.level.sum() * found.frequency[1] == pytest.approx(np.mean(value**2), rel=1e-12)
    assert (found.segments, found.unit_suffix) == (10, "²/Hz")


@pytest.mark.parametrize("window", WINDOWS)
def test_white_noise_has_the_same_density_everywhere(window: str):
    found = spectrum(signal(RANDOM.normal(0, 3, 100_000)), window, 256)
    assert found.level[2:-2] == pytest.approx(2 * 9 / RATE, rel=0.35)
    assert found.level[2:-2].mean() == pytest.approx(2 * 9 / RATE, rel=0.02)


def test_trends_are_taken_off_as_asked():
    ramp = signal(np.arange(1000.0))
    none, constant, linear = (
        spectrum(ramp, length=100, detrend=kind).level.sum() for kind in ("none", "constant", "linear")
    )
    assert none > 100 * constant > 1e9 * linear


@pytest.mark.parametrize(("samples", "size"), [(16, 16), (100, 16), (1000, 128), (100_000, 4096)])
def test_the_length_follows_the_samples(samples: int, size: int):
    found = spectrum(signal(RANDOM.normal(size=samples)))
    assert len(found.frequency) == size // 2 + 1
    assert found.resolution_hz == pytest.approx(1.5 * RATE / size)
    assert found.segments == (samples - size) // (size // 2) + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scaling": "power"}, "spectrum: scaling: expected one of density, amplitude, got 'power'"),
        ({"detrend": "mean"}, "spectrum: detrend: expected one of constant, linear, none, got 'mean'"),
        ({"length": 0}, "spectrum: length: expected 8"),
    ],
)
def test_what_cannot_be_asked_for(arguments: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        spectrum(signal(np.zeros(100)), **arguments)
