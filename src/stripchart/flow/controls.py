"""What a person may send to a source, and how it is written down: lines, bytes in hexadecimal digits, and buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from stripchart.errors import ConfigError
from stripchart.flow.commands import MAX_COMMAND
from stripchart.flow.state import State

if TYPE_CHECKING:
    from stripchart.flow.pump import Pump

Ending = Literal["", "\n", "\r", "\r\n"]

MAX_LABEL: Final = 40
"""Characters on a button."""


@dataclass(frozen=True, kw_only=True)
class Button:
    r"""A button that sends something.

    Parameters
    ----------
    label
        What is written on it.
    send
        The text that it sends, or
    hex
        the bytes, such as ``"01 03 00 00"``.
    topic
        Where to, for sources with topics.
    ending
        What follows the text: ``""``, ``"\n"``, ``"\r"`` or ``"\r\n"``; as for its source if not given.
    confirm
        Ask before it is sent.

    Raises
    ------
    ConfigError
        With all that is wrong, one mistake a line.
    """

    label: str
    send: str | None = None
    hex: str | None = None
    topic: str = ""
    ending: Ending | None = None
    confirm: bool = False

    def __post_init__(self) -> None:
        mistakes = []
        if not self.label.strip() or len(self.label) > MAX_LABEL or not self.label.isprintable():
            mistakes.append(f"label: expected 1 to {MAX_LABEL} printable characters, got {self.label[:MAX_LABEL]!r}")
        if set("+#") & set(self.topic):
            mistakes.append(f"topic: expected one without wildcards, got {self.topic!r}")
        if self.hex is not None and self.ending is not None:
            mistakes.append("ending: follows a text; with hex, write its bytes there")
        try:
            size = len(payload(self.send, self.hex, self.ending or ""))
            if size > MAX_COMMAND:
                mistakes.append(f"expected a command of at most {MAX_COMMAND:,} bytes, got {size:,}")
        except ConfigError as error:
            mistakes.append(str(error).replace("text", "send", 1))
        if mistakes:
            raise ConfigError("\n".join(mistakes))


@dataclass(frozen=True)
class Controls:
    """What is offered to people who send to a source.

    Attributes
    ----------
    ending
        What follows a text; if None, a newline, and nothing where it goes to a topic.
    """

    ending: Ending | None = None
    buttons: tuple[Button, ...] = ()

    def usual_ending(self, pump: Pump) -> str:
        """Return what follows a text that is sent to this source."""
        if self.ending is not None:
            return self.ending
        return "" if pump.topics else "\n"


def payload(text: str | None, digits: str | None, ending: str) -> bytes:
    """Return the bytes of a text with its ending, or those that hexadecimal digits say.

    Raises
    ------
    ConfigError
        If both are given or none, or the digits are none.
    """
    if (text is None) == (digits is None):
        raise ConfigError(f"text: expected either a text or hex, got {'none' if text is None else 'both'}")
    try:
        return bytes.fromhex(digits) if digits is not None else f"{text}{ending}".encode()
    except ValueError as error:  # of the text: lone surrogates
        if digits is None:
            raise ConfigError("text: expected characters that UTF-8 can carry") from error
        raise ConfigError(f"hex: expected pairs of hexadecimal digits, got {digits[:MAX_LABEL]!r}") from error


def read_console(pump: Pump, controls: Controls, after: int = 0) -> dict[str, Any]:
    """Return what came and was sent after a number, and what can be sent; as in the public JSON API."""
    lines, dropped = pump.console.log(after)
    ending = controls.usual_ending(pump)
    return {
        "lines": [line._asdict() for line in lines],
        "dropped": dropped,
        "state": str(pump.state),
        "writable": pump.writable,
        "released": pump.state is State.RELEASED,
        "topics": pump.topics,
        "ending": ending,
        "buttons": [
            {
                "label": button.label,
                "text": button.send,
                "hex": button.hex,
                "topic": button.topic,
                "ending": ending if button.ending is None else button.ending,
                "confirm": button.confirm,
            }
            for button in controls.buttons
        ],
    }
