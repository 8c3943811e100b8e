"""Who may ask: the one guard in front of every route, Bokeh's own and ours.

Loopback needs no token, but the ``Host`` must be a name of this machine (a page elsewhere could otherwise reach it by
rebinding its own name to 127.0.0.1). Beyond loopback a token is swapped for a cookie at the first visit, the way
Jupyter does it. Static files are the same for everybody and answer anyone.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tornado.httputil import HTTPServerRequest

PUBLIC: Final = ("/static/", "/assets/", "/favicon.ico")
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Refusal(NamedTuple):
    """Why a request is not served; status 302 swaps the token for a cookie instead."""

    status: int
    message: str
    location: str = ""


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
        Names by which the page may be asked for, beside IP addresses and this machine's own name.
    """

    def __init__(self, host: str, port: int, token: str = "", allow_hosts: Iterable[str] = ()) -> None:
        self.cookie = f"stripchart-{port}"
        self.token = token
        self.refused = 0
        self._proof = hmac.new(token.encode(), b"stripchart cookie", sha256).hexdigest()
        self._loopback_only = is_loopback(host)
        own = socket.gethostname().lower()
        self._hosts = LOOPBACK | {host.lower(), own, f"{own}.local"} | {name.lower() for name in allow_hosts}
        if "*" in self._hosts:
            raise ValueError("allow_hosts: '*' would let any web page in; name the hosts")

    def judge(self, request: HTTPServerRequest) -> Refusal | None:
        """Return why a request is refused, or None when it may pass."""
        refusal = self._judge(request)
        if refusal is not None and refusal.location == "":
            self.refused += 1
        return refusal

    def grants(self, value: str) -> bool:
        """Say whether a text is the token."""
        return hmac.compare_digest(value.encode(), self.token.encode())

    @property
    def proof(self) -> str:
        """What the cookie holds: made from the token, but not the token."""
        return self._proof

    def _judge(self, request: HTTPServerRequest) -> Refusal | None:
        host = _host_name(request.host)
        if not self._known(host):
            return Refusal(403, f"The name {host!r} is not configured for this page. Add it with --allow-host {host}")
        origin = request.headers.get("Origin")
        if (
            origin is not None
            and urlsplit(origin).netloc != request.host
            and not self._named(urlsplit(origin).hostname)
        ):
            return Refusal(403, f"Pages of {origin!r} may not use this one")
        if not self.token or request.path.startswith(PUBLIC):
            return None
        morsel = request.cookies.get(self.cookie)
        if morsel is not None and hmac.compare_digest(morsel.value.encode(), self._proof.encode()):
            return None
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.grants(bearer):
            return None
        query = parse_qsl(request.query, keep_blank_values=True)
        if request.method == "GET" and any(key == "token" and self.grants(value) for key, value in query):
            rest = urlencode([(key, value) for key, value in query if key != "token"])
            # Two leading slashes would name another host.
            path = "/" + request.path.lstrip("/")
            return Refusal(302, "", f"{path}?{rest}" if rest else path)
        return Refusal(403, "This page needs the token that Stripchart printed when it started.")

    def _known(self, host: str) -> bool:
        if host in self._hosts:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        # No stranger's name can pass for an IP address; on loopback only loopback's own are expected.
        return address.is_loopback or not self._loopback_only

    def _named(self, host: str | None) -> bool:
        return host is not None and host.lower() in self._hosts - LOOPBACK


def _host_name(netloc: str) -> str:
    try:
        return (urlsplit(f"//{netloc}").hostname or "").lower()
    except ValueError:
        return ""
