"""A serial port, as a pty that another process fills: our source with decoding against two peers.

The peers are ``readline()`` of pyserial with ``float``, and a bare ``os.read`` that only counts. A flood shows what
each can take; 1,000 lines a second show what a usual device costs.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import serial

from stripchart.decoders.csv import CsvDecoder
from stripchart.sources.serial import SerialSource
from support.pty import PtyDevice
from tests.benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLUMNS: Final = 8
BLOCK: Final = b"".join(
    b",".join(b"%.2f" % (20 + row * 0.37 % 9 + column) for column in range(COLUMNS)) + b"\n" for row in range(100)
)
LINES: Final = BLOCK.count(b"\n")
FLOOD: Final = 500_000
FLOOD_FOR_READLINE: Final = 5_000
STEADY: Final = 5_000
STEADY_RATE: Final = 1_000
ATTEMPTS: Final = 3

FEEDER: Final = """
import os, sys, time
descriptor, count, rate, block = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), bytes.fromhex(sys.argv[4])
lines = block.splitlines(keepends=True)
data, step = (b"".join(lines), len(lines)) if not rate else (b"", 1)
start = time.monotonic()
for done in range(0, count, step):
    rest = memoryview(data or lines[done % len(lines)])
    while rest:
        rest = rest[os.write(descriptor, rest):]
    if rate:
        time.sleep(max(0, start + done / rate - time.monotonic()))
"""


class Measured(NamedTuple):
    rate: float
    """Lines a second."""
    cpu: float
    """CPU time of the reading thread, in microseconds a line."""


def run() -> Iterator[Result]:
    """Measure the flood and the steady flow; the best of three runs each, since the writer shares the cores."""
    readline, bare, ours = (
        max(_measure(reader, lines, 0) for _ in range(ATTEMPTS))
        for reader, lines in ((_readline, FLOOD_FOR_READLINE), (_bare, FLOOD), (_ours, FLOOD))
    )
    for peer, name, target in ((readline, "readline() + float", 100), (bare, "bare os.read", 0.25)):
        ratio = ours.rate / peer.rate
        case = f"{COLUMNS} columns, decoded, against {name}"
        yield Result("serial", case, ours.rate, peer.rate, "lines/s", ratio, f">= {target}", ratio >= target)
    steady, peer = (_measure(reader, STEADY, STEADY_RATE) for reader in (_ours, _readline))
    case = f"CPU at {STEADY_RATE:,} lines/s, against readline() + float"
    yield Result("serial", case, steady.cpu, peer.cpu, "us/line", steady.cpu / peer.cpu, "", met=True)


def _ours(path: str, size: int) -> Iterator[None]:
    source = SerialSource(path, SerialSource.Options())
    decoder = CsvDecoder(CsvDecoder.Options())
    source.open()
    yield
    rows = 0
    while rows < size // len(BLOCK) * LINES:
        rows += sum(len(batch) for batch in decoder.feed(source.read(5.0)))
    source.close()


def _readline(path: str, size: int) -> Iterator[None]:
    with serial.Serial(path, 115200, timeout=5) as port:
        yield
        done = 0
        while done < size:
            line = port.readline()
            _ = [float(cell) for cell in line.split(b",")]
            done += len(line)


def _bare(path: str, size: int) -> Iterator[None]:
    with serial.Serial(path, 115200) as port:
        yield
        done = 0
        while done < size:
            select.select([port.fd], [], [])
            done += len(os.read(port.fd, 1 << 16))


def _measure(reader: Callable[[str, int], Iterator[None]], lines: int, rate: int) -> Measured:
    """Open a port, and measure how it reads that many lines."""
    with tempfile.TemporaryDirectory() as folder:
        device = PtyDevice(Path(folder) / "ttyBENCH0")
        device.plug()
        steps = reader(str(device.path), lines // LINES * len(BLOCK))
        next(steps)
        command = [sys.executable, "-c", FEEDER, str(device.master), str(lines), str(rate), BLOCK.hex()]
        with subprocess.Popen(command, pass_fds=[device.master]):
            select.select([device.slave], [], [], 30)  # the writer's start does not count
            began, cpu_began = time.perf_counter(), time.thread_time()
            next(steps, None)
            cpu = time.thread_time() - cpu_began
            seconds = time.perf_counter() - began
        device.unplug()
    return Measured(lines / seconds, cpu * 1e6 / lines)
