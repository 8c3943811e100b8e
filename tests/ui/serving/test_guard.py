from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING

import pytest
from bokeh.plotting import figure
from tornado.web import RequestHandler

from stripchart.flow.records import Channel, make_batch
from stripchart.ui.api.base import ApiHandler
from support.page import UPGRADE, Site, serve
from support.wait import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bokeh.document import Document

MARK = "greenhouse-of-mine"
"""Stands in the data, so that any answer that holds it has leaked."""
WORD = "open sesame"
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")


def circles(document: Document) -> None:
    plot = figure(name="circles")
    plot.scatter([1], [2])
    document.add_root(plot)


@pytest.fixture
def site() -> Iterator[Site]:
    """A page that other machines can reach, with data that must not leak."""
    with serve(host="0.0.0.0", pages={"/circles": circles, "/a/b": circles}, look={"title": MARK}) as running:
        running.hub.publish(make_batch(MARK, (Channel("x"),), [1], [[1.5]]))
        yield running


def routes(site: Site) -> dict[str, str]:
    """Return an example path for every rule of the application's own routing table, with its handler's name."""
    examples = {}
    for rule in site.server._application.wildcard_router.rules:
        pattern = rule.matcher.regex.pattern
        folder = "js/bokeh.min.js" if "/static" in pattern else "page.css"
        path = pattern.removesuffix("$").replace("(.*)", folder).removesuffix("/?") or "/"
        assert re.fullmatch(pattern.removesuffix("$"), path)
        examples[path] = rule.target.__name__
    return examples


def is_public(path: str) -> bool:
    return path.startswith(("/static/", "/assets/")) or path == "/favicon.ico"


def test_the_walk_sees_every_kind_of_route(site: Site) -> None:
    assert set(routes(site).values()) >= {
        "DocHandler", "WSHandler", "MetadataHandler", "AutoloadJsHandler", "StaticHandler", "MultiRootStaticHandler",
        "IcoHandler", "StaticFileHandler", "ChannelsHandler", "LedgerHandler", "ReadHandler", "MetricsHandler",
        "HealthHandler",
    }  # fmt: skip
    assert {"/", "/ws", "/circles", "/circles/ws", "/a/b", "/a/b/autoload.js"} <= routes(site).keys()


@pytest.mark.parametrize("method", METHODS)
def test_only_static_files_answer_a_stranger(site: Site, method: str) -> None:
    for path in [*routes(site), "/circles/", "/nowhere", "/api/", "/api"]:
        answer = site.ask(path, method=method, body=b"x=1" if method in {"POST", "PUT", "PATCH"} else b"")
        if is_public(path):
            assert answer.status in ({200, 404, 405} if method in {"GET", "HEAD"} else {405}), path
        else:
            assert answer.status == 403, path
            assert MARK not in answer.text
            assert 'token":' not in answer.text
            assert site.server.access.token not in answer.text + str(answer.headers)
            assert answer.headers["Set-Cookie"] is None
    assert site.server.sessions() == []


def test_static_files_answer_anybody(site: Site) -> None:
    for path in ("/static/js/bokeh.min.js", "/assets/page.css", "/assets/page.js?0.1", "/favicon.ico"):
        answer = site.ask(path)
        assert answer.status == 200
        assert answer.body


def test_websockets_of_strangers_are_refused_on_every_page(site: Site) -> None:
    token = site.page_token(site.cookie)
    for path in ("/ws", "/circles/ws", "/a/b/ws"):
        assert site.websocket(path=path, token=token).status == 403


VIEW, CONTROL = "a word to view", "a word to control"
ANSWERS = {
    "AutoloadJsHandler": 404, "MultiRootStaticHandler": 404, "ExplainHandler": 404, "ConsoleHandler": 404,
    "WSHandler": 403, "SendHandler": 403, "PortHandler": 403, "DrawHandler": 405,
    "NoteHandler": 403,
    "SaveLayoutHandler": 403,
}  # fmt: skip
"""What these say to a visitor with the cookie who asks for nothing in particular, and may only view."""
QUESTIONS = {"DrawHandler", "LayoutHandler"}
"""What viewers may POST too: a question that is too long for an address, and the layout of a page."""


def test_the_cookie_opens_every_route(site: Site) -> None:
    for path, handler in routes(site).items():
        answer = site.ask(path, site.cookie)
        expected = ANSWERS.get(handler, 200)
        if handler == "StaticHandler" and path.startswith("/static/extensions"):
            expected = 404
        assert answer.status == expected, (path, handler)
    assert MARK in site.ask("/api/channels", site.cookie).text


def test_what_does_something_is_for_those_who_have_control(site: Site) -> None:
    for rule in site.server._application.wildcard_router.rules:
        handler = rule.target
        if issubclass(handler, ApiHandler) and handler.__name__ not in QUESTIONS:
            verbs = [verb.lower() for verb in METHODS if verb not in {"GET", "HEAD"}]
            acts = any(getattr(handler, verb) is not getattr(RequestHandler, verb) for verb in verbs)
            assert (handler.needs_control or handler.keeps) == acts, handler


def test_what_is_kept_is_kept_for_those_who_have_control_where_there_are_tokens() -> None:
    with serve() as site:  # on this machine alone
        assert site.ask("/api/layout/save", method="POST", body=b"{}").status == 400  # there is nobody who keeps it
    with serve(token=VIEW, control=True, control_token=CONTROL) as site:
        answer = site.ask("/api/layout/save", site.cookie, method="POST", body=b"{}")
        assert (answer.status, "control role" in answer.json()["error"]) == (403, True)
        assert site.ask("/api/layout/save", site.control_cookie, method="POST", body=b"{}").status == 400
    with serve(control=True, control_token=CONTROL) as site:
        assert site.ask("/api/layout/save", method="POST", body=b"{}").status == 403


TRICKS = [
    "/static/../api/ledger", "/static/..%2fapi/ledger", "/static/%2e%2e/api/ledger", "/static/%2e%2e%2fapi%2fledger",
    "/static/..;/api/ledger", "/static//../../api/ledger", "/static/./../api/ledger", "/assets/../api/ledger",
    "/assets/..%2f", "/assets/..%2fapi/ledger", "/assets/..\\api\\ledger", "/assets/..%5capi%5cledger",
    "//static/../api/ledger", "//static/", "//assets/", "/Static/../api/ledger", "/favicon.ico/../api/ledger",
    "/favicon.icon", "/favicon.ico%2f..%2fapi/ledger", "/favicon.ico;/api/ledger", "//api/ledger", "/api//ledger",
    "/api/ledger/", "/api/ledger%00", "/API/ledger", "/./api/ledger", "/api/./ledger", "/%61pi/ledger",
    "/api%2fledger", "/static/..", "/static/%00/../../api/ledger", "api/ledger", "*", "?",
    "http://127.0.0.1/static/../api/ledger", "http://127.0.0.1/api/ledger", "/api/ledger#/static/",
    "/api/ledger;/static/", "/static\\..\\api\\ledger", "/circles/static/../../api/ledger",
    "/circles/static/js/bokeh.min.js", "/static/ws", "/static/\xff", "/api/ledger?x=/static/", "/ws?/static/",
    "/%2e%2e/static/../metrics",
]  # fmt: skip


@pytest.mark.parametrize("target", TRICKS)
def test_no_trick_with_paths_gets_past_the_guard(site: Site, target: str) -> None:
    answer = site.ask(target)
    assert answer.status in ({400, 403, 404} if target.startswith(("/static/", "/assets/")) else {400, 403})
    assert MARK not in answer.text
    assert b"balanced" not in answer.body


@pytest.mark.parametrize("root", ["/assets/", "/static/", "/static/extensions/"])
@pytest.mark.parametrize(
    "tail",
    ["../server.py", "..%2fserver.py", "%2e%2e/server.py", "%2e%2e%2fserver.py", "..\\server.py", "..%5cserver.py",
     "/etc/passwd", "%2fetc/passwd", "%2fetc%2fpasswd", "../../../../../../../../etc/passwd", "....//....//etc/passwd",
     "..%252f..%252fetc/passwd", "a" * 10_000, "%00", "page.css%00.js", ".", "..", "", "%ff%fe",
     "..%c0%af..%c0%afetc/passwd", "../../_version.py", "../static-elsewhere/x", "%2e%2e/templates/page.html",
     "~root/.bashrc", "C:/windows/win.ini"],
)  # fmt: skip
def test_static_handlers_give_nothing_from_outside(root: str, tail: str) -> None:
    with serve() as site:
        answer = site.ask(root + tail)
        assert answer.status in {400, 403, 404}
        assert b"root:" not in answer.body
        assert b"import" not in answer.body
        assert b"{%" not in answer.body


@pytest.mark.parametrize(
    "headers",
    [{"Origin": b"\xff\xfe"}, {"Origin": b"http://["}, {"Origin": "http://[::1"},
     {"Origin": b"http://ex\xe2\x84\x80mple"}, {"Host": b"\xff"}, {"Host": "["}, {"Host": "[::1"}, {"Host": "a b"},
     {"Host": "http://x"}, {"Host": "x" * 5_000}, {"Authorization": b"\xff"}, {"Cookie": b"\xff=\xfe; ;;;"},
     {"Cookie": "a" * 30_000}, {"Accept": b"\xff json"}, {"Accept": "text/csv;q=oh"}, {"Content-Length": "-1"},
     {"Content-Length": "x"}, {"Transfer-Encoding": "oh"}, {"Content-Type": "multipart/form-data"},
     {"Content-Type": "application/x-www-form-urlencoded; charset=oh"}, {"Range": "bytes=9-1,x"},
     {"If-None-Match": b'"\xff'}, {"If-Modified-Since": "oh"}, {"Sec-Fetch-Site": b"\xff"}, {"Expect": "oh"},
     {"Bokeh-Session-Id": "x"}, {"Sec-WebSocket-Protocol": b"\xff, \xff"}, {"Upgrade": "websocket"}],
)  # fmt: skip
@pytest.mark.parametrize("token", ["", WORD])
def test_no_header_makes_an_error_of_ours(headers: dict[str, str | bytes], token: str) -> None:
    with serve(token=token) as site:
        for path in ("/", "/ws", "/api/read", "/assets/page.css", "/healthz"):
            answer = site.ask(path, {**(site.cookie if token and "Cookie" not in headers else {}), **headers})
            assert answer.status < 500


@pytest.mark.parametrize(
    "target",
    ["/?bokeh-token=x", "/?bokeh-token=x.y", "/?bokeh-token=W10", "/?bokeh-session-id=x", "/?bokeh-session-id=",
     "/?bokeh-token=%FF", "/?" + "a=1&" * 900, "/?%FF=%FF", "/?a=%", "/?=&&&;", "/\xff", "/%", "/%zz",
     "/" + "a" * 20_000, "/metadata?bokeh-token=x", "/autoload.js",
     "/autoload.js?bokeh-autoload-element=x&bokeh-absolute-url=http://[", "/api/read?channels=%FF",
     "/api/read?start=%FF", "/api/read?start=\xff"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_no_address_makes_an_error_of_ours(target: str, method: str, caplog: pytest.LogCaptureFixture) -> None:
    with serve() as site:
        assert site.ask(target, method=method).status < 500
    assert [record for record in caplog.records if record.exc_info] == []


def test_a_session_is_not_chosen_by_its_visitor(site: Site) -> None:
    assert site.ask("/?bokeh-session-id=abc", site.cookie).status == 400
    assert site.ask("/circles/?bokeh-session-id=abc", site.cookie).status == 400
    assert site.ask("/", {**site.cookie, "Bokeh-Session-Id": "abc"}).status == 400
    assert site.ask(f"/?bokeh-token={site.page_token(site.cookie)}", site.cookie).status == 400


FORGED = "eyJzZXNzaW9uX2lkIjogImFiYyIsICJzZXNzaW9uX2V4cGlyeSI6IDk5OTk5OTk5OTl9"  # {"session_id": "abc", ...}


@pytest.mark.parametrize(
    "token", [FORGED, f"{FORGED}.", f"{FORGED}.x", "", ".", "x.y", "W10.x", "\xff.\xff", "W" * 30_000]
)
def test_a_websocket_needs_a_token_that_this_server_has_signed(token: str) -> None:
    with serve() as site:
        assert site.websocket(token=token).status == 403
        assert site.ask("/ws", UPGRADE).status == 403
        assert site.websocket(token=site.page_token()).status == 101


def test_the_page_holds_no_header_and_no_cookie_of_its_visitor(site: Site) -> None:
    from bokeh.util.token import get_token_payload

    access = site.server.access
    headers = {**site.cookie, "Authorization": f"Bearer {access.token}", "X-Secret": "hush"}
    payload = json.dumps(get_token_payload(site.page_token(headers)), default=repr)
    for secret in (access.proof(access.token), access.token, "hush"):
        assert secret not in payload


def test_every_answer_tells_the_browser_to_be_careful(site: Site) -> None:
    for path in [*routes(site), "/nowhere"]:
        for cookie in ({}, site.cookie):
            headers = site.ask(path, cookie).headers
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["Referrer-Policy"] == "same-origin", path
            assert headers["Cross-Origin-Resource-Policy"] == "same-origin", path
            assert headers["Server"] is None
            assert headers["Access-Control-Allow-Origin"] is None
            if not is_public(path):
                assert headers["Cache-Control"] == "no-store", path


def test_the_token_is_in_no_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = site.server.access.token
    for method in METHODS:
        for path in ("/", "/api/read", "/ws", "/nowhere", "/assets/page.css", "/assets/none"):
            for headers in ({}, site.cookie, {"Host": "evil.com"}, {"Origin": "http://evil.com"}):
                site.ask(f"{path}?token={token}", headers, method=method)
    site.ask("/", {"Authorization": f"Bearer {token}"})
    assert len(caplog.records) > 100
    for record in caplog.records:
        assert token not in record.getMessage()
        assert site.server.access.proof(site.server.access.token) not in record.getMessage()


def test_refusals_are_counted_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with serve(token=WORD) as site:
        for _ in range(10):
            site.ask("/", {"Host": "evil.com\\nforged"})
        for _ in range(10):
            site.ask("/nowhere")
        site.ask("/?token=open+sesame")
        warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert site.context.refused_requests in {10, 20}  # Tornado may refuse such a host before us
        assert len([record for record in warnings if record.name.startswith("stripchart")]) == 1


def test_a_large_body_is_not_taken_from_a_stranger() -> None:
    with serve(token=WORD) as site:
        head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {50 << 20}\r\nConnection: close\r\n\r\n"
        assert site.send(head.encode() + b"x" * 1000, method="POST").status in {400, 413}


class TestLimit:
    """Pages beyond ``max_sessions`` are refused, by whatever door they come."""

    def test_the_page_beyond_is_told_so(self, caplog: pytest.LogCaptureFixture) -> None:
        with serve(look={"max_sessions": 2}) as site:
            assert [site.ask("/").status for _ in range(4)] == [200, 200, 503, 503]
            answer = site.ask("/")
            assert "2 pages are open already" in answer.text
            assert "<form" not in answer.text
            assert site.context.refused_sessions == 3
            assert len(site.server.sessions()) == 2
            assert len([r for r in caplog.records if "pages are open already" in r.getMessage()]) == 1
            assert site.ask("/healthz").status == 200
            assert site.ask("/", {"Accept": "application/json"}).json()["error"].startswith("2 pages")

    @pytest.mark.parametrize("path", ["/", "/circles", "/circles/"])
    def test_all_pages_share_it(self, path: str) -> None:
        with serve(look={"max_sessions": 2}, pages={"/circles": circles}) as site:
            assert site.ask("/").status == 200
            assert site.ask("/circles").status == 200
            assert site.ask(path).status == 503

    def test_a_page_that_was_served_may_still_open_its_websocket(self) -> None:
        with serve(look={"max_sessions": 1}) as site:
            token = site.page_token()
            assert site.ask("/").status == 503
            assert site.websocket(token=token).status == 101

    def test_a_websocket_makes_no_session_beyond_it(self) -> None:
        with serve(look={"max_sessions": 1}) as site:
            late = site.page_token()
            until(lambda: not site.server.sessions(), timeout=30, what="the unused session to be freed")
            assert site.ask("/").status == 200
            assert site.websocket(token=late).status == 503
            assert len(site.server.sessions()) == 1

    def test_a_websocket_that_hangs_up_at_once_holds_no_place(self) -> None:
        with serve() as site:
            for _ in range(5):
                assert site.websocket(token=site.page_token()).status == 101
            assert site.hub.subscriptions() == []
            until(lambda: not site.server.sessions(), timeout=40, what="all sessions to be freed")
            assert site.context.sessions == 0
