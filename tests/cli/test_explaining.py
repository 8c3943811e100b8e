from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from support.command import LONG, Running, mistake, ran
from support.uart import Device
from support.wait import until

if TYPE_CHECKING:
    from pathlib import Path

    from support.broker import Broker
    from support.pty import PtyDevice

LINES = b"boot text\nt,h\n" + b"".join(b"%d.5,%d\n" % (row, 40 + row) for row in range(6)) + b"1.2.3,7\n"


def test_a_pipe() -> None:
    with Running("explain", "-", "--for", "30s") as running:
        assert running.process.stdin is not None
        running.process.stdin.write(LINES)
        running.process.stdin.close()  # its end ends the listening
        assert running.wait() == 0
        out = running.out
    assert out.startswith("stdin  -  ended\n  decoder  CSV, 2 columns, header (sure)\n")
    assert f"counts   {len(LINES)} bytes, 9 frames: 8 decoded, 1 rejected; 13 samples\n" in out
    assert re.search(r"Rejected:\n  \d\d:\d\d:\d\d\.\d\d\d  not a number  1.2.3,7\n", out)
    assert re.search(r"Log text:\n  \d\d:\d\d:\d\d\.\d\d\d  boot text\n", out)
    assert re.search(r"\n  csv +86% +CSV, 2 columns, header +stripchart watch - --decoder csv\n$", out)


def test_json_of_a_port_at_the_wrong_rate(pty_device: PtyDevice) -> None:
    with Device(pty_device, 9600):
        result = ran("explain", f"serial:{pty_device.path}?baudrate=115200", "--for", "4s", "--json")
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["hint"].startswith("this looks like the wrong baud rate")
    assert (answer["suggestions"], answer["counts"]["samples"]) == ([], 0)
    assert answer["counts"]["bytes"] > 0


def test_a_port_at_the_right_rate(pty_device: PtyDevice) -> None:
    with Device(pty_device, 9600):
        out = ran("explain", f"serial:{pty_device.path}?baudrate=9600", "--for", "4s").stdout
    assert "decoder  CSV, 3 columns (sure)\n" in out
    assert "hint     all is well\n" in out
    assert f"stripchart watch 'serial:{pty_device.path}?baudrate=9600&decoder=csv'\n" in out


def test_a_silent_port(pty_device: PtyDevice) -> None:
    out = ran("explain", f"serial:{pty_device.path}", "--for", "4s").stdout
    assert re.search(r"hint     no bytes for \d s: is the device powered", out)
    assert "decoder  nothing recognised" in out


def test_a_port_that_is_away(tmp_path: Path) -> None:
    out = ran("explain", f"serial:{tmp_path}/ttyX", "--for", "1s").stdout
    assert f"serial:{tmp_path}/ttyX  waiting" in out
    assert "no such device" in out


@pytest.mark.broker
def test_a_broker_on_which_nothing_arrives(broker: Broker) -> None:
    out = ran("explain", f"mqtt://127.0.0.1:{broker.port}/nothing/#", "--for", "5s").stdout
    assert "connected, but nothing arrives on this filter" in out


def test_mistakes_are_told_as_elsewhere() -> None:
    assert mistake("explain", "sim:?rate=fast") == "sim:?rate=fast: rate: expected a number, got 'fast'\n"
    assert mistake("explain", "sim:", "--for", "soon").startswith("--for: expected a span of time")


def test_ctrl_c_ends_the_listening() -> None:
    with Running("explain", "sim:", "--for", "1h") as running:
        until(lambda: "listening to sim: for 3600 s" in running.err, LONG)
        assert running.end() == 0
        assert "all is well" in running.out
