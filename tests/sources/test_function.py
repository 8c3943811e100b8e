from __future__ import annotations

import time
from collections import UserDict
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pytest

from stripchart.errors import ConfigError, EndOfSource, SourceLost
from stripchart.sources.function import FunctionSource
from stripchart.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stripchart.flow.records import Chunk


def opened(target: str | Callable[[], Any], interval: float = 0.001) -> FunctionSource:
    source = FunctionSource(target, FunctionSource.Options(interval=interval))
    source.open()
    return source


def read_some(source: FunctionSource, count: int) -> list[Chunk]:
    chunks: list[Chunk] = []
    deadline = time.monotonic() + 20
    while len(chunks) < count:
        assert time.monotonic() < deadline
        chunks.extend(source.read(0.2))
    return chunks


def first_record(result: Any) -> Any:
    (chunk,) = opened(lambda: result).read(0)
    assert chunk.data.endswith(b"\n")
    assert chunk.data.count(b"\n") == 1
    return orjson.loads(chunk.data)


class TestContract(SourceContract):
    def make(self):
        return FunctionSource(lambda: {"idle": 3}, FunctionSource.Options(interval=0.01))

    def make_absent(self):
        return FunctionSource("stripchart.nowhere:read", FunctionSource.Options())


@pytest.mark.parametrize(
    ("result", "record"),
    [
        ({"t": 21.5, "on": True, "mode": "auto"}, {"t": 21.5, "on": True, "mode": "auto"}),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 2]}}),
        (21.5, {"value": 21.5}),
        (7, {"value": 7}),
        (False, {"value": False}),
        ("open", {"value": "open"}),
        ({"x": np.float32(0.5), "n": np.int64(3), "b": np.bool_(True)}, {"x": 0.5, "n": 3, "b": True}),  # noqa: FBT003 - NumPy's
        (np.float64(2.5), {"value": 2.5}),
        (np.array(2.5), {"value": 2.5}),
        ({"a": np.arange(6)[::2]}, {"a": [0, 2, 4]}),
        ({"d": Decimal("1.25")}, {"d": 1.25}),
        ({1: 2}, {"1": 2}),
        (UserDict(a=UserDict(b=1)), {"a": {"b": 1}}),
        ({"bad": float("nan")}, {"bad": None}),
    ],
)
def test_each_result_is_a_json_line(result: Any, record: dict[str, Any]):
    assert first_record(result) == record


def test_none_is_nothing_now():
    results = iter([None, {"a": 1}, None, None, {"a": 2}])
    source = opened(lambda: next(results))
    assert [orjson.loads(chunk.data) for chunk in read_some(source, 2)] == [{"a": 1}, {"a": 2}]


def test_it_is_called_at_a_steady_interval():
    source = opened(lambda: 1, interval=0.01)
    times = [chunk.time_ns for chunk in read_some(source, 30)]
    start = times[0]
    slots = [(instant - start) / 1e7 for instant in times]
    assert slots == sorted(slots)
    assert all(slot >= i - 0.5 for i, slot in enumerate(slots))  # never ahead of its schedule, however late it may be


def test_calls_that_are_missed_are_left_out():
    calls: list[float] = []

    def slow_at_first() -> int:
        calls.append(time.monotonic())
        if len(calls) == 2:
            time.sleep(0.5)
        return 1

    source = opened(slow_at_first, interval=0.01)
    read_some(source, 10)
    assert calls[9] - calls[2] > 0.05  # 7 slots; had it made the missed 50 good, there would be none between


def test_a_read_waits_no_longer_than_asked():
    source = opened(lambda: 1, interval=3600)
    assert len(source.read(0)) == 1  # the one of open
    assert source.read(0.01) == ()


def test_an_exception_is_a_loss_with_its_reason_and_the_next_open_tries_again():
    answers: list[Any] = [1, ValueError("sensor\nasleep"), OSError("still"), 4]

    def sensor() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    source = opened(sensor)
    assert orjson.loads(source.read(0)[0].data) == {"value": 1}
    with pytest.raises(SourceLost, match=r"^function:test_an.*sensor: ValueError: sensor asleep$"):
        read_some(source, 1)
    source.close()
    with pytest.raises(SourceLost, match="OSError: still"):
        source.open()
    source.close()
    assert source.status == "failed calls: 2"
    source.open()
    assert orjson.loads(source.read(0)[0].data) == {"value": 4}


@pytest.mark.parametrize("result", [object(), {"a": 2**70}, {(1, 2): 3}, {"a": {1, 2}}])
def test_a_result_that_is_no_sample_is_a_loss(result: Any):
    with pytest.raises(SourceLost, match="TypeError: "):
        opened(lambda: result)


def test_an_iterator_ends_the_source():
    source = opened(iter([1, 2]).__next__)
    assert len(read_some(source, 2)) == 2
    with pytest.raises(EndOfSource):
        read_some(source, 1)


def test_a_function_may_say_itself_that_it_ends_or_cannot_work():
    def ends() -> None:
        raise EndOfSource("done")

    with pytest.raises(EndOfSource, match="done"):
        opened(ends)


def test_coroutine_functions_are_refused_with_advice():
    async def read() -> int:
        return 1

    class Reader:
        async def __call__(self) -> int:
            return 1

    for target in (read, Reader()):
        with pytest.raises(ConfigError, match="coroutine function cannot be polled; wrap it"):
            FunctionSource(target, FunctionSource.Options())


def test_what_cannot_be_called_is_refused():
    with pytest.raises(ConfigError, match="expected something to call, found int"):
        FunctionSource(42, FunctionSource.Options())  # type: ignore[arg-type] # on purpose


@pytest.mark.parametrize("interval", [0, -1, float("nan"), float("inf")])
def test_the_interval_is_above_zero(interval: float):
    with pytest.raises(ConfigError, match="interval: expected seconds above 0"):
        FunctionSource(int, FunctionSource.Options(interval=interval))


def test_its_url_names_the_callable():
    assert FunctionSource(first_record, FunctionSource.Options()).url == "function:first_record"
    assert FunctionSource(partial(int, "3"), FunctionSource.Options()).url == "function:partial"
    assert FunctionSource("bench.sensors:read", FunctionSource.Options()).url == "function:bench.sensors:read"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bench_sensors.py").write_text(
        "limit = 3\ndef read():\n    return {'t': 21.5}\nclass Rack:\n    read = staticmethod(lambda: 7)\n"
    )
    (tmp_path / "bench_broken.py").write_text("raise RuntimeError('no bus')\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize(
    ("target", "record"), [("bench_sensors:read", {"t": 21.5}), ("bench_sensors:Rack.read", {"value": 7})]
)
def test_it_is_imported_by_name(target: str, record: dict[str, Any]):
    assert orjson.loads(opened(target).read(0)[0].data) == record


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("bench_sensors", "expected function:package.module:name"),
        (":read", "expected function:package.module:name"),
        ("bench_missing:read", "cannot import 'bench_missing': ModuleNotFoundError: .*PYTHONPATH"),
        ("bench_broken:read", "cannot import 'bench_broken': RuntimeError: no bus"),
        ("bench_sensors:raed", "there is no 'raed' in 'bench_sensors'"),
        ("bench_sensors:limit", "expected something to call, found int"),
    ],
)
def test_what_cannot_be_imported_is_a_configuration_error(target: str, message: str):
    with pytest.raises(ConfigError, match=f"^function:{target}: {message}"):
        opened(target)
