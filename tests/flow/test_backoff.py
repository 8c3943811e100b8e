from __future__ import annotations

from stripchart.flow.backoff import Backoff


def test_the_wait_grows_up_to_a_bound_and_is_random():
    backoff = Backoff(0.1, 1.0)
    for attempt, longest in enumerate([0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]):
        delays = [backoff.delay(attempt) for _ in range(200)]
        assert longest / 2 <= min(delays) < max(delays) <= longest
    assert backoff.delay(10**9) <= 1.0
