"""The text of a source's URL, taken apart. Topic filters hold ``#``, ``+`` and ``/``, so urllib's rules do not fit."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from stripchart.errors import ConfigError

_QUERY = re.compile(r"\?(?=[A-Za-z_][A-Za-z0-9_]*=)")


class SourceUrl(NamedTuple):
    """``scheme:target?key=value&…`` in its parts."""

    scheme: str
    target: str
    query: dict[str, str]


def split_url(text: str) -> SourceUrl:
    """Split a source's URL; a ``?`` counts only before ``name=``, a ``#`` never does.

    Values in the query may be percent-encoded; a ``+`` in them is itself, as topic filters need it.

    Raises
    ------
    ConfigError
        If there is no scheme, or a key is given twice.
    """
    if text == "-":
        return SourceUrl("-", "", {})
    scheme, colon, rest = text.partition(":")
    if not colon or not re.fullmatch(r"[a-z][a-z0-9+.-]*|-", scheme):
        raise ConfigError(f"{text!r}: expected SCHEME:TARGET, such as serial:/dev/ttyUSB0, mqtt://host/topic/# or sim:")
    target, *queries = _QUERY.split(rest, maxsplit=1)
    query: dict[str, str] = {}
    for key, value in parse_qsl("".join(queries).replace("+", "%2B"), keep_blank_values=True):
        if key in query:
            raise ConfigError(f"{text!r}: option {key!r} is given twice")
        query[key] = value
    return SourceUrl(scheme, target, query)


def split_given(url: str) -> SourceUrl:
    """Split a URL as ``split_url`` does, with an error that does not repeat it, and a hint for the path of a port."""
    if url.startswith(("/dev/", "COM")):
        raise ConfigError(f"expected SCHEME:TARGET; for a serial port write serial:{url}")
    try:
        return split_url(url)
    except ConfigError as error:
        raise ConfigError(str(error).removeprefix(f"{url!r}: ")) from error


def endpoint(url: str) -> tuple[str, int]:
    """Return the host, which may be empty, and the port of a URL; ConfigError if there is anything else or no port."""
    try:
        parts = urlsplit(url)
        if parts.port is not None and parts.netloc and url == f"{parts.scheme}://{parts.netloc}":
            return parts.hostname or "", parts.port
    except ValueError:
        pass  # a port out of range, or brackets without their pair
    scheme = url.partition(":")[0]
    raise ConfigError(f"{url}: expected {scheme}://HOST:PORT, with an IPv6 address in brackets")
