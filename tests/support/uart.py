"""What a UART receives when its rate is not the sender's: a pseudo-terminal has no rate of its own.

The sender's bits are laid out in time (8N1: a low start bit, eight data bits from the lowest, a high stop bit) and
sampled as a receiver does: from a falling edge on in the middle of each of its own bits. A receiver keeps a byte whose
stop bit is low (Linux does so unless told to check), and then waits for the line to be high again.
"""

from __future__ import annotations

import termios
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from support.pty import PtyDevice

BITS = 10
"""Of a byte on the line."""
SPEEDS = {value: int(name[1:]) for name, value in vars(termios).items() if name[0] == "B" and name[1:].isdigit()}
LINE = b"21.50,45.0,%d\r\n"


def received(data: bytes, sent_at: int, read_at: int, idle: int = 20) -> bytes:
    """Return what a receiver at one rate makes of bytes sent at another.

    Parameters
    ----------
    idle
        Bits of the sender for which the line is quiet (high) after each line end.
    """
    line = _line(data, idle)
    step = sent_at / read_at  # the sender's bits in one of the receiver's
    found = bytearray()
    place = _fall(line, 0)
    while place >= 0:
        samples = [_level(line, place + step * (bit + 0.5)) for bit in range(BITS)]
        if not samples[0]:  # else it was a spike
            found.append(sum(level << bit for bit, level in enumerate(samples[1:9])))
            place += step * (BITS - 0.5)
        else:
            place += step
        place = _fall(line, place)
    return bytes(found)


def _line(data: bytes, idle: int) -> list[bool]:
    """Return the level of the line in each of the sender's bits."""
    levels = [True] * BITS
    for byte in data:
        levels += [False, *(bool(byte >> bit & 1) for bit in range(8)), True]
        if byte == ord("\n"):
            levels += [True] * idle
    return levels + [True] * BITS


def _level(line: list[bool], place: float) -> bool:
    return line[int(place)] if place < len(line) else True


def _fall(line: list[bool], place: float) -> float:
    """Return where the line next falls, or -1."""
    index = int(place)
    while index < len(line) and not line[index]:
        index += 1
    try:
        return line.index(False, index)
    except ValueError:
        return -1


class Device:
    """Sends lines at a rate of its own, 20 a second.

    The other end of a pseudo-terminal can ask at which rate it is read now; so it sends what a receiver at that rate
    would make of the bits.
    """

    def __init__(self, pty: PtyDevice, rate: int) -> None:
        self.rate = rate
        self._pty = pty
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(10)

    def _run(self) -> None:
        number = 0
        while not self._end.wait(0.05):
            read_at = SPEEDS[termios.tcgetattr(self._pty.master)[4]]
            self._pty.write(received(LINE % number, self.rate, read_at))
            number += 1
