from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from stripchart.flow.pump import Pump
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.ui.labels import safe_label
from support.hostile import HARM, hostile_names
from support.lines import ListSource, ValueDecoder
from support.page import Site, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WORD = "open sesame"
TRAP = """
window.harm = [];
for (const name of ["pwned", "polluted"]) {
  Object.defineProperty(window, name, {configurable: false, set(value) { window.harm.push(`${name}: ${value}`); }});
}
window.alert = window.confirm = window.prompt = (text) => window.harm.push(`dialog: ${text}`);
"""
TAGS = (
    "[...document.querySelectorAll('main *, #sources *, #tip *, #channels *, #choices *')]"
    ".filter(e => !e.closest('.plot')).map(e => e.tagName)"
)
OUR_TAGS = {
    "B", "BUTTON", "DD", "DIV", "DL", "DT", "H2", "HEADER", "I", "INPUT", "LI", "P", "SECTION", "SMALL",
    "SPAN", "TABLE", "TBODY", "TD", "TH", "THEAD", "TIME", "TR", "UL", "path", "polyline", "rect", "svg",
}  # fmt: skip
HANDLERS = (
    "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(name => name.startsWith('on'))"
)

LOAD = """([tag, url]) => new Promise((done) => {
    document.addEventListener("securitypolicyviolation", () => done("refused"));
    const made = Object.assign(document.createElement(tag), {src: url});
    made.onload = () => done("loaded");
    made.onerror = () => done("refused");
    document.body.append(made);
})"""


class Watch:
    """Notes what should not happen on a page."""

    def __init__(self, page: Page, site: Site) -> None:
        self.complaints: list[str] = []
        self._origin = f"http://127.0.0.1:{site.port}/"
        page.add_init_script(TRAP)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._look(request.url))
        page.on("popup", lambda popup: self.complaints.append(f"popup: {popup.url}"))

    def _look(self, url: str) -> None:
        known = urlsplit(url).path == "/" or urlsplit(url).path.startswith(
            ("/static/", "/assets/", "/api/draw", "/api/tree")
        )
        if not url.startswith("data:") and not (url.startswith(self._origin) and known):
            self.complaints.append(f"request: {url}")


def open_page(page: Page, site: Site) -> Watch:
    watch = Watch(page, site)
    page.goto(site.url)
    page.wait_for_selector("body[data-ready]")
    return watch


def everything_listed(page: Page) -> list[str]:
    """Scroll through the tree of channels, all of which a search for nothing special finds; return what it says."""
    page.locator("#channels input").fill("kind:")
    found: list[str] = page.evaluate("""async () => {
      const list = document.querySelector("#channels [role=tree]");
      const found = new Set();
      for (let top = 0; top < list.scrollHeight; top += list.clientHeight) {
        list.scrollTop = top;
        await new Promise(requestAnimationFrame);
        for (const each of list.querySelectorAll(".item:not([hidden]) .name")) found.add(each.textContent);
      }
      return [...found];
    }""")
    return found


def assert_harmless(page: Page, watch: Watch) -> None:
    assert page.evaluate("window.harm") == []
    assert page.evaluate("({}).polluted === undefined && Object.keys(Object.prototype).length === 0")
    assert set(page.evaluate(TAGS)) <= OUR_TAGS
    assert page.evaluate(HANDLERS) == []
    assert watch.complaints == []


def test_a_thousand_hostile_names_are_text(page: Page) -> None:
    names = hostile_names(1_000)
    assert len(names) == 1_000
    pump = Pump(names[0], ListSource([], url=names[2]), ValueDecoder(), sink=None)  # type: ignore[arg-type] # never started
    pump.reason, pump.source.status, pump.decoder.note = names[3], names[4], names[5]
    with serve(pumps=[pump], look={"title": names[1]}) as site:
        watch = open_page(page, site)
        now = time.time_ns()
        for place, name in enumerate(names):
            channel, unit = names[-place], names[(7 * place) % 1_000] if place % 3 == 0 else ""
            channels = (Channel(channel, unit), Channel(f"{name} ", kind=Kind.TEXT), Channel("value"))
            site.hub.publish(make_batch(name, channels, [now - 1_000_000_000, now], [[1, 2], ["", name], [3, 4]]))
        infos = site.hub.streams()
        total = sum(len(info.channels) for info in infos)
        page.wait_for_function(
            f"Number(document.querySelector('#channels-button small').textContent.replace(',', '')) === {total}",
            timeout=60_000,
        )
        page.wait_for_function(
            "[...stripchart.strips.strips.values()].every(strip => strip.lines.every(line => line.renderer))"
        )
        # They are shown, as text, and as what they are: in the legends, and each in the tree of channels.
        shown = page.locator(".legend .name").all_text_contents()
        labels = set(
            page.evaluate("[...stripchart.strips.strips.values()].flatMap(s => s.lines.map(line => line.label))")
        )
        assert len(labels) > 10
        page.keyboard.press("c")
        page.wait_for_function(f"stripchart.drawer.tree.entries.length === {total}")
        listed = everything_listed(page)
        assert {name.rpartition("/")[2] for name in listed} >= {label.rpartition("/")[2] for label in labels}
        shown += listed
        page.locator("#channels .item:not(.branch):not([hidden])").first.click(button="right")
        shown += page.locator("#choices button").all_text_contents()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        assert safe_label(names[5]) in page.locator("#sources").text_content()
        for text in shown:
            assert safe_label(text) == text
        assert any("<script>" in text for text in shown)
        assert safe_label(names[1]) in page.title()

        # So they are under the pointer.
        plots = page.locator(".strip .plot")
        for place in (0, plots.count() // 2, plots.count() - 1):
            plot = plots.nth(place)
            plot.scroll_into_view_if_needed()
            box = plot.bounding_box()
            assert box is not None
            page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
            page.wait_for_selector("#tip:not([hidden])")
            assert set(page.locator("#tip span").all_text_contents()) <= labels
        page.wait_for_timeout(500)  # what a handler would need to fire
        assert_harmless(page, watch)

        # And other programs get valid answers.
        assert len(site.ask("/api/channels").json()) == total
        assert site.ask("/api/ledger").json()["balanced"]
        assert site.ask("/api/read?max_points=100").status == 200
        assert site.ask("/api/read?max_points=100", {"Accept": "text/csv"}).status == 200
        assert site.ask("/metrics").status == 200
        assert site.ask("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("made", [f"<img src=x onerror={HARM}>", "<b onclick=1>", "<img src=/pwned>", "<marquee>"])
def test_the_watch_sees_harm(page: Page, made: str) -> None:
    with serve() as site:
        watch = open_page(page, site)
        assert_harmless(page, watch)
        page.evaluate("(made) => document.querySelector('main').insertAdjacentHTML('beforeend', made)", made)
        page.wait_for_timeout(300)
        with pytest.raises(AssertionError):
            assert_harmless(page, watch)


@pytest.mark.parametrize(
    "name", ["$$\\href{javascript:window.pwned=1}{x}$$", "$$$x$$$", "\\(x\\)", f"<img src=x onerror={HARM}>"]
)
def test_a_hostile_unit_titles_its_strip(page: Page, name: str) -> None:
    with serve() as site:
        site.hub.publish(make_batch("s", (Channel(name, name),), [time.time_ns()], [[1]]))
        watch = open_page(page, site)
        page.wait_for_selector(".strip h2")
        assert page.locator(".strip h2").text_content() == safe_label(name)
        page.wait_for_function("document.querySelector('.legend .value').textContent.length > 1")
        assert_harmless(page, watch)


def test_a_link_cannot_make_the_page_run_anything(page: Page) -> None:
    with serve() as site:
        site.hub.publish(make_batch("s", (Channel("a"),), [time.time_ns()], [[1]]))
        watch = Watch(page, site)
        state = (
            f"theme=%22%3E<img src=x onerror={HARM}>&window=Infinity&view=NaN,1e999&hidden=%0A<script>{HARM}</script>"
        )
        state += (
            '&__proto__=1&x[__proto__][polluted]=1&cursors=1,NaN,2e999,3&since=-Infinity&y={"__proto__":[1],"s":{}}'
        )
        page.goto(f"{site.url}?<script>{HARM}</script>#{state}")
        page.wait_for_selector("body[data-ready]")
        page.wait_for_selector(".strip h2")
        assert_harmless(page, watch)


class EvilHandler(BaseHTTPRequestHandler):
    """Serves an empty page."""

    timeout = 2  # Chromium opens connections in advance and asks nothing

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>evil</title>")

    def log_message(self, *_: object) -> None:
        pass


class TestOtherPages:
    """A page of somebody else, in the same browser, with the visitor's cookies."""

    @pytest.fixture
    def evil(self, context: BrowserContext) -> Iterator[Page]:
        """A page of another port of this machine: Chromium keeps pages from elsewhere off loopback by itself."""
        with ThreadingHTTPServer(("127.0.0.1", 0), EvilHandler) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,)).start()
            page = context.new_page()
            page.goto(f"http://localhost:{server.server_port}/")
            yield page
            page.close()
            server.shutdown()

    @pytest.mark.parametrize("token", ["", WORD])
    @pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
    def test_it_reads_nothing_and_opens_no_websocket(
        self, evil: Page, context: BrowserContext, token: str, name: str
    ) -> None:
        with serve(token=token) as site:
            own = context.new_page()
            own.goto(site.url.replace("127.0.0.1", name))
            own.wait_for_selector("body[data-ready]")
            sessions = len(site.server.sessions())
            base = f"http://{name}:{site.port}"
            session = site.page_token(site.cookie)
            opened = evil.evaluate(
                """([url, session]) => new Promise((done) => {
                    const socket = new WebSocket(url, ["bokeh", session]);
                    socket.onopen = () => done("open");
                    socket.onerror = () => done("refused");
                })""",
                [f"{base.replace('http', 'ws')}/ws", session],
            )
            assert opened == "refused"
            for path in ("/", "/api/channels", "/api/read", "/metrics", "/metadata"):
                for mode in ("cors", "no-cors"):
                    answer = evil.evaluate(
                        """([url, mode]) => fetch(url, {mode, credentials: "include"})
                            .then((answer) => answer.text(), () => "failed")""",
                        [base + path, mode],
                    )
                    assert answer in {"failed", ""}, (path, mode)
            for tag, path in (
                ("script", "/autoload.js?bokeh-autoload-element=x"),
                ("img", "/"),
                ("script", "/api/channels"),
            ):
                assert evil.evaluate(LOAD, [tag, base + path]) == "refused", path
            assert len(site.server.sessions()) == sessions + 1  # that of page_token, and none of the evil page's
            own.close()

    def test_the_page_sends_nothing_elsewhere_and_loads_nothing_from_there(self, evil: Page, page: Page) -> None:
        with serve() as site:
            page.goto(site.url)
            page.wait_for_selector("body[data-ready]")
            fetched = page.evaluate(
                "(url) => fetch(url, {mode: 'no-cors'}).then(() => 'sent', () => 'refused')", evil.url
            )
            assert fetched == "refused"
            for tag in ("script", "img", "iframe"):
                assert page.evaluate(LOAD, [tag, evil.url]) == "refused", tag

    def test_a_link_to_the_page_works(self, evil: Page) -> None:
        with serve() as site:
            evil.evaluate("(url) => { location.href = url; }", site.url)
            evil.wait_for_selector("body[data-ready]")

    def test_a_notebook_may_frame_it(self, evil: Page) -> None:
        with serve() as site:
            site.hub.publish(make_batch("s", (Channel("a"),), [time.time_ns()], [[1]]))
            evil.evaluate(
                "(url) => { document.body.innerHTML = `<iframe src='${url}' width=900 height=600></iframe>`; }",
                site.url,
            )
            frame = evil.frame_locator("iframe")
            frame.locator("body[data-ready]").wait_for()
            frame.locator(".strip h2").wait_for()


class TestToken:
    def test_the_token_opens_the_page_and_leaves_the_address(self, page: Page) -> None:
        with serve(host="0.0.0.0") as site:
            token = site.server.access.token
            site.hub.publish(make_batch("s", (Channel("a"),), [time.time_ns()], [[1]]))
            page.goto(site.url)
            page.wait_for_selector("body[data-ready]")
            page.wait_for_selector(".strip h2")
            assert page.url == f"http://127.0.0.1:{site.port}/"
            assert token not in page.content()
            assert page.evaluate("document.cookie") == ""
            assert token not in str(page.evaluate("performance.getEntries().map(e => e.name)")).replace(site.url, "")
            page.reload()
            page.wait_for_selector("body[data-ready]")

    def test_a_stranger_is_asked_for_it(self, page: Page) -> None:
        with serve(host="0.0.0.0", token=WORD) as site:
            page.goto(f"http://127.0.0.1:{site.port}/")
            assert "needs the token" in page.locator("main").inner_text()
            page.locator("input[name=token]").fill("wrong")
            page.keyboard.press("Enter")
            page.wait_for_url("**/?token=wrong")
            page.locator("input[name=token]").fill(WORD)
            page.keyboard.press("Enter")
            page.wait_for_selector("body[data-ready]")
            assert page.url == f"http://127.0.0.1:{site.port}/"

    def test_a_page_of_a_server_that_came_back_with_another_token_asks_for_it(self, page: Page) -> None:
        with serve(host="0.0.0.0") as site:
            page.goto(site.url)
            page.wait_for_selector("body[data-ready]")
            port = site.port
        with serve(host="0.0.0.0", port=port):
            page.wait_for_selector("input[name=token]", timeout=15_000)
