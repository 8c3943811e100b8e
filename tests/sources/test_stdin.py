from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from stripchart.errors import ConfigError, EndOfSource, SourceLost
from stripchart.sources.stdin import StdinSource
from stripchart.testing import SourceContract
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stripchart.flow.records import Chunk
    from support.pty import PtyDevice


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):  # the test closed it
            os.close(end)


def opened(fd: int) -> StdinSource:
    source = StdinSource("", StdinSource.Options(fd=fd))
    source.open()
    return source


def read_all(source: StdinSource) -> list[Chunk]:
    chunks: list[Chunk] = []
    with pytest.raises(EndOfSource):
        until(lambda: chunks.extend(source.read(0.1)))
    return chunks


class TestContract(SourceContract):
    @pytest.fixture(autouse=True)
    def _pipe(self, pipe: tuple[int, int]):
        self.pipe = pipe

    def make(self):
        return StdinSource("", StdinSource.Options(fd=self.pipe[0]))

    def make_absent(self):
        return StdinSource("", StdinSource.Options(fd=9999))

    def stimulate(self):
        os.write(self.pipe[1], b"1,2,3\n")


def test_a_pipe_is_read_to_its_end(pipe: tuple[int, int]):
    source = opened(pipe[0])
    assert source.read(0) == ()
    os.write(pipe[1], b"1\n2\n")
    (chunk,) = until(lambda: source.read(0.1))
    assert chunk.data == b"1\n2\n"
    assert 0 < chunk.since_ns <= chunk.time_ns
    os.write(pipe[1], b"3")
    os.close(pipe[1])
    assert b"".join(chunk.data for chunk in read_all(source)) == b"3"


def test_a_file_is_read_to_its_end(tmp_path: Path):
    data = b"".join(b"%d\n" % i for i in range(500_000))
    (tmp_path / "log.txt").write_bytes(data)
    with (tmp_path / "log.txt").open("rb") as file:
        assert b"".join(chunk.data for chunk in read_all(opened(file.fileno()))) == data


def test_a_terminal_is_read_and_says_how_to_end_it(pty_device: PtyDevice):
    source = opened(pty_device.slave)
    assert "Ctrl-D" in source.status
    pty_device.write(b"21.5\n")
    assert until(lambda: source.read(0.1))[0].data == b"21.5\n"


def test_a_terminal_that_was_closed_is_an_end(pty_device: PtyDevice):
    source = opened(pty_device.slave)
    os.close(pty_device.master)
    with pytest.raises(EndOfSource):
        until(lambda: source.read(0.1))


def test_nothing_to_read_though_another_process_was_woken_first(pipe: tuple[int, int]):
    os.set_blocking(pipe[0], False)
    source = opened(pipe[0])
    os.write(pipe[1], b"x")
    assert source._poller is not None
    ready = source._poller.wait
    source._poller.wait = lambda timeout: ready(timeout) and bool(os.read(pipe[0], 10))  # type: ignore[method-assign] # the other
    assert source.read(1) == ()


def test_the_descriptor_stays_open(pipe: tuple[int, int]):
    source = opened(pipe[0])
    source.close()
    os.fstat(pipe[0])
    with pytest.raises(SourceLost):
        source.read(0)


def test_a_closed_descriptor_is_a_configuration_error():
    with pytest.raises(ConfigError, match="file descriptor 9999 cannot be read: Bad file descriptor"):
        opened(9999)


def test_there_is_no_target():
    with pytest.raises(ConfigError, match="expected nothing after it, found 'x'"):
        StdinSource("x", StdinSource.Options())


PROGRAM = """
import sys
from stripchart.errors import EndOfSource
from stripchart.sources.stdin import StdinSource
source = StdinSource("", StdinSource.Options())
source.open()
total = lines = 0
try:
    while True:
        for chunk in source.read(0.2):
            total += len(chunk.data)
            lines += chunk.data.count(b"\\n")
except EndOfSource:
    print(total, lines)
"""


def test_standard_input_of_a_real_process():
    data = b"".join(b"%d,%d\n" % (i, i * i) for i in range(200_000))
    done = subprocess.run([sys.executable, "-c", PROGRAM], input=data, capture_output=True, timeout=50, check=True)
    assert done.stdout.split() == [str(len(data)).encode(), b"200000"]
    assert done.stderr == b""
