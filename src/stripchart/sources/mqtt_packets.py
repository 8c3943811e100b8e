"""MQTT packets, cut from a stream of bytes.

The packet that comes by the thousand, PUBLISH with QoS 0 or 1, is read here; all others are passed on whole. PUBLISH
with QoS 2 is read here too where its acknowledgement is to be withheld.
Format: OASIS MQTT 3.1.1 and 5.0, sections 2 (packets) and 3.3 (PUBLISH)::

    byte 0        type (4 bits), flags (4 bits; of PUBLISH: duplicate, QoS in 2 bits, retained)
    1 to 4 bytes  length of what follows, 7 bits a byte, least significant first
    PUBLISH       length of the topic (2 bytes), topic; packet identifier (2 bytes, from QoS 1 on);
                  in MQTT 5 length of the properties (1 to 4 bytes), properties; payload
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from stripchart.flow.records import Chunk
from stripchart.sources.mqtt_withheld import PUBACK, PUBREC

_TYPE_AND_QOS: Final = 0xF6
_QOS_0_1: Final = {0x30: b"", 0x32: PUBACK}
_QOS_0_1_2: Final = _QOS_0_1 | {0x34: PUBREC}
"""How PUBLISH packets are answered."""
_CONNACK: Final = 0x20
_PUBREL: Final = 0x62
_DUPLICATE: Final = 0x08
_QOS: Final = 0x06
_RETAINED: Final = 0x01
_NEW_SESSION: Final = b"\0\0"
"""How a CONNACK begins that lets us in, but knows nothing of us."""
_SHORTEST: Final = 2
_MORE: Final = 0x80


@dataclass(slots=True)
class Packets:
    """What a piece of the stream completed."""

    messages: list[Chunk] = field(default_factory=list)
    """Messages that are read here, in order."""
    acks: bytearray = field(default_factory=bytearray)
    """The PUBACK and PUBREC packets that answer those of QoS 1 and 2."""
    others: list[bytes] = field(default_factory=list)
    """All other packets, whole, in order."""
    redelivered: int = 0
    """Messages of QoS 1 and 2 that the broker says it has sent before, whether they arrived then or not."""
    error: str = ""
    """What follows is not MQTT, and why: the connection cannot go on."""


class _PacketError(ValueError):
    """The bytes are not MQTT."""


class PacketReader:
    """Cuts packets from a stream, whatever its pieces are; holds less than ``max_packet`` bytes between them.

    Parameters
    ----------
    version
        5, or 3 for MQTT 3.1.1.
    max_packet
        Bytes of the largest packet taken, header included. A larger message is skipped as it comes, counted in
        ``oversized`` and acknowledged, so that the broker goes on to the next.
    settled
        If given, messages of QoS 2 are read here too, all but those with an identifier in this set. It is taken out
        when the broker lets go of it (PUBREL), and all are when it has no session of ours (CONNACK).
    """

    def __init__(self, version: int, max_packet: int, settled: set[bytes] | None = None) -> None:
        self.oversized = 0
        self._settled = set() if settled is None else settled
        self._answers = _QOS_0_1 if settled is None else _QOS_0_1_2
        self._has_properties = version == 5  # noqa: PLR2004 - a version is its own name
        self._max_packet = max_packet
        self.reset()

    def reset(self) -> None:
        """Forget a partial packet: a new connection begins."""
        self._held = bytearray()
        self._wanted = 0  # bytes to hold before they are worth a look
        self._skip = 0  # bytes to come of a packet that is too large

    def feed(self, data: bytes, time_ns: int) -> Packets:
        """Return what is complete by now; its messages get the time given."""
        packets = Packets()
        if self._held:
            self._held += data
            if len(self._held) < self._wanted:
                return packets
            data = bytes(self._held)
        try:
            self._cut(data, time_ns, packets)
        except IndexError:
            packets.error = "a packet is shorter than what it says to hold"
        except _PacketError as error:
            packets.error = str(error)
        return packets

    def _cut(self, data: bytes, time_ns: int, packets: Packets) -> None:
        end = len(data)
        position = min(self._skip, end)
        self._skip -= position
        self._wanted = _SHORTEST
        while end - position >= _SHORTEST:
            size, start = data[position + 1], position + 2
            if size & _MORE:
                size, start = _long_number(data, position + 1)
            stop = start + size
            seen = min(stop, position + self._max_packet)
            if not start or seen > end:
                self._wanted = seen - position if start else end - position + 1
                break
            first = data[position]
            answer = self._answers.get(first & _TYPE_AND_QOS)
            if answer is not None:
                topic_end, payload = self._bounds(data, first, start, seen)
                if seen < stop:
                    self.oversized += 1
                    self._skip = max(0, stop - end)
                elif answer is not PUBREC or data[topic_end : topic_end + 2] not in self._settled:
                    topic = str(data[start + 2 : topic_end], "utf-8", "replace")
                    packets.messages.append(Chunk(data[payload:stop], time_ns, 0, topic, bool(first & _RETAINED)))
                if answer:
                    packets.acks.extend(answer + data[topic_end : topic_end + 2])
                    if first & _DUPLICATE:
                        packets.redelivered += 1
            elif seen == stop:
                packets.others.append(data[position:stop])
                self._unsettle(first, data[start : start + 2])
            else:
                raise _PacketError(
                    f"a packet of type {first >> 4} and {size} bytes, expected at most {self._max_packet}"
                )
            position = min(stop, end)
        self._held = bytearray(data[position:])

    def _bounds(self, data: bytes, first: int, start: int, stop: int) -> tuple[int, int]:
        """Return where the topic of the PUBLISH in ``data[start:stop]`` ends, and where its payload begins."""
        at = topic_end = start + 2 + (data[start] << 8 | data[start + 1])
        if first & _QOS:
            at += 2
        if self._has_properties:
            size, at = (data[at], at + 1) if data[at] < _MORE else _long_number(data, at)
            at += size
        if not topic_end <= at <= stop:
            raise IndexError
        return topic_end, at

    def _unsettle(self, first: int, begin: bytes) -> None:
        """Forget identifiers that may come to stand for other messages, given how a packet and its body begin."""
        if first == _PUBREL:
            self._settled.discard(begin)
        elif first == _CONNACK and begin == _NEW_SESSION:
            self._settled.clear()


def _long_number(data: bytes, at: int) -> tuple[int, int]:
    """Decode a number of 7 bits a byte; return it and where it ends, or 0 and 0 if its end is still to come."""
    value = 0
    for shift, byte in enumerate(data[at : at + 4]):
        value |= (byte & ~_MORE) << 7 * shift
        if byte < _MORE:
            return value, at + shift + 1
    if len(data) >= at + 4:
        raise _PacketError("a length of more than 4 bytes")
    return 0, 0
