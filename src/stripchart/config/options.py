"""Texts and TOML values into the dataclasses of options, with every mistake told in plain words."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields
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
_BOUNDS: Final = {"gt": "above", "ge": "of at least", "lt": "below", "le": "of at most"}


class Mistake(NamedTuple):
    """Something wrong with one option."""

    key: str
    """Dotted, such as ``decoder_options.delimiter``; empty if it concerns the whole."""
    text: str

    def below(self, table: str) -> Mistake:
        """Return it as seen from outside of a table."""
        return Mistake(f"{table}.{self.key}" if self.key else table, self.text)

    def __str__(self) -> str:
        return f"{self.key}: {self.text}" if self.key else self.text


def fill(cls: type[T], given: Mapping[str, Any], also: tuple[str, ...] = ()) -> tuple[T | None, list[Mistake]]:
    """Build a dataclass from values as a URL or a TOML file holds them: ``"115200"`` is a whole number too.

    Parameters
    ----------
    cls
        The dataclass; its type hints say what each value must be.
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
            values[key] = _convert(hints[key], value)
        except (ConfigError, ValueError):
            found = "something else" if is_secret(key) else show(value)
            mistakes.append(Mistake(key, f"expected {describe(hints[key])}, got {found}"))
    required = {key for key, field in known.items() if field.default is MISSING and field.default_factory is MISSING}
    mistakes += [
        Mistake(key, f"is missing; expected {describe(hints[key])}") for key in sorted(required - given.keys())
    ]
    if required - values.keys():
        return None, mistakes
    try:
        made = cls(**values)  # also when some are wrong already, for what it has to say about the others
    except (ConfigError, ValueError) as error:
        mistakes += [locate(line, known) for line in str(error).splitlines()]
    return (None, mistakes) if mistakes else (made, [])


def locate(message: str, known: Container[str]) -> Mistake:
    """Turn a message such as ``rate: expected …`` into the mistake of an option, if it begins with a known name."""
    key, colon, text = message.partition(": ")
    return Mistake(key, text) if colon and key in known else Mistake("", message)


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
    if origin in {tuple, list, set, frozenset}:
        return f"a list, each {describe(arguments[0])}"
    return _WORDS.get(origin or hint) or f"a {getattr(hint, '__name__', str(hint))}"


def _bounds(extras: Iterable[Any]) -> str:
    found: dict[str, Any] = {}
    for extra in extras:
        for constraint in getattr(extra, "metadata", (extra,)):  # pydantic's Field holds a list of them
            found |= {name: getattr(constraint, name) for name in _BOUNDS if hasattr(constraint, name)}
    if "ge" in found and "le" in found:
        return f" from {found['ge']} to {found['le']}"
    return " and".join(f" {_BOUNDS[name]} {bound}" for name, bound in found.items())


def _convert(hint: Any, value: Any) -> Any:
    """Return the value in its type; ValueError if it does not fit."""
    kinds = set(_flat(hint))
    if isinstance(value, bool) and bool not in kinds and kinds & {int, float}:
        raise ValueError  # pydantic would take true for 1
    if isinstance(value, str) and kinds & {tuple, list, set, frozenset}:
        value = [part.strip() for part in value.split(",")]
    return TypeAdapter(hint, config=_LAX).validate_python(value)  # its ValidationError is a ValueError


def _flat(hint: Any) -> Iterable[Any]:
    """Yield the plain types of an annotated type or a union."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        yield from _flat(arguments[0])
    elif origin in {Union, types.UnionType}:
        for argument in arguments:
            yield from _flat(argument)
    else:
        yield origin or hint
