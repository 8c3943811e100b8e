"""The web server: Bokeh's application behind our guard, on a thread of its own or in a loop that already runs."""

from __future__ import annotations

import asyncio
import gc
import logging
import ssl
import threading
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from bokeh.core.templates import get_env
from bokeh.server.server import BaseServer
from bokeh.server.tornado import BokehTornado
from bokeh.server.util import bind_sockets
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import StaticFileHandler

from stripchart._version import __version__
from stripchart.errors import ConfigError, StripchartError
from stripchart.ui.access import Access, Refusal, is_loopback, new_token
from stripchart.ui.handlers import ROUTES, RefusalHandler
from stripchart.ui.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bokeh.document import Document
    from tornado.httputil import HTTPServerRequest
    from tornado.iostream import IOStream

    from stripchart.ui.context import Context

log = logging.getLogger(__name__)

ASSETS: Final = Path(str(files("stripchart.ui"))) / "static"
START_TIMEOUT: Final = 20.0
STOP_TIMEOUT: Final = 2.0
PING_SECONDS: Final = 20
"""A browser that does not answer pings for this long is dropped."""


class GuardedTornado(BokehTornado):
    """Bokeh's application, with every request judged before it is routed."""

    def __init__(self, *args: Any, access: Access, context: Context, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._access = access
        self._context = context
        self._streams: WeakSet[IOStream] = WeakSet()

    def close_streams(self) -> None:
        """Hang up on every browser; Tornado forgets those that turned into websockets."""
        for stream in list(self._streams):
            stream.close()

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        self._streams.add(request.connection.stream)  # type: ignore[union-attr] # always an HTTP/1 connection
        refusal = self._access.judge(request)
        if (
            refusal is None
            and request.path in self.app_paths
            and len(self.get_sessions(request.path)) >= self._context.max_sessions
        ):
            self._context.refused_sessions += 1
            refusal = Refusal(
                503, f"{self._context.max_sessions} pages are open already; close one, or raise max_sessions."
            )
        if refusal is not None:
            return self.get_handler_delegate(request, RefusalHandler, {"refusal": refusal, "access": self._access})
        return super().find_handler(request, **kwargs)


class PageServer:
    """Serves the monitor's page, the API and any further Bokeh documents.

    Parameters
    ----------
    host, port
        Where to listen; port 0 picks a free one.
    token
        Asked of every visitor; None makes one when ``host`` is reachable from other machines.
    allow_hosts
        Further names under which the page may be asked for.
    certificate, key
        Files for TLS.
    pages
        Further documents by path: functions that fill a Bokeh ``Document``.

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
        allow_hosts: Iterable[str] = (),
        certificate: str | None = None,
        key: str | None = None,
        pages: Mapping[str, Callable[[Document], None]] | None = None,
    ) -> None:
        self._context = context
        self._pages = dict(pages or {})
        for path in self._pages:
            if not path.startswith("/") or path == "/" or path.startswith(("/api", "/static", "/assets")):
                raise ConfigError(
                    f"pages: {path!r}: expected a path such as '/circles' that is not one of Stripchart's own"
                )
        self._tls = _tls(certificate, key)
        try:
            self._sockets, self.port = bind_sockets(host, port)
        except (OSError, ValueError) as error:
            raise ConfigError(f"cannot listen on {host} port {port}: {error}; --port 0 picks a free port") from error
        if token is None:
            token = "" if is_loopback(host) else new_token()
        self.host = host
        self.access = Access(host, self.port, token, allow_hosts)
        self._server: BaseServer | None = None
        self._loop: IOLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address of the page, with the token where one is needed."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(self.host, self.host)
        shown = f"[{shown}]" if ":" in shown and not shown.startswith("[") else shown
        query = f"?token={self.access.token}" if self.access.token else ""
        return f"http{'s' if self._tls else ''}://{shown}:{self.port}/{query}"

    def start(self) -> None:
        """Begin to serve: in the running asyncio loop when there is one, else on a thread of its own."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._start_thread()
        else:
            self._serve()

    def stop(self) -> None:
        """Stop serving and close every page; safe twice."""
        if self._thread is None:
            self._close()
            return
        loop = self._loop
        if loop is not None and self._thread.is_alive():
            loop.add_callback(loop.stop)
            self._thread.join(STOP_TIMEOUT)
        self._thread = None

    def sessions(self) -> list[Any]:
        """Return Bokeh's sessions of the monitor's page."""
        return [] if self._server is None else self._server.get_sessions("/")

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
            return
        finally:
            ready.set()
        IOLoop.current().start()
        self._close()
        loop.run_until_complete(_settle())
        loop.close()

    def _serve(self) -> None:
        self._loop = IOLoop.current()
        self._application = application = GuardedTornado(
            {"/": self._make_document, **self._pages},
            access=self.access,
            context=self._context,
            extra_websocket_origins=["*"],  # the guard has judged the origin, and strictly
            extra_patterns=[
                *((path, handler, {"context": self._context}) for path, handler in ROUTES),
                (r"/assets/(.*)", StaticFileHandler, {"path": ASSETS}),
            ],
            check_unused_sessions_milliseconds=2_000,
            unused_session_lifetime_milliseconds=5_000,
            websocket_ping_interval=PING_SECONDS,
            websocket_ping_timeout=PING_SECONDS,
        )
        http = HTTPServer(application, ssl_options=self._tls)
        self._server = BaseServer(self._loop, application, http)
        self._server.start()
        http.add_sockets(self._sockets)
        gc.collect()
        gc.freeze()  # each session's end collects garbage; what is here now will stay and need not be looked at

    def _close(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            server.unlisten()
            server.stop(wait=False)
            self._application.close_streams()

    def _make_document(self, document: Document) -> None:
        document.title = self._context.title
        document.template = _template()
        document.template_variables.update(
            theme=self._context.theme, window=self._context.window, heading=self._context.title, version=__version__
        )
        document.config.reconnect_session = False
        document.config.notify_connection_status = False
        Session(document, self._context)


def _template() -> Any:
    return get_env().from_string((Path(str(files("stripchart.ui"))) / "templates" / "page.html").read_text())


def _tls(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigError("TLS: expected both a certificate and a key")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"TLS: cannot use {certificate} with {key}: {error}") from error
    return context


async def _settle() -> None:
    """Let closing connections finish their last steps."""
    pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in pending:
        task.cancel()
    await asyncio.wait_for(asyncio.gather(*pending, return_exceptions=True), STOP_TIMEOUT)
