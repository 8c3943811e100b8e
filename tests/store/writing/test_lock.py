from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from stripchart.errors import ConfigError
from stripchart.store.writing.lock import FileLock, is_locked, lock_path

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from stripchart.store.writing.lock import FileLock
lock = FileLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.stripchart"
    lock = FileLock(path)
    assert is_locked(path)
    with pytest.raises(ConfigError, match="is being recorded already"):
        FileLock(path)
    lock.release()
    lock.release()
    assert not is_locked(path)
    assert not lock_path(path).exists()


def test_it_ends_with_the_process_that_held_it(tmp_path: Path) -> None:
    path = tmp_path / "a.stripchart"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_locked(path)
        holder.kill()
        holder.wait(10)
    assert lock_path(path).exists()
    FileLock(path).release()
