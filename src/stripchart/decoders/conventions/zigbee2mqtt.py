"""Zigbee2MQTT: Zigbee devices behind a bridge of this name.

A device sends JSON on ``zigbee2mqtt/<friendly name>``, where the name may hold ``/``; or, with ``output: attribute``,
plain values below that. ``<friendly name>/availability`` is ``online`` or ``offline``, as text or ``{"state": …}``.
Requests to devices (``…/set``, ``…/get``) and what the bridge says of itself (``zigbee2mqtt/bridge/…``) are left out.

Units are those that Zigbee2MQTT has for the names of values; a device's own may differ. ``last_seen`` is the device's
time, if the user asked for it: ISO 8601, or milliseconds since the epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripchart.decoders.conventions.base import LEFT_OUT, Convention, Reader
from stripchart.decoders.conventions.clock import read_time
from stripchart.decoders.conventions.plain import PlainReader, parse, read_text
from stripchart.decoders.conventions.units import Units
from stripchart.decoders.conventions.values import leaves
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from stripchart.decoders.conventions.rows import Rows
    from stripchart.flow.records import Chunk

_NAMES: Final = {
    "temperature": "°C", "local_temperature": "°C", "device_temperature": "°C", "soil_temperature": "°C",
    "current_heating_setpoint": "°C", "occupied_heating_setpoint": "°C",
    "humidity": "%", "soil_moisture": "%", "battery": "%", "pi_heating_demand": "%", "position": "%",
    "pressure": "hPa", "illuminance": "lx", "illuminance_lux": "lx", "linkquality": "lqi",
    "power": "W", "energy": "kWh", "current": "A", "ac_frequency": "Hz",
    "co2": "ppm", "eco2": "ppm", "voc": "ppb", "formaldehyd": "mg/m³", "pm25": "µg/m³", "pm10": "µg/m³",
}  # fmt: skip
_BATTERY_UNITS: Final = Units({**_NAMES, "voltage": "mV"})
_MAINS_UNITS: Final = Units({**_NAMES, "voltage": "V"})
_MAINS: Final = frozenset({"power", "current", "energy", "ac_frequency"})
"""Values beside which a voltage is that of the mains, in volts; else it is a battery's, in millivolts."""


class _DeviceReader(Reader):
    def read(self, message: Chunk, rows: Rows) -> None:
        value = parse(message.data)
        if isinstance(value, str):
            read_text(value, message, rows)
            return
        time = None
        units = _BATTERY_UNITS
        if isinstance(value, dict):
            time = read_time(value.get("last_seen"), "ms")
            if time:
                del value["last_seen"]
            if not _MAINS.isdisjoint(value):
                units = _MAINS_UNITS
        rows.add(message, leaves(value), units, time=time)


class Zigbee2Mqtt(Convention):
    """Zigbee2MQTT; see the module."""

    name = "zigbee2mqtt"
    title = "Zigbee2MQTT"
    filters = ("zigbee2mqtt/#",)
    samples = (
        Sample(
            title="Zigbee2MQTT",
            recognised="Devices by their friendly names, with units, and their availability.",
            messages=(
                (
                    "zigbee2mqtt/attic/north",
                    b'{"battery":97,"humidity":48.2,"linkquality":120,"pressure":1013.2,"temperature":21.5,"voltage":2985}',
                ),
                ("zigbee2mqtt/kettle", b'{"current":0.02,"energy":3.5,"power":4,"state":"ON","voltage":231}'),
                ("zigbee2mqtt/kettle/availability", b'{"state":"online"}'),
                ("zigbee2mqtt/attic/north/availability", b"offline"),
                ("zigbee2mqtt/kettle/set", b'{"state":"OFF"}'),
                ("zigbee2mqtt/bridge/state", b'{"state":"online"}'),
            ),
            values={
                "zigbee2mqtt/attic/north/battery": [97.0],
                "zigbee2mqtt/attic/north/humidity": [48.2],
                "zigbee2mqtt/attic/north/linkquality": [120.0],
                "zigbee2mqtt/attic/north/pressure": [1013.2],
                "zigbee2mqtt/attic/north/temperature": [21.5],
                "zigbee2mqtt/attic/north/voltage": [2985.0],
                "zigbee2mqtt/kettle/current": [0.02],
                "zigbee2mqtt/kettle/energy": [3.5],
                "zigbee2mqtt/kettle/power": [4.0],
                "zigbee2mqtt/kettle/state": [1.0],
                "zigbee2mqtt/kettle/voltage": [231.0],
                "zigbee2mqtt/kettle/availability/state": [1.0],
                "zigbee2mqtt/attic/north/availability/value": [0.0],
            },
            units={
                "zigbee2mqtt/attic/north/battery": "%",
                "zigbee2mqtt/attic/north/humidity": "%",
                "zigbee2mqtt/attic/north/linkquality": "lqi",
                "zigbee2mqtt/attic/north/pressure": "hPa",
                "zigbee2mqtt/attic/north/temperature": "°C",
                "zigbee2mqtt/attic/north/voltage": "mV",
                "zigbee2mqtt/kettle/current": "A",
                "zigbee2mqtt/kettle/energy": "kWh",
                "zigbee2mqtt/kettle/power": "W",
                "zigbee2mqtt/kettle/voltage": "V",
            },
        ),
    )

    def reader(self, topic: str) -> Reader:
        """Return who reads a topic."""
        levels = topic.split("/")
        if "bridge" in levels[1:2] or {"set", "get"} & {*levels[2:3], *levels[-1:]}:
            return LEFT_OUT
        return PlainReader() if levels[-1] == "availability" else _DeviceReader()
