"""A page server over a hub that the test feeds itself, and a client that sends exactly the bytes it is told to."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from stripchart.config.layouts import Layouts
from stripchart.flow.hub import Hub
from stripchart.ui.context import Context
from stripchart.ui.serving.server import PageServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from email.message import Message

    from stripchart.flow.pump import Pump

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    """A running page server."""

    hub: Hub
    context: Context
    server: PageServer
    tls: ssl.SSLContext | None = None

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def cookie(self) -> dict[str, str]:
        return self.cookie_of(self.server.access.token)

    @property
    def control_cookie(self) -> dict[str, str]:
        return self.cookie_of(self.server.access.control_token)

    def cookie_of(self, token: str) -> dict[str, str]:
        return {"Cookie": f"{self.server.access.cookie}={self.server.access.proof(token)}"}

    def ask(
        self, target: str = "/", headers: Mapping[str, str | bytes] | None = None, *, method: str = "GET",
        body: bytes = b"", timeout: float = 20,
    ) -> Answer:  # fmt: skip
        """Send one request; the target goes out as it stands, in Latin-1."""
        given = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", **(headers or {})}
        if body:
            given["Content-Length"] = str(len(body))
        lines = [f"{method} {target} HTTP/1.1".encode("latin-1")]
        for name, value in given.items():
            lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode("latin-1")))
        return self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body, method=method, timeout=timeout)

    def post(self, target: str, wanted: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """Send JSON, as the page does."""
        given = {"Content-Type": "application/json", **(headers or {})}
        return self.ask(target, given, method="POST", body=json.dumps(wanted).encode())

    def send(self, request: bytes, *, method: str = "GET", timeout: float = 20) -> Answer:
        """Send bytes as they are and read the answer to them."""
        with self._connect(timeout) as connection:
            connection.sendall(request)
            response = HTTPResponse(connection, method=method)
            try:
                response.begin()
                return Answer(response.status, response.headers, response.read() if response.status != 101 else b"")
            finally:
                response.close()

    def page_token(self, headers: Mapping[str, str] | None = None, path: str = "/") -> str:
        """Load a page as a browser would, and return the token of its session."""
        found = re.search(r'"token":"([^"]+)"', self.ask(path, headers).text)
        assert found is not None, "the page holds no session token"
        return found[1]

    def websocket(self, headers: Mapping[str, str] | None = None, path: str = "/ws", token: str = "") -> Answer:
        """Shake hands for a websocket, and hang up."""
        return self.ask(path, {**UPGRADE, "Sec-WebSocket-Protocol": f"bokeh, {token}", **(headers or {})})

    @contextmanager
    def request(self, target: str) -> Iterator[socket.socket]:
        """Ask for something, and leave the answer to be read."""
        with self._connect(20) as connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
            yield connection

    def _connect(self, timeout: float) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout)
        return self.tls.wrap_socket(plain, server_hostname="localhost") if self.tls else plain


@contextmanager
def serve(
    *, hub: Hub | None = None, pumps: list[Pump] | None = None, look: Mapping[str, Any] | None = None,
    tls: ssl.SSLContext | None = None, **options: Any,
) -> Iterator[Site]:  # fmt: skip
    """Run a page server on a thread of its own; ``look`` goes to the context, further options to the server."""
    hub = hub or Hub()
    context = Context(hub, pumps if pumps is not None else [], **{"designer": Layouts(), **(look or {})})
    server = PageServer(context, **options)
    # Playwright runs a loop in the main thread, which the server would otherwise join.
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    try:
        yield Site(hub, context, server, tls)
    finally:
        server.stop()
