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
from enum import StrEnum
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


class Role(StrEnum):
    """What a visitor may do."""

    VIEW = "view"
    """See everything."""
    CONTROL = "control"
    """And send commands, and take devices from and give them to the monitor."""


class Refusal(NamedTuple):
    """Why a request is not served; status 302 swaps the token for a cookie instead."""

    status: int
    message: str
    location: str = ""
    cookie: str = ""
    """What proves from now on that the visitor had the token."""
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


class _Key(NamedTuple):
    """A token, what the cookie holds in its stead, and what they let their owner do."""

    token: bytes
    proof: str
    role: Role


def _key(token: str, role: Role) -> _Key:
    secret = token.encode()
    return _Key(secret, hmac.new(secret, b"stripchart cookie", sha256).hexdigest(), role)


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
    control
        Whether anybody may have the control role.
    control_token
        Wanted of who shall have it; if empty, all have it who need no token to view.

    Raises
    ------
    ConfigError
        If one of ``allow_hosts`` is not a host name.
    """

    def __init__(
        self,
        host: str,
        port: int,
        token: str = "",
        allow_hosts: Iterable[str] = (),
        *,
        control: bool = False,
        control_token: str = "",
    ) -> None:
        self.cookie = f"stripchart-{port}"
        self.token, self.control_token = token, control_token
        self.control = control
        highest = Role.CONTROL if control else Role.VIEW
        keys = (_key(token, Role.VIEW), _key(control_token, highest))
        self._keys = [key for key in keys if key.token]
        self._anybody = None if token else Role.VIEW if control_token else highest
        self._loopback_only = is_loopback(host)
        self._origins = check_allow_hosts(allow_hosts)
        own = socket.gethostname().lower()
        self._hosts = LOOPBACK | {own, f"{own}.local", *filter(None, map(_host_name, (host, *self._origins)))}

    def proof(self, token: str) -> str:
        """Return what the cookie holds for a visitor with this token: made from it, but not the token."""
        return _key(token, Role.VIEW).proof

    def role(self, request: HTTPServerRequest) -> Role | None:
        """Return what a request's sender may do; None without a token where one is asked."""
        cookie = request.cookies.get(self.cookie)
        proven = None if cookie is None else self._find(cookie.value.encode(), by_cookie=True)
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        # Header values are bytes that Tornado reads as Latin-1.
        word = bearer.strip().encode("latin-1", "replace") if scheme.lower() == "bearer" else b""
        roles = [key.role for key in (proven, self._find(word)) if key is not None]
        return Role.CONTROL if Role.CONTROL in roles else roles[0] if roles else self._anybody

    def judge(self, request: HTTPServerRequest) -> Refusal | None:
        """Return why a request is refused, or None when it may pass."""
        return self._judge_origin(request) or self._judge_visitor(request)

    def judge_control(self, request: HTTPServerRequest) -> Refusal | None:
        """Return why a request to do something is refused, or None when it may."""
        if self.role(request) is Role.CONTROL:
            return None
        if not self.control:
            return Refusal(
                403, "Sending is off. Turn it on with --control, control = true in [server], or Monitor(control=True)."
            )
        return Refusal(403, "This needs the control role: open the second address that Stripchart printed.")

    def judge_keeping(self, request: HTTPServerRequest) -> Refusal | None:
        """Return why a request to keep something (a note, a layout) is refused, or None when it may.

        Where there are no tokens, everybody on this machine may; else it takes the control role.
        """
        if not self._keys or self.role(request) is Role.CONTROL:
            return None
        return Refusal(403, "This needs the control role: start with --control, and open the second address it prints.")

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
        if not self._keys or request.path.startswith(PUBLIC) or request.path == ICON:
            return None
        query = parse_qsl(request.query, keep_blank_values=True)
        given = [self._find(value.encode()) for key, value in query if key == "token"]
        found = next(filter(None, given), None)
        if request.method == "GET" and found is not None:
            # Also for a visitor with the cookie: the token shall not stay in the address bar.
            rest = urlencode([(key, value) for key, value in query if key != "token"])
            # "//name" and, to browsers, "/\name" would lead to another host.
            path = "/" + quote(request.path.lstrip("/\\"), safe="/%:@!$&'()*+,;=~")
            return Refusal(302, "", f"{path}?{rest}" if rest else path, found.proof)
        if self.role(request) is None:
            return Refusal(403, "This page needs the token that Stripchart printed when it started.", wants_token=True)
        return None

    def _find(self, value: bytes, *, by_cookie: bool = False) -> _Key | None:
        """Return the key of a token, or of a proof; all are compared, so that the time it takes tells nothing."""
        same = [hmac.compare_digest(value, key.proof.encode() if by_cookie else key.token) for key in self._keys]
        return next((key for key, is_it in zip(self._keys, same, strict=True) if is_it), None)

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
