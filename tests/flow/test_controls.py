from __future__ import annotations

import pytest

from stripchart.errors import ConfigError
from stripchart.flow.commands import MAX_COMMAND
from stripchart.flow.controls import Button, Controls, payload, read_console
from stripchart.flow.hub import Hub
from stripchart.flow.pump import Pump
from support.parts import LineDecoder, ScriptedSource


class Topical(ScriptedSource):
    topics = True

    def write(self, data: bytes, topic: str = "") -> None: ...


@pytest.mark.parametrize(
    ("text", "digits", "ending", "data"),
    [("a", None, "\r\n", b"a\r\n"), ("°", None, "", b"\xc2\xb0"), (None, "0aFF 00", "\n", b"\x0a\xff\x00")],
)
def test_what_is_sent(text: str | None, digits: str | None, ending: str, data: bytes) -> None:
    assert payload(text, digits, ending) == data


@pytest.mark.parametrize(
    ("text", "digits", "message"),
    [
        (None, None, "text: expected either a text or hex, got none"),
        ("a", "00", "text: expected either a text or hex, got both"),
        ("\ud800", None, "text: expected characters that UTF-8 can carry"),
        (None, "0", "hex: expected pairs of hexadecimal digits, got '0'"),
    ],
)
def test_what_cannot_be_sent(text: str | None, digits: str | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        payload(text, digits, "")


def test_a_button_tells_all_its_mistakes() -> None:
    with pytest.raises(ConfigError) as caught:
        Button(label="a\nb", send="x" * (MAX_COMMAND + 1), topic="+")
    assert str(caught.value).splitlines() == [
        "label: expected 1 to 40 printable characters, got 'a\\nb'",
        "topic: expected one without wildcards, got '+'",
        "expected a command of at most 16,384 bytes, got 16,385",
    ]


def test_a_text_ends_as_its_source_wants_it() -> None:
    port = Pump("port", ScriptedSource(), LineDecoder(), Hub())
    broker = Pump("broker", Topical(), LineDecoder(), Hub())
    assert [Controls().usual_ending(pump) for pump in (port, broker)] == ["\n", ""]
    assert [Controls("\r").usual_ending(pump) for pump in (port, broker)] == ["\r", "\r"]
    on = Button(label="On", send="1", topic="a/set")
    answer = read_console(broker, Controls(buttons=(on,)))
    assert answer["buttons"][0]["ending"] == ""
    assert (answer["topics"], answer["writable"], answer["state"]) == (True, True, "idle")
    assert not read_console(port, Controls())["writable"]
