from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from stripchart.config.file import Config, Server, View, load
from stripchart.config.recording import RecordTable
from stripchart.config.spec import SourceSpec
from stripchart.errors import ConfigError
from stripchart.flow.clock.source import ClockOptions
from stripchart.flow.controls import Button, Controls

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary8Kx"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bench.toml"


def loaded(file: Path, text: str) -> Config:
    file.write_text(text)
    return load(file)


def mistakes(file: Path, text: str) -> list[str]:
    """Return the lines of the error, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        loaded(file, text)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    return [line.removeprefix(f"{file}: ") for line in lines]


def test_the_shortest(file: Path):
    config = loaded(file, "[sources.desk]\nurl = 'sim:'")
    assert config == Config(file, View(), Server(), RecordTable(name=file.stem), (SourceSpec("sim:", "desk"),))


def test_everything(file: Path):
    config = loaded(
        file,
        """
        title = "Bench"
        window = "2m"
        theme = "dark"
        [server]
        host = "0.0.0.0"
        port = 5006
        token = "pie"
        control = true
        control_token = "cake"
        allow_hosts = ["bench.lab"]
        certificate = "bench.pem"
        key = "/etc/bench.key"
        max_sessions = 3
        open = false
        [sources.imu]
        url = "sim:walk?seed=3"
        decoder = "csv"
        must_start = true
        format = "csv"
        rate = 100
        [sources."front door"]
        url = "mqtt://host/door/#"
        qos = 1
        ending = "\\r\\n"
        [[sources."front door".buttons]]
        label = "Open"
        send = "1"
        topic = "door/set"
        ending = ""
        confirm = true
        """,
    )
    assert config.view == View("Bench", 120.0, "dark")
    folder = file.parent
    assert config.server == Server(
        "0.0.0.0", 5006, "pie", allow_hosts=("bench.lab",), certificate=str(folder / "bench.pem"),
        key="/etc/bench.key", max_sessions=3, open=False, control=True, control_token="cake",  # noqa: S106
    )  # fmt: skip
    assert config.sources == (
        SourceSpec("sim:walk?seed=3", "imu", "csv", {"format": "csv", "rate": 100}, must_start=True),
        SourceSpec(
            "mqtt://host/door/#", "front door", options={"qos": 1},
            controls=Controls(
                "\r\n", (Button(label="Open", send="1", topic="door/set", ending="", confirm=True),)
            ),
        ),
    )  # fmt: skip


def test_the_clock_of_a_source(file: Path):
    config = loaded(
        file,
        """
        [sources.imu]
        url = "sim:"
        time = "device"
        time_channel = "millis"
        rate = 5
        """,
    )
    assert config.sources[0].clock().options == ClockOptions("device", "millis")
    assert config.sources[0].options["rate"] == 5


def test_the_mistakes_of_a_clock_are_told_once(file: Path):
    assert mistakes(file, "[sources.imu]\nurl = 'sim:?time=host'\ntime = 'host'\n") == [
        "sources.imu.time: is given twice, in the URL and beside it"
    ]
    assert mistakes(file, "[sources.imu]\nurl = 'sim:'\ntime = 'never'\ntime_zone = 'Mars'\nrate = 'fast'\n") == [
        "sources.imu.time: expected one of 'auto', 'host', 'device', got 'never'",
        "sources.imu.time_zone: expected a name such as Europe/Berlin or UTC, got 'Mars'",
        "sources.imu.rate: expected a number, got 'fast'",
    ]


def test_an_empty_token_does_not_open_the_door(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("BENCH_TOKEN", raising=False)
    text = "[server]\ntoken = '${BENCH_TOKEN:-}'\ncontrol_token = '${BENCH_TOKEN:-}'\n[sources.a]\nurl = 'sim:'"
    server = loaded(file, text).server
    assert (server.token, server.control_token, server.control) == (None, None, False)


def test_the_mistakes_of_buttons_are_told_with_their_places(file: Path):
    text = """
        [sources.a]
        url = "serial:/dev/ttyUSB0"
        ending = "x"
        [[sources.a.buttons]]
        label = "Zero"
        [[sources.a.buttons]]
        label = ""
        send = "x"
        hex = "0"
        topic = "a/#"
        [[sources.a.buttons]]
        label = "Go"
        hex = "0g"
        ending = "\\n"
        """
    assert mistakes(file, text) == [
        "sources.a.ending: expected one of '', '\\n', '\\r', '\\r\\n', got 'x'",
        "sources.a.buttons[0].send: expected either a text or hex, got none",
        "sources.a.buttons[1].label: expected 1 to 40 printable characters, got ''",
        "sources.a.buttons[1].topic: expected one without wildcards, got 'a/#'",
        "sources.a.buttons[1].send: expected either a text or hex, got both",
        "sources.a.buttons[2].ending: follows a text; with hex, write its bytes there",
        "sources.a.buttons[2].hex: expected pairs of hexadecimal digits, got '0g'",
    ]


@pytest.mark.parametrize(("window", "seconds"), [("90", 90), ("2.5", 2.5), ("'30s'", 30), ("'1h'", 3600)])
def test_spans_of_time(file: Path, window: str, seconds: float):
    assert loaded(file, f"window = {window}\n[sources.a]\nurl = 'sim:'").view.window == seconds


def test_every_mistake_is_told_at_once(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("BENCH_PORT", raising=False)
    text = """
        titel = "Bench"
        window = "long"
        theme = "drak"
        [server]
        port = 70000
        tokens = "x"
        [sources.imu]
        url = "sim:?rate=fast"
        chanels = 3
        must_start = "perhaps"
        [sources.door]
        url = "mqtt://${BENCH_PORT}/#"
        qos = 9
        [sources.none]
        [sources.flat]
        url = "sim:"
        decoder = "cvs"
        [sources."a/b"]
        url = "sim:"
        """
    *most, decoder, name = mistakes(file, text)
    assert most == [
        "sources.door.url: the environment has no variable BENCH_PORT; set it, or give a default: ${BENCH_PORT:-…}",
        "titel: no such option; did you mean 'title'?",
        "window: expected a span of time such as 60, '30s' or '5m', got 'long'",
        "theme: expected one of 'system', 'light', 'dark', got 'drak'",
        "server.port: expected a whole number from 0 to 65535, got 70000",
        "server.tokens: no such option; did you mean 'token'?",
        "sources.imu.must_start: expected true or false, got 'perhaps'",
        "sources.imu.rate: expected a number, got 'fast'",
        "sources.imu.chanels: no such option; did you mean 'channels'?",
        "sources.door.qos: expected 0 to 2, got 9",
        "sources.none.url: is missing; expected text",
    ]
    assert decoder.startswith("sources.flat.decoder: no decoder named 'cvs'; did you mean 'csv'?")
    assert name.startswith("sources.a/b: name of a source: expected 1 to 64 printable characters")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "sources: expected at least one table [sources.NAME] with a url"),
        ("sources = 3", "sources: expected at least one table [sources.NAME] with a url"),
        ("[sources]\na = 'sim:'", "sources.a: expected a table with a url, got 'sim:'"),
        ("server = 3\n[sources.a]\nurl = 'sim:'", "server: expected a table, got 3"),
        ("[sources.a]\nurl = 'sim:'\ndecodr = 'csv'", "sources.a.decodr: no such option; did you mean 'decoder'?"),
        ("[sources.a]\nurl = 5", "sources.a.url: expected text, got 5"),
        (
            "[sources.a]\nurl = 'tcp://:3'\ndecoder = 'csv'",
            "sources.a.url: expected a host before the port, as in tcp://localhost:3",
        ),
        ("[sources.a]\nurl = 'sim:'\ndecoder_options = 'x'", "sources.a.decoder_options: expected a table, got 'x'"),
        ("[soruces.a]\nurl = 'sim:'\n[sources.a]\nurl = 'sim:'", "soruces: no such option; did you mean 'sources'?"),
    ],
)
def test_a_mistake(file: Path, text: str, line: str):
    assert mistakes(file, text) == [line]


def test_a_mistake_in_the_decoders_options(file: Path):
    (line,) = mistakes(file, "[sources.a]\nurl = 'sim:'\n[sources.a.decoder_options]\nno_such = 1")
    assert line.startswith("sources.a.decoder_options.no_such: no such option; ")


SECRETS = [
    "[server]\ntoken = 'CANARY'\nport = 'x'\n[sources.a]\nurl = 'sim:'",
    "[server]\ncontrol_token = ['CANARY']\n[sources.a]\nurl = 'sim:'",
    "[server]\ntoken = ['CANARY']\n[sources.a]\nurl = 'sim:'",
    "[sources.a]\nurl = 'mqtt://ann:CANARY@host:x/a'",
    "[sources.a]\nurl = 'mqtt://host/a?password=CANARY&qos=9'",
    "[sources.a]\nurl = 'mqtt://host/a'\npassword = 'CANARY'\nqos = 9",
    "[sources.a]\nurl = 'mqtt://ann@host/a'\npassword = ['CANARY']",
    "[sources.a]\nurl = 'MQTT://ann:CANARY@host/a'",
]
GOOD_SECRETS = [
    "[server]\ntoken = 'CANARY'\n[sources.a]\nurl = 'sim:'",
    "[server]\ntoken_file = 'word.txt'\n[sources.a]\nurl = 'sim:'",
    "[server]\ntoken = '${BENCH_WORD}'\n[sources.a]\nurl = 'sim:'",
    "[sources.a]\nurl = 'mqtt://ann:CANARY@host/a'",
    "[sources.a]\nurl = 'mqtt://ann:${BENCH_WORD}@host/a'",
    "[sources.a]\nurl = 'mqtt://ann@host/a?password=CANARY'",
    "[sources.a]\nurl = 'mqtt://ann@host/a'\npassword = 'CANARY'",
    "[sources.a]\nurl = 'mqtt://ann@host/a'\npassword_file = 'word.txt'",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_in_an_error(file: Path, text: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    assert CANARY not in "\n".join(mistakes(file, text.replace("CANARY", CANARY)))
    assert CANARY not in caplog.text


@pytest.mark.parametrize("text", GOOD_SECRETS)
def test_no_secret_is_in_a_configuration_shown(
    file: Path, text: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("BENCH_WORD", CANARY)
    (file.parent / "word.txt").write_text(CANARY + "\n")
    file.touch(0o644)
    config = loaded(file, text.replace("CANARY", CANARY))
    source, _ = config.sources[0].build()
    assert CANARY in str(vars(config.server)) + str([vars(spec) for spec in config.sources]), "the test has no canary"
    assert CANARY not in repr(config) + str(config) + caplog.text + source.url + source.status + repr(source)


def test_a_warning_when_everybody_can_read_a_secret(file: Path, caplog: pytest.LogCaptureFixture):
    file.touch()
    file.chmod(0o644)
    text = f"[server]\ntoken = '{CANARY}'\n[sources.a]\nurl = 'mqtt://ann:{CANARY}@host/a'"
    loaded(file, text)
    assert caplog.messages == [
        f"{file}: everybody on this machine can read its secrets (server.token, sources.a.url); run: chmod 600 {file}"
    ]
    caplog.clear()
    file.chmod(0o600)
    loaded(file, text)
    assert caplog.messages == []


def test_no_warning_when_the_secrets_are_elsewhere(
    file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BENCH_TOKEN", CANARY)
    file.touch()
    file.chmod(0o644)
    loaded(file, "[server]\ntoken = '${BENCH_TOKEN}'\n[sources.a]\nurl = 'sim:'")
    assert caplog.messages == []
