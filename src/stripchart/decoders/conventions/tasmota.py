"""Tasmota: plugs, sensors and boards that run the firmware of this name.

Topics are ``tele/<device>/…`` and ``stat/<device>/…``, or with the device first (option FullTopic). Payloads:

- ``SENSOR``: JSON with an object a sensor, ``{"Time": …, "AM2301": {"Temperature": 21.5}, "TempUnit": "C"}``. Units are
  siblings of the sensors (``TempUnit``, ``PressureUnit``, ``SpeedUnit``), those of energy go without saying.
- ``STATE``: the same for the device itself. ``STATUS8`` and ``STATUS10`` wrap a ``SENSOR`` in ``StatusSNS``,
  ``STATUS11`` a ``STATE`` in ``StatusSTS``.
- ``LWT``: ``Online`` or ``Offline``.

``Time`` is that of a clock on the wall: it has no zone, unless the user told the device to send one. Commands
(``cmnd/…``) and the device's description of itself (``tasmota/discovery/…``) are left out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from stripchart.decoders.conventions.base import LEFT_OUT, Convention, Reader
from stripchart.decoders.conventions.clock import read_time
from stripchart.decoders.conventions.plain import parse, read_text
from stripchart.decoders.conventions.units import Units
from stripchart.decoders.conventions.values import leaves
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from stripchart.decoders.conventions.rows import Rows
    from stripchart.flow.records import Chunk

MAX_UNIT: Final = 16
_WRAPPERS: Final = ("StatusSNS", "StatusSTS")
_SIBLINGS: Final = {
    "TempUnit": ("Temperature", "DewPoint"),
    "PressureUnit": ("Pressure", "SeaPressure"),
    "SpeedUnit": ("Speed", "WindSpeed"),
}
"""Which values a sibling has the unit of."""
_SPELLED: Final = {"C": "°C", "F": "°F"}
_NAMES: Final = {
    "Humidity": "%", "Illuminance": "lx", "Distance": "cm", "CarbonDioxide": "ppm", "eCO2": "ppm", "TVOC": "ppb",
    "Power": "W", "ApparentPower": "VA", "ReactivePower": "var", "Voltage": "V", "Current": "A", "Frequency": "Hz",
    "Total": "kWh", "Yesterday": "kWh", "Today": "kWh", "RSSI": "%", "Signal": "dBm", "Dimmer": "%", "Heap": "KiB",
    "UptimeSec": "s",
}  # fmt: skip


class _TasmotaReader(Reader):
    def read(self, message: Chunk, rows: Rows) -> None:
        value = parse(message.data)
        if isinstance(value, str):
            read_text(value, message, rows)
            return
        while isinstance(value, dict) and len(value) == 1 and (wrapper := next(iter(value))) in _WRAPPERS:
            value = value[wrapper]
        if not isinstance(value, dict):
            rows.add(message, leaves(value))
            return
        units = _units(*(_told(value.pop(sibling, "")) for sibling in _SIBLINGS))
        time = read_time(value.get("Time"), "s")
        if time:
            del value["Time"]
        rows.add(message, leaves(value), units, time=time)


@lru_cache(maxsize=64)
def _units(*told: str) -> Units:
    """Return the units, given those that the siblings tell; "" where one does not."""
    names = dict(_NAMES)
    for unit, values in zip(told, _SIBLINGS.values(), strict=True):
        names |= dict.fromkeys(values, _SPELLED.get(unit, unit))
    return Units(names)


def _told(unit: object) -> str:
    return unit if isinstance(unit, str) and len(unit) <= MAX_UNIT and unit.isprintable() else ""


class Tasmota(Convention):
    """Tasmota; see the module."""

    name = "tasmota"
    title = "Tasmota"
    filters = ("cmnd/#", "tele/#", "stat/#", "+/cmnd/+", "+/tele/+", "+/stat/+", "tasmota/discovery/#")
    samples = (
        Sample(
            title="Tasmota",
            recognised="SENSOR, STATE, LWT and STATUS messages, with the units that the device or the firmware tells.",
            messages=(
                ("tele/fridge/LWT", b"Online"),
                (
                    "tele/fridge/SENSOR",
                    (
                        b'{"Time":"2024-03-01T12:00:00","AM2301":{"Temperature":4.5,"Humidity":"61.0"},'
                        b'"ENERGY":{"TotalStartTime":"2023-01-01T00:00:00","Power":[52,0],"Total":12.25},"TempUnit":"C"}'
                    ),
                ),
                ("tele/fridge/STATE", b'{"Time":"2024-03-01T12:00:00","POWER":"ON","Wifi":{"RSSI":78,"Signal":-61}}'),
                (
                    "stat/attic/STATUS8",
                    b'{"StatusSNS":{"Time":"2024-03-01T12:00:01","BMP280":{"Temperature":68},"TempUnit":"F"}}',
                ),
                ("cmnd/fridge/POWER", b"OFF"),
            ),
            values={
                "tele/fridge/LWT/value": [1.0],
                "tele/fridge/SENSOR/AM2301/Temperature": [4.5],
                "tele/fridge/SENSOR/AM2301/Humidity": [61.0],
                "tele/fridge/SENSOR/ENERGY/TotalStartTime": ["2023-01-01T00:00:00"],
                "tele/fridge/SENSOR/ENERGY/Power[0]": [52.0],
                "tele/fridge/SENSOR/ENERGY/Power[1]": [0.0],
                "tele/fridge/SENSOR/ENERGY/Total": [12.25],
                "tele/fridge/SENSOR/time": [1709294400.0],
                "tele/fridge/STATE/POWER": [1.0],
                "tele/fridge/STATE/Wifi/RSSI": [78.0],
                "tele/fridge/STATE/Wifi/Signal": [-61.0],
                "tele/fridge/STATE/time": [1709294400.0],
                "stat/attic/STATUS8/BMP280/Temperature": [68.0],
                "stat/attic/STATUS8/time": [1709294401.0],
            },
            units={
                "tele/fridge/SENSOR/AM2301/Temperature": "°C",
                "tele/fridge/SENSOR/AM2301/Humidity": "%",
                "tele/fridge/SENSOR/ENERGY/Power[0]": "W",
                "tele/fridge/SENSOR/ENERGY/Power[1]": "W",
                "tele/fridge/SENSOR/ENERGY/Total": "kWh",
                "tele/fridge/SENSOR/time": "wall",
                "tele/fridge/STATE/Wifi/RSSI": "%",
                "tele/fridge/STATE/Wifi/Signal": "dBm",
                "tele/fridge/STATE/time": "wall",
                "stat/attic/STATUS8/BMP280/Temperature": "°F",
                "stat/attic/STATUS8/time": "wall",
            },
        ),
    )

    def reader(self, topic: str) -> Reader:
        """Return who reads a topic."""
        levels = topic.split("/")
        if "cmnd" in levels[:2] or topic.startswith("tasmota/discovery/"):
            return LEFT_OUT
        return _TasmotaReader()
