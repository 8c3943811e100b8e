"""The web server: Bokeh's application behind our guard, on a thread of its own or in a loop that already runs."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import ssl
import threading
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

from bokeh.server.server import BaseServer
from bokeh.server.util import bind_sockets
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import StaticFileHandler

from stripchart.errors import ConfigError, StripchartError
from stripchart.ui.api.routes import ROUTES
from stripchart.ui.serving.access import Access, check_allow_hosts, is_loopback, new_token
from stripchart.ui.serving.documents import Documents
from stripchart.ui.serving.guard import GuardedTornado

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bokeh.document import Document
    from tornado.platform.asyncio import BaseAsyncIOLoop

    from stripchart.ui.context import Context
    from stripchart.ui.design import PageDesign

log = logging.getLogger(__name__)

ASSETS: Final = Path(str(files("stripchart.ui"))) / "static"
START_TIMEOUT: Final = 20.0
STOP_TIMEOUT: Final = 3.0
SETTLE_SECONDS: Final = (0.5, 0.5)
"""How long connections may take to close at a stop: by themselves, then told to."""
CLOSE_TIMEOUT: Final = 1.0
"""Seconds in which the pages close at a stop; nobody is asked, so it takes a moment."""
PING_SECONDS: Final = 20
"""A browser that does not answer pings for this long is dropped."""
MAX_PORT: Final = 65_535
MAX_BODY: Final = 1 << 16
"""Bytes that a request may bring; nothing is uploaded here."""
IDLE_SECONDS: Final = 60
"""A connection on which nothing is asked for so long is closed."""


class PageServer:
    """Serves the monitor's page, the API and any further Bokeh documents.

    Parameters
    ----------
    host, port
        Where to listen; port 0 picks a free one.
    token
        Asked of every visitor; without one, one is made when ``host`` is reachable from other machines.
    control, control_token
        Whether visitors may send commands, and the token that this takes; without one, one is made where ``token`` is
        asked.
    allow_hosts
        Further names under which the page may be asked for.
    certificate, key
        Files for TLS.
    pages
        Further documents by path: functions that fill a Bokeh ``Document``.
    designs
        What the monitor's own pages are made of; one at "/" that shows everything where none is given.

    Raises
    ------
    ConfigError
        If the address cannot be bound, or a file or path is wrong.
    """

    def __init__(
        self,
        context: Context,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        control: bool = False,
        control_token: str | None = None,
        allow_hosts: Iterable[str] = (),
        certificate: str | None = None,
        key: str | None = None,
        pages: Mapping[str, Callable[[Document], None]] | None = None,
        designs: Iterable[PageDesign] = (),
    ) -> None:
        self._context = context
        self._documents = Documents(context, designs, pages or {})
        names = check_allow_hosts(allow_hosts)
        if token and token == control_token:
            raise ConfigError("control_token: expected another one than token, for it lets its owner do more")
        self._tls = _tls(certificate, key)
        if not 0 <= port <= MAX_PORT:  # the system would take it modulo 65,536
            raise ConfigError(f"port: expected 0 to {MAX_PORT}, got {port}; 0 picks a free port")
        try:
            self._sockets, self.port = bind_sockets(host, port)
        except (OSError, ValueError) as error:
            raise ConfigError(f"cannot listen on {host} port {port}: {error}; --port 0 picks a free port") from error
        if not token:
            # An empty one too: a variable that is not set must not open the page to everybody.
            token = "" if is_loopback(host) else new_token()
        if control and token and not control_token:
            control_token = new_token()
        self.host = host
        self.access = Access(host, self.port, token, names, control=control, control_token=control_token or "")
        self._server: BaseServer | None = None
        self._loop: BaseAsyncIOLoop | None = None
        self._closing: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address of the page, with the token where one is needed."""
        return self._address(self.access.token)

    @property
    def control_url(self) -> str:
        """Address of the page for those who may send commands; empty if nobody may."""
        return self._address(self.access.control_token) if self.access.control else ""

    def _address(self, token: str) -> str:
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(self.host, self.host)
        shown = f"[{shown}]" if ":" in shown and not shown.startswith("[") else shown
        query = f"?token={quote(token, safe='')}" if token else ""
        return f"http{'s' if self._tls else ''}://{shown}:{self.port}/{query}"

    def start(self) -> None:
        """Begin to serve: in the running asyncio loop when there is one, else on a thread of its own."""
        if _running_loop() is None:
            self._start_thread()
        else:
            self._serve()

    def stop(self) -> None:
        """Stop serving and close every page; safe twice, and from any thread.

        In a loop that was there before, a task of that loop closes the pages, in a moment.
        """
        loop, thread, self._thread = self._loop, self._thread, None
        if thread is not None:
            if loop is not None and thread.is_alive():
                loop.add_callback(loop.stop)
                thread.join(STOP_TIMEOUT)
                if thread.is_alive():
                    log.warning("the page's server did not stop within %s s; left behind", STOP_TIMEOUT)
        elif loop is None or not loop.asyncio_loop.is_running():  # never started, or its loop has ended
            self._server = None
            for listening in self._sockets:
                listening.close()
        elif _running_loop() is loop.asyncio_loop:
            self._hang_up()
        else:
            loop.add_callback(self._hang_up)

    def sessions(self) -> list[Any]:
        """Return Bokeh's sessions of the monitor's own pages."""
        if self._server is None:
            return []
        return [session for path in self._documents.designs for session in self._server.get_sessions(path)]

    def _start_thread(self) -> None:
        ready = threading.Event()
        failure: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(ready, failure), name="stripchart-page", daemon=True)
        self._thread.start()
        if not ready.wait(START_TIMEOUT):
            raise StripchartError(f"the page's server did not start within {START_TIMEOUT} s")
        if failure:
            raise failure[0]

    def _run(self, ready: threading.Event, failure: list[BaseException]) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            self._serve()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            failure.append(error)
        else:
            ready.set()
            IOLoop.current().start()
        self._hang_up()
        if self._closing is not None:
            loop.run_until_complete(self._closing)
        loop.run_until_complete(_settle())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        ready.set()

    def _serve(self) -> None:
        loop = IOLoop.current()
        self._loop = cast("BaseAsyncIOLoop", loop)  # Tornado has no other kind any more
        needed = {"context": self._context, "access": self.access}
        self._application = application = GuardedTornado(
            self._documents.makers(),
            access=self.access,
            context=self._context,
            own_pages=self._documents.designs,
            extra_websocket_origins=["*"],  # the guard has judged the origin, and strictly
            extra_patterns=[
                *((path, handler, needed) for path, handler in ROUTES),
                (r"/assets/(.*)", StaticFileHandler, {"path": ASSETS}),
            ],
            check_unused_sessions_milliseconds=2_000,
            unused_session_lifetime_milliseconds=5_000,
            websocket_ping_interval=PING_SECONDS,
            websocket_ping_timeout=PING_SECONDS,
            # A websocket joins a session of a page that was served, and no other.
            sign_sessions=True,
            secret_key=secrets.token_bytes(32),
            # Bokeh would write the visitor's headers and cookies into the page, where any script can read them.
            include_headers=[],
            include_cookies=[],
        )
        http = HTTPServer(
            application,
            ssl_options=self._tls,
            max_body_size=MAX_BODY,
            body_timeout=IDLE_SECONDS,
            idle_connection_timeout=IDLE_SECONDS,
        )
        self._server = BaseServer(loop, application, http)
        self._server.start()
        http.add_sockets(self._sockets)
        if not gc.get_freeze_count():  # once: what an earlier server left would never be freed
            gc.collect()
            gc.freeze()  # each session's end collects garbage; what is here now will stay and need not be looked at

    def _hang_up(self) -> None:
        """Listen no more, and let a task close the pages."""
        server, self._server = self._server, None
        if server is not None and self._loop is not None:
            server.unlisten()
            self._closing = self._loop.asyncio_loop.create_task(self._close(server))
        for listening in self._sockets:
            listening.close()

    async def _close(self, server: BaseServer) -> None:
        try:
            await asyncio.wait_for(self._application.close_pages(), CLOSE_TIMEOUT)
        except TimeoutError:
            log.warning("some pages did not close within %s s; left behind", CLOSE_TIMEOUT)
        finally:
            self._context.close()
            server.stop(wait=False)


def _tls(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigError("TLS: expected both a certificate and a key")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # Without this, OpenSSL would ask for the password of an encrypted key on the terminal, and wait.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        mend = "expected PEM files that belong together, the key without a password"
        raise ConfigError(f"TLS: cannot use {certificate} with {key}: {error}; {mend}") from error
    return context


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _settle() -> None:
    """Let closing connections finish their last steps, then end what is left."""
    for limit in SETTLE_SECONDS:
        pending = asyncio.all_tasks() - {asyncio.current_task()}
        if pending:
            await asyncio.wait(pending, timeout=limit)
        for task in pending:
            task.cancel()
