"""What one value of a message is: a number, a state, text, or nothing."""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias

from stripchart.decoders import objects
from stripchart.decoders.cells import MAX_TEXT, STATES, to_number
from stripchart.flow.records import Kind

Cell: TypeAlias = tuple[str, Any]
"""A name, and a value as JSON has it: number, text, boolean, or None for no value."""

MISSING: Final = frozenset({"null", "none", "unavailable", "unknown"})
"""Words for no value, in lower case."""


def leaves(value: Any) -> list[Cell]:
    """Return the values of a JSON value with their names, also those that are null; see ``objects.leaves``."""
    return objects.leaves(value, nulls=True)


def to_value(value: Any) -> tuple[Kind | None, float | str]:
    """Return what a value is, and the value; the kind is None if there is none."""
    if isinstance(value, str):
        return _to_value(value)
    if value is None:
        return None, math.nan
    return objects.to_scalar(value)


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
