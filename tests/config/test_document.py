from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stripchart.config.document import MAX_SECRET_BYTES, read_document
from stripchart.config.options import Mistake
from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bench.toml"


def read(file: Path, text: str) -> dict[str, object]:
    file.write_text(text)
    document = read_document(file)
    assert document.mistakes == []
    return document.content


def mistakes(file: Path, text: str) -> list[Mistake]:
    file.write_text(text)
    return read_document(file).mistakes


def test_what_it_says(file: Path):
    assert read(file, 'title = "Bench"\n[server]\nport = 5006') == {"title": "Bench", "server": {"port": 5006}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 1\nb = = 2", r"bench\.toml:2:5: invalid value"),
        (b"[a\n", r"bench\.toml:1:3: expected ']'"),
        (b"a = [1,", r"bench\.toml:1:8: invalid value"),
        (b"a = 1\na = 2\n", r"bench\.toml:2:6: cannot overwrite a value"),
        (b"a = '\xff'", r"bench\.toml: expected UTF-8 text, found byte 0xff"),
    ],
)
def test_text_that_is_no_toml(file: Path, data: bytes, message: str):
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=message):
        read_document(file)


def test_files_that_cannot_be_read(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"bench\.toml: cannot be read: No such file or directory$"):
        read_document(tmp_path / "bench.toml")
    with pytest.raises(ConfigError, match=r"cannot be read: Is a directory$"):
        read_document(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${BENCH_HOST}", "lab"),
        ("mqtt://${BENCH_HOST}:${BENCH_PORT:-1883}/#", "mqtt://lab:1883/#"),
        ("${BENCH_EMPTY}", ""),
        ("${BENCH_EMPTY:-full}", "full"),
        ("${BENCH_NONE:-}", ""),
        ("${BENCH_NONE:-a:-b c}", "a:-b c"),
        ("$${BENCH_HOST}", "${BENCH_HOST}"),
        ("$BENCH_HOST $ $$", "$BENCH_HOST $ $$"),
        ("${BENCH_NESTED}", "${BENCH_HOST}"),
    ],
)
def test_variables(file: Path, monkeypatch: pytest.MonkeyPatch, text: str, found: str):
    monkeypatch.setenv("BENCH_HOST", "lab")
    monkeypatch.setenv("BENCH_EMPTY", "")
    monkeypatch.setenv("BENCH_NESTED", "${BENCH_HOST}")
    monkeypatch.delenv("BENCH_NONE", raising=False)
    assert read(file, f"a = '{text}'\n[b.c]\nd = ['{text}', 1]") == {"a": found, "b": {"c": {"d": [found, 1]}}}


def test_variables_that_are_not_there_are_all_named(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("BENCH_NONE", raising=False)
    assert mistakes(file, "a = '${BENCH_NONE}'\n[b]\nc = '${BENCH_NONE} ${9}'") == [
        Mistake("a", "the environment has no variable BENCH_NONE; set it, or give a default: ${BENCH_NONE:-…}"),
        Mistake("b.c", "the environment has no variable BENCH_NONE; set it, or give a default: ${BENCH_NONE:-…}"),
        Mistake("b.c", "expected ${NAME} or ${NAME:-default} (and $${ for a plain ${), got '${9}'"),
    ]


@pytest.mark.parametrize("text", ["${", "${BENCH", "${}", "${A-b}", "${A:b}"])
def test_malformed_variables(file: Path, text: str):
    (mistake,) = mistakes(file, f"a = '{text}'")
    assert mistake == Mistake("a", f"expected ${{NAME}} or ${{NAME:-default}} (and $${{ for a plain ${{), got '{text}'")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_from_a_file_beside_it(file: Path, end: str):
    (file.parent / "broker.txt").write_bytes(f"apple\npie{end}".encode())
    content = read(file, "[sources.home]\npassword_file = 'broker.txt'")
    assert content == {"sources": {"home": {"password": "apple\npie"}}}


def test_one_newline_only_is_taken_off(file: Path):
    (file.parent / "token").write_text("pie\n\n")
    assert read(file, "token_file = 'token'") == {"token": "pie\n"}


def test_the_path_of_a_secret_may_come_from_the_environment(file: Path, monkeypatch: pytest.MonkeyPatch):
    (file.parent / "token").write_text("pie")
    monkeypatch.setenv("CREDENTIALS", str(file.parent))
    assert read(file, "token_file = '${CREDENTIALS}/token'") == {"token": "pie"}


def test_other_keys_may_end_like_that(file: Path):
    assert read(file, "key_file = 'key.pem'") == {"key_file": "key.pem"}


def test_secret_files_that_cannot_be_used(file: Path):
    (file.parent / "binary").write_bytes(b"\xff")
    text = "a_token_file = 'nowhere'\n[b]\ntoken = 'x'\ntoken_file = 'y'\nc_secret_file = 5\npassword_file = 'binary'"
    assert mistakes(file, text) == [
        Mistake("a_token_file", f"{file.parent / 'nowhere'}: No such file or directory"),
        Mistake("b.token_file", "is given beside token; keep one"),
        Mistake("b.c_secret_file", "expected a path, got 5"),
        Mistake("b.password_file", f"{file.parent / 'binary'}: expected UTF-8 text"),
    ]


def test_a_path_that_cannot_be_one(file: Path):
    (mistake,) = mistakes(file, 'token_file = "a\\u0000b"')
    assert mistake.key == "token_file"


def test_an_endless_secret_is_cut(file: Path):
    content = read(file, "token_file = '/dev/zero'")
    assert len(str(content["token"])) == MAX_SECRET_BYTES


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("[server]\ntoken = 'pie'", ["server.token"]),
        ("token = '${TOKEN}'", []),
        ("token = '${TOKEN:-}'", []),
        ("token = '${TOKEN:-pie}'", ["token"]),
        ("token = ''", []),
        ("token_file = 'pie'", []),
        ("url = 'mqtt://ann:pie@host'", ["url"]),
        ("url = 'mqtt://ann:${PIE}@host'", []),
        ("url = 'mqtt://host?password=pie'", ["url"]),
        ("url = 'mqtt://host?password=${PIE}'", []),
        ("title = 'my token'", []),
    ],
)
def test_secrets_that_stand_in_the_file(file: Path, monkeypatch: pytest.MonkeyPatch, text: str, keys: list[str]):
    monkeypatch.setenv("TOKEN", "from the environment")
    monkeypatch.setenv("PIE", "from the environment")
    file.write_text(text)
    (file.parent / "pie").write_text("from a file")
    assert read_document(file).literal_secrets == keys
