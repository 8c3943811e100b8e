"""What the commands read from their arguments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stripchart.config.durations import parse_duration
from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable


def seconds(option: str, text: str | None) -> float | None:
    """Read a span of time; ConfigError names the option."""
    try:
        return None if text is None else parse_duration(text)
    except ConfigError as error:
        raise ConfigError(f"{option}: {error}") from error


def pairs(option: str, texts: Iterable[str]) -> dict[str, Any]:
    """Read ``key=value`` pairs; a value in brackets or braces is JSON. ConfigError if one is none or comes twice."""
    found: dict[str, Any] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise ConfigError(f"{option}: expected key=value, got {text!r}")
        if key in found:
            raise ConfigError(f"{option}: {key} is given twice")
        try:
            found[key] = json.loads(value) if value[:1] in {"[", "{"} else value
        except json.JSONDecodeError as error:
            raise ConfigError(f"{option}: {key}: expected JSON, got {value!r}: {error}") from error
    return found
