"""A user's regular expression, compiled by RE2 and checked, with its mistakes in plain words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_PATTERN: Final = 4096
"""Bytes of the longest pattern."""
_EXAMPLE: Final = r"T=(?P<temp>\S+)"
_NAMED: Final = re.compile(r"\\.|\(\?P?<(\w+)>", re.DOTALL)
_FOREIGN: Final = (
    (r"\(\?=|\(\?!", "a look-ahead"),
    (r"\(\?<=|\(\?<!", "a look-behind"),
    (r"\(\?P=\w*\)?|\\[1-9]|\\k", "a backreference"),
    (r"\(\?>", "an atomic group"),
    (r"\(\?\(", "a condition"),
    (r"\(\?#", "a comment"),
    (r"[*+?}]\+", "a possessive quantifier"),
)
"""What other dialects have and RE2 has not."""
_FOREIGN_PART: Final = re.compile("|".join(f"({part})" for part, _ in _FOREIGN) + r"|(\\Z)|\\.", re.DOTALL)


class LinePattern:
    """An expression with named groups.

    Parameters
    ----------
    text
        In the syntax of RE2. A group is written ``(?P<name>...)`` or ``(?<name>...)``.

    Attributes
    ----------
    groups
        The names of the groups, in the order in which they begin.

    Raises
    ------
    ConfigError
        If RE2 does not take it, or it has no named group, or two of the same name.
    """

    def __init__(self, text: str) -> None:
        import re2  # type: ignore[import-untyped]  # google-re2 ships no types

        encoded = text.encode(errors="replace")
        if len(encoded) > MAX_PATTERN:
            raise ConfigError(f"pattern: expected at most {MAX_PATTERN} bytes, got {len(encoded)}")
        options = re2.Options()
        options.log_errors = False
        try:
            compiled: Any = re2.compile(encoded, options)
        except re2.error as error:
            raise ConfigError(f"pattern: {_explain(text, str(error.args[0], 'utf-8', 'replace'))}") from None
        places = sorted((place, name.decode()) for name, place in compiled.groupindex.items())
        written = [found[1] for found in _NAMED.finditer(text) if found[1]]
        twice = [name for name in written if written.count(name) > 1]
        if twice:
            raise ConfigError(f"pattern: the group {twice[0]!r} comes twice; each needs a name of its own")
        if not places:
            raise ConfigError(f"pattern: expected a group with a name, such as {_EXAMPLE!r}, got {text!r}")
        self.groups = tuple(name for _, name in places)
        self._places = [place - 1 for place, _ in places]
        self._plain = len(places) == compiled.groups
        self._search: Callable[[bytes], Any] = compiled.search

    def search(self, line: bytes) -> Sequence[bytes | None] | None:
        """Find the pattern in a line.

        Returns
        -------
        What each group matched, None for one that took no part; or None if the pattern is not found.
        """
        found = self._search(line)
        if found is None:
            return None
        parts: Sequence[bytes | None] = found.groups()
        return parts if self._plain else [parts[place] for place in self._places]


def _explain(text: str, error: str) -> str:
    """Say what RE2 does not like, and where."""
    for found in _FOREIGN_PART.finditer(text):
        kind = found.lastindex or 0
        if 0 < kind <= len(_FOREIGN):
            return (
                f"{_FOREIGN[kind - 1][1]}, {found[0]!r} at position {found.start() + 1}, is not supported: "
                "matching would not be sure to end in time; write the pattern without it"
            )
        if kind:
            return rf"'\Z' at position {found.start() + 1} is not supported; write '\z'"
    message, _, part = error.partition(": ")
    place = text.find(part) if part else -1
    return f"{message} {part!r} at position {place + 1} of {text!r}" if place >= 0 else f"{error} in {text!r}"
