"""Acknowledgements that wait until what they answer is stored. No socket, lock or clock."""

from __future__ import annotations

from typing import Final, NamedTuple

PUBACK: Final = b"\x40\x02"
PUBREC: Final = b"\x50\x02"
ACK_BYTES: Final = 4
"""Bytes of a PUBACK or PUBREC that reports success: these two, and the identifier of the message."""
MAX_WITHHELD: Final = 65_535
"""As many messages can be on their way to us: their identifiers have two bytes, and 0 is none."""


class Mark(NamedTuple):
    """Stands for the messages of one connection up to a certain one."""

    connection: int
    size: int
    """Bytes of the acknowledgements from the first message of the connection to this one."""


class Withheld:
    """The acknowledgements of one connection; they leave in the order of the messages, as MQTT wants it (section 4.6).

    A QoS 2 message is answered by PUBREC, PUBREL and PUBCOMP. What is withheld is the first: with it, the broker
    forgets the message and keeps its identifier only. (Paho's ``manual_ack`` withholds the last, so a program that is
    killed in between loses the message.)

    Attributes
    ----------
    settled
        Identifiers of QoS 2 messages that are stored, and whose PUBREL has not come yet: were one sent again, because
        the connection went away with the PUBREC, it must not be stored twice. ``PacketReader`` keeps to it.
    """

    def __init__(self) -> None:
        self.settled: set[bytes] = set()
        self._acks = bytearray()
        self._connection = 0
        self._released = 0  # bytes that have left in this connection

    def begin(self) -> None:
        """Begin a connection. What was withheld in the last one is forgotten: the broker sends its messages again."""
        self._connection += 1
        self._released = 0
        self._acks.clear()

    def hold(self, acks: bytes | bytearray) -> bool:
        """Withhold; False if that are more than the protocol has identifiers for."""
        self._acks += acks
        return len(self._acks) <= MAX_WITHHELD * ACK_BYTES

    def mark(self) -> Mark:
        """Return what stands for all that is withheld by now."""
        return Mark(self._connection, self._released + len(self._acks))

    def release(self, mark: Mark) -> bytes:
        """Take out what may leave, now that all up to the mark is stored; nothing for a mark of another connection."""
        size = mark.size - self._released
        if mark.connection != self._connection or size <= 0:
            return b""
        acks = bytes(self._acks[:size])
        del self._acks[:size]
        self._released += size
        for at in range(0, size, ACK_BYTES):
            if acks.startswith(PUBREC, at):
                self.settled.add(acks[at + 2 : at + ACK_BYTES])
        return acks
