"""Shelly: plugs, relays and meters, of the first generation and of those since.

The first sends plain values, each on a topic of its own: ``shellies/<id>/relay/0/power``. What it says of itself
(``announce``, ``info``) repeats these, and is left out.

Later ones, with ``<id>`` such as ``shellyplus1pm-…`` or as the user named them, send JSON of a component on
``<id>/status/switch:0``, and what changes as a JSON-RPC notification on ``<id>/events/rpc``: its ``params`` hold
components by name, and ``ts``, seconds since the epoch. ``<id>/online`` is ``true`` or ``false``. Requests
(``…/command``, ``…/rpc``) are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripchart.decoders.conventions.base import LEFT_OUT, Convention, Reader
from stripchart.decoders.conventions.clock import read_time
from stripchart.decoders.conventions.plain import PlainReader, parse_object
from stripchart.decoders.conventions.units import Units
from stripchart.decoders.conventions.values import leaves
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from stripchart.decoders.conventions.rows import Rows
    from stripchart.flow.records import Chunk

_FIRST_UNITS: Final = {
    "power": "W", "reactive_power": "var", "voltage": "V", "current": "A", "total": "Wh", "total_returned": "Wh",
    "energy": "W·min", "returned_energy": "W·min", "temperature": "°C", "temperature_f": "°F", "humidity": "%",
    "battery": "%", "lux": "lx",
}  # fmt: skip
"""By the last level of the topic."""
_UNITS: Final = Units(
    {
        "apower": "W", "aprtpower": "VA", "voltage": "V", "current": "A", "freq": "Hz", "total": "Wh",
        "by_minute": "mWh", "tC": "°C", "tF": "°F", "rh": "%", "percent": "%", "V": "V", "lux": "lx", "rssi": "dBm",
        "brightness": "%", "current_pos": "%", "uptime": "s",
    },
    {
        "act_power": "W", "aprt_power": "VA", "_voltage": "V", "_current": "A", "_freq": "Hz", "act_energy": "Wh",
        "act_ret_energy": "Wh",
    },
)  # fmt: skip
_NOTIFICATIONS: Final = frozenset({"NotifyStatus", "NotifyFullStatus"})
_FIRST, _REQUESTS = "shellies", frozenset({"command", "set", "announce", "info"})


class _NotificationReader(Reader):
    def read(self, message: Chunk, rows: Rows) -> None:
        said = parse_object(message.data)
        params = said.get("params")
        if said.get("method") in _NOTIFICATIONS and isinstance(params, dict):
            time = read_time(params.pop("ts", None), "s")
            components = {name: item for name, item in params.items() if isinstance(item, dict)}
            rows.add(message, leaves(components), _UNITS, time=time)


class Shelly(Convention):
    """Shelly; see the module."""

    name = "shelly"
    title = "Shelly"
    filters = (f"{_FIRST}/#", "+/events/rpc")
    samples = (
        Sample(
            title="Shelly, first generation",
            recognised="Values on topics of their own, with units.",
            messages=(
                ("shellies/shellyplug-s-A1B2C3/relay/0", b"on"),
                ("shellies/shellyplug-s-A1B2C3/relay/0/power", b"52.25"),
                ("shellies/shellyplug-s-A1B2C3/relay/0/energy", b"1834"),
                ("shellies/shellyplug-s-A1B2C3/relay/0/command", b"off"),
            ),
            values={
                "shellies/shellyplug-s-A1B2C3/relay/0/value": [1.0],
                "shellies/shellyplug-s-A1B2C3/relay/0/power/value": [52.25],
                "shellies/shellyplug-s-A1B2C3/relay/0/energy/value": [1834.0],
            },
            units={
                "shellies/shellyplug-s-A1B2C3/relay/0/power/value": "W",
                "shellies/shellyplug-s-A1B2C3/relay/0/energy/value": "W·min",
            },
        ),
        Sample(
            title="Shelly, second generation and later",
            recognised="Status of components and notifications of what changed, with units and time.",
            messages=(
                ("shellyplus1pm-a1b2c3d4e5f6/online", b"true"),
                (
                    "shellyplus1pm-a1b2c3d4e5f6/status/switch:0",
                    (
                        b'{"id":0,"output":true,"apower":52.5,"voltage":231.0,"current":0.25,'
                        b'"aenergy":{"total":1200.5},"temperature":{"tC":41.5}}'
                    ),
                ),
                (
                    "shellyplus1pm-a1b2c3d4e5f6/events/rpc",
                    (
                        b'{"src":"shellyplus1pm-a1b2c3d4e5f6","method":"NotifyStatus",'
                        b'"params":{"ts":1709294400.25,"switch:0":{"id":0,"apower":53.5}}}'
                    ),
                ),
            ),
            values={
                "shellyplus1pm-a1b2c3d4e5f6/online/value": [1.0],
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/id": [0.0],
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/output": [1.0],
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/apower": [52.5],
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/voltage": [231.0],
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/current": [0.25],
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/aenergy/total": [1200.5],
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/temperature/tC": [41.5],
                "shellyplus1pm-a1b2c3d4e5f6/events/rpc/switch:0/id": [0.0],
                "shellyplus1pm-a1b2c3d4e5f6/events/rpc/switch:0/apower": [53.5],
                "shellyplus1pm-a1b2c3d4e5f6/events/rpc/time": [1709294400.25],
            },
            units={
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/apower": "W",
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/voltage": "V",
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/current": "A",
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/aenergy/total": "Wh",
                "shellyplus1pm-a1b2c3d4e5f6/status/switch:0/temperature/tC": "°C",
                "shellyplus1pm-a1b2c3d4e5f6/events/rpc/switch:0/apower": "W",
                "shellyplus1pm-a1b2c3d4e5f6/events/rpc/time": "s",
            },
        ),
    )

    def matches(self, topic: str) -> bool:
        """Say whether a topic is one of its own: by a device's name, or by a component's with the colon in it."""
        levels = topic.split("/")
        component = levels[2] if levels[1:2] == ["status"] and levels[2:] else ""
        return super().matches(topic) or topic.startswith("shelly") or ":" in component

    def reader(self, topic: str) -> Reader:
        """Return who reads a topic."""
        levels = topic.split("/")
        last = levels[-1]
        if levels[-2:] == ["events", "rpc"]:
            return _NotificationReader()
        if last in {*_REQUESTS, "rpc"} or levels[-2:-1] == ["command"]:
            return LEFT_OUT
        if levels[0] == _FIRST:
            return PlainReader(Units(otherwise=_FIRST_UNITS.get(last, "")))
        return PlainReader(_UNITS)
