"""One edge node of Sparkplug B: its births and deaths, and the sequence of what it and its devices send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.decoders.cells import FrameError
from stripchart.decoders.conventions.base import Reader
from stripchart.decoders.conventions.sparkplug_device import BD_SEQ, Device
from stripchart.decoders.conventions.sparkplug_payload import read_payload, write_boolean
from stripchart.decoders.conventions.sparkplug_values import UnbornError, read_scalar
from stripchart.flow.records import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripchart.decoders.conventions.rows import Rows
    from stripchart.decoders.conventions.sparkplug_device import Row
    from stripchart.decoders.conventions.sparkplug_payload import Payload
    from stripchart.decoders.rows import ChannelCache
    from stripchart.flow.records import Chunk

NAMESPACE: Final = "spBv1.0"
CERTIFICATES: Final = "$sparkplug/certificates/"
"""Where a broker that is aware of Sparkplug keeps births."""
BIRTH, DATA, DEATH, COMMAND = "BIRTH", "DATA", "DEATH", "CMD"
REBIRTH: Final = "Node Control/Rebirth"
PATIENCE_NS: Final = 30_000_000_000
"""How long a node has to answer before it is asked again."""
MAX_DEVICES: Final = 1_000
"""Devices of an edge node."""
_SEQUENCE: Final = 256


class Place(NamedTuple):
    """What a topic says."""

    group: str
    edge: str
    kind: str
    device: str = ""


class Links(NamedTuple):
    """What all edge nodes have together."""

    max_payload: int
    """Bytes that a compressed payload may have when it is unpacked."""
    send: Callable[[Command], object]
    """Sends a command."""
    miss: Callable[[], object]
    """Is called when a message is missing."""
    channels: ChannelCache


def find_place(topic: str) -> Place:
    """Return what a topic says; any other than Sparkplug's is one for data of an edge node of that name."""
    namespace, group, kind, edge, device = (*topic.removeprefix(CERTIFICATES).split("/", 4), *[""] * 5)[:5]
    if (
        namespace == NAMESPACE
        and group
        and edge
        and kind[:1] in {"N", "D"}
        and kind[1:] in {BIRTH, DATA, DEATH, COMMAND}
    ):
        return Place(group, edge, kind[1:], device)
    return Place("", topic, DATA)


class EdgeNode(Reader):
    """Reads what an edge node and its devices say.

    Parameters
    ----------
    group, edge
        Its name.
    links
        What all edge nodes have together.
    """

    def __init__(self, group: str, edge: str, links: Links) -> None:
        self.name = f"{group}/{edge}" if group else edge
        self._command_topic = f"{NAMESPACE}/{group}/NCMD/{edge}" if group else ""
        self._links = links
        self._devices = {"": Device()}
        self._seq: int | None = None
        self._bd_seq: float | str | None = None
        self._asked_ns: int | None = None

    @property
    def size(self) -> int:
        """How many names it remembers."""
        return sum(device.size for device in self._devices.values())

    def read(self, message: Chunk, rows: Rows) -> None:
        """Read one message; see the module."""
        place = find_place(message.topic)
        payload = read_payload(message.data, self._links.max_payload)
        is_node = not place.device
        if is_node and place.kind == DEATH:
            self._die(payload, message, rows)
            return
        device = self._device(place.device)
        if not message.retained:
            self._follow(payload, message, born=is_node and place.kind == BIRTH)
        if place.kind == DEATH:
            self._end(place.device, payload.time_ms, message, rows)
            return
        if place.kind == BIRTH and is_node:
            self._bd_seq = _bd_seq(payload)
            for other in self._devices.values():
                other.forget_aliases()
        try:
            found = device.read(payload, birth=place.kind == BIRTH)
        except UnbornError:
            self._ask(message)
            raise
        device.alive = True
        for row in found:
            self._put(place.device, row, message, rows)

    def _device(self, name: str) -> Device:
        device = self._devices.get(name)
        if device is None:
            if len(self._devices) > MAX_DEVICES:
                raise FrameError("too many devices")
            device = self._devices[name] = Device()
        return device

    def _follow(self, payload: Payload, message: Chunk, *, born: bool) -> None:
        """Look whether messages are missing: from a birth on, each has the number after the one before."""
        seq = payload.seq
        if seq is None or (self._seq is None and not born):
            return
        if not born and self._seq is not None and (seq - self._seq) % _SEQUENCE > 1:  # 0: the same one again
            self._links.miss()
            for device in self._devices.values():
                device.gap = True
            self._ask(message)
        self._seq = seq

    def _ask(self, message: Chunk) -> None:
        """Ask for a birth, unless that was done just now."""
        now = message.time_ns
        waited = self._asked_ns is None or not 0 <= now - self._asked_ns < PATIENCE_NS
        if waited and self._command_topic:
            self._asked_ns = now
            self._links.send(Command(write_boolean(REBIRTH, now // 1_000_000, value=True), self._command_topic))

    def _die(self, payload: Payload, message: Chunk, rows: Rows) -> None:
        """End the node and its devices; the time that such a message has is that of its connection, long ago."""
        bd_seq = _bd_seq(payload)
        if None not in {bd_seq, self._bd_seq} and bd_seq != self._bd_seq:
            return
        self._seq = None
        self._devices[""].alive = True  # so that it is told once, also of a node that was never heard
        for name, device in self._devices.items():
            if device.alive:
                self._end(name, 0, message, rows)

    def _end(self, name: str, time_ms: int, message: Chunk, rows: Rows) -> None:
        device = self._devices[name]
        device.alive = False
        self._put(name, device.end(time_ms), message, rows)

    def _put(self, name: str, row: Row, message: Chunk, rows: Rows) -> None:
        stream = f"{self.name}/{name}" if name else self.name
        gap = False
        if not row.below:
            device = self._devices[name]
            gap = device.gap or device.historical is not row.historical
            device.gap, device.historical = False, row.historical
        rows.row(message, self._links.channels[row.channels], row.values, stream=stream + row.below, gap=gap)


def _bd_seq(payload: Payload) -> float | str | None:
    """Return the number of a node's session, by which a death belongs to a birth."""
    for metric in payload.metrics:
        if metric.name == BD_SEQ:
            return read_scalar(metric.body, 10)[1]
    return None
