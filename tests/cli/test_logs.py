from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from typing import Any

import pytest

from stripchart.cli.logs import JsonFormatter, PlainFormatter


def record(
    message: str, *arguments: object, name: str = "stripchart.flow.pump", error: Any = None
) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, arguments, error)


@pytest.fixture
def failure() -> Any:
    try:
        int("mqtt://ann:pie@host")
    except ValueError:
        return sys.exc_info()


def test_a_line_for_people():
    line = PlainFormatter().format(record("%s: %s", "bench", "connected"))
    assert re.fullmatch(r"\d\d:\d\d:\d\d bench: connected", line)


def test_other_libraries_are_named():
    assert PlainFormatter().format(record("oh", name="tornado.access")).endswith(" tornado.access: oh")


def test_tracebacks_only_when_asked_for(failure: Any):
    assert PlainFormatter().format(record("oh", error=failure)).endswith(" oh")
    long = PlainFormatter(tracebacks=True).format(record("oh", error=failure))
    assert long.endswith("'mqtt://ann:***@host'")
    assert "Traceback" in long


def test_a_line_for_programs(failure: Any):
    entry = json.loads(JsonFormatter().format(record("%s: Grüße\n", "bench", error=failure)))
    assert entry["message"] == "bench: Grüße\n"
    assert (entry["level"], entry["logger"]) == ("warning", "stripchart.flow.pump")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", entry["time"])
    assert entry["traceback"].endswith("'mqtt://ann:***@host'")


def test_no_secret_is_logged():
    secret = record("403 GET /?token=%s (127.0.0.1)", "canary", name="tornado.access")
    assert "canary" not in PlainFormatter().format(secret) + JsonFormatter().format(secret)


def logged(arguments: str) -> list[str]:
    code = f"""
import logging
from stripchart.cli.logs import log_to_stderr
log_to_stderr({arguments})
for name in ("stripchart.x", "bokeh.x"):
    for level in ("debug", "info", "warning"):
        getattr(logging.getLogger(name), level)(f"{{name}} {{level}}")
"""
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
    assert result.stdout == ""
    return result.stderr.splitlines()


def test_what_is_told():
    assert [line.split()[-1] for line in logged("")] == ["info", "warning", "warning"]
    assert [line.split()[-1] for line in logged("debug=True")] == ["debug", "info", "warning", "warning"]


def test_what_is_told_to_programs():
    assert [json.loads(line)["level"] for line in logged("as_json=True")] == ["info", "warning", "warning"]
