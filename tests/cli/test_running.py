from __future__ import annotations

import signal

import pytest

from stripchart.cli.running import Signals, account_lines

GOOD = {"samples": 12_345, "rejected": {}, "bytes_skipped": 0, "refused": 0, "reconnects": 0, "redelivered": 0}
BAD = {
    "samples": 0,
    "rejected": {"empty": 1_200, "long": 3},
    "bytes_skipped": 17,
    "refused": 9,
    "reconnects": 2,
    "redelivered": 1_007,
}


@pytest.mark.parametrize(
    ("seconds", "span"),
    [(0.04, "0.0 s"), (30.21, "30.2 s"), (59.7, "1 min 0 s"), (125, "2 min 5 s"), (7_260, "2 h 1 min")],
)
def test_the_account_of_a_source(seconds: float, span: str):
    assert list(account_lines({"imu": GOOD}, seconds)) == [f"imu: 12,345 samples in {span}"]


def test_the_account_of_a_source_with_losses():
    good, bad = account_lines({"imu": GOOD, "door": BAD}, 1)
    assert good == "imu: 12,345 samples in 1.0 s"
    assert bad.split("; ") == [
        "door: 0 samples in 1.0 s",
        "1,203 frames rejected (empty 1,200, long 3)",
        "17 bytes skipped",
        "9 samples lost to the limit of channels",
        "reconnects: 2",
        "messages sent again: 1,007",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_noted_and_the_next_one_is_deadly(number: signal.Signals):
    before = signal.getsignal(number)
    with Signals() as signals:
        assert not signals.caught
        signal.raise_signal(number)
        assert signals.caught
        assert signal.getsignal(number) is signal.SIG_DFL
    assert signal.getsignal(number) is before
