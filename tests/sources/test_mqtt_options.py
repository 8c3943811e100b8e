from __future__ import annotations

import ssl
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from stripchart.errors import ConfigError
from stripchart.sources.mqtt_options import Address, MqttOptions, filter_mistake, resolve, tls_context
from support.broker import make_certificates

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "c4n4ry"


def address(target: str, scheme: str = "mqtt", **options: Any) -> Address:
    return resolve(scheme, target, MqttOptions(**options))


@pytest.mark.parametrize(
    ("scheme", "target", "host", "port"),
    [
        ("mqtt", "//broker", "broker", 1883),
        ("mqtts", "//broker/", "broker", 8883),
        ("ws", "//broker/a", "broker", 80),
        ("wss", "//broker", "broker", 443),
        ("mqtt", "//broker:1884/a/#", "broker", 1884),
        ("mqtt", "//[::1]:1884/a", "::1", 1884),
        ("mqtt", "//[fe80::1]/a", "fe80::1", 1883),
        ("mqtt", "//user:word@192.0.2.7:65535", "192.0.2.7", 65535),
    ],
)
def test_host_and_port(scheme: str, target: str, host: str, port: int):
    found = address(target, scheme)
    assert (found.host, found.port) == (host, port)
    assert (found.tls, found.websocket) == (scheme in {"mqtts", "wss"}, scheme in {"ws", "wss"})


@pytest.mark.parametrize(
    ("path", "more", "filters"),
    [
        ("", (), ("#",)),
        ("/", (), ("#",)),
        ("/greenhouse/#", (), ("greenhouse/#",)),
        ("/greenhouse/%23", (), ("greenhouse/#",)),
        ("/a/%2B/100%25", (), ("a/+/100%",)),
        ("//leading", (), ("/leading",)),
        ("//", (), ("/",)),
        ("/$SYS/#", (), ("$SYS/#",)),
        ("/a/#", ("b/+", "a/#"), ("a/#", "b/+")),
        ("", ("b/+", "c"), ("b/+", "c")),
    ],
)
def test_filters(path: str, more: tuple[str, ...], filters: tuple[str, ...]):
    assert address(f"//broker{path}", filters=more).filters == filters


@pytest.mark.parametrize("topic", ["#", "+", "a", "/a", "a/", "a/+/b", "+/+/#", "a b/ü", "$share/group/a/#"])
def test_filters_that_can_be(topic: str):
    assert filter_mistake(topic) == ""


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("", "empty"),
        ("a/#/b", "last level"),
        ("a#", "last level"),
        ("#/#", "last level"),
        ("a/b+", "whole level"),
        ("++", "whole level"),
        ("a\0b", "NUL"),
        ("x" * 65_536, "65535 bytes"),
    ],
)
def test_filters_that_cannot_be(topic: str, expected: str):
    assert expected in filter_mistake(topic)
    with pytest.raises(ConfigError, match=expected):
        MqttOptions(filters=(topic,))
    if topic:
        with pytest.raises(ConfigError, match="filter in the URL"):
            address(f"//broker/{topic}")


@pytest.mark.parametrize(
    ("target", "options", "expected"),
    [
        ("//ann:w%40rd@broker/a", {}, ("ann", "w@rd")),
        ("//ann@broker", {"password": "word"}, ("ann", "word")),
        ("//broker", {"username": "ann", "password": "word"}, ("ann", "word")),
        ("//broker", {}, ("", "")),
    ],
)
def test_credentials(target: str, options: dict[str, Any], expected: tuple[str, str]):
    found = address(target, **options)
    assert (found.username, found.password) == expected


def test_password_from_a_file(tmp_path: Path):
    file = tmp_path / "password"
    file.write_text(f"{CANARY} {CANARY}\n")
    assert address("//ann@broker", password_file=str(file)).password == f"{CANARY} {CANARY}"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_password_file_that_cannot_be_read(tmp_path: Path, content: bytes | None):
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"password_file: .*{file}"):
        address("//ann@broker", password_file=str(file))


@pytest.mark.parametrize(
    "target",
    [
        "broker/a",
        "//",
        "//:1883/a",
        "//broker:0/a",
        "//broker:65536/a",
        "//broker:port/a",
        "//broker:/a",
        "//::1/a",
        "//[::1/a",
        f"//ann:{CANARY}/x@broker/a",
        f"//ann:{CANARY}@/a",
        "//a..b/a",
    ],
)
def test_targets_that_cannot_be(target: str):
    with pytest.raises(ConfigError, match=r"expected mqtt://\[user@\]host") as caught:
        address(target)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"qos": 3}, "qos: expected 0 to 2, got 3"),
        ({"keepalive": 0}, "keepalive: expected 1 to 65535, got 0"),
        ({"session_expiry": -1}, "session_expiry: expected 0 to"),
        ({"max_packet": 10}, "max_packet: expected 1024 to"),
        ({"version": 4}, "version: expected 5, or 3"),
        ({"persistent": True, "qos": 1}, "persistent: needs a client_id"),
        ({"persistent": True, "client_id": "a"}, "persistent: needs qos=1"),
        ({"durable": True}, "durable: needs persistent=true with a client_id and qos=1 or qos=2"),
        ({"durable": True, "qos": 1, "client_id": "a"}, "durable: needs persistent=true"),
        (
            {"durable": True, "qos": 1, "client_id": "a", "persistent": True, "session_expiry": 0},
            "durable: needs a session_expiry above 0",
        ),
        ({"password": CANARY, "password_file": "x"}, "password_file: "),
        ({"key_file": "x"}, "key_file: needs a cert_file"),
        ({"ws_path": "mqtt"}, "ws_path: expected a path that begins with '/'"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], expected: str):
    with pytest.raises(ConfigError, match=expected) as caught:
        MqttOptions(**options)
    assert CANARY not in str(caught.value)


def test_what_durable_needs():
    needed: dict[str, Any] = {"durable": True, "qos": 2, "client_id": "a", "persistent": True}
    assert MqttOptions(**needed).durable
    assert MqttOptions(**needed, version=3, session_expiry=0).durable, "the broker decides"


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        MqttOptions(qos=7, version=1, filters=("a#", "b+"))
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "filters",
        "filters",
        "qos",
        "version",
    ]


@pytest.mark.parametrize(
    ("target", "options", "expected"),
    [
        ("//ann@broker", {"username": "bob"}, "username: is given twice"),
        (f"//ann:{CANARY}@broker", {"password": CANARY}, "password: is given twice"),
        ("//broker", {"password": CANARY}, "password: needs a username"),
        ("//broker", {"ca_file": "ca.pem"}, "are for mqtts and wss, not for mqtt"),
        ("//broker", {"insecure": True}, "are for mqtts and wss, not for mqtt"),
    ],
)
def test_url_and_options_that_do_not_fit(target: str, options: dict[str, Any], expected: str):
    with pytest.raises(ConfigError, match=expected) as caught:
        address(target, **options)
    assert CANARY not in str(caught.value)


def test_no_secret_is_shown():
    options = MqttOptions(username="ann", password=CANARY)
    found = resolve("mqtt", "//broker:1884/a/#", options)
    assert CANARY not in f"{options!r} {found!r} {found.shown}"
    assert address(f"//ann:{CANARY}@broker:1884/a/#").shown == "mqtt://broker:1884/a/#"


def test_tls_context(tmp_path: Path):
    made = make_certificates(tmp_path)
    options = {"ca_file": str(made.authority), "cert_file": str(made.client), "key_file": str(made.client_key)}
    context = tls_context(MqttOptions(**options))
    assert context.check_hostname
    assert [authority["subject"] for authority in context.get_ca_certs()] == [((("commonName", "authority"),),)]
    assert tls_context(MqttOptions()).verify_mode is ssl.CERT_REQUIRED
    assert tls_context(MqttOptions(insecure=True)).verify_mode is ssl.CERT_NONE


def test_ones_own_authority_made_with_openssls_defaults_is_taken_on_any_python(monkeypatch: pytest.MonkeyPatch):
    def as_from_python_313(**_: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", as_from_python_313)
    own, public = (tls_context(MqttOptions(ca_file=file)) for file in ("authority.pem", ""))
    assert not own.verify_flags & ssl.VERIFY_X509_STRICT
    assert public.verify_flags & ssl.VERIFY_X509_STRICT
    for context in (own, public):
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED


def test_certificates_that_cannot_be_used(tmp_path: Path):
    made = make_certificates(tmp_path)
    junk = tmp_path / "junk"
    junk.write_text("no certificate")
    absent = str(tmp_path / "absent")
    server, key = str(made.server), str(made.server_key)
    for options, expected in (
        ({"ca_file": absent}, f"ca_file: No such file or directory: {absent}"),
        ({"ca_file": str(junk)}, f"ca_file: expected PEM .*: {junk}"),
        ({"cert_file": absent}, f"cert_file: No such file or directory: {absent}"),
        ({"cert_file": str(made.client), "key_file": key}, "cert_file: expected .* a key that fits its certificate"),
        ({"cert_file": server}, "cert_file: expected PEM"),
    ):
        with pytest.raises(ConfigError, match=expected):
            tls_context(MqttOptions(**options))


def test_a_key_with_a_passphrase_is_refused_without_asking(tmp_path: Path):
    made = make_certificates(tmp_path)
    locked = tmp_path / "locked.key"
    command = ["openssl", "pkey", "-in", made.client_key, "-aes256", "-passout", "pass:x", "-out", locked]
    subprocess.run(command, check=True)
    with pytest.raises(ConfigError, match="without a passphrase"):
        tls_context(MqttOptions(cert_file=str(made.client), key_file=str(locked)))
