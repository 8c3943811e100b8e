"""rtl_433: what a radio receiver hears of weather stations, tyres and the like.

``rtl_433/<host>/events`` carries JSON, an event each, with ``model``, and mostly ``id`` and ``channel``, which together
make the stream: ``<topic>/<model>/<channel>/<id>``. ``<topic>`` may begin with ``/`` or hold ``//``, as users' settings
have it. Units are endings of the names: ``temperature_C``. ``time`` is that of the host's clock, on the wall unless the
user asked for a zone. Below ``…/devices`` every value comes on a topic of its own.

Transmitters send everything several times, and some decoders hear each. An event that says exactly the same as the one
before of its stream, ``time`` included, and arrives within a second of it, is rejected ("duplicate").
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.decoders.cells import FrameError, is_name
from stripchart.decoders.conventions.base import Convention, Reader
from stripchart.decoders.conventions.clock import read_time
from stripchart.decoders.conventions.plain import PlainReader, parse_object
from stripchart.decoders.conventions.units import Units
from stripchart.decoders.conventions.values import leaves
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from stripchart.decoders.conventions.base import Setup
    from stripchart.decoders.conventions.rows import Rows
    from stripchart.flow.records import Chunk

MAX_DEVICES: Final = 1_000
"""Devices whose last event is remembered; beyond, the one that came first is forgotten."""
DUPLICATE_NS: Final = 1_000_000_000
_MAKER: Final = ("model", "channel", "id")
_LEFT_OUT: Final = frozenset({"time", "mic", *_MAKER})
_NAMES: Final = {
    "humidity": "%", "moisture": "%", "freq": "MHz", "freq1": "MHz", "freq2": "MHz", "rssi": "dB", "snr": "dB",
    "noise": "dB", "light_lux": "lx",
}  # fmt: skip
_ENDINGS: Final = {
    "_C": "°C", "_F": "°F", "_hPa": "hPa", "_kPa": "kPa", "_PSI": "psi", "_inHg": "inHg", "_mm": "mm", "_mm_h": "mm/h",
    "_in": "in", "_in_h": "in/h", "_km_h": "km/h", "_m_s": "m/s", "_mi_h": "mi/h", "_deg": "°",
    "_km": "km", "_cm": "cm", "_lux": "lx", "_klx": "klx", "_V": "V", "_mV": "mV", "_A": "A", "_W": "W", "_VA": "VA",
    "_kW": "kW", "_Wh": "Wh", "_kWh": "kWh", "_Hz": "Hz", "_pct": "%", "_ppm": "ppm", "_ppb": "ppb", "_ug_m3": "µg/m³",
    "_m3": "m³", "_dB": "dB", "_minutes": "min",
}  # fmt: skip
_UNITS: Final = Units(_NAMES, dict(sorted(_ENDINGS.items(), key=lambda item: -len(item[0]))))
"""The longest ending counts."""


class _Event(NamedTuple):
    time_ns: int
    digest: bytes
    """Of its payload."""


class _EventReader(Reader):
    """Reads the events of a topic.

    Parameters
    ----------
    last
        The newest event of each stream, of all topics.
    """

    def __init__(self, last: dict[str, _Event]) -> None:
        self._last = last

    def read(self, message: Chunk, rows: Rows) -> None:
        said = parse_object(message.data)
        if "model" not in said:
            raise FrameError("no model")
        maker = "/".join(str(said[name]) for name in _MAKER if isinstance(said.get(name), str | int))
        if not is_name(maker):
            raise FrameError("bad name")
        stream = f"{message.topic}/{maker}"
        event = _Event(message.time_ns, blake2b(message.data, digest_size=16).digest())
        before = self._last.pop(stream, None)
        if before is None and len(self._last) >= MAX_DEVICES:
            del self._last[next(iter(self._last))]
        self._last[stream] = event
        if before and before.digest == event.digest and 0 <= message.time_ns - before.time_ns < DUPLICATE_NS:
            raise FrameError("duplicate")
        time = read_time(said.get("time"), "s")
        cells = leaves({name: item for name, item in said.items() if name not in _LEFT_OUT})
        rows.add(message, cells, _UNITS, stream=stream, time=time)


class Rtl433(Convention):
    """rtl_433; see the module."""

    name = "rtl433"
    title = "rtl_433"
    filters = tuple(
        f"{start}rtl_433{below}"
        for start in ("", "/")
        for below in ("/events", "/+/events", "/+/devices/#", "/+/states")
    )
    samples = (
        Sample(
            title="rtl_433",
            recognised="Events, a stream each transmitter, with units; an event that is heard twice counts once.",
            messages=(
                (
                    "rtl_433/pi/events",
                    (
                        b'{"time":"2024-03-01 12:00:00","model":"Acurite-Tower","id":11524,"channel":"A",'
                        b'"battery_ok":1,"temperature_C":4.25,"humidity":71,"mic":"CHECKSUM"}'
                    ),
                ),
                (
                    "rtl_433/pi/events",
                    b'{"time":"2024-03-01T12:00:30+0100","model":"Fineoffset-WH51","id":"00c8f1","moisture":38}',
                ),
                ("rtl_433/pi/devices/Acurite-Tower/A/11524/temperature_C", b"4.25"),
            ),
            values={
                "rtl_433/pi/events/Acurite-Tower/A/11524/battery_ok": [1.0],
                "rtl_433/pi/events/Acurite-Tower/A/11524/temperature_C": [4.25],
                "rtl_433/pi/events/Acurite-Tower/A/11524/humidity": [71.0],
                "rtl_433/pi/events/Acurite-Tower/A/11524/time": [1709294400.0],
                "rtl_433/pi/events/Fineoffset-WH51/00c8f1/moisture": [38.0],
                "rtl_433/pi/events/Fineoffset-WH51/00c8f1/time": [1709290830.0],
                "rtl_433/pi/devices/Acurite-Tower/A/11524/temperature_C/value": [4.25],
            },
            units={
                "rtl_433/pi/events/Acurite-Tower/A/11524/temperature_C": "°C",
                "rtl_433/pi/events/Acurite-Tower/A/11524/humidity": "%",
                "rtl_433/pi/events/Acurite-Tower/A/11524/time": "wall",
                "rtl_433/pi/events/Fineoffset-WH51/00c8f1/moisture": "%",
                "rtl_433/pi/events/Fineoffset-WH51/00c8f1/time": "s",
                "rtl_433/pi/devices/Acurite-Tower/A/11524/temperature_C/value": "°C",
            },
        ),
    )

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._last: dict[str, _Event] = {}

    def reader(self, topic: str) -> Reader:
        """Return who reads a topic."""
        below_devices = "devices" in topic.split("/") or topic.endswith("/states")
        return PlainReader(Units(otherwise=_UNITS[topic])) if below_devices else _EventReader(self._last)

    def reset(self) -> None:
        """Forget the events that others are compared with."""
        self._last.clear()
