"""Programs of ours that are killed while they record."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self, TextIO

FOLDER = Path(__file__).parent


class Killed:
    """A program that reports by lines what is safe, and is killed; a context, so that none is left behind."""

    def __init__(self, script: str, *arguments: str | Path, under: Sequence[str] = ()) -> None:
        command = [*under, sys.executable, "-P", str(FOLDER / script), *map(str, arguments)]
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
