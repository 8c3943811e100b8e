from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from support.command import COMMAND, LONG, Running, ran
from support.wait import until

if TYPE_CHECKING:
    from pathlib import Path

    from support.pty import PtyDevice

CANARY = "canary8Kx"


def errors(result: subprocess.CompletedProcess[str], code: int = 2) -> list[str]:
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    return [line.removeprefix("stripchart: error: ") for line in result.stderr.splitlines()]


@pytest.mark.parametrize("arguments", [["--help"], []])
def test_help_tells_commands_and_exit_codes(arguments: list[str]):
    result = ran(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert set(re.findall(r"^  (\w+)  ", result.stdout, re.MULTILINE)) >= {
        "demo", "watch", "run", "ports", "check", "schema",
    }  # fmt: skip
    assert re.findall(r"^    (\d+)  ", result.stdout, re.MULTILINE) == ["0", "1", "2", "3", "130"]
    assert "...\n" not in result.stdout.partition("Commands:")[2]  # each fits in its line


@pytest.mark.parametrize("command", ["demo", "watch", "run"])
def test_what_runs_a_monitor_has_the_same_options(command: str):
    result = ran(command, "--help")
    found = set(re.findall(r"^  (--[\w-]+)", result.stdout, re.MULTILINE))
    assert found >= {
        "--host", "--port", "--allow-host", "--token", "--title", "--window", "--theme", "--no-open", "--for",
        "--log-json", "--control", "--control-token",
    }  # fmt: skip
    assert result.returncode == 0


def test_the_version():
    result = ran("--version")
    assert re.fullmatch(r"stripchart \d+\.\d+\.\d+\S*\n", result.stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wach"], "No such command 'wach'"),
        (["demo", "--prot", "1"], "No such option: --prot"),
        (["demo", "--port", "70000"], "Invalid value for '--port'"),
        (["demo", "--for", "soon"], "--for: expected a span of time such as 90, 30s, 5m or 1h, got 'soon'"),
        (["demo", "--window", "0"], "--window: expected a span of time"),
        (["run"], "Missing argument 'CONFIG'"),
        (["run", "nowhere.toml"], "nowhere.toml: cannot be read: No such file or directory"),
        (["watch", "sim:", "sim:", "--name", "x"], "--name: names one source, but there are several URLs"),
        (
            ["watch", "/dev/ttyUSB0"],
            "/dev/ttyUSB0: expected SCHEME:TARGET; for a serial port write serial:",
        ),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], message: str):
    (line,) = errors(ran(*arguments))
    assert line.startswith(message)


def test_all_urls_are_checked_at_once():
    first, second = errors(ran("watch", "sim:?rate=fast", "sim:", "seral:/dev/ttyUSB0"))
    assert first == "sim:?rate=fast: rate: expected a number, got 'fast'"
    assert second.startswith("seral:/dev/ttyUSB0: no source named 'seral'; did you mean 'serial'?")


def test_watch_without_a_url_tells_what_could_be_watched():
    first, *examples = errors(ran("watch"))
    assert first == "expected a URL; for example:"
    assert any(line.startswith("  stripchart watch sim:") for line in examples)


def test_check_a_good_configuration(tmp_path: Path):
    (tmp_path / "bench.toml").write_text("[sources.imu]\nurl = 'sim:'\n[sources.a]\nurl = 'mqtt://ann:pie@host/a'")
    result = ran("check", "bench.toml", cwd=tmp_path)
    assert result.stdout == "bench.toml: OK\n  imu  sim:\n  a    mqtt://ann:***@host/a\n"
    assert result.returncode == 0


def test_check_tells_all_mistakes(tmp_path: Path):
    (tmp_path / "bench.toml").write_text("titel = 1\n[sources.imu]\nurl = 'sim:'\nrate = 'fast'")
    assert errors(ran("check", "bench.toml", cwd=tmp_path)) == [
        "bench.toml: titel: no such option; did you mean 'title'?",
        "bench.toml: sources.imu.rate: expected a number, got 'fast'",
    ]


def test_the_schema_is_json():
    assert json.loads(ran("schema").stdout)["required"] == ["sources"]


def test_ports():
    result = ran("ports")
    assert result.returncode == 0
    assert result.stdout.startswith(("Port ", "No serial ports here."))


def test_output_that_nobody_reads():
    with subprocess.Popen([*COMMAND, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(LONG) == 0


FAULTY = """
from dataclasses import dataclass

class Faulty:
    @dataclass
    class Options:
        pass

    def __init__(self, target, options):
        raise KeyError("inside")
"""


def test_an_unexpected_error(tmp_path: Path):
    (tmp_path / "acme.py").write_text(FAULTY)
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[stripchart.sources]\nfaulty = acme:Faulty\n")
    (line,) = errors(ran("watch", "faulty:", PYTHONPATH=str(tmp_path)), code=1)
    assert line == "unexpected KeyError: 'inside'; this is a bug, and stripchart --debug … shows where"
    assert "Traceback" in ran("--debug", "watch", "faulty:", PYTHONPATH=str(tmp_path)).stderr


def test_a_demo_for_a_while():
    with Running("demo", "--no-open", "--for", "4s") as running:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", running.url())
        assert running.wait() == 0
        assert running.out.count("\n") == 1
        assert "Traceback" not in running.err
        assert re.search(r"^\d\d:\d\d:\d\d demo: connected$", running.err, re.MULTILINE)
        assert re.search(r"^\d\d:\d\d:\d\d demo: \d[\d,]* samples in \d+\.\d s$", running.err, re.MULTILINE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well(number: signal.Signals):
    with Running("watch", "sim:", "sim:", "--no-open") as running:
        until(running.samples, LONG)
        assert running.account().keys() == {"sim", "sim-2"}
        assert running.end(number) == 0
        assert "Traceback" not in running.err
        assert "sim-2: stopped" in running.err


def test_ctrl_c_while_nothing_runs_yet(tmp_path: Path):
    fifo = tmp_path / "bench.toml"
    os.mkfifo(fifo)
    with Running("check", str(fifo)) as running:
        with fifo.open("wb"):  # it has opened the file when this returns, or reads already
            running.process.send_signal(signal.SIGINT)
        # Python does not see a signal that comes just before it reads until there is something to read, as now.
        assert running.wait() == 130
        assert "Traceback" not in running.err


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        (line,) = errors(ran("demo", "--no-open", "--port", str(port)))
    assert line.startswith(f"cannot listen on 127.0.0.1 port {port}: ")
    assert line.endswith("--port 0 picks a free port")


def test_every_source_has_failed():
    with Running("watch", "function:nowhere_at_all:read", "--no-open") as running:
        assert running.wait() == 3
        assert running.err.endswith("stripchart: error: every source has failed\n")
        assert "read: failed: " in running.err
        assert "Traceback" not in running.err


def test_one_source_that_runs_is_enough():
    with Running("watch", "function:nowhere_at_all:read", "sim:", "--no-open") as running:
        until(running.samples, LONG)
        assert running.account()["read"]["state"] == "failed"
        assert running.end() == 0


def test_a_pipe_stays_on_the_page_when_it_has_ended():
    with Running("watch", "-", "--no-open", "--name", "pipe", "--decoder", "arduino") as running:
        running.process.stdin.write(b"temp:21.5,hum:40\n" * 10)
        running.process.stdin.close()
        until(lambda: running.account()["pipe"]["state"] == "ended", LONG)
        assert running.samples() == 20
        assert {channel["name"] for channel in running.ask("/api/channels")} == {"temp", "hum"}
        assert running.end() == 0


def test_a_serial_device(pty_device: PtyDevice):
    with Running("watch", f"serial:{pty_device.path}", "--no-open", "--decoder", "arduino") as running:
        until(lambda: running.account()["ttyTEST0"]["state"] == "connected", LONG)
        pty_device.write(b"temp:21.5\r\n" * 10)
        until(lambda: running.samples() >= 9, LONG)
        assert running.end() == 0


def test_a_function_of_this_folder(tmp_path: Path):
    (tmp_path / "rooms.py").write_text("def read():\n    return {'temp': 21.5}\n")
    with Running("watch", "function:rooms:read", "--no-open", cwd=tmp_path) as running:
        until(running.samples, LONG)
        assert running.end() == 0


def test_logs_for_programs():
    with Running("demo", "--no-open", "--for", "2s", "--log-json") as running:
        assert running.wait() == 0
        entries = [json.loads(line) for line in running.err.splitlines()]
        assert entries[0].keys() == {"time", "level", "logger", "message"}
        assert "demo: connected" in {entry["message"] for entry in entries}
        assert re.match(r"demo: \d+ samples in ", entries[-1]["message"])


def test_a_token_from_the_environment():
    with Running("demo", "--no-open", STRIPCHART_TOKEN=CANARY) as running:
        assert running.url().endswith(f"/?token={CANARY}")
        assert running.get("/api/channels?token=wrong")[0] == 403
        until(lambda: running.ask("/api/channels", Authorization=f"Bearer {CANARY}"), LONG)
        assert running.end() == 0
        assert CANARY not in running.err


def test_those_who_send_get_an_address_of_their_own():
    with Running("demo", "--no-open", "--control", "--token", "pie", STRIPCHART_CONTROL_TOKEN=CANARY) as running:
        assert running.url().endswith("/?token=pie")
        until(lambda: running.out.count("\n") == 2, LONG)
        assert running.out.splitlines()[1].endswith(f"/?token={CANARY}")
        roles = [
            running.ask("/api/console?source=demo", Authorization=f"Bearer {word}")["role"] for word in ("pie", CANARY)
        ]
        assert roles == ["view", "control"]
        assert running.end() == 0
        assert CANARY not in running.err


def test_options_win_over_the_file(tmp_path: Path):
    (tmp_path / "bench.toml").write_text(
        "title = 'Bench'\n[server]\ntoken = 'pie'\nport = 1\n[sources.imu]\nurl = 'sim:'"
    )
    with Running(
        "run", str(tmp_path / "bench.toml"), "--no-open", "--token", "", "--port", "0", "--title", "Lab"
    ) as running:
        assert "token" not in running.url()
        assert b"<title>Lab</title>" in running.get("/")[1]
        until(lambda: {channel["source"] for channel in running.ask("/api/channels")} == {"imu"}, LONG)
        assert running.end() == 0


@pytest.fixture
def fake_browser(tmp_path: Path) -> Path:
    """Install a browser that writes down what it was asked to show."""
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho noise; echo noise >&2; echo "$@" >> {tmp_path}/shown.txt\n')
    script.chmod(0o755)
    return script


def test_a_browser_is_opened(tmp_path: Path, fake_browser: Path):
    with Running("demo", BROWSER=str(fake_browser)) as running:
        shown = tmp_path / "shown.txt"
        until(shown.exists, LONG)
        assert running.end() == 0
        assert shown.read_text() == running.out
        assert "noise" not in running.out + running.err


@pytest.mark.parametrize("arguments", [["--no-open"], ["--token", "pie"]])
def test_no_browser_is_opened(tmp_path: Path, fake_browser: Path, arguments: list[str]):
    with Running("demo", *arguments, BROWSER=str(fake_browser)) as running:
        running.url()
        time.sleep(1.0)  # it would have been asked at once
        assert not (tmp_path / "shown.txt").exists()
        assert running.end() == 0
