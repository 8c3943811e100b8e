"""Adapters by name, found through entry points and loaded when they are first used.

A package adds its own with, in its ``pyproject.toml``::

    [project.entry-points."stripchart.sources"]
    modbus = "my_package:ModbusSource"

A source class has ``Options``, a dataclass of keyword options, and is called with the text of its URL after the
scheme, and the options. A decoder class has ``Options`` too and is called with them; it may have ``samples`` for the
documentation, and in ``usual`` the options that its devices' source has where the user says nothing (``{"baudrate":
9600}``). The built-in adapters register the same way.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from stripchart.errors import ConfigError


@lru_cache(maxsize=8)
def registered(kind: str) -> dict[str, EntryPoint]:
    """Return the adapters of a kind ("sources", "decoders") by name; none is imported yet."""
    return {point.name: point for point in sorted(entry_points(group=f"stripchart.{kind}"), key=lambda p: p.name)}


def load(kind: str, name: str) -> Any:
    """Import the class behind a name.

    Raises
    ------
    ConfigError
        If there is none by that name, or it is broken.
    """
    known = registered(kind)
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"no {kind.removesuffix('s')} named {name!r}{hint} (there are: {', '.join(known)})")
    what = f"{kind.removesuffix('s')} {name!r}"
    try:
        adapter = known[name].load()
    except Exception as error:  # importing runs somebody's code, which may raise anything
        raise ConfigError(f"{what} cannot be loaded: {type(error).__name__}: {error}") from error
    if not is_dataclass(getattr(adapter, "Options", None)):
        raise ConfigError(f"{what} cannot be used: expected {known[name].value} to have Options, a dataclass")
    return adapter
