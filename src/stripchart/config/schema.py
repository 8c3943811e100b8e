"""The JSON Schema of a configuration file, for editors that complete and check while one types."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, Final, get_type_hints

from pydantic import ConfigDict, TypeAdapter

from stripchart.config.file import Server, SourceTable, View
from stripchart.config.options import nested
from stripchart.config.pages import ChannelTable, PageTable, PanelTable
from stripchart.config.recording import RecordTable
from stripchart.config.secrets import is_secret
from stripchart.plugins import load, registered
from stripchart.ui.design import STRIP

_REFERENCE: Final = {"type": "string", "pattern": r"\$\{"}
"""Any value may come from the environment."""


def json_schema() -> dict[str, Any]:
    """Return the schema, with the options of every source and decoder that is installed.

    Raises
    ------
    ConfigError
        If an installed source or decoder cannot be imported.
    """
    decoders = {name: _table(load("decoders", name).Options) for name in registered("decoders")}
    sources = [_source(scheme) for scheme in registered("sources")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stripchart configuration",
        "type": "object",
        "properties": {
            **_properties(View),
            "server": _table(Server),
            "recording": _table(RecordTable),
            "page": {"type": "array", "items": _page()},
            "sources": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"anyOf": sources, "allOf": [_follows(name) for name in decoders]},
            },
        },
        "required": ["sources"],
        "additionalProperties": False,
        "$defs": decoders,
    }


def _page() -> dict[str, Any]:
    panels = [_panel(kind) for kind in registered("panels")]
    page = _table(PageTable)
    page["properties"]["channel"] = {"type": "array", "items": _table(ChannelTable)}
    page["properties"]["panel"] = {"type": "array", "items": {"anyOf": panels}}
    return page


def _panel(kind: str) -> dict[str, Any]:
    """Return the schema of a ``[[page.panel]]`` of a kind; where none is said, it is a strip."""
    table = _table(load("panels", kind).Options)
    properties = {**table["properties"], **_properties(PanelTable), "kind": {"const": kind}}
    required = table.get("required", []) + ([] if kind == STRIP else ["kind"])
    return {"title": kind, **table, "properties": properties, "required": required}


def _source(scheme: str) -> dict[str, Any]:
    """Return the schema of a ``[sources.NAME]`` whose URL has this scheme, or comes from the environment."""
    start = "-$" if scheme == "-" else f"{scheme}:"
    common = _properties(SourceTable)
    common["url"] = {"type": "string", "pattern": rf"^({start}|\$\{{)"}
    common["decoder"] = {"anyOf": [{"enum": list(registered("decoders"))}, _REFERENCE]}
    common["decoder_options"] = {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in registered("decoders")]}
    table = _table(load("sources", scheme).Options)
    return {"title": scheme, **table, "properties": {**table["properties"], **common}, "required": ["url"]}


def _follows(decoder: str) -> dict[str, Any]:
    """Return that the options are those of the decoder, where it is named."""
    named = {"properties": {"decoder": {"const": decoder}}, "required": ["decoder"]}
    return {"if": named, "then": {"properties": {"decoder_options": {"$ref": f"#/$defs/{decoder}"}}}}


def _table(options: type[Any]) -> dict[str, Any]:
    needed = [field.name for field in fields(options) if field.default is field.default_factory is MISSING]
    table = {"type": "object", "properties": _properties(options), "additionalProperties": False}
    return {**table, "required": needed} if needed else table


def _properties(options: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(options, include_extras=True)
    properties: dict[str, Any] = {}
    for field in fields(options):
        schema = _value(hints[field.name])
        properties[field.name] = schema if schema.get("type") == "string" else {"anyOf": [schema, _REFERENCE]}
        if is_secret(field.name):
            properties[f"{field.name}_file"] = {"type": "string"}
    return properties


def _value(hint: Any) -> dict[str, Any]:
    """Return the schema of one value; a dataclass is a table, and a list may be one of tables."""
    cls, in_list = nested(hint)
    if cls is not None:
        return {"type": "array", "items": _table(cls)} if in_list else _table(cls)
    return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True)).json_schema()
