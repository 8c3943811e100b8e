"""What sources are called that nobody has named."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from stripchart.errors import ConfigError
from stripchart.sources.url import split_given

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from stripchart.flow.contracts import Source

MAX_NAME: Final = 64


def check_name(name: str) -> None:
    """Refuse a name that cannot head its streams' names; ConfigError."""
    if not name or len(name) > MAX_NAME or "/" in name or not name.isprintable() or name != name.strip():
        expected = f"1 to {MAX_NAME} printable characters without '/' and without blanks around"
        raise ConfigError(f"name of a source: expected {expected}, got {name[: MAX_NAME + 1]!r}")


def default_name(given: str | Callable[..., Any] | Source) -> str:
    """Return a name for a source that has none: ``ttyUSB0``, a broker's host, ``sim``, ``stdin``, the function's name.

    Raises
    ------
    ConfigError
        If a URL is none.
    """
    url = given if isinstance(given, str) else getattr(given, "url", None)
    name = _url_name(url) if isinstance(url, str) else callable_name(given)
    return "".join(c if c.isprintable() and c != "/" else "-" for c in name.strip())[:MAX_NAME].strip() or "source"


def free_name(name: str, taken: Container[str]) -> str:
    """Return the name, or ``name-2``, ``name-3`` … if it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _url_name(url: str) -> str:
    scheme, target, _ = split_given(url)
    if scheme == "-":
        return "stdin"
    if target.startswith("//"):
        host = target[2:].partition("/")[0].rpartition("@")[2]
        return (host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]) or scheme
    last = target.rstrip("/").rpartition("/")[2]
    attribute = last.rpartition(":")[2]  # of function:package.module:attribute
    return (attribute if attribute.isidentifier() else last) or scheme


def callable_name(given: Any) -> str:
    """Return the name of a function, or of the class of what else can be called."""
    given = given.func if isinstance(given, partial) else given
    name = str(getattr(given, "__name__", type(given).__name__))
    return name if name.isidentifier() else "function"
