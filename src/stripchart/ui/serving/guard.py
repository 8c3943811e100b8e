"""The guard in front of the router: no request reaches a route of Bokeh's or ours without having been judged."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from bokeh.protocol.exceptions import ProtocolError
from bokeh.server.tornado import BokehTornado
from bokeh.server.views.autoload_js_handler import AutoloadJsHandler
from bokeh.server.views.doc_handler import DocHandler
from bokeh.server.views.ws import WSHandler
from bokeh.util.token import check_token_signature, get_session_id
from tornado.web import OutputTransform

from stripchart.ui.api.base import ApiHandler, RefusalHandler
from stripchart.ui.serving.access import PUBLIC, Refusal

if TYPE_CHECKING:
    from collections.abc import Collection

    from bokeh.server.connection import ServerConnection
    from tornado.httputil import HTTPHeaders, HTTPServerRequest
    from tornado.iostream import IOStream
    from tornado.web import RequestHandler

    from stripchart.ui.context import Context
    from stripchart.ui.serving.access import Access

log = logging.getLogger(__name__)

SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PAGE_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'"
)
"""For the monitor's page. Bokeh needs inline scripts and eval; but nothing is loaded from, or sent to, elsewhere."""
CHOSEN_SESSION: Final = frozenset({"bokeh-session-id", "bokeh-token"})
"""Arguments by which a visitor of Bokeh names the session to join."""


class SecurityHeaders(OutputTransform):
    """Adds to every answer, Bokeh's too, how a browser shall handle it."""

    def __init__(self, own_pages: Collection[str], request: HTTPServerRequest) -> None:
        self._keep = request.path.startswith(PUBLIC)
        self._is_page = request.path in own_pages

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: ARG002 - Tornado's signature
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Add the headers; only static files may be kept."""
        headers.pop("Server", None)  # names a version
        for name, value in SECURITY_HEADERS.items():
            headers[name] = value
        if not self._keep:
            headers["Cache-Control"] = "no-store"
        if self._is_page and "Content-Security-Policy" not in headers:
            headers["Content-Security-Policy"] = PAGE_POLICY
        return status_code, headers, chunk


class GuardedTornado(BokehTornado):
    """Bokeh's application, with every request judged before it is routed."""

    def __init__(self, *args: Any, access: Access, context: Context, own_pages: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, transforms=[partial(SecurityHeaders, own_pages)], **kwargs)
        self._access = access
        self._context = context
        self._streams: WeakSet[IOStream] = WeakSet()

    async def close_pages(self) -> None:
        """Hang up on every browser and end its session: in a loop that goes on without us, it would go on too."""
        for stream in list(self._streams):  # Tornado forgets those that turned into websockets
            stream.close()
        sessions = [session for path in self.app_paths for session in self.get_sessions(path)]
        while any(session.connection_count for session in sessions):  # noqa: ASYNC110 - Bokeh has no event for it
            await asyncio.sleep(0.01)  # each websocket notices in its own turn, and tells its session
        for session in sessions:
            session.request_expiration()
        await self._cleanup_sessions()

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Return what answers: the route's handler, or that of a refusal."""
        self._streams.add(request.connection.stream)  # type: ignore[union-attr] # always an HTTP/1 connection
        # Tornado's static files answer an encoded null byte with a traceback.
        refusal = Refusal(400, "This is no address.") if "%00" in request.path else self._access.judge(request)
        if refusal is None:
            found = super().find_handler(request, **kwargs)
            refusal = self._judge_role(request, found.handler_class) or self._judge_session(
                request, found.handler_class, found.handler_kwargs
            )
            if refusal is None:
                return found
        if not refusal.location:
            self._count(request, refusal)
        return self.get_handler_delegate(request, RefusalHandler, {"refusal": refusal, "access": self._access})

    def new_connection(self, protocol: Any, socket: Any, application_context: Any, session: Any) -> ServerConnection:
        """Attach a websocket to its session; one that has gone away meanwhile would keep the session for ever."""
        connection = super().new_connection(protocol, socket, application_context, session)
        if socket.ws_connection is None:
            self.client_lost(connection)
        return connection

    def log_request(self, handler: RequestHandler) -> None:
        """Log what went wrong here, and without the query: it may hold the token."""
        status = handler.get_status()
        level = logging.ERROR if status >= 500 and status != 503 else logging.DEBUG  # noqa: PLR2004
        log.log(level, "%s %s %s", status, handler.request.method, handler.request.path)

    def _judge_role(self, request: HTTPServerRequest, handler: type) -> Refusal | None:
        """Refuse what would do something to those who may only view."""
        if issubclass(handler, ApiHandler) and handler.needs_control:
            return self._access.judge_control(request)
        if issubclass(handler, ApiHandler) and handler.keeps:
            return self._access.judge_keeping(request)
        return None

    def _judge_session(self, request: HTTPServerRequest, handler: type, arguments: dict[str, Any]) -> Refusal | None:
        """Refuse sessions beyond the limit, and those of a visitor's own choice."""
        if issubclass(handler, AutoloadJsHandler):
            # It would hand a session to any page that includes it as a script.
            return Refusal(404, "Put this page in a frame instead.")
        if issubclass(handler, WSHandler):
            session = self._session_id(request)
            if session is None:
                return Refusal(403, "This websocket belongs to no page of this server; load the page again.")
            try:
                self.get_session(arguments["application_context"].url, session)
            except ProtocolError:  # it took so long to load that its session was given up: make another
                return self._judge_number()
        elif issubclass(handler, DocHandler):
            if CHOSEN_SESSION & request.arguments.keys() or "Bokeh-Session-Id" in request.headers:
                return Refusal(400, "Sessions are not chosen by their visitors.")
            return self._judge_number()
        return None

    def _judge_number(self) -> Refusal | None:
        limit = self._context.max_sessions
        if sum(len(self.get_sessions(path)) for path in self.app_paths) < limit:
            return None
        return Refusal(503, f"{limit} pages are open already; close one, or raise max_sessions.")

    def _session_id(self, request: HTTPServerRequest) -> Any:
        """Return the session that a websocket wants to join; None unless this server has signed it."""
        _, _, token = request.headers.get("Sec-WebSocket-Protocol", "").partition(",")
        token = token.strip()
        try:
            signed = check_token_signature(token, secret_key=self.secret_key, signed=self.sign_sessions)
            return get_session_id(token) if signed else None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):  # whatever is not a token at all
            return None

    def _count(self, request: HTTPServerRequest, refusal: Refusal) -> None:
        context = self._context
        if refusal.status == 503:  # noqa: PLR2004 - too many sessions
            context.refused_sessions += 1
            if context.refused_sessions == 1:
                log.warning("a page was refused: %s Further ones are only counted", refusal.message)
        else:
            context.refused_requests += 1
            if context.refused_requests == 1:
                log.warning("refused %s: %s (further refusals are only counted)", request.remote_ip, refusal.message)
