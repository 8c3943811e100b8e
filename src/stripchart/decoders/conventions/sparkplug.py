"""Sparkplug B: industrial edge nodes, which say once what their metrics are, and from then on only what has changed.

Format: Eclipse Sparkplug 3.0 specification. Topics are ``spBv1.0/<group>/<type>/<edge node>[/<device>]``. A birth
(NBIRTH, DBIRTH) gives all metrics with name, data type, unit and, if the node likes, an alias, a number that stands for
the name in what follows (NDATA, DDATA). A death (NDEATH, by the broker; DDEATH) ends it.

- An edge node is a stream ``group/edge``, a device of it ``group/edge/device``; metrics are channels, with ``/`` in
  their names as they are. A template's members are channels ``name/member``, an array's elements ``name[0]``; a DataSet
  is a stream of its own, ``…/name``, and a row of it for each of its rows.
- Metrics of one message with the same time make a row; a metric's own time counts before the message's. What is marked
  as historical is drawn apart from the line that is live.
- ``online`` is 1 from a birth on. A death is a row of ``online`` 0 and NaN in every other channel: nothing is known of
  them any more. A death of a session before the newest birth (by ``bdSeq``) is left out, as are commands (NCMD, DCMD),
  what only serves them (``bdSeq``, ``Node Control/…``, ``Device Control/…``), template definitions, bytes and files.
- A metric that is null, or whose property ``Quality`` says bad or stale, is NaN.
- A message that uses an alias nobody told is rejected ("unknown alias"), as is one with a number whose data type nobody
  told. Births are not kept by the broker, unless it is one that is aware of Sparkplug: subscribe to
  ``$sparkplug/certificates/#`` too there. Elsewhere the option ``rebirth`` has us ask the node for its birth, by a
  command, and that at most every 30 seconds.
- Every message of a node has a number; one that is missing is counted and drawn as a gap, and a birth asked for.

The state of a host application, ``spBv1.0/STATE/<host>``, is a stream of its own. In version 2 it was text on
``STATE/<host>``, as any device might send: it is read as plain payload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from stripchart.decoders.cells import FrameError, counted
from stripchart.decoders.conventions.base import LEFT_OUT, Convention, Reader
from stripchart.decoders.conventions.clock import read_time
from stripchart.decoders.conventions.plain import parse_object
from stripchart.decoders.conventions.protobuf import integer_field, part_field
from stripchart.decoders.conventions.sparkplug_node import CERTIFICATES, COMMAND, NAMESPACE, EdgeNode, Links, find_place
from stripchart.decoders.conventions.sparkplug_values import Datatype
from stripchart.decoders.rows import ChannelCache
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from stripchart.decoders.conventions.base import Setup
    from stripchart.decoders.conventions.rows import Rows
    from stripchart.flow.records import Chunk, Command

MAX_NODES: Final = 1_000
"""Edge nodes that are remembered; beyond, the one that came first is forgotten."""
MAX_NAMES: Final = 200_000
"""Names that are remembered of all edge nodes together; likewise."""
_STATE: Final = f"{NAMESPACE}/STATE/"
_START_MS: Final = 1_700_000_000_000


def _metric(alias: int, name: str, datatype: int, value: bytes, unit: str = "") -> bytes:
    """Write a metric; without a name it is one of data."""
    properties = part_field(1, b"engUnit") + part_field(2, integer_field(1, 12) + part_field(8, unit.encode()))
    return (
        (part_field(1, name.encode()) if name else b"")
        + integer_field(2, alias)
        + (integer_field(4, datatype) if datatype else b"")
        + (part_field(9, properties) if unit else b"")
        + value
    )


def _payload(time_ms: int, seq: int, *metrics: bytes) -> bytes:
    return integer_field(1, time_ms) + b"".join(part_field(2, one) for one in metrics) + integer_field(3, seq)


class HostState(Reader):
    """Reads whether a host application is there: ``{"online": true, "timestamp": 1700000000000}``."""

    def read(self, message: Chunk, rows: Rows) -> None:
        """Read one message."""
        state = parse_object(message.data)
        time = read_time(state.pop("timestamp", None), "ms")
        if not rows.add(message, [(name, value) for name, value in state.items() if name == "online"], time=time):
            raise FrameError("no value")


class Sparkplug(Convention):
    """Sparkplug B; see the module."""

    name = "sparkplug"
    title = "Sparkplug B"
    filters = (f"{NAMESPACE}/#", f"{CERTIFICATES}{NAMESPACE}/#")
    samples: ClassVar[tuple[Sample, ...]] = (
        Sample(
            title="Sparkplug B",
            recognised="Births give names, units and types, data comes by alias, deaths end the lines. One stream an "
            "edge node or device, with the device's own time.",
            messages=(
                ("spBv1.0/plant/NBIRTH/press", _payload(_START_MS, 0, _metric(0, "bdSeq", 0, integer_field(11, 3)))),
                (
                    "spBv1.0/plant/DBIRTH/press/oil",
                    _payload(
                        _START_MS,
                        1,
                        _metric(1, "temperature", Datatype.INT16, integer_field(10, 41), "°C"),
                        _metric(2, "pump", Datatype.BOOLEAN, integer_field(14, 0)),
                    ),
                ),
                (
                    "spBv1.0/plant/DDATA/press/oil",
                    _payload(_START_MS + 500, 2, _metric(1, "", 0, integer_field(10, 0xFFFD))),
                ),
                (
                    "spBv1.0/plant/DDATA/press/oil",
                    _payload(_START_MS + 900, 3, _metric(2, "", 0, integer_field(14, 1))),
                ),
                ("spBv1.0/STATE/scada", b'{"online": true, "timestamp": 1700000000900}'),
            ),
            values={
                "plant/press/online": [1.0],
                "plant/press/time": [_START_MS],
                "plant/press/oil/temperature": [41.0, -3.0],
                "plant/press/oil/pump": [0.0, 1.0],
                "plant/press/oil/online": [1.0],
                "plant/press/oil/time": [_START_MS, _START_MS + 500, _START_MS + 900],
                "spBv1.0/STATE/scada/online": [1.0],
                "spBv1.0/STATE/scada/time": [_START_MS + 900],
            },
            units={"plant/press/oil/temperature": "°C"},
        ),
    )

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._nodes: dict[tuple[str, str], EdgeNode] = {}
        self._links = Links(setup.max_payload, self._send, self._miss, ChannelCache(tuple))
        self._gaps = 0

    def reader(self, topic: str) -> Reader:
        """Return who reads a topic."""
        if topic.startswith(_STATE):
            return HostState()
        place = find_place(topic)
        if place.kind == COMMAND:
            return LEFT_OUT
        key = place.group, place.edge
        if key not in self._nodes:
            while len(self._nodes) >= MAX_NODES or sum(node.size for node in self._nodes.values()) > MAX_NAMES:
                del self._nodes[next(iter(self._nodes))]
            self._nodes[key] = EdgeNode(*key, self._links)
            self._describe()
        return self._nodes[key]

    def _send(self, command: Command) -> None:
        if self.setup.rebirth:
            self.setup.commands.append(command)

    def _miss(self) -> None:
        self._gaps += 1
        self._describe()

    def _describe(self) -> None:
        gaps = f", {counted(self._gaps, 'sequence gap')}" if self._gaps else ""
        self.note = f"{counted(len(self._nodes), 'edge node')}{gaps}"
