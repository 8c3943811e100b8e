from __future__ import annotations

import socket

import pytest

from stripchart.errors import ConfigError
from stripchart.ui.serving.access import Access, check_allow_hosts, is_loopback, new_token
from support.page import Site, serve

WORD = "open sesame"
ODD = "a-token/with+odd&characters=%25 ünd ☂"


def host(name: str) -> dict[str, str]:
    return {"Host": name}


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.53", "::1", "localhost"])
def test_loopback(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "192.168.1.5", "localhost.example.org", "plots"])
def test_not_loopback(address: str) -> None:
    assert not is_loopback(address)


def test_tokens_are_long_and_differ() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert all(len(new_token()) >= 43 for _ in range(10))


class TestHost:
    """On loopback: who rebinds a name of his own to 127.0.0.1 must not get in."""

    ROUTES = ("/", "/ws", "/metadata", "/api/channels", "/api/ledger", "/metrics", "/healthz", "/assets/page.css",
              "/static/js/bokeh.min.js", "/favicon.ico", "/nowhere")  # fmt: skip

    def test_a_strange_name_is_refused_on_every_route(self) -> None:
        with serve() as site:
            for route in self.ROUTES:
                answer = site.ask(route, host("evil.com"))
                assert answer.status == 403, route
            assert site.context.refused_requests == len(self.ROUTES)

    @pytest.mark.parametrize(
        "name",
        ["evil.com", "evil.com:{port}", "localhost.evil.com", "127.0.0.1.evil.com", "evil.com.", "localhost.",
         "0.0.0.0", "0.0.0.0:{port}", "8.8.8.8", "192.168.1.5:{port}", "[2001:db8::1]", "localhost:{port}:{port}",
         "[::1", "[]", ":80", "127.0.0.1:99999999", "2130706433", "0x7f000001", "localhost@evil.com",
         "evil.com@localhost", "l\N{CYRILLIC SMALL LETTER O}calhost"],
    )  # fmt: skip
    def test_refused_on_loopback(self, name: str) -> None:
        with serve() as site:
            answer = site.ask("/api/channels", {"Host": name.format(port=site.port).encode()})
            assert answer.status in {400, 403}
            assert b"[]" not in answer.body

    @pytest.mark.parametrize(
        "name",
        ["localhost", "localhost:{port}", "LOCALHOST:{port}", "127.0.0.1", "127.0.0.1:{port}", "127.0.1.1", "[::1]",
         "[::1]:{port}", "plots.example.org", "Plots.Example.ORG:8443", socket.gethostname()],
    )  # fmt: skip
    def test_known_on_loopback(self, name: str) -> None:
        with serve(allow_hosts=["plots.example.org"]) as site:
            assert site.ask("/api/channels", host(name.format(port=site.port))).status == 200

    @pytest.mark.parametrize(
        ("name", "status"),
        [("192.168.1.5", 200), ("192.168.1.5:{port}", 200), ("[2001:db8::1]:{port}", 200), ("0.0.0.0:{port}", 200),
         ("localhost", 200), ("plots.example.org", 200), ("evil.com", 403), ("1.2.3.4.evil.com", 403)],
    )  # fmt: skip
    def test_beyond_loopback_addresses_pass_and_strange_names_do_not(self, name: str, status: int) -> None:
        with serve(host="0.0.0.0", token=WORD, allow_hosts=["plots.example.org"]) as site:
            headers = {**host(name.format(port=site.port)), "Authorization": f"Bearer {WORD}"}
            assert site.ask("/api/channels", headers).status == status

    def test_a_request_without_host_is_refused(self) -> None:
        with serve() as site:
            assert site.send(b"GET /api/channels HTTP/1.1\r\nConnection: close\r\n\r\n").status == 400
            twice = b"GET /api/channels HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\nConnection: close\r\n\r\n"
            assert site.send(twice).status == 400

    @pytest.mark.parametrize(
        "name", ["*", "", "http://plots.example.org", "plots.example.org/", "a b", "*.example.org"]
    )
    def test_what_is_not_a_host_name_is_a_mistake_in_one_line(self, name: str) -> None:
        with pytest.raises(ConfigError, match=r"allow_hosts: expected a host name such as .*, got ") as error:
            check_allow_hosts([name])
        assert "\n" not in str(error.value)
        with pytest.raises(ConfigError):
            Access("127.0.0.1", 1, allow_hosts=["fine.example.org", name])


class TestOrigin:
    """Browsers let any page open a websocket anywhere; the origin tells whose page it is."""

    @pytest.mark.parametrize(
        "origin",
        ["http://evil.com", "https://evil.com", "http://localhost:9999", "http://127.0.0.1:9999", "http://127.0.0.1",
         "http://localhost", "null", "", "file://", "http://127.0.0.1.evil.com:{port}",
         "http://127.0.0.1:{port}.evil.com", "http://127.0.0.1:{port}@evil.com", "http://127.0.0.1:{port}/",
         "http://127.0.0.1:{port},http://evil.com", "ftp://127.0.0.1:{port}", "chrome-extension://127.0.0.1:{port}",
         "http://[", "http://[::1", "http://{own}:9999", "127.0.0.1:{port}"],
    )  # fmt: skip
    def test_foreign_origins_are_refused(self, origin: str) -> None:
        with serve() as site:
            headers = {"Origin": origin.format(port=site.port, own=socket.gethostname())}
            token = site.page_token()
            assert site.websocket(headers, token=token).status == 403
            assert site.ask("/api/channels", headers).status == 403

    def test_the_refusal_shows_it_as_text(self) -> None:
        with serve() as site:
            answer = site.ask("/", {"Origin": "http://<script>alert(1)</script>"})
        assert answer.status == 403
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")

    def test_a_foreign_origin_is_refused_even_with_the_cookie(self) -> None:
        with serve(token=WORD) as site:
            headers = {**site.cookie, "Origin": "http://localhost:9999", "Host": f"localhost:{site.port}"}
            assert site.websocket(headers, token=site.page_token(site.cookie)).status == 403

    @pytest.mark.parametrize("name", ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}", "[::1]:{port}"])
    def test_the_own_origin_passes(self, name: str) -> None:
        with serve() as site:
            asked = name.format(port=site.port)
            headers = {"Origin": f"http://{asked.lower()}", "Host": asked}
            assert site.websocket(headers, token=site.page_token()).status == 101

    def test_no_origin_is_no_browser(self) -> None:
        with serve() as site:
            assert site.websocket(token=site.page_token()).status == 101
        with serve(token=WORD) as site:
            token = site.page_token(site.cookie)
            assert site.websocket(token=token).status == 403
            assert site.websocket(site.cookie, token=token).status == 101

    def test_behind_a_proxy_the_named_origin_passes_and_its_other_ports_do_not(self) -> None:
        with serve(allow_hosts=["plots.example.org", "lab:8443"]) as site:
            token = site.page_token()
            for origin, status in {
                "https://plots.example.org": 101, "https://lab:8443": 101,
                "https://plots.example.org:9999": 403, "https://lab": 403, "https://lab:9": 403,
            }.items():  # fmt: skip
                assert site.websocket({"Origin": origin}, token=token).status == status, origin

    @pytest.mark.parametrize("place", ["cross-site", "same-site"])
    def test_pictures_and_scripts_of_other_pages_are_refused_and_links_and_frames_are_not(self, place: str) -> None:
        with serve() as site:
            for mode in ("no-cors", "cors", "websocket", ""):
                headers = {"Sec-Fetch-Site": place, "Sec-Fetch-Mode": mode}
                for route in ("/", "/api/channels", "/metadata", "/assets/page.js"):
                    assert site.ask(route, headers).status == 403, (mode, route)
            assert site.server.sessions() == []
            assert site.ask("/", {"Sec-Fetch-Site": place, "Sec-Fetch-Mode": "navigate"}).status == 200
            for own in ("same-origin", "none"):
                assert site.ask("/api/channels", {"Sec-Fetch-Site": own, "Sec-Fetch-Mode": "cors"}).status == 200


@pytest.fixture(params=["plain-token", ODD])
def site(request: pytest.FixtureRequest):
    with serve(host="0.0.0.0", token=request.param) as running:
        yield running


def quoted(site: Site) -> str:
    return site.url.partition("?token=")[2]


class TestToken:
    def test_it_is_swapped_for_a_cookie_which_opens_the_page(self, site: Site) -> None:
        first = site.ask(f"/?token={quoted(site)}")
        assert first.status == 302
        assert first.headers["Location"] == "/"
        cookie = first.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie
        assert quoted(site) not in str(first.headers)
        assert site.server.access.token not in str(first.headers)
        page = site.ask("/", {"Cookie": cookie.partition(";")[0]})
        assert page.status == 200
        assert site.websocket({"Cookie": cookie.partition(";")[0]}, token=site.page_token(site.cookie)).status == 101

    def test_the_cookie_is_not_the_token_and_names_the_port(self, site: Site) -> None:
        assert site.server.access.proof(site.server.access.token) != site.server.access.token
        assert site.server.access.cookie == f"stripchart-{site.port}"

    def test_it_leaves_the_address_also_of_a_known_visitor(self, site: Site) -> None:
        answer = site.ask(f"/?token={quoted(site)}", site.cookie)
        assert (answer.status, answer.headers["Location"]) == (302, "/")

    def test_other_arguments_stay(self, site: Site) -> None:
        answer = site.ask(f"/api/read?channels=a%2Fb,c&token={quoted(site)}&stop=5&token=x&e=")
        assert answer.headers["Location"] == "/api/read?channels=a%2Fb%2Cc&stop=5&e="

    @pytest.mark.parametrize(
        "target",
        ["/?token=wrong", "/?token=", "/?token", "/?token=%FF%FE", "/?TOKEN={token}", "/?token={token}x",
         "/?x=token%3D{token}", "/?token%00={token}", "/api/ledger?token=wrong", "/"],
    )  # fmt: skip
    def test_a_wrong_one_is_refused(self, site: Site, target: str) -> None:
        answer = site.ask(target.format(token=quoted(site)))
        assert answer.status == 403
        assert site.server.access.token not in answer.text
        assert site.server.access.proof(site.server.access.token) not in answer.text
        assert answer.headers["Set-Cookie"] is None

    @pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"])
    def test_only_a_get_swaps_it(self, site: Site, method: str) -> None:
        answer = site.ask(f"/?token={quoted(site)}", method=method)
        assert answer.status == 403
        assert answer.headers["Set-Cookie"] is None

    @pytest.mark.parametrize(
        "cookie",
        [b"stripchart-{port}=wrong", b"stripchart-{port}={token}", b"stripchart-1={proof}",
         b"stripchart-{port}=\xff\xfe", b'stripchart-{port}="\\377\\376"', b'stripchart-{port}="unclosed', b";;;=;==",
         b"\xf0\x9f\x92\xa9", b"=", b"$Version=1", b"stripchart-{port}", b"stripchart-{port}=" + b"x" * 20_000,
         b"a" * 20_000, b"stripchart-{port} ={proof}x"],
    )  # fmt: skip
    def test_a_wrong_or_broken_cookie_is_refused(self, site: Site, cookie: bytes) -> None:
        access = site.server.access
        for name, value in {
            "port": str(site.port),
            "proof": access.proof(access.token),
            "token": "plain-token",
        }.items():
            cookie = cookie.replace(b"{%s}" % name.encode(), value.encode())
        assert site.ask("/", {"Cookie": cookie}).status == 403

    def test_a_bearer_opens_the_api(self, site: Site) -> None:
        token = site.server.access.token.encode()
        for scheme in (b"Bearer ", b"bearer ", b"BEARER  "):
            assert site.ask("/api/channels", {"Authorization": scheme + token}).status == 200

    @pytest.mark.parametrize(
        "value",
        [b"", b"Bearer", b"Bearer ", b"Bearer wrong", b"Basic plain-token", b"Bearer \xff\xfe\xfd", b"plain-token",
         "Bearer ☂".encode(), b"Bearer plain-token x"],
    )  # fmt: skip
    def test_a_wrong_bearer_is_refused(self, site: Site, value: bytes) -> None:
        assert site.ask("/api/channels", {"Authorization": value}).status == 403

    @pytest.mark.parametrize(
        "path",
        ["//evil.com", "///evil.com", "/\\evil.com", "/\\/evil.com", "\\\\evil.com", "//evil.com/%2e%2e",
         "/\t/evil.com", "/%2F/evil.com", "/%5Cevil.com", "/\x0b/evil.com", "/.//evil.com", "http://evil.com/",
         "https:evil.com", "//", "/\\\\", "/a\xa0b"],
    )  # fmt: skip
    def test_the_swap_leads_to_no_other_host(self, site: Site, path: str) -> None:
        answer = site.ask(f"{path}?token={quoted(site)}")
        assert answer.status in {302, 400, 403}
        if answer.status == 302:
            location = answer.headers["Location"]
            assert location.startswith("/")
            assert not location.startswith(("//", "/\\"))
            assert "\\" not in location
            assert location.isprintable()
            assert location.isascii()

    def test_none_is_asked_on_loopback_and_one_is_made_beyond(self) -> None:
        with serve() as site:
            assert site.server.access.token == ""
            assert site.ask("/api/channels?token=anything").status == 200
            assert "token" not in site.url
        for empty in (None, ""):
            with serve(host="0.0.0.0", token=empty) as site:
                assert len(site.server.access.token) >= 43
                assert site.ask("/api/channels").status == 403
