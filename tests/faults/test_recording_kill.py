"""A recorder that is killed at any instant: what it said is safe is in the file, and the file is continued.

With a broker, what it said is safe is what it acknowledged; the rest is sent again, and may then be there twice.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from stripchart.store.reader import Recording
from support.wait import until

if TYPE_CHECKING:
    from typing import Self, TextIO

    from numpy.typing import NDArray

    from stripchart.flow.records import Batch
    from support.broker import Broker

SUPPORT = Path(__file__).parents[1] / "support"
RATE = 1_000
TICK = 0.01
CHANCE = random.Random(4)


class Killed:
    """A program that reports by lines what is safe, and is killed; a context, so that none is left behind."""

    def __init__(self, script: str, *arguments: str | Path) -> None:
        command = [sys.executable, "-P", SUPPORT / script, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.lines: list[str] = []
        self._complaints = ""
        self._said = threading.Event()
        self._listener = threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.kill()

    def until_said(self, seconds: float = 30.0) -> None:
        """Wait for the first line."""
        if not self._said.wait(seconds) or not self.lines:
            self.kill()
            raise AssertionError(f"nothing was said within {seconds} s")

    def kill(self) -> str:
        """End it at once, read what it had said before, and return what it complained of."""
        if self.process.poll() is None:
            self.process.kill()
        return self.finish()

    def finish(self) -> str:
        """Wait for its end, and return what it complained of; safe twice."""
        self.process.wait(30)
        self._listener.join(10)
        assert self.process.stderr is not None
        if not self.process.stderr.closed:
            with self.process.stderr as complaints:
                self._complaints = complaints.read()
        return self._complaints

    def _listen(self, output: TextIO) -> None:
        with output as lines:
            for line in lines:
                if line.endswith("\n"):
                    self.lines.append(line.strip())
                    self._said.set()
        self._said.set()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_every_commit_that_was_reported_is_there(tmp_path: Path) -> None:
    path, safe, unreported = tmp_path / "killed.stripchart", 0, 0
    for turn in range(20):
        with Killed("scribe.py", path, str(turn)) as scribe:
            if turn % 5:  # else also while it opens the file
                scribe.until_said()
            time.sleep(CHANCE.uniform(0, 0.25))
            assert scribe.process.poll() is None, scribe.kill()
            assert scribe.kill() == ""
        safe = max([safe, *map(int, scribe.lines)])
        if not path.exists():
            continue
        with Recording(path) as recording:
            assert recording.check() == []
            batches = list(recording.batches("bench")) if recording.streams() else []
            assert not recording.about().sealed
        number, third, name = (_joined(batches, channel) for channel in ("number", "third", "name"))
        rows = np.arange(len(number))
        assert len(number) >= safe
        np.testing.assert_array_equal(number, rows)
        np.testing.assert_array_equal(third, rows / 3)
        assert name.tolist() == [f"row {each}" for each in rows]
        assert not any(batch.gap for batch in batches)
        unreported += len(number) - safe
        safe = len(number)
    print(f"\n{safe:,} rows after 20 kills; {unreported:,} of them safe before it could say so")  # noqa: T201
    assert safe > 20_000


def _joined(batches: list[Batch], channel: str) -> NDArray[Any]:
    return np.concatenate([np.empty(0), *(batch[channel] for batch in batches)])


class Publisher:
    """Publishes 0, 1, 2 … with QoS 1, so many a second, and never waits for anybody."""

    def __init__(self, port: int) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, "publisher", clean_session=False)
        self._client.on_publish = self._note
        self._client.max_inflight_messages_set(RATE)
        self._client.connect("127.0.0.1", port)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sent = self.acknowledged = 0

    def __enter__(self) -> Self:
        self._client.loop_start()
        self._thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._stopping.set()
        self._thread.join(30)
        self._client.disconnect()
        self._client.loop_stop()

    def finish(self) -> int:
        """Publish no more; return how many there are, all of them acknowledged by the broker."""
        self._stopping.set()
        self._thread.join(30)
        until(lambda: self.acknowledged == self.sent, 60, what=f"the acknowledgement of {self.sent} messages")
        return self.sent

    def _note(self, *_: object) -> None:
        self.acknowledged += 1

    def _run(self) -> None:
        begin = time.monotonic()
        while not self._stopping.wait(TICK):
            due = int((time.monotonic() - begin) * RATE)
            while self.sent < due:
                self._client.publish("bench/number", str(self.sent), qos=1)
                self.sent += 1


def _killed_often(broker: Broker, path: Path, kills: int) -> None:
    """Kill the recorder so often while messages come; then see that each is in the recording."""
    url = f"{broker.url}/bench/%23?qos=1&persistent=true&durable=true&client_id=recorder"
    with ExitStack() as stack:
        recorder = stack.enter_context(Killed("recording.py", url, path))
        recorder.until_said()  # the broker keeps messages for it from now on
        publisher = stack.enter_context(Publisher(broker.port))
        for _ in range(kills):
            time.sleep(CHANCE.uniform(0.3, 1.5))
            assert recorder.process.poll() is None, recorder.kill()
            recorder.kill()
            recorder = stack.enter_context(Killed("recording.py", url, path))
            recorder.until_said()
        sent = publisher.finish()
        until(lambda: _newest(path) == sent - 1, 120, every=0.2, what=f"message {sent - 1}")
        recorder.process.terminate()
        complaints = recorder.finish()
        assert recorder.process.returncode == 0, complaints
    with Recording(path) as recording:
        assert recording.check() == []
        about = recording.about()
        assert about.sealed
        assert len(about.runs) == kills + 1
        (stream,) = recording.streams()
        numbers = recording.read(stream.name)["value"].astype(int)
    times = np.bincount(numbers, minlength=sent)
    print(  # noqa: T201 - figures to know
        f"\n{kills} kills: {sent:,} messages published, {np.count_nonzero(times == 0)} lost, "
        f"{np.count_nonzero(times > 1):,} recorded more than once ({len(numbers) - sent:,} rows more)"
    )
    assert len(times) == sent
    assert times.all()


def _newest(path: Path) -> int:
    """Return the number of the newest message in the recording."""
    with Recording(path) as recording:
        for stream in recording.streams():
            *_, batch = recording.batches(stream.name, after_row=stream.rows - 1)
            return int(batch["value"][-1])
    return -1


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.timeout(240)
def test_what_was_published_is_recorded(broker: Broker, tmp_path: Path) -> None:
    _killed_often(broker, tmp_path / "killed.stripchart", 20)


@pytest.mark.soak
@pytest.mark.broker
@pytest.mark.timeout(3600)
def test_what_was_published_is_recorded_at_length(broker: Broker, tmp_path: Path) -> None:
    _killed_often(broker, tmp_path / "killed.stripchart", 200)
