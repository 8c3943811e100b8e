"""The real command, as a person or a shell runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from support.wait import until

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

COMMAND = [sys.executable, "-m", "stripchart"]
LONG = 40.0
"""Seconds that anything may take on a machine that is busy with other things."""
_UNWANTED = {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "STRIPCHART_TOKEN"}


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _UNWANTED} | more


def ran(*arguments: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [*COMMAND, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=LONG, cwd=cwd, env=environment(**more)
    )


def mistake(*arguments: str) -> str:
    """Run the command, which must refuse; return what it says."""
    result = ran(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    return result.stderr.removeprefix("stripchart: error: ")


class Running:
    """The command in the background; it does not outlive the ``with``."""

    def __init__(self, *arguments: str, cwd: Path | None = None, **more: str) -> None:
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.PIPE,
            stdout=self._out,
            stderr=self._err,
            cwd=cwd,
            env=environment(**more),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(LONG)
        if self.process.stdin is not None:
            self.process.stdin.close()
        self._out.close()
        self._err.close()

    @property
    def out(self) -> str:
        return _read(self._out)

    @property
    def err(self) -> str:
        return _read(self._err)

    def url(self) -> str:
        until(lambda: "\n" in self.out or self.process.poll() is not None, LONG, what="an address")
        assert self.process.poll() is None, self.err
        return self.out.partition("\n")[0]

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        address = urlsplit(self.url())
        connection = HTTPConnection(str(address.hostname), address.port, timeout=LONG)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, path: str, **headers: str) -> Any:
        status, body = self.get(path, **headers)
        assert status == 200, body
        return json.loads(body)

    def account(self) -> dict[str, Any]:
        """Return the sources of the ledger."""
        sources: dict[str, Any] = self.ask("/api/ledger")["sources"]
        return sources

    def samples(self) -> int:
        return sum(source["samples"] for source in self.account().values())

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        return self.process.wait(LONG)


def _read(file: Any) -> str:
    return os.pread(file.fileno(), 1 << 24, 0).decode()
