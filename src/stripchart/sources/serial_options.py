"""How a serial port is opened and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from stripchart.errors import ConfigError

_CHOICES: Final[dict[str, tuple[object, ...]]] = {
    "bytesize": (5, 6, 7, 8),
    "parity": ("N", "E", "O", "M", "S"),
    "stopbits": (1, 1.5, 2),
    "reset": ("leave", "never", "always"),
}
_RANGES: Final = {"baudrate": (1, 2**31 - 1), "coalesce_ms": (0, 1000)}
AUTO: Final = "auto"


@dataclass(frozen=True, kw_only=True)
class SerialOptions:
    """How to open and read a port.

    Attributes
    ----------
    baudrate, bytesize, parity, stopbits
        As the device is set; parity is N(one), E(ven), O(dd), M(ark) or S(pace). With the baudrate ``"auto"`` common
        rates are tried until what comes is legible, which works for text and known packets.
    xonxoff, rtscts, dsrdtr
        Flow control by characters or by lines.
    exclusive
        Lock the port against other programs that lock it too. The lock is advisory: others still get in.
    dtr, rts
        Levels of these lines while the port is open. Linux raises both for an instant whatever is asked here.
    reset
        Many boards, such as an Arduino Uno, start anew when DTR rises, and Linux raises it on open.
        ``leave``: as the system does it, mostly a reset at each open. ``never``: keep DTR up when the port closes
        (``stty -hupcl``), so that only the first open after plugging in resets; on Windows use ``dtr=False``.
        ``always``: reset by a pulse on DTR at each open, so that every connection begins with the device's start.
    coalesce_ms
        Wait so long after the first byte for more: fewer, larger batches for less CPU.
    match
        Find the device by its USB identity instead of a path: ``vid:pid``, ``vid:pid:serial`` (hexadecimal, as
        ``stripchart ports`` shows them), or a text in its description.

    Raises
    ------
    ConfigError
        Naming every value that cannot be, one a line.
    """

    baudrate: Annotated[int | Literal["auto"], "a whole number or 'auto'"] = 115200
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1.0
    xonxoff: bool = False
    rtscts: bool = False
    dsrdtr: bool = False
    exclusive: bool = True
    dtr: bool = True
    rts: bool = True
    reset: str = "leave"
    coalesce_ms: int = 10
    match: str = ""

    def __post_init__(self) -> None:
        wrong = [
            f"{name}: expected one of {', '.join(map(str, allowed))}, got {getattr(self, name)!r}"
            for name, allowed in _CHOICES.items()
            if getattr(self, name) not in allowed
        ]
        wrong += [
            f"{name}: expected a whole number from {low} to {high}, got {getattr(self, name)!r}"
            for name, (low, high) in _RANGES.items()
            if getattr(self, name) != AUTO and not low <= getattr(self, name) <= high
        ]
        if wrong:
            raise ConfigError("\n".join(wrong))
