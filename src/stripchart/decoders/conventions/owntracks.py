"""OwnTracks: telephones that tell where they are.

``owntracks/<user>/<device>`` carries JSON with a ``_type``. A ``location`` gives a row, its numbers sometimes as
strings, with ``tst`` (seconds since the epoch) as its time. Other types (``transition``, ``waypoint``, ``lwt``, ``cmd``
and so on) carry no samples. What is encrypted cannot be read, and is rejected as that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripchart.decoders.cells import FrameError
from stripchart.decoders.conventions.base import LEFT_OUT, Convention, Reader
from stripchart.decoders.conventions.clock import read_time
from stripchart.decoders.conventions.plain import parse_object
from stripchart.decoders.conventions.units import Units
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from stripchart.decoders.conventions.rows import Rows
    from stripchart.flow.records import Chunk

_FIELDS: Final = {
    "lat": "°", "lon": "°", "acc": "m", "alt": "m", "vac": "m", "vel": "km/h", "cog": "°", "p": "kPa", "batt": "%",
}  # fmt: skip
"""The numbers of a location, and their units."""
_UNITS: Final = Units(_FIELDS)


class _LocationReader(Reader):
    def read(self, message: Chunk, rows: Rows) -> None:
        said = parse_object(message.data)
        kind = said.get("_type")
        if kind == "encrypted":
            raise FrameError("encrypted")
        if not isinstance(kind, str):
            raise FrameError("no _type")
        if kind == "location":
            cells = [(name, said[name]) for name in _FIELDS if isinstance(said.get(name), str | int | float)]
            rows.add(message, cells, _UNITS, time=read_time(said.get("tst"), "s"))


class OwnTracks(Convention):
    """OwnTracks; see the module."""

    name = "owntracks"
    title = "OwnTracks"
    filters = ("owntracks/#", "/owntracks/#")
    samples = (
        Sample(
            title="OwnTracks",
            recognised="Locations with their time; other types of messages carry no samples.",
            messages=(
                (
                    "owntracks/ann/phone",
                    (
                        b'{"_type":"location","lat":"47.3769","lon":8.5417,"acc":12,"alt":408,"vel":4,"batt":81,'
                        b'"tst":1709294400,"tid":"an"}'
                    ),
                ),
                ("owntracks/ann/phone/event", b'{"_type":"transition","event":"enter","tst":1709294500}'),
            ),
            values={
                "owntracks/ann/phone/lat": [47.3769],
                "owntracks/ann/phone/lon": [8.5417],
                "owntracks/ann/phone/acc": [12.0],
                "owntracks/ann/phone/alt": [408.0],
                "owntracks/ann/phone/vel": [4.0],
                "owntracks/ann/phone/batt": [81.0],
                "owntracks/ann/phone/time": [1709294400.0],
            },
            units={
                "owntracks/ann/phone/lat": "°",
                "owntracks/ann/phone/lon": "°",
                "owntracks/ann/phone/acc": "m",
                "owntracks/ann/phone/alt": "m",
                "owntracks/ann/phone/vel": "km/h",
                "owntracks/ann/phone/batt": "%",
                "owntracks/ann/phone/time": "s",
            },
        ),
    )

    def reader(self, topic: str) -> Reader:
        """Return who reads a topic."""
        return LEFT_OUT if topic.endswith("/cmd") else _LocationReader()
