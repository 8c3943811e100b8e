"""Opens the file that a recorder writes; one that is damaged is moved aside, and a new one begun."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stripchart.errors import DamagedError
from stripchart.store.writing.retention import Limits
from stripchart.store.writing.setaside import set_aside
from stripchart.store.writing.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecordOptions:
    """How a recording is kept.

    Attributes
    ----------
    raw
        Keep the bytes of the sources, too.
    power_safe
        Wait for the disk at each commit.
    limits
        When to forget the oldest.
    title, config
        What the file says of itself, without secrets.
    """

    raw: bool = False
    power_safe: bool = False
    limits: Limits = field(default_factory=Limits)
    title: str = ""
    config: Mapping[str, Any] | None = None


def open_writer(path: Path, options: RecordOptions, tell: Callable[[str], None]) -> Writer:
    """Begin a recording, or continue it.

    Parameters
    ----------
    tell
        Called with what was lost, in words.

    Raises
    ------
    ConfigError
        If it cannot be written.
    DamagedError
        If even a new one cannot be used.
    OSError
        If its folder cannot be made, or it cannot be moved aside.
    """
    try:
        writer = _make_writer(path, options)
    except DamagedError as error:
        move_aside(path, str(error), tell)
        writer = _make_writer(path, options)
    for problem in writer.problems:
        log.warning("%s: %s", path, problem)
    if writer.problems:
        more = f", and {len(writer.problems) - 1} more" if len(writer.problems) > 1 else ""
        tell(f"the recording was damaged, and goes on: {writer.problems[0]}{more}")
    return writer


def move_aside(path: Path, damage: str, tell: Callable[[str], None]) -> None:
    """Give a damaged file another name, and say so; OSError if that cannot be."""
    moved = set_aside(path)
    log.error("%s; moved to %s, and a new recording is begun", damage, moved)
    tell(f"the recording was damaged; it is now {moved.name}, and a new one is begun")


def _make_writer(path: Path, options: RecordOptions) -> Writer:
    path.parent.mkdir(parents=True, exist_ok=True)
    return Writer(
        path,
        power_safe=options.power_safe,
        title=options.title,
        config=options.config,
        limits=options.limits,
    )
