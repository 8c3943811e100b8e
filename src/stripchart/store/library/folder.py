"""The folder of recordings: where a monitor's own lies, and which there are.

It is the place for a user's data on this system, or what the environment variable ``STRIPCHART_RECORDINGS`` names.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.errors import ConfigError, DamagedError
from stripchart.store.format.schema import SUFFIX
from stripchart.store.writing.lock import is_locked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.store.reading.about import About

VARIABLE: Final = "STRIPCHART_RECORDINGS"
MAX_NAME: Final = 150
"""Bytes of a file's name without its ending; file systems take 255, and copies set aside have longer names."""
_UNSAFE: Final = re.compile(r"[^\w+=@-]+")
_DIGEST: Final = 8
"""Digits that tell apart what was shortened."""


class Entry(NamedTuple):
    """A recording in the folder."""

    name: str
    path: Path
    size: int
    """Bytes on the disk."""
    about: About | None
    """What it says of itself; None if it cannot be read."""
    span: tuple[int, int] | None
    """Least and greatest time, if it has rows."""
    streams: int
    in_use: bool
    """It is being written."""
    problem: str
    """Why it cannot be read; empty if it can."""


def folder() -> Path:
    """Return the folder of recordings; it is made when the first one is."""
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given).expanduser()
    import platformdirs

    return platformdirs.user_data_path("stripchart", appauthor=False) / "recordings"


def place_for(names: Sequence[str]) -> Path:
    """Return the file of a monitor, by the names of its sources or its own: the same at every start.

    The folder is made, for this user alone, if it is not there.
    """
    text = _UNSAFE.sub("-", "+".join(names)).strip("-") or "recording"
    if len(text.encode()) > MAX_NAME:
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
        text = f"{text.encode()[: MAX_NAME - _DIGEST - 1].decode(errors='ignore')}-{digest}"
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place / f"{text}{SUFFIX}"


def find(name: str | os.PathLike[str]) -> Path:
    """Return a recording's file, given by its path or by its name in the folder.

    Raises
    ------
    ConfigError
        If there is none.
    """
    path = Path(name)
    with suppress(OSError):  # a name may be too long for a path
        if path.is_file():
            return path
    known = {each.name.removesuffix(SUFFIX): each for each in _files()}
    found = known.get(os.fspath(name).removesuffix(SUFFIX))
    if found is not None:
        return found
    near = get_close_matches(os.fspath(name).removesuffix(SUFFIX), known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else "; stripchart ls lists those there are"
    raise ConfigError(f"{name}: no such recording, neither as a file nor in {folder()}{hint}")


def entries() -> list[Entry]:
    """Describe every recording in the folder, by name; one that cannot be read is listed with the reason."""
    return [describe(path) for path in _files()]


def describe(path: Path) -> Entry:
    """Describe one recording; raises nothing."""
    from stripchart.store.reading.reader import Recording

    name, in_use = path.name.removesuffix(SUFFIX), is_locked(path)
    try:
        with Recording(path) as recording:
            about, streams = recording.about(), recording.streams()
        rows = [stream for stream in streams if stream.rows > stream.first_row]
        span = (min(each.start_ns for each in rows), max(each.stop_ns for each in rows)) if rows else None
        return Entry(name, path, about.size, about, span, len(streams), in_use, "")
    except (ConfigError, DamagedError, OSError) as error:  # OSError: it went while it was looked at
        problem = str(error).removeprefix(f"{path}: ")
        return Entry(name, path, _size(path), None, None, 0, in_use, problem)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _files() -> list[Path]:
    place = folder()
    return sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else []
