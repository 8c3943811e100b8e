"""Home Assistant's discovery: devices of any convention announce what their values are called.

An announcement is JSON on ``<prefix>/<component>/[<node>/]<object>/config`` about one entity, or on
``<prefix>/device/[<node>/]<object>/config`` about several of one device, in ``components``. Keys may be abbreviated;
``~`` at either end of a topic stands for the value of the key ``~``. An empty payload takes an announcement back.

Taken from it are the topic of the state, the name, the unit, the seconds after which a value expires, the words for on
and off, and the topics of availability. Those topics are read by their own conventions, then named as announced; so the
announcement adds to what is known, and may come late. A value template that says where in a JSON payload the value is,
is read (see ``value_template``). One that computes is not: then the value keeps the name and unit it has without it,
and the note says so.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from stripchart.decoders.cells import counted
from stripchart.decoders.conventions.announcement import Announced, read_announcement
from stripchart.decoders.conventions.base import Convention, Reader
from stripchart.decoders.conventions.labels import Label, Labels
from stripchart.decoders.conventions.plain import parse_object
from stripchart.decoders.samples import Sample

if TYPE_CHECKING:
    from stripchart.decoders.conventions.base import Setup
    from stripchart.decoders.conventions.rows import Rows
    from stripchart.flow.records import Chunk

MAX_ENTITIES: Final = 10_000
"""Entities that are remembered; beyond, the announcement that came first is forgotten."""


class _ConfigReader(Reader):
    barrier = True

    def __init__(self, discovery: HomeAssistant) -> None:
        self._discovery = discovery

    def read(self, message: Chunk, rows: Rows) -> None:  # noqa: ARG002 - an announcement gives none
        said = parse_object(message.data) if message.data.strip(b" \t\r\n\0") else {}
        component = message.topic.removeprefix(f"{self._discovery.prefix}/").partition("/")[0]
        self._discovery.learn(message.topic, read_announcement(component, said))


class HomeAssistant(Convention):
    """Home Assistant's discovery; see the module.

    Attributes
    ----------
    prefix
        First levels of the topics of announcements.
    """

    name = "homeassistant"
    title = "Home Assistant"
    samples = (
        Sample(
            title="Home Assistant discovery",
            recognised="Announcements give names, units and expiry to the values of any topic; they carry no samples.",
            messages=(
                (
                    "homeassistant/sensor/greenhouse/t/config",
                    (
                        b'{"~":"garden/gh1","name":"Air temperature","stat_t":"~/sensors","unit_of_meas":"\xc2\xb0C",'
                        b'"val_tpl":"{{ value_json.air[\'t\'] | float }}","exp_aft":600,"avty_t":"~/alive",'
                        b'"pl_avail":"up","pl_not_avail":"down"}'
                    ),
                ),
                (
                    "homeassistant/binary_sensor/greenhouse_door/config",
                    b'{"name":"Door","state_topic":"garden/door","payload_on":"ajar","payload_off":"shut"}',
                ),
                (
                    "homeassistant/device/tank/config",
                    (
                        b'{"dev":{"ids":"tank"},"o":{"name":"tank"},"stat_t":"garden/tank","cmps":{"level":{"p":"sensor",'
                        b'"name":"Level","unit_of_meas":"L","val_tpl":"{{value_json.level}}"}}}'
                    ),
                ),
                ("garden/gh1/sensors", b'{"air":{"t":19.5},"soil":31}'),
                ("garden/gh1/alive", b"up"),
                ("garden/door", b"shut"),
                ("garden/tank", b'{"level":740}'),
            ),
            values={
                "garden/gh1/sensors/Air temperature": [19.5],
                "garden/gh1/sensors/soil": [31.0],
                "garden/gh1/alive/available": [1.0],
                "garden/door/Door": [0.0],
                "garden/tank/Level": [740.0],
            },
            units={"garden/gh1/sensors/Air temperature": "°C", "garden/tank/Level": "L"},
        ),
    )

    def __init__(self, setup: Setup) -> None:
        self.prefix = setup.discovery_prefix.strip("/")
        super().__init__(setup, (f"{self.prefix}/+/+/config", f"{self.prefix}/+/+/+/config"))
        self._reader = _ConfigReader(self)
        self._configs: dict[str, tuple[Announced, ...]] = {}
        self._topics: dict[str, Counter[Announced]] = {}
        """How often the same is announced of each topic: every entity of a bridge tells of its availability."""
        self._entities = self._unread = 0

    def reader(self, topic: str) -> Reader:  # noqa: ARG002 - all announcements are alike
        """Return the reader of announcements."""
        return self._reader

    def learn(self, config: str, announced: tuple[Announced, ...]) -> None:
        """Take what came on the topic ``config`` in the place of what came there before."""
        if self._configs.get(config, ()) == announced:
            return
        changed = self._forget(config)
        while self._configs and self._entities + len(announced) > MAX_ENTITIES:
            changed |= self._forget(next(iter(self._configs)))
        if announced:
            self._configs[config] = announced
            self._entities += len(announced)
        for one in announced:
            told = self._topics.setdefault(one.topic, Counter())
            told[one] += 1
            if told[one] == 1:
                changed.add(one.topic)
                self._unread += one.key is None
        for topic in changed:
            self.setup.announce(topic, self._labels(topic))
        self.note = f"{len(self._configs)} announced" if self._configs else ""
        if self._unread:
            self.note += f", {counted(self._unread, 'template')} not read"

    def _forget(self, config: str) -> set[str]:
        """Drop an announcement; return the topics of which something is not announced any more."""
        changed = set()
        dropped = self._configs.pop(config, ())
        self._entities -= len(dropped)
        for one in dropped:
            told = self._topics[one.topic]
            told[one] -= 1
            if not told[one]:
                del told[one]
                changed.add(one.topic)
                self._unread -= one.key is None
            if not told:
                del self._topics[one.topic]
        return changed

    def _labels(self, topic: str) -> Labels | None:
        """Join what is announced about a topic; of two that are about one value or have one name, the first counts."""
        channels: dict[str, Label] = {}
        names: set[str] = set()
        for _, key, label in sorted(self._topics.get(topic, ()), key=repr):
            if key is not None and key not in channels:
                channels[key] = label._replace(name="") if label.name in names else label
                names.add(label.name)
        return Labels(channels=channels) if channels else None
