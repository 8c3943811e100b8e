"""A recorder that is killed at any instant: what it said is safe is in the file, and the file is continued.

With a broker, what it said is safe is what it acknowledged; the rest is sent again, and may then be there twice.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from stripchart.flow.records import Channel, make_batch
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer
from support.broker import Broker
from support.killed import Killed
from support.wait import until

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from stripchart.flow.records import Batch
RATE = 1_000
TICK = 0.01
CHANCE = random.Random(4)


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


def test_others_read_while_it_records_at_speed(tmp_path: Path) -> None:
    path = tmp_path / "read.stripchart"
    with Killed("scribe.py", path, "0") as scribe, ExitStack() as stack:
        scribe.until_said()
        onlookers = [stack.enter_context(Killed("onlooker.py", path, "4")) for _ in range(3)]
        for onlooker in onlookers:
            complaints = onlooker.finish()
            assert onlooker.process.returncode == 0, complaints
        assert scribe.process.poll() is None, scribe.kill()
        assert scribe.kill() == ""
    for onlooker in onlookers:
        looks, rows = map(int, onlooker.lines[0].split())
        print(f"\n{looks} looks at up to {rows:,} rows")  # noqa: T201 - figures to know
        assert looks > 3
        assert rows > 0


def test_others_read_while_it_is_closed_and_continued(tmp_path: Path) -> None:
    writer, reopened = Writer(tmp_path / "read.stripchart"), 0
    with ExitStack() as stack:
        onlookers: list[Killed] = []
        while not onlookers or any(onlooker.process.poll() is None for onlooker in onlookers):
            for rows in (1, 70, 2_500):
                number = np.arange(writer.rows("bench"), writer.rows("bench") + rows)
                writer.append(make_batch("bench", (Channel("number"),), number * 1000, [number]))
                writer.commit()
            onlookers = onlookers or [stack.enter_context(Killed("onlooker.py", writer.path, "3")) for _ in range(3)]
            writer.close()
            writer, reopened = Writer(writer.path), reopened + 1
            assert writer.problems == []
        for onlooker in onlookers:
            complaints = onlooker.finish()
            assert onlooker.process.returncode == 0, complaints
    writer.close()
    assert reopened > 3


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
        patience = 60 + self.sent / RATE  # a machine that is busy with other things may be far behind
        until(lambda: self.acknowledged == self.sent, patience, what=f"the acknowledgement of {self.sent} messages")
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
    """Kill the recorder so often while messages come; then see that each is in the recording.

    What is in it twice is counted in it, run by run, and is what the broker announced to have sent before.
    """
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
        until(lambda: _newest(path) == sent - 1, 120 + sent / RATE, every=0.2, what=f"message {sent - 1}")
        recorder.process.terminate()
        complaints = recorder.finish()
        assert recorder.process.returncode == 0, complaints
    with Recording(path) as recording:
        assert recording.check() == []
        about = recording.about()
        assert about.sealed
        assert len(about.runs) == kills + 1
        (stream,) = recording.streams()
        frame = recording.read(stream.name)
    numbers = frame["value"].astype(int)
    times = np.bincount(numbers, minlength=sent)
    counted = [sum(run.redelivered.values()) for run in about.runs]
    print(  # noqa: T201 - figures to know
        f"\n{kills} kills: {sent:,} messages published, {np.count_nonzero(times == 0)} lost, "
        f"{np.count_nonzero(times > 1):,} recorded more than once ({len(numbers) - sent:,} rows more; "
        f"{sum(counted):,} messages counted as sent again)"
    )
    assert len(times) == sent
    assert times.all()
    comes_again = np.ones(len(numbers), bool)
    comes_again[np.unique(numbers, return_index=True)[1]] = False
    starts = [run.started_ns for run in about.runs]
    begins = np.searchsorted(frame["time"].astype(np.int64), [*starts, max(starts) + 10**18])
    broker.stop()
    announced = _announced(broker)
    assert len(announced) == kills + 1
    assert sum(map(sum, announced)) >= sum(counted) > 0
    for (begin, end), count, flags in zip(pairwise(begins), counted, announced, strict=True):
        again = comes_again[begin:end]
        assert np.count_nonzero(again) <= count <= sum(flags)
        assert not (again & ~np.array(flags[: end - begin], bool)).any(), "twice, and not announced"


def _announced(broker: Broker) -> list[list[bool]]:
    """Return, for each connection of the recorder, which of the messages the broker sent had the flag DUP."""
    connections: list[list[bool]] = []
    for line in (broker.folder / "mosquitto.log").read_text().splitlines():
        if "Sending CONNACK to recorder (" in line:
            connections.append([])
        elif "Sending PUBLISH to recorder (" in line:
            connections[-1].append("(d1," in line)
    return connections


def _newest(path: Path) -> int:
    """Return the number of the newest message in the recording."""
    with Recording(path) as recording:
        for stream in recording.streams():
            *_, batch = recording.batches(stream.name, after_row=stream.rows - 1)
            return int(batch["value"][-1])
    return -1


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.timeout(600)
def test_what_was_published_is_recorded(tmp_path: Path) -> None:
    with Broker(tmp_path, ("log_type all",)) as broker:
        _killed_often(broker, tmp_path / "killed.stripchart", 20)


@pytest.mark.soak
@pytest.mark.broker
@pytest.mark.timeout(7200)
def test_what_was_published_is_recorded_at_length(tmp_path: Path) -> None:
    with Broker(tmp_path, ("log_type all",)) as broker:
        _killed_often(broker, tmp_path / "killed.stripchart", 200)
