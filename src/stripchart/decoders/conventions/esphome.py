"""ESPHome: boards that run firmware made with it.

``<node>/<component>/<name>/state`` is a plain value, or JSON of a light; sensors send ``nan`` while they know nothing.
``<node>/status`` is ``online`` or ``offline``. ``<node>/debug`` is the board's log: lines in the colours of a terminal,
which become text. Requests to the board (``…/command``) are left out.

Units are told by Home Assistant's discovery alone, which ESPHome sends by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripchart.decoders.cells import LOG_CHANNELS, LOG_STREAM, to_log, to_text
from stripchart.decoders.conventions.base import LEFT_OUT, Convention, Reader
from stripchart.decoders.conventions.plain import PlainReader
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from stripchart.decoders.conventions.rows import Rows
    from stripchart.flow.records import Chunk

COMPONENTS: Final = (
    "sensor", "binary_sensor", "text_sensor", "switch", "light", "fan", "cover", "climate", "number", "select", "lock",
)  # fmt: skip
_LEVELS_OF_LOG: Final = 2
_COLOUR: Final = b"\x1b["


class _LogReader(PlainReader):
    """Reads what is plain, and takes what is coloured for a line of a log."""

    def read(self, message: Chunk, rows: Rows) -> None:
        log = to_log(to_text(message.data)) if _COLOUR in message.data else None
        if log is None:
            super().read(message, rows)
        else:
            rows.row(message, LOG_CHANNELS, (log,), stream=f"{message.topic}/{LOG_STREAM}")


class EspHome(Convention):
    """ESPHome; see the module."""

    name = "esphome"
    title = "ESPHome"
    filters = (
        *(f"+/{component}/+/{end}" for component in COMPONENTS for end in ("state", "command")),
        "+/climate/+/#",
        "+/fan/+/#",
        "+/debug",
    )
    samples = (
        Sample(
            title="ESPHome",
            recognised="States of sensors and switches, the board's status and its log.",
            messages=(
                ("porch/status", b"online"),
                ("porch/sensor/outside_temperature/state", b"nan"),
                ("porch/sensor/outside_temperature/state", b"7.25"),
                ("porch/binary_sensor/door/state", b"OFF"),
                ("porch/light/lamp/state", b'{"state":"ON","brightness":128}'),
                ("porch/switch/lamp/command", b"ON"),
                ("porch/debug", b"\x1b[0;36m[D][sensor:094]: sending state 7.25\x1b[0m"),
            ),
            values={
                "porch/status/value": [1.0],
                "porch/sensor/outside_temperature/state/value": [float("nan"), 7.25],
                "porch/binary_sensor/door/state/value": [0.0],
                "porch/light/lamp/state/state": [1.0],
                "porch/light/lamp/state/brightness": [128.0],
                "porch/debug/log/text": ["[D][sensor:094]: sending state 7.25"],
            },
        ),
    )

    def reader(self, topic: str) -> Reader:
        """Return who reads a topic."""
        levels = topic.split("/")
        if levels[-1] in {"command", "set"}:
            return LEFT_OUT
        return _LogReader() if levels[-1] == "debug" and len(levels) == _LEVELS_OF_LOG else PlainReader()
