"""The text of a configuration file, with what it takes from the environment and from files of secrets.

Any text may hold ``${NAME}`` or ``${NAME:-default}``; the default also stands in for an empty variable, as in a shell,
and ``$${`` is a plain ``${``. A secret may come from a file: ``password_file = "path"``, relative to the TOML file.
"""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripchart.config.options import Mistake, show
from stripchart.config.secrets import is_secret, redact_url
from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_SECRET_BYTES: Final = 64 << 10
_VARIABLE: Final = re.compile(r"\$\$\{|\$\{[^}]*\}?")
_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_]\w*)(?::-(.*))?\}", re.ASCII | re.DOTALL)


class Document(NamedTuple):
    """What a file says."""

    content: dict[str, Any]
    mistakes: list[Mistake]
    literal_secrets: list[str]
    """Dotted keys of the secrets that stand in the file itself."""


def read_document(file: Path) -> Document:
    """Read a TOML file; ConfigError, with line and column, if it is none."""
    raw = _parse(file)
    mistakes: list[Mistake] = []
    content, wrong = _read_secrets(_expand(raw, "", mistakes), file.parent)
    return Document(content, mistakes + wrong, list(_literal_secrets(raw)))


def _parse(file: Path) -> dict[str, Any]:
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: expected UTF-8 text, found byte {error.object[error.start]:#04x}") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).rpartition(" (at ")  # "line 3, column 7)" or "end of document)"
        line, column = re.findall(r"\d+", place) or (text.count("\n") + 1, len(text) - text.rfind("\n"))
        raise ConfigError(f"{file}:{line}:{column}: {what[:1].lower()}{what[1:]}") from error


def _expand(value: Any, key: str, mistakes: list[Mistake]) -> Any:
    """Put the environment's variables into all texts; a text with a mistake stays as it is."""
    if isinstance(value, dict):
        return {name: _expand(inner, f"{key}.{name}".lstrip("."), mistakes) for name, inner in value.items()}
    if isinstance(value, list):
        tables = any(isinstance(inner, dict) for inner in value)  # a mistake in one is told with its place
        return [_expand(inner, f"{key}[{i}]" if tables else key, mistakes) for i, inner in enumerate(value)]
    if not isinstance(value, str):
        return value

    def variable(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        reference = _REFERENCE.fullmatch(match[0])
        if not reference:
            expected = "${NAME} or ${NAME:-default} (and $${ for a plain ${)"
            mistakes.append(Mistake(key, f"expected {expected}, got {match[0]!r}"))
            return match[0]
        name, default = reference.groups()
        found = os.environ.get(name)
        if default is not None:
            found = found or default
        if found is None:
            hint = f"set it, or give a default: ${{{name}:-…}}"
            mistakes.append(Mistake(key, f"the environment has no variable {name}; {hint}"))
            return match[0]
        return found

    return _VARIABLE.sub(variable, value)


def _read_secrets(table: dict[str, Any], folder: Path) -> tuple[dict[str, Any], list[Mistake]]:
    """Replace each ``password_file = "path"`` and the like by what the file holds, without its last newline."""
    result: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for name, value in table.items():
        secret = name.removesuffix("_file")
        if isinstance(value, dict):
            result[name], wrong = _read_secrets(value, folder)
            mistakes += [mistake.below(name) for mistake in wrong]
        elif secret == name or not is_secret(secret):
            result[name] = value
        elif secret in table:
            mistakes.append(Mistake(name, f"is given beside {secret}; keep one"))
        elif not isinstance(value, str):
            mistakes.append(Mistake(name, f"expected a path, got {show(value)}"))
        else:
            try:
                with (folder / value).open("rb") as file:
                    result[secret] = file.read(MAX_SECRET_BYTES).decode().removesuffix("\n").removesuffix("\r")
            except (OSError, ValueError) as error:  # a path or a text that cannot be one is a ValueError
                reason = error.strerror if isinstance(error, OSError) else "expected UTF-8 text"
                mistakes.append(Mistake(name, f"{folder / value}: {reason}"))
    return result, mistakes


def _literal_secrets(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _literal_secrets(value, f"{prefix}{name}.")
        elif isinstance(value, str):
            literal = re.sub(r"\$\{\w+(:-)?\}", "", value)
            if (literal and is_secret(name)) or redact_url(literal) != literal:
                yield f"{prefix}{name}"
