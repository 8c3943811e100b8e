from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import chirp
from scipy.signal import spectrogram as reference

from stripchart.errors import ConfigError
from stripchart.flow.analysis import spectrogram as module
from stripchart.flow.analysis.sampling import Even
from stripchart.flow.analysis.spectrogram import FLOOR_DB, MOST_ROWS, spectrogram

RANDOM = np.random.default_rng(6)
RATE = 1000.0
START = 1_700_000_000_000_000_000


def signal(value: np.ndarray) -> Even:
    return Even(RATE, START, value, jitter=0.0, gaps=0, resampled=False)


def test_a_tone_that_moves_is_where_it_is():
    seconds = np.arange(60_000) / RATE
    found = spectrogram(signal(chirp(seconds, 50, 60, 450)))
    tone = found.frequency[found.level_db.argmax(axis=0)]
    expected = 50 + 400 * (found.time_ns - START) / 60e9
    assert np.abs(tone - expected).max() <= 1.5 * RATE / 256  # samples of a segment
    assert found.level_db.dtype == np.float32
    assert found.level_db.shape == (len(found.frequency), len(found.time_ns)) == (128, 467)


@pytest.mark.parametrize("overlap", [0.0, 0.5, 0.8])
def test_segments_are_those_of_scipy(overlap: float):
    value = RANDOM.normal(5, 1, 128 * 40)
    frequency, seconds, density = reference(
        value, RATE, "hann", 128, round(128 * overlap // 1), detrend="constant", scaling="density"
    )
    found = spectrogram(signal(value), length=128, overlap=overlap)
    np.testing.assert_allclose(found.frequency, frequency[:-1])
    late = (len(value) - 128) % (128 - int(128 * overlap)) / RATE  # ours end with the newest sample
    np.testing.assert_allclose((found.time_ns - START) / 1e9, seconds + late - 0.5 / RATE, atol=1e-8)
    if not late:
        np.testing.assert_allclose(found.level_db[1:], 10 * np.log10(density[1:-1]), atol=1e-3)


def test_power_is_averaged_into_few_rows_and_columns():
    value = RANDOM.normal(0, 2, 400_000)
    found = spectrogram(signal(value), length=2000, overlap=0.5, max_columns=50)
    assert found.level_db.shape == (250, 49)  # of 399 segments and 1,000 frequencies
    assert MOST_ROWS >= 250
    assert np.mean(10 ** (found.level_db[1:] / 10)) == pytest.approx(2 * 4 / RATE, rel=0.01)
    assert found.level_db[1:].std() < 2  # 5.6 dB without averages
    assert np.diff(found.time_ns).tolist() == [8_000_000_000] * 48
    assert found.time_ns[-1] - START == pytest.approx(400e9 - 4.5e9, abs=2e6)


def test_columns_hold_the_power_of_their_own_time():
    value = np.zeros(64_000)
    value[20_000:30_000] = RANDOM.normal(size=10_000)
    found = spectrogram(signal(value), length=64, max_columns=100)
    loud = found.level_db.max(axis=0) > -100
    seconds = (found.time_ns - START) / 1e9
    assert seconds[loud].min() == pytest.approx(20, abs=0.64)
    assert seconds[loud].max() == pytest.approx(30, abs=0.64)
    assert set(found.level_db[:, ~loud].ravel()) == {np.float32(FLOOR_DB)}


def test_it_is_the_same_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch):
    value = RANDOM.normal(size=20_000)
    whole = spectrogram(signal(value), max_columns=70)
    monkeypatch.setattr(module, "_BLOCK", 5000)
    np.testing.assert_array_equal(spectrogram(signal(value), max_columns=70).level_db, whole.level_db)


@pytest.mark.parametrize("samples", [16, 17, 100, 1001])
def test_few_samples(samples: int):
    found = spectrogram(signal(RANDOM.normal(size=samples)), max_columns=3)
    assert 1 <= len(found.time_ns) <= 3
    assert np.isfinite(found.level_db).all()
    assert START < found.time_ns[0] <= found.time_ns[-1] < START + samples * 1_000_000


def test_a_picture_has_a_column():
    with pytest.raises(ConfigError, match="spectrogram: max_columns: expected 1 or more, got 0"):
        spectrogram(signal(np.zeros(100)), max_columns=0)
