"""A disk that is full, fails, or is taken away while a monitor records: told, survived, and accounted for.

The full disk is a small tmpfs. Where that may not be mounted, those tests are skipped with a word, and what is left is
the limit on a file's size: it needs no rights, and SQLite takes the refused write for an I/O error, as it does EIO.
EIO itself comes from strace, which has system calls fail, where that is installed.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import urllib.error
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import stripchart
from stripchart import ConfigError, Monitor, RecordSpec, source
from stripchart.flow.pump import State
from stripchart.store.format.parts import PARTS
from stripchart.store.recording import recorder as recorder_module
from support.killed import Killed
from support.loop import no_running_loop
from support.program import fetch
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.broker import Broker

NS = 1_000_000_000
RATE = 500
SIM = f"sim:walk?channels=8&rate={RATE}"
DISK_BYTES = 6 << 20
QUEUE = 40_000
TURN = 10_000
WIDTH = 16
"""Values of a message, beside its number."""


@pytest.fixture(autouse=True)
def _as_in_a_script() -> Iterator[None]:
    with no_running_loop():
        yield


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, which is small."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(
            f"a tmpfs may not be mounted here: {mounted.stderr.decode().strip()}; see the limit on a file's size"
        )
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture
def _short_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the disk with less than usual, so that the queue is full soon, too."""
    monkeypatch.setattr(recorder_module, "QUEUE_SAMPLES", QUEUE)
    monkeypatch.setattr(recorder_module, "TURN_SAMPLES", TURN)
    monkeypatch.setattr(recorder_module, "PATIENCE", 0.01)
    monkeypatch.setattr(recorder_module, "RETRY_SECONDS", 0.2)


def noisy() -> Callable[[], dict[str, Any]]:
    """Return a function that counts, and gives values that follow from the number."""
    numbers = iter(range(10**9))

    def read() -> dict[str, Any]:
        number = next(numbers)
        chance = random.Random(number)
        return {"number": number, **{f"c{place}": chance.random() for place in range(WIDTH)}}

    return read


def bench(interval: float = 0.001) -> stripchart.SourceSpec:
    return source(noisy(), name="bench", interval=interval)


def health(url: str) -> tuple[int, dict[str, Any]]:
    try:
        return 200, json.loads(fetch(url + "healthz"))
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, json.loads(answer.read())


def checked(monitor: Monitor) -> dict[str, Any]:
    """Return the recording's account, which must balance at any time."""
    ledger = monitor.ledger()
    assert ledger["balanced"], ledger
    account: dict[str, Any] = ledger["recording"]
    assert account["queued"] <= QUEUE + TURN + 2_048 * (WIDTH + 1), "what waits is bounded"
    return account


def newest(monitor: Monitor) -> int:
    return int(monitor.frame("bench", seconds=5)["number"][-1])


def stored_right(path: Path) -> int:
    """Read a recording back; return how many rows it has, each of them right, and gaps where numbers are missing."""
    rows, last = 0, -1
    with stripchart.open(path) as recording:
        for batch in recording.batches("bench"):
            numbers = batch["number"].astype(int)
            assert np.all(np.diff(numbers) == 1)
            assert numbers[0] == last + 1 or last == -1 or (batch.gap and numbers[0] > last)
            for place in (0, len(numbers) - 1):
                chance = random.Random(int(numbers[place]))
                assert [batch[f"c{each}"][place] for each in range(WIDTH)] == [chance.random() for _ in range(WIDTH)]
            rows, last = rows + len(numbers), int(numbers[-1])
        assert recording.check() == []
    return rows


@pytest.mark.slow
@pytest.mark.usefixtures("_short_of_memory")
def test_a_disk_that_is_full_for_a_while(disk: Path) -> None:
    path, ballast = disk / "bench.stripchart", disk / "ballast"
    ballast.write_bytes(bytes(DISK_BYTES * 2 // 3))
    with Monitor(bench(), record=path) as monitor:
        until(lambda: checked(monitor)["stored"] > 0)
        assert health(monitor.url) == (200, {"status": "ok"})
        until(lambda: checked(monitor)["state"] == "failing", 40, what="a full disk")
        code, told = health(monitor.url)
        assert code == 503
        assert "full" in told["failed"][0]
        event = next(event for event in monitor.events() if event.source == "recording" and event.kind == "lost")
        assert "full" in event.text

        seen = newest(monitor)
        until(lambda: checked(monitor)["lost"] > 0, 40, what="more than memory is meant to hold")
        assert newest(monitor) > seen, "the live view goes on"
        assert stored_right(path) > 0, "a reader sees what is there"

        ballast.unlink()
        stored = checked(monitor)["stored"]
        until(lambda: checked(monitor)["state"] == "recording", 20, what="the recording's return")
        until(lambda: checked(monitor)["stored"] > stored + QUEUE)
        assert health(monitor.url) == (200, {"status": "ok"})
        kinds = [event.kind for event in monitor.events() if event.source == "recording"]
        assert {"lost", "connected", "gap"} <= set(kinds)
    account = checked(monitor)
    assert account["queued"] == 0
    assert stored_right(path) * (WIDTH + 1) == account["stored"]
    print(f"\nstored {account['stored']:,} samples, lost {account['lost']:,}")  # noqa: T201 - figures to know


@pytest.mark.usefixtures("_short_of_memory")
def test_a_disk_that_is_full_at_the_end(disk: Path) -> None:
    path, ballast = disk / "bench.stripchart", disk / "ballast"
    with Monitor(bench(), record=path) as monitor:
        until(lambda: checked(monitor)["stored"] > 2_000 * WIDTH)
        _fill(ballast)
        until(lambda: checked(monitor)["state"] == "failing", 20)
    account = checked(monitor)
    assert account["state"] == "stopped"
    assert stored_right(path) * (WIDTH + 1) >= account["stored"]
    ballast.unlink()
    with Monitor(bench(), record=path) as monitor:
        until(lambda: checked(monitor)["stored"] > 0)
    with stripchart.open(path) as recording:
        assert recording.check() == []
        assert len(recording.about().runs) == 2


@pytest.mark.broker
def test_what_a_full_disk_did_not_take_is_sent_again(disk: Path, broker: Broker) -> None:
    path, ballast = disk / "bench.stripchart", disk / "ballast"
    url = f"{broker.url}/bench/%23?qos=1&persistent=true&durable=true&client_id=recorder"
    with Monitor(url, record=path) as monitor:
        until(lambda: monitor.pumps[0].state is State.CONNECTED)
        broker.publish("bench/number", *map(str, range(50)), qos=1)
        until(lambda: checked(monitor)["stored"] == 50)
        _fill(ballast)
        broker.publish("bench/number", *map(str, range(50, 150)), qos=1)
        until(lambda: checked(monitor)["state"] == "failing", 20)
        (stream,) = {row["stream"] for row in monitor.channels()}
        until(lambda: monitor.frame(stream)["value"][-1] == 149, what="the live view")
    assert checked(monitor)["stored"] < 150
    ballast.unlink()
    with stripchart.open(path) as recording:
        stored = len(recording.read(stream)["value"])
    with Monitor(url, record=path) as monitor:
        until(lambda: checked(monitor)["stored"] >= 150 - stored)
        redelivered = monitor.ledger()["sources"][monitor.pumps[0].name]["redelivered"]
        assert redelivered >= 150 - stored > 0, "it was not acknowledged"
    with stripchart.open(path) as recording:
        assert recording.check() == []
        numbers = recording.read(stream)["value"].astype(int).tolist()
    assert set(numbers) == set(range(150))


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def _recording(killed: Killed) -> tuple[int, str]:
    """Return the process and the page of a monitor that has begun to record."""
    killed.until_said()
    process, url = killed.lines[0].split()
    until(lambda: _account(url)["stored"] > 0)
    return int(process), url


def _account(url: str) -> dict[str, Any]:
    ledger = json.loads(fetch(url + "api/ledger"))
    assert ledger["balanced"], ledger
    account: dict[str, Any] = ledger["recording"]
    return account


def _fails_and_recovers(url: str, mend: Callable[[], None]) -> None:
    until(lambda: health(url)[0] == 503, 20, every=0.1, what="the failure")
    assert "disk I/O error" in _account(url)["reason"]
    seen = json.loads(fetch(url + "api/channels"))[0]["samples"]
    until(lambda: json.loads(fetch(url + "api/channels"))[0]["samples"] > seen, what="the live view")
    mend()
    until(lambda: health(url)[0] == 200, 20, every=0.1, what="the recording's return")
    stored = _account(url)["stored"]
    until(lambda: _account(url)["stored"] > stored + 1_000)
    assert _account(url)["lost"] == 0


def _all_is_there(path: Path) -> None:
    with stripchart.open(path) as recording:
        assert recording.check() == []
        assert recording.about().sealed
        time = recording.read("walk")["time"].astype(int)
    assert set(np.diff(time)) == {NS // RATE}


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the limit of another process can be set on Linux only")
def test_a_write_that_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bench.stripchart"
    with Killed("recording.py", SIM, path) as killed:
        process, url = _recording(killed)
        before = resource.prlimit(process, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
        _fails_and_recovers(url, lambda: resource.prlimit(process, resource.RLIMIT_FSIZE, before) and None)
        os.kill(process, signal.SIGTERM)
        complaints = killed.finish()
        assert killed.process.returncode == 0, complaints
        assert "Traceback" not in complaints
        assert "trying again, and the live view goes on" in complaints
    _all_is_there(path)


@pytest.mark.slow
@pytest.mark.parametrize(("call", "when"), [("pwrite64", "100..104"), ("fdatasync", "20..23")])
def test_eio(call: str, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # strace counts each thread's calls: what writes the coverage at the end would meet the fault as well, as itself.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed; a write that is refused is what stands in for it")
    path = tmp_path / "bench.stripchart"
    faults = ("-e", f"trace={call}", "-e", f"inject={call}:error=EIO:when={when}")
    under = ("strace", "-f", "-qq", "--seccomp-bpf", "-o", str(tmp_path / "calls"), *faults)
    with Killed("recording.py", SIM, path, "power_safe", under=under) as killed:
        process, url = _recording(killed)
        _fails_and_recovers(url, lambda: None)
        os.kill(process, signal.SIGTERM)
        complaints = killed.finish()
        assert killed.process.returncode == 0, complaints
        assert "Traceback" not in complaints
    assert (tmp_path / "calls").read_text().count("INJECTED") >= 3
    _all_is_there(path)


def test_reading_fails_and_recording_goes_on(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    path = tmp_path / "bench.stripchart"
    with Killed("recording.py", SIM, path) as killed:
        process, url = _recording(killed)
        assert _exported(url) == 200
        faults = ("-e", "trace=pread64", "-e", "inject=pread64:error=EIO")
        with subprocess.Popen(
            ["strace", "-f", "-qq", "-o", tmp_path / "calls", "-p", str(process), *faults], stderr=subprocess.PIPE
        ) as strace:
            try:
                until(lambda: strace.poll() is not None or _exported(url) == 500, 20, what="a failure")
                if strace.returncode is not None and strace.stderr is not None:
                    pytest.skip(f"strace may not trace here: {strace.stderr.read().decode().strip()}")
                stored = _account(url)["stored"]
                until(lambda: _account(url)["stored"] > stored + 1_000)
            finally:
                strace.terminate()
        until(lambda: _exported(url) == 200, 20, what="the end of the failure")
        os.kill(process, signal.SIGTERM)
        complaints = killed.finish()
        assert killed.process.returncode == 0, complaints
        assert "Traceback" not in complaints
    assert "INJECTED" in (tmp_path / "calls").read_text()
    _all_is_there(path)
    assert [each.name for each in tmp_path.glob("bench*")] == [path.name], "one file, although it was read meanwhile"


def _exported(url: str) -> int:
    try:
        fetch(url + "api/export?format=csv")
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code
    return 200


def test_a_named_file_where_nothing_can_be_written(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    monitor = Monitor(bench(), record=disk / "bench.stripchart")
    with pytest.raises(ConfigError, match=r"bench.stripchart: cannot be written: Read-only.*give another place"):
        monitor.start()
    monitor.stop()


def test_a_recording_on_a_disk_that_became_read_only(disk: Path) -> None:
    path = disk / "bench.stripchart"
    with Monitor(bench(), record=path) as monitor:
        until(lambda: checked(monitor)["stored"] > 0)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    monitor = Monitor(bench(), record=path)
    with pytest.raises(ConfigError, match=r"bench.stripchart: cannot be written"):
        monitor.start()
    monitor.stop()
    assert stored_right(path) > 0


def test_a_named_file_in_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monitor = Monitor(bench(), record=tmp_path / "file" / "bench.stripchart")
    with pytest.raises(ConfigError, match=r"bench.stripchart: cannot be written: .*; give another place"):
        monitor.start()
    monitor.stop()


def test_without_a_place_the_monitor_runs_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STRIPCHART_RECORDINGS", str(tmp_path / "file"))
    with Monitor(bench(), record=RecordSpec()) as monitor:
        until(lambda: monitor.channels())
        assert monitor.recorder is None
        assert monitor.ledger()["recording"] is None
        assert health(monitor.url) == (200, {"status": "ok"})
    assert "nothing is recorded" in caplog.text


@pytest.mark.parametrize("what", ["the file", "the file and its parts", "the folder"])
def test_what_is_recorded_is_removed(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    path = folder / "bench.stripchart"
    with Monitor(bench(), record=path) as monitor:
        until(lambda: checked(monitor)["stored"] > 0)
        if what == "the folder":
            shutil.rmtree(folder)
        elif what == "the file":
            path.rename(tmp_path / "moved.stripchart")
        else:
            for part in PARTS:
                path.with_name(path.name + part).unlink(missing_ok=True)
        until(lambda: checked(monitor)["state"] == "failing", 20)
        assert "was removed, or another file is in its place" in checked(monitor)["reason"]
        seen = newest(monitor)
        until(lambda: newest(monitor) > seen, what="the live view")
        until(lambda: checked(monitor)["state"] == "recording", 20)
        stored = checked(monitor)["stored"]
        until(lambda: checked(monitor)["stored"] > stored)
    account = checked(monitor)
    assert (account["state"], account["lost"], account["queued"]) == ("stopped", 0, 0)
    rows = stored_right(path)
    assert rows * (WIDTH + 1) < account["stored"]
    if what == "the file":
        rows += stored_right(tmp_path / "moved.stripchart")
        assert rows * (WIDTH + 1) == account["stored"], "what was moved has all that the new one lacks"
    kinds = [event.kind for event in monitor.events() if event.source == "recording"]
    assert kinds == ["lost", "connected"]
    with stripchart.open(path) as recording:
        assert recording.about().sealed
