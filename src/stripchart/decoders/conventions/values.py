"""What one value of a message is: a number, a state, text, or nothing."""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias

from stripchart.decoders.cells import MAX_COLUMNS, MAX_TEXT, STATES, TOO_MANY_COLUMNS, FrameError, to_number
from stripchart.decoders.objects import MAX_DEPTH, VALUE
from stripchart.flow.records import Kind

Cell: TypeAlias = tuple[str, Any]
"""A name, and a value as JSON has it: number, text, boolean, or None for no value."""

MISSING: Final = frozenset({"null", "none", "unavailable", "unknown"})
"""Words for no value, in lower case."""


def leaves(value: Any) -> list[Cell]:
    """Return the values of a JSON value with their names, nested ones joined by ``/``: ``a/b[0]``.

    Raises
    ------
    FrameError
        If it is nested too deeply, or there are too many values for a row.
    """
    found: list[Cell] = []
    _gather(value, "", 0, found)
    return found


def _gather(value: Any, name: str, depth: int, found: list[Cell]) -> None:
    if depth > MAX_DEPTH:
        raise FrameError("nested too deeply")
    if isinstance(value, dict):
        prefix = f"{name}/" if name else ""
        for key, item in value.items():
            _gather(item, prefix + key, depth + 1, found)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _gather(item, f"{name or VALUE}[{place}]", depth + 1, found)
    else:
        found.append((name or VALUE, value))
        if len(found) > MAX_COLUMNS:
            raise FrameError(TOO_MANY_COLUMNS)


def to_value(value: Any) -> tuple[Kind | None, float | str]:
    """Return what a value is, and the value; the kind is None if there is none."""
    if isinstance(value, str):
        return _to_value(value)
    if value is None:
        return None, math.nan
    if isinstance(value, bool):
        return Kind.STATE, float(value)
    return Kind.NUMBER, float(value) or 0.0


def _to_value(text: str) -> tuple[Kind | None, float | str]:
    number = to_number(text)
    if number is not None:
        return Kind.NUMBER, number
    word = text.lower()
    if word in STATES:
        return Kind.STATE, STATES[word]
    if word in MISSING:
        return None, math.nan
    return Kind.TEXT, text[:MAX_TEXT]
