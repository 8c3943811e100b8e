"""Layouts that are edited in the page: what kinds of panels there are, and pages written down as TOML."""

from __future__ import annotations

import inspect
import logging
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import tomli_w
from pydantic import TypeAdapter

from stripchart.config.attributes import attribute_texts
from stripchart.config.options import describe
from stripchart.config.pages import read_page, read_pages
from stripchart.errors import ConfigError
from stripchart.plugins import load, registered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stripchart.ui.design import PageDesign

log = logging.getLogger(__name__)

HEADER: Final = "# Pages of Stripchart: for `--layout FILE`, or as a part of a configuration.\n\n"


class Layouts:
    """Reads and writes the designs of pages for the monitor's own; see ``ui.context.Designer``.

    Parameters
    ----------
    file
        Where layouts are kept that are saved in the page; nowhere if not given.

    Raises
    ------
    ConfigError
        If it holds anything but pages.
    """

    def __init__(self, file: str | Path | None = None) -> None:
        self.file = None if file is None else Path(file)
        self.designs = _read(self.file) if self.file and self.file.exists() else ()

    @property
    def saves_to(self) -> str:
        """Where ``save`` writes; empty if nowhere."""
        return str(self.file or "")

    def read(self, table: Mapping[str, Any]) -> PageDesign:
        """Build a page; ConfigError with all mistakes if it is wrong."""
        return read_page(table)

    def kinds(self) -> list[dict[str, Any]]:
        """Describe every kind of panel, with its options; one that cannot be loaded is left out, and logged."""
        kinds = []
        for name in registered("panels"):
            try:
                kinds.append(_kind(name))
            except ConfigError as error:
                log.warning("%s", error)
        return kinds

    def write(self, table: Mapping[str, Any]) -> str:
        """Return a page as TOML; ConfigError if it is wrong."""
        return to_toml([read_page(table)])

    def save(self, table: Mapping[str, Any]) -> None:
        """Keep a page in the file, instead of the one at its path.

        Raises
        ------
        ConfigError
            If the page is wrong, there is no file, or it cannot be written.
        """
        design = read_page(table)
        if self.file is None:
            raise ConfigError("there is no file to save to; start with --layout FILE")
        self.designs = (*(each for each in self.designs if each.path != design.path), design)
        fresh = self.file.with_name(f".{self.file.name}.new")
        try:
            fresh.write_text(to_toml(self.designs), encoding="utf-8")
            fresh.replace(self.file)
        except OSError as error:
            raise ConfigError(f"{self.file}: cannot be written: {error.strerror}") from error


def to_toml(designs: Iterable[PageDesign]) -> str:
    """Return pages as a TOML file holds them."""
    return HEADER + tomli_w.dumps({"page": [design.describe() for design in designs]})


def _read(file: Path) -> tuple[PageDesign, ...]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    others = document.keys() - {"page"}
    if others:
        raise ConfigError(f"{file}: expected [[page]] alone, found {', '.join(sorted(others))}")
    designs, mistakes = read_pages(document.get("page", []))
    if mistakes:
        raise ConfigError("\n".join(f"{file}: {mistake.below('page')}" for mistake in mistakes))
    return designs


def _kind(name: str) -> dict[str, Any]:
    panel = load("panels", name)
    hints = get_type_hints(panel.Options, include_extras=True)
    texts: dict[str, str] = {}
    for cls in reversed(panel.Options.__mro__):
        texts |= attribute_texts(inspect.getdoc(cls) or "") if cls is not object else {}
    options = [
        {
            "name": field.name,
            "expected": describe(hints[field.name]),
            "default": None if field.default is MISSING else field.default,
            "text": texts.get(field.name, ""),
            **_form(TypeAdapter(hints[field.name]).json_schema()),
        }
        for field in fields(panel.Options)
    ]
    doc = (inspect.getdoc(panel) or name).split("\n\n")[0].replace("\n", " ")
    return {"kind": name, "text": doc, "options": options}


def _form(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return how an option is asked for: its type, choices and bounds.

    Types are "number", "integer", "boolean", "list", "text" and "choice".
    """
    parts = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    part = parts[0] if len(parts) == 1 else {}
    if "enum" in part:
        return {"type": "choice", "choices": part["enum"]}
    kind = {"array": "list", "string": "text"}.get(part.get("type", ""), part.get("type", "text"))
    bounds = {"minimum": part.get("minimum"), "maximum": part.get("maximum")}
    return {"type": kind, **{name: bound for name, bound in bounds.items() if bound is not None}}
