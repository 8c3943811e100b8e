from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.config.secrets import hide, is_secret, redact_line, redact_url


@pytest.mark.parametrize("name", ["password", "token", "secret", "broker_password", "API_TOKEN"])
def test_secret_names(name: str):
    assert is_secret(name)


@pytest.mark.parametrize("name", ["username", "password_file", "tokens", "key", ""])
def test_other_names(name: str):
    assert not is_secret(name)


def test_hide_keeps_what_is_no_secret():
    assert hide({"username": "ann", "password": "apple pie"}) == {"username": "ann", "password": "***"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mqtt://ann:pie@host/a/#", "mqtt://ann:***@host/a/#"),
        ("mqtt://:pie@host", "mqtt://:***@host"),
        ("mqtt://ann:p@i@e@host/a", "mqtt://ann:***@host/a"),
        ("mqtt://ann:p/ie@host/a", "mqtt://ann:***@host/a"),
        ("mqtt://ann:1234@host/a", "mqtt://ann:***@host/a"),
        ("mqtt://host/a?password=pie&qos=1", "mqtt://host/a?password=***&qos=1"),
        ("mqtt://host/a?qos=1&client_TOKEN=pie", "mqtt://host/a?qos=1&client_TOKEN=***"),
    ],
)
def test_urls_without_secrets(text: str, shown: str):
    assert redact_url(text) == shown
    assert redact_line(f"{text} is away") == f"{shown} is away"


@pytest.mark.parametrize(
    "text",
    [
        "serial:/dev/ttyUSB0?baudrate=9600",
        "mqtt://host:1883/home/@ann/#",
        "mqtt://ann@host/a",
        "mqtt://[::1]:1883/a@b",
        "http://127.0.0.1:5006/",
        "bench: lost: tcp://host:7777: refused by ann@host",
        "mqtt://ann:@host/a",
    ],
)
def test_what_has_no_secret_stays(text: str):
    assert redact_url(text) == text
    assert redact_line(text) == text


def test_a_line_keeps_what_follows_the_secret():
    line = "403 GET /?token=pie (127.0.0.1): expected mqtt://[user[:password]@]host, write '@' as %40"
    assert redact_line(line) == line.replace("pie", "***")


@given(
    st.text(min_size=8, alphabet=st.characters(exclude_characters="\n\r&", exclude_categories=["Cs", "Zl", "Zp", "Cc"]))
)
def test_no_password_shows_in_a_url(password: str):
    canary = f"canary{password}"
    assert canary not in redact_url(f"mqtt://ann:{canary}@host:1883/a/#")
    assert canary not in redact_url(f"mqtt://host/a?password={canary}&qos=1")
