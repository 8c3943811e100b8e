"""The JSON Schema of a configuration file, for editors that complete and check while one types."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, get_type_hints

from pydantic import ConfigDict, TypeAdapter

from stripchart.config.file import Server, SourceTable, View
from stripchart.config.secrets import is_secret
from stripchart.plugins import load, registered

_REFERENCE: Final = {"type": "string", "pattern": r"\$\{"}
"""Any value may come from the environment."""


def json_schema() -> dict[str, Any]:
    """Return the schema, with the options of every source that is installed.

    Raises
    ------
    ConfigError
        If an installed source or decoder cannot be imported.
    """
    view = _properties(View)
    decoders = [_table(_properties(load("decoders", name).Options)) for name in registered("decoders")]
    sources = [_source(scheme) for scheme in registered("sources")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stripchart configuration",
        "type": "object",
        "properties": {
            **view,
            "server": _table(_properties(Server)),
            "sources": {"type": "object", "minProperties": 1, "additionalProperties": {"anyOf": sources}},
        },
        "required": ["sources"],
        "additionalProperties": False,
        "$defs": {"decoder_options": {"anyOf": decoders}},
    }


def _source(scheme: str) -> dict[str, Any]:
    """Return the schema of a ``[sources.NAME]`` whose URL has this scheme, or comes from the environment."""
    start = "-$" if scheme == "-" else f"{scheme}:"
    common = _properties(SourceTable)
    common["url"] = {"type": "string", "pattern": rf"^({start}|\$\{{)"}
    common["decoder"] = {"anyOf": [{"enum": list(registered("decoders"))}, _REFERENCE]}
    common["decoder_options"] = {"$ref": "#/$defs/decoder_options"}
    return {"title": scheme, **_table({**_properties(load("sources", scheme).Options), **common}), "required": ["url"]}


def _table(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _properties(options: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(options, include_extras=True)
    properties: dict[str, Any] = {}
    for field in fields(options):
        schema = TypeAdapter(hints[field.name], config=ConfigDict(arbitrary_types_allowed=True)).json_schema()
        properties[field.name] = schema if schema.get("type") == "string" else {"anyOf": [schema, _REFERENCE]}
        if is_secret(field.name):
            properties[f"{field.name}_file"] = {"type": "string"}
    return properties
