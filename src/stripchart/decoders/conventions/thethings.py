"""The Things Stack, version 3: LoRaWAN devices behind a network server.

An uplink comes on ``v3/<application>@<tenant>/devices/<id>/up``; ``uplink_message.decoded_payload`` is what the device
measured, as the payload formatter that the user gave to the server says. ``rssi`` and ``snr`` are those of the gateway
that heard it best. Of the several times in a message, that at which the network server received it counts. Joins,
acknowledgements and what else comes under ``v3/…`` carry no samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stripchart.decoders.cells import FrameError
from stripchart.decoders.conventions.base import LEFT_OUT, Convention, Reader
from stripchart.decoders.conventions.clock import read_time
from stripchart.decoders.conventions.plain import parse_object
from stripchart.decoders.conventions.units import Units
from stripchart.decoders.conventions.values import leaves
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from stripchart.decoders.conventions.rows import Rows
    from stripchart.decoders.conventions.values import Cell
    from stripchart.flow.records import Chunk

_RADIO: Final = {"rssi": "dBm", "snr": "dB"}
_UNITS: Final = Units(_RADIO)


class _UplinkReader(Reader):
    def read(self, message: Chunk, rows: Rows) -> None:
        said = parse_object(message.data)
        uplink = said.get("uplink_message")
        if not isinstance(uplink, dict):
            raise FrameError("no uplink_message")
        payload = uplink.get("decoded_payload")
        cells = leaves(payload) if isinstance(payload, dict) else []
        cells += _radio(uplink.get("rx_metadata"))
        if not cells:
            raise FrameError("no decoded_payload")
        time = read_time(uplink.get("received_at") or said.get("received_at"), "s")
        rows.add(message, cells, _UNITS, time=time)


def _radio(heard: Any) -> list[Cell]:
    """Return how well the best of the gateways heard it."""
    gateways = [gateway for gateway in heard if isinstance(gateway, dict)] if isinstance(heard, list) else []
    known = [gateway for gateway in gateways if isinstance(gateway.get("rssi"), int | float)]
    if not known:
        return []
    best = max(known, key=lambda gateway: float(gateway["rssi"]))
    return [(name, best[name]) for name in _RADIO if isinstance(best.get(name), int | float)]


class TheThingsStack(Convention):
    """The Things Stack; see the module."""

    name = "thethings"
    title = "The Things Stack"
    filters = ("v3/+/devices/#",)
    samples = (
        Sample(
            title="The Things Stack v3 (LoRaWAN)",
            recognised="Uplinks as the payload formatter decoded them, with the best gateway's signal and the time.",
            messages=(
                (
                    "v3/orchard@ttn/devices/soil-1/up",
                    (
                        b'{"end_device_ids":{"device_id":"soil-1"},"received_at":"2024-03-01T12:00:00.400123456Z",'
                        b'"uplink_message":{"f_port":2,"decoded_payload":{"moisture":31.5,"temp":{"soil":8.25}},'
                        b'"rx_metadata":[{"rssi":-112,"snr":-3.5},{"rssi":-97,"snr":7.75}],'
                        b'"received_at":"2024-03-01T12:00:00.250Z"}}'
                    ),
                ),
                ("v3/orchard@ttn/devices/soil-1/join", b'{"join_accept":{"session_key_id":"AY"}}'),
            ),
            values={
                "v3/orchard@ttn/devices/soil-1/up/moisture": [31.5],
                "v3/orchard@ttn/devices/soil-1/up/temp/soil": [8.25],
                "v3/orchard@ttn/devices/soil-1/up/rssi": [-97.0],
                "v3/orchard@ttn/devices/soil-1/up/snr": [7.75],
                "v3/orchard@ttn/devices/soil-1/up/time": [1709294400.25],
            },
            units={
                "v3/orchard@ttn/devices/soil-1/up/rssi": "dBm",
                "v3/orchard@ttn/devices/soil-1/up/snr": "dB",
                "v3/orchard@ttn/devices/soil-1/up/time": "s",
            },
        ),
    )

    def reader(self, topic: str) -> Reader:
        """Return who reads a topic."""
        return _UplinkReader() if topic.endswith("/up") else LEFT_OUT
