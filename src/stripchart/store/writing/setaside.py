"""Moves a damaged recording out of the way; nothing is ever deleted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stripchart.store.format.parts import PARTS

if TYPE_CHECKING:
    from pathlib import Path


def set_aside(path: Path) -> Path:
    """Rename a recording and the files beside it to ``NAME.damaged-TIME.stripchart``; return the new path.

    Raises
    ------
    OSError
        If it cannot be renamed.
    """
    moment = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime())
    stem = path.name.removesuffix(path.suffix)
    marks = [moment, *(f"{moment}-{number}" for number in range(2, 100))]
    targets = [path.with_name(f"{stem}.damaged-{mark}{path.suffix}") for mark in marks]
    target = next(target for target in targets if not target.exists())
    for part in reversed(PARTS):  # the file itself comes last: until then it is found under its old name
        old = path.with_name(path.name + part)
        if old.exists():
            old.rename(target.with_name(target.name + part))
    return target
