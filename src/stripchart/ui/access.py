"""Who may ask: the rules of the one guard in front of every route, Bokeh's own and ours.

Loopback needs no token, but the ``Host`` must be a name of this machine (a page elsewhere could otherwise reach it by
rebinding its own name to 127.0.0.1). Beyond loopback a token is swapped for a cookie at the first visit, the way
Jupyter does it. Static files are the same for everybody and answer anyone who asks for them by a known name.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tornado.httputil import HTTPServerRequest

PUBLIC: Final = ("/static/", "/assets/")
ICON: Final = "/favicon.ico"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NETLOC: Final = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^][:/@\\?#\s*]+))(?::\d{1,5})?")


class Refusal(NamedTuple):
    """Why a request is not served; status 302 swaps the token for a cookie instead."""

    status: int
    message: str
    location: str = ""
    wants_token: bool = False
    """Whether the right token would help."""


def is_loopback(host: str) -> bool:
    """Say whether an address to bind is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """Make a token of 32 random bytes."""
    return secrets.token_urlsafe(32)


def check_allow_hosts(names: Iterable[str]) -> frozenset[str]:
    """Return the names in lower case.

    Raises
    ------
    ConfigError
        If one is not a host name, alone or with a port.
    """
    known = frozenset(name.lower() for name in names)
    wrong = sorted(name for name in known if not _NETLOC.fullmatch(name))
    if wrong:
        expected = "a host name such as 'plots.example.org' or 'plots.example.org:8443'"
        raise ConfigError(f"allow_hosts: expected {expected}, got {', '.join(map(repr, wrong))}")
    return known


class Access:
    """Judges requests.

    Parameters
    ----------
    host
        The address bound.
    port
        Names the cookie: browsers share cookies between the ports of a host.
    token
        Wanted of every visitor, or empty when loopback is protection enough.
    allow_hosts
        Names by which the page may be asked for, beside IP addresses and this machine's own name. Behind a proxy that
        replaces ``Host``, the name in the browser's address bar, with its port unless that is the scheme's own.

    Raises
    ------
    ConfigError
        If one of ``allow_hosts`` is not a host name.
    """

    def __init__(self, host: str, port: int, token: str = "", allow_hosts: Iterable[str] = ()) -> None:
        self.cookie = f"stripchart-{port}"
        self.token = token
        self._token = token.encode()
        self._proof = hmac.new(self._token, b"stripchart cookie", sha256).hexdigest()
        self._loopback_only = is_loopback(host)
        self._origins = check_allow_hosts(allow_hosts)
        own = socket.gethostname().lower()
        self._hosts = LOOPBACK | {own, f"{own}.local", *filter(None, map(_host_name, (host, *self._origins)))}

    @property
    def proof(self) -> str:
        """What the cookie holds: made from the token, but not the token."""
        return self._proof

    def judge(self, request: HTTPServerRequest) -> Refusal | None:
        """Return why a request is refused, or None when it may pass."""
        return self._judge_origin(request) or self._judge_visitor(request)

    def _judge_origin(self, request: HTTPServerRequest) -> Refusal | None:
        """Refuse what another web page sends in the name of its visitor."""
        host = _host_name(request.host)
        if not self._known(host):
            return Refusal(
                403, f"The name {host!r} is not configured for this page; add it with --allow-host or allow_hosts"
            )
        origin = request.headers.get("Origin")
        if origin is not None:
            scheme, _, netloc = origin.lower().partition("://")
            if scheme not in {"http", "https"} or netloc not in {request.host.lower(), *self._origins}:
                return Refusal(403, f"Pages of {origin!r} may not use this one; see allow_hosts")
        # Pictures and scripts in a foreign page carry no Origin, but browsers say where they come from. Links and
        # frames are let through: they cannot read what they show.
        foreign = request.headers.get("Sec-Fetch-Site", "none").lower() in {"cross-site", "same-site"}
        if foreign and origin is None and request.headers.get("Sec-Fetch-Mode", "").lower() != "navigate":
            return Refusal(403, "Other pages may link to this one, but not use it")
        return None

    def _judge_visitor(self, request: HTTPServerRequest) -> Refusal | None:
        if not self.token or request.path.startswith(PUBLIC) or request.path == ICON:
            return None
        query = parse_qsl(request.query, keep_blank_values=True)
        if request.method == "GET" and any(key == "token" and self._grants(value.encode()) for key, value in query):
            # Also for a visitor with the cookie: the token shall not stay in the address bar.
            rest = urlencode([(key, value) for key, value in query if key != "token"])
            # "//name" and, to browsers, "/\name" would lead to another host.
            path = "/" + quote(request.path.lstrip("/\\"), safe="/%:@!$&'()*+,;=~")
            return Refusal(302, "", f"{path}?{rest}" if rest else path)
        cookie = request.cookies.get(self.cookie)
        if cookie is not None and hmac.compare_digest(cookie.value.encode(), self._proof.encode()):
            return None
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        # Header values are bytes that Tornado reads as Latin-1.
        if scheme.lower() == "bearer" and self._grants(bearer.strip().encode("latin-1", "replace")):
            return None
        return Refusal(403, "This page needs the token that Stripchart printed when it started.", wants_token=True)

    def _grants(self, value: bytes) -> bool:
        return hmac.compare_digest(value, self._token)

    def _known(self, host: str) -> bool:
        if host in self._hosts:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        # No stranger's name can pass for an IP address; on loopback only loopback's own are expected.
        return address.is_loopback or not self._loopback_only


def _host_name(netloc: str) -> str:
    """Return the host of ``host:port`` in lower case; empty if it is none."""
    if netloc.count(":") > 1 and not netloc.startswith("["):
        netloc = f"[{netloc}]"  # an IPv6 address as it is bound
    found = _NETLOC.fullmatch(netloc.lower())
    return (found[1] or found[2]) if found else ""
