from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import pty
import socket
import ssl
import subprocess
import sys
import termios
import threading
import warnings
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bokeh.plotting import figure

from stripchart.errors import ConfigError
from stripchart.flow.hub import Hub
from stripchart.ui.context import Context
from stripchart.ui.serving.server import PageServer
from support.page import Site, serve

if TYPE_CHECKING:
    from bokeh.document import Document

WORD = "open sesame"


def make_server(**options: Any) -> PageServer:
    return PageServer(Context(Hub(), []), **options)


def make_certificate(folder: Path, name: str = "own", *key_options: str) -> tuple[str, str]:
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "1", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out",
         str(certificate), *(key_options or ("-nodes",))],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(certificate), str(key)


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("stripchart")}


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class TestTls:
    def test_pages_and_websockets_are_encrypted(self, tmp_path: Path) -> None:
        certificate, key = make_certificate(tmp_path)
        trust = ssl.create_default_context(cafile=certificate)
        with serve(certificate=certificate, key=key, token=WORD, tls=trust) as site:
            assert site.url.startswith(f"https://127.0.0.1:{site.port}/?token=")
            answer = site.ask("/?token=open%20sesame")
            assert answer.status == 302
            assert "Secure" in answer.headers["Set-Cookie"]
            assert site.ask("/", site.cookie).status == 200
            own = {**site.cookie, "Origin": f"https://127.0.0.1:{site.port}"}
            assert site.websocket(own, token=site.page_token(site.cookie)).status == 101
            plain = Site(site.hub, site.context, site.server)
            with pytest.raises((OSError, HTTPException)):
                plain.ask("/healthz")

    def test_old_protocols_are_not_spoken(self, tmp_path: Path) -> None:
        certificate, key = make_certificate(tmp_path)
        old = ssl.create_default_context(cafile=certificate)
        old.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            old.minimum_version = ssl.TLSVersion.TLSv1
        with serve(certificate=certificate, key=key, tls=old) as site, pytest.raises(ssl.SSLError):
            site.ask("/healthz")

    def test_wrong_files_are_told_in_one_line(self, tmp_path: Path) -> None:
        certificate, key = make_certificate(tmp_path)
        _, other = make_certificate(tmp_path, "other")
        garbage = tmp_path / "garbage"
        garbage.write_bytes(bytes(range(256)))
        pairs = [
            (certificate, str(tmp_path / "none")), (str(tmp_path / "none"), key), (certificate, other),
            (key, certificate), (str(garbage), key), (certificate, str(garbage)), (str(tmp_path), key),
            (certificate, "a\0b"), ("", ""),
        ]  # fmt: skip
        for wrong in pairs:
            with pytest.raises(ConfigError, match=r"^TLS: cannot use ") as error:
                make_server(certificate=wrong[0], key=wrong[1])
            assert "\n" not in str(error.value)

    def test_half_of_it_is_a_mistake(self, tmp_path: Path) -> None:
        certificate, key = make_certificate(tmp_path)
        for half in ({"certificate": certificate}, {"key": key}):
            with pytest.raises(ConfigError, match="expected both a certificate and a key"):
                make_server(**half)

    def test_an_encrypted_key_is_a_mistake_and_not_a_question_on_the_terminal(self, tmp_path: Path) -> None:
        files = make_certificate(tmp_path, "locked", "-passout", "pass:open sesame")
        program = (
            "import sys; from stripchart.flow.hub import Hub; from stripchart.ui.context import Context\n"
            "from stripchart.ui.serving.server import PageServer\n"
            "PageServer(Context(Hub(), []), certificate=sys.argv[1], key=sys.argv[2])"
        )
        master, terminal = pty.openpty()
        try:
            ended = subprocess.run(
                [sys.executable, "-c", program, *files],
                stdin=terminal, stderr=subprocess.PIPE, timeout=40, check=False,
                start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )  # fmt: skip
        finally:
            os.close(master)
            os.close(terminal)
        assert ended.returncode == 1
        assert b"ConfigError: TLS: cannot use " in ended.stderr
        assert b"the key without a password" in ended.stderr


class TestAddress:
    @pytest.mark.filterwarnings("ignore::ResourceWarning")  # Tornado leaves the socket to be collected
    def test_a_port_that_is_taken(self) -> None:
        with serve() as site:
            with pytest.raises(ConfigError, match=rf"cannot listen on 127.0.0.1 port {site.port}: .*--port 0") as error:
                make_server(port=site.port)
            assert "\n" not in str(error.value)
            del error
            gc.collect()

    @pytest.mark.parametrize("host", ["no.such.host.invalid", "1.2.3.4.5", "x" * 100, "192.0.2.1"])
    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_a_host_that_cannot_be_bound(self, host: str) -> None:
        with pytest.raises(ConfigError, match=r"^cannot listen on ") as error:
            make_server(host=host)
        assert "\n" not in str(error.value)
        del error
        gc.collect()

    @pytest.mark.parametrize("port", [-1, 65_536, 70_000])
    def test_a_port_that_cannot_be(self, port: int) -> None:
        with pytest.raises(ConfigError, match=f"^port: expected 0 to 65535, got {port}"):
            make_server(port=port)

    @pytest.mark.parametrize(
        ("host", "expected"),
        [("127.0.0.1", "http://127.0.0.1:{port}/"), ("localhost", "http://localhost:{port}/"),
         ("::1", "http://[::1]:{port}/"), ("0.0.0.0", "http://127.0.0.1:{port}/?token={token}"),
         ("::", "http://[::1]:{port}/?token={token}"), ("", "http://127.0.0.1:{port}/?token={token}")],
    )  # fmt: skip
    def test_the_url_can_be_opened(self, host: str, expected: str) -> None:
        server = make_server(host=host)
        assert server.url == expected.format(port=server.port, token=server.access.token)
        server.stop()

    def test_a_token_is_quoted_in_the_url(self) -> None:
        server = make_server(token="a&b=c#d e/ü")  # noqa: S106 - odd characters, no secret
        assert server.url.endswith("/?token=a%26b%3Dc%23d%20e%2F%C3%BC")
        server.stop()


def empty(document: Document) -> None:
    document.add_root(figure(name="further"))


class TestPages:
    @pytest.mark.parametrize(
        "path",
        ["/", "", "circles", "/circles/", "//circles", "/api", "/api/x", "/static", "/static/x", "/assets/x",
         "/metrics", "/healthz", "/ws", "/circles/ws", "/metadata", "/autoload.js", "/favicon.ico", "/a.b", "/a(b",
         "/a*", "/a b", "/ü", "/a?b", "/a/../b", "/circles\n"],
    )  # fmt: skip
    def test_paths_that_cannot_be(self, path: str) -> None:
        with pytest.raises(ConfigError, match=r"^pages: .*expected a path such as '/circles'") as error:
            make_server(pages={path: empty})
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize("path", ["/circles", "/apiary", "/a/b-c/d_e", "/statics", "/2"])
    def test_paths_that_can(self, path: str) -> None:
        with serve(pages={path: empty}) as site:
            assert site.ask(path).status == 200
            assert site.websocket(path=f"{path}/ws", token=site.page_token(path=path)).status == 101

    def test_the_titles_are_text(self) -> None:
        title = "</title><script>window.pwned = 1</script>{{ 7 * 7 }}"
        with serve(look={"title": title}) as site:
            text = site.ask("/").text
        assert "<script>window.pwned" not in text
        assert "&lt;script&gt;window.pwned" in text
        assert "{{ 7 * 7 }}" in text


class TestEnd:
    def test_threads_and_descriptors_are_given_back(self) -> None:
        with serve() as site:
            site.ask("/")
            site.ask("/api/read")
        gc.collect()
        before, held = threading.active_count(), descriptors()
        for _ in range(10):
            with serve() as site:
                site.ask("/")
                site.ask("/api/read")
                with socket.create_connection(("127.0.0.1", site.port)) as idle:
                    idle.sendall(b"GET / HTTP/1.1\r\n")
        assert threading.active_count() == before
        gc.collect()
        assert descriptors() <= held + 1

    def test_the_port_is_free_again(self) -> None:
        with serve() as site:
            port = site.port
        with serve(port=port) as again:
            assert again.ask("/healthz").status == 200

    def test_stop_is_safe_twice_and_before_a_start(self) -> None:
        server = make_server()
        server.stop()
        server.stop()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", server.port), 1).close()
        with serve() as site:
            site.server.stop()
            site.server.stop()

    def test_a_mistake_leaves_nothing_open(self) -> None:
        held = descriptors()
        for _ in range(5):
            with pytest.raises(ConfigError):
                make_server(allow_hosts=["*"])
        gc.collect()
        assert descriptors() <= held

    def test_in_a_running_loop_it_joins_that(self) -> None:
        async def run() -> None:
            server = make_server()
            server.start()
            site = Site(Hub(), Context(Hub(), []), server)
            before = threads()
            answer = await asyncio.to_thread(site.ask, "/healthz")
            assert answer.status == 200
            assert (await asyncio.to_thread(site.ask, "/")).status == 200
            assert threads() == before
            server.stop()
            await asyncio.sleep(0.05)

        runner = threading.Thread(target=asyncio.run, args=(run(),))
        runner.start()
        runner.join()

    def test_a_start_that_fails_is_told_and_leaves_no_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("stripchart.ui.serving.server.ROUTES", [("(", object)])
        server = make_server()
        failures: list[BaseException] = []

        def start() -> None:
            try:
                server.start()
            except BaseException as error:  # noqa: BLE001 - looked at below
                failures.append(error)

        starter = threading.Thread(target=start)
        starter.start()
        starter.join()
        assert len(failures) == 1
        server.stop()
        assert not threads()
