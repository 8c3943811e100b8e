from __future__ import annotations

import numpy as np
import pytest

from stripchart.flow.clock.drift import BASELINE, WINDOW, Drift
from support.devices import SECOND, instants, late


def watch(drift: Drift, device: np.ndarray, arrival: np.ndarray) -> int:
    """Feed rows window by window; return how many windows ended."""
    start = closed = 0
    while start < len(device):
        if drift.ended(int(arrival[start])):
            drift.close(int(device[start]), int(arrival[start]))
            closed += 1
        start += drift.take(device[start:], arrival[start:])
    return closed


def run(ppm: float, seconds: int, delay: float) -> Drift:
    true = instants(seconds * 10)
    device = ((true - true[0]) * (1 + ppm * 1e-6)).astype(np.int64)
    arrival = late(true, delay)
    drift = Drift(int(device[0]), int(arrival[0]))
    watch(drift, device, arrival)
    return drift


@pytest.mark.parametrize("ppm", [0, 20, -20, 5000, -20_000])
def test_the_drift_is_found_behind_delays(ppm: float):
    drift = run(ppm, 1200, delay=0.05)
    assert drift.known
    assert (1 / (1 + drift.slope) - 1) * 1e6 == pytest.approx(ppm, abs=10)


def test_the_offset_is_that_of_the_least_delay():
    true = instants(3000)
    arrival = late(true, 0.05)
    drift = Drift(0, int(arrival[0]))
    watch(drift, true - true[0], arrival)
    assert drift.delay(int(true[-1] - true[0])) - true[0] == pytest.approx(0, abs=5e6)


def test_a_short_while_tells_no_drift():
    drift = run(5000, BASELINE // SECOND - 1, delay=0.001)
    assert not drift.known
    assert drift.slope == 0.0


def test_windows_that_were_held_up_do_not_move_it():
    true = instants(12_000)
    arrival = late(true, 0.001)
    for second in (200, 500, 900):
        held = slice(second * 10, second * 10 + 250)
        arrival[held] = np.maximum(arrival[held], true[held.stop])
    drift = Drift(0, int(arrival[0]))
    watch(drift, true - true[0], np.maximum.accumulate(arrival))
    assert abs(drift.slope) < 5e-6


def test_rows_are_taken_up_to_the_end_of_the_window():
    true = instants(250)
    drift = Drift(0, int(true[0]))
    assert drift.take(true - true[0], true) == WINDOW // SECOND * 10
    assert watch(Drift(0, int(true[0])), true - true[0], true) == 2


@pytest.mark.parametrize(("speed", "live", "replayed"), [(1.0, True, False), (0.4, False, False), (3.0, False, True)])
def test_whether_it_is_live(speed: float, live: bool, replayed: bool):
    true = instants(1000)
    device = ((true - true[0]) * speed).astype(np.int64)
    drift = Drift(0, int(true[0]))
    watch(drift, device, true)
    assert (drift.live, drift.replayed) == (live, replayed)


def test_when_our_clock_is_set_back_it_begins_anew():
    true = instants(2000)
    drift = Drift(0, int(true[0]))
    arrival = true.copy()
    arrival[1000:] -= 3600 * SECOND
    watch(drift, true - true[0], arrival)
    assert drift.delay(int(true[-1] - true[0])) == true[0] - 3600 * SECOND
