"""Texts and TOML values into the dataclasses of options, with every mistake told in plain words."""

from __future__ import annotations

import re
import types
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import ConfigDict, TypeAdapter

from stripchart.config.secrets import is_secret
from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

MAX_SHOWN: Final = 60
"""Characters of a value that a message shows."""
_LAX: Final = ConfigDict(allow_inf_nan=False, arbitrary_types_allowed=True)
_WORDS: Final[dict[Any, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    type(None): "nothing",
    dict: "a table",
}
_LISTS: Final = frozenset({tuple, list, set, frozenset})
_BOUNDS: Final = {"gt": "above", "ge": "of at least", "lt": "below", "le": "of at most"}


class Mistake(NamedTuple):
    """Something wrong with one option."""

    key: str
    """Dotted, such as ``decoder_options.fields[2].type``; empty if it concerns the whole."""
    text: str

    def below(self, table: str) -> Mistake:
        """Return it as seen from outside of a table, or of a list if the key is a place in it: ``[2].type``."""
        between = "." if self.key and not self.key.startswith("[") else ""
        return Mistake(f"{table}{between}{self.key}", self.text)

    def __str__(self) -> str:
        return f"{self.key}: {self.text}" if self.key else self.text


def fill(cls: type[T], given: Mapping[str, Any], also: tuple[str, ...] = ()) -> tuple[T | None, list[Mistake]]:
    """Build a dataclass from values as a URL or a TOML file holds them: ``"115200"`` is a whole number too.

    Parameters
    ----------
    cls
        The dataclass; its type hints say what each value must be. That may be another dataclass, given as a table, or a
        list of them.
    given
        Values by name.
    also
        Names that may stand beside these, which a misspelt one could have meant.

    Returns
    -------
    The instance, or None if there are mistakes, and all of these. A message shows what was found, except a secret.
    """
    hints = get_type_hints(cls, include_extras=True)
    known = {field.name: field for field in fields(cls) if field.init}
    values: dict[str, Any] = {}
    mistakes = []
    for key, value in given.items():
        if key not in known:
            mistakes.append(unknown(key, [*known, *also]))
            continue
        try:
            made, wrong = _convert(hints[key], value)
        except (ConfigError, ValueError):
            found = "something else" if is_secret(key) else show(value)
            wrong = [Mistake("", f"expected {describe(hints[key])}, got {found}")]
        if wrong:
            mistakes += [mistake.below(key) for mistake in wrong]
        else:
            values[key] = made
    required = {key for key, field in known.items() if field.default is MISSING and field.default_factory is MISSING}
    mistakes += [
        Mistake(key, f"is missing; expected {describe(hints[key])}") for key in sorted(required - given.keys())
    ]
    if required - values.keys():
        return None, mistakes
    try:
        filled = cls(**values)  # also when some are wrong already, for what it has to say about the others
    except (ConfigError, ValueError) as error:
        others = (locate(line, known) for line in str(error).splitlines())
        told = {_head(mistake.key) for mistake in mistakes}
        mistakes += [mistake for mistake in others if not mistake.key or _head(mistake.key) not in told]
    return (None, mistakes) if mistakes else (filled, [])


def locate(message: str, known: Container[str]) -> Mistake:
    """Turn a message such as ``rate: expected …`` into the mistake of an option, if it begins with a known name."""
    key, colon, text = message.partition(": ")
    return Mistake(key, text) if colon and _head(key) in known else Mistake("", message)


def unknown(key: str, known: Iterable[str]) -> Mistake:
    """Return the mistake of a key that does not exist, with the nearest that does."""
    names = sorted(known)
    near = get_close_matches(key, names, 1)
    if near:
        return Mistake(key, f"no such option; did you mean {near[0]!r}?")
    return Mistake(key, f"no such option; there are: {', '.join(names)}" if names else "no such option; there are none")


def show(value: object) -> str:
    """Return a value as a message quotes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
        return "a list of tables"
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def describe(hint: Any) -> str:
    """Return in words what a type hint expects, such as "a whole number of at least 1"."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        texts = [extra for extra in arguments[1:] if isinstance(extra, str)]
        return texts[0] if texts else f"{describe(arguments[0])}{_bounds(arguments[1:])}"
    if origin is Literal:
        return f"one of {', '.join(map(repr, arguments))}"
    if origin in {Union, types.UnionType}:
        return " or ".join(describe(argument) for argument in arguments if argument is not type(None))
    if origin in _LISTS:
        return "a list of tables" if is_dataclass(arguments[0]) else f"a list, each {describe(arguments[0])}"
    if is_dataclass(hint):
        return "a table"
    return _WORDS.get(origin or hint) or f"a {getattr(hint, '__name__', str(hint))}"


def _bounds(extras: Iterable[Any]) -> str:
    found: dict[str, Any] = {}
    for extra in extras:
        for constraint in getattr(extra, "metadata", (extra,)):  # pydantic's Field holds a list of them
            found |= {name: getattr(constraint, name) for name in _BOUNDS if hasattr(constraint, name)}
    if "ge" in found and "le" in found:
        return f" from {found['ge']} to {found['le']}"
    return " and".join(f" {_BOUNDS[name]} {bound}" for name, bound in found.items())


def nested(hint: Any) -> tuple[type[DataclassInstance] | None, bool]:
    """Return the dataclass that a type hint asks for, if any, and whether it asks for a list of them."""
    for part in _parts(hint):
        in_list = get_origin(part) in _LISTS
        cls = get_args(part)[0] if in_list else part
        if isinstance(cls, type) and is_dataclass(cls):
            return cls, in_list
    return None, False


def _convert(hint: Any, value: Any) -> tuple[Any, list[Mistake]]:
    """Return the value in its type, or all mistakes of the tables in it; ValueError if it does not fit at all."""
    cls, in_list = nested(hint)
    if cls is not None and not in_list and isinstance(value, dict):
        return fill(cls, value)
    if cls is not None and in_list and isinstance(value, list | tuple):
        return _convert_tables(cls, value)
    kinds = {get_origin(part) or part for part in _parts(hint)}
    if isinstance(value, bool) and bool not in kinds and kinds & {int, float}:
        raise ValueError  # pydantic would take true for 1
    if isinstance(value, str) and kinds & _LISTS:
        value = [part.strip() for part in value.split(",")]
    return TypeAdapter(hint, config=_LAX).validate_python(value), []  # its ValidationError is a ValueError


def _convert_tables(cls: type[DataclassInstance], given: Iterable[Any]) -> tuple[tuple[Any, ...], list[Mistake]]:
    filled, mistakes = [], list[Mistake]()
    for place, table in enumerate(given):
        made: Any = table
        wrong: list[Mistake] = []
        if isinstance(table, dict):
            made, wrong = fill(cls, table)
        elif not isinstance(table, cls):
            wrong = [Mistake("", f"expected a table, got {show(table)}")]
        filled.append(made)
        mistakes += [mistake.below(f"[{place}]") for mistake in wrong]
    return tuple(filled), mistakes


def _parts(hint: Any) -> Iterable[Any]:
    """Yield the parts of a union, or the type itself, without annotations."""
    if get_origin(hint) is Annotated:
        yield from _parts(get_args(hint)[0])
    elif get_origin(hint) in {Union, types.UnionType}:
        for argument in get_args(hint):
            yield from _parts(argument)
    else:
        yield hint


def _head(key: str) -> str:
    """Return the option that a key is part of: ``fields`` of ``fields[2].type``."""
    return re.split(r"[.\[]", key, maxsplit=1)[0]
