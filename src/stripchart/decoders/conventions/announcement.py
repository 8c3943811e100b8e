"""What an announcement of Home Assistant's discovery says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripchart.decoders.cells import FrameError, is_name
from stripchart.decoders.conventions.labels import Label
from stripchart.decoders.conventions.value_template import to_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_COMPONENTS: Final = 1_000
"""Entities of one announcement."""
MAX_TOPIC: Final = 512
MAX_UNIT: Final = 32
_ABBREVIATIONS: Final = {
    "avty": "availability", "avty_t": "availability_topic", "avty_tpl": "availability_template", "cmps": "components",
    "dev_cla": "device_class", "exp_aft": "expire_after", "p": "platform", "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available", "pl_off": "payload_off", "pl_on": "payload_on", "stat_off": "state_off",
    "stat_on": "state_on", "stat_t": "state_topic", "t": "topic", "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}  # fmt: skip
"""Of the keys that are used here."""
_SWITCHES: Final = frozenset({"binary_sensor", "switch"})
"""Components whose state is one of two words."""


class Announced(NamedTuple):
    """What an announcement says about one value."""

    topic: str
    key: str | None
    """Its name within the payload; None if the template is not read."""
    label: Label


def read_announcement(component: str, said: dict[str, Any]) -> tuple[Announced, ...]:
    """Return what an announcement says.

    Raises
    ------
    FrameError
        If it is about too many entities.
    """
    common = _spelled_out(said)
    components = common.pop("components", None)
    if not isinstance(components, dict):
        return tuple(_read_entity(component, _expanded(common)))
    if len(components) > MAX_COMPONENTS:
        raise FrameError("too many components")
    found: list[Announced] = []
    for item in components.values():
        if isinstance(item, dict):
            entity = _spelled_out(item)
            platform = str(entity.get("platform", ""))
            if len(entity) > 1:  # only the platform: this component is taken back
                shared = {key: value for key, value in common.items() if key not in {"name", "device_class"}}
                found += _read_entity(platform, _expanded({**shared, **entity}))
    return tuple(found)


def _spelled_out(said: Mapping[str, Any]) -> dict[str, Any]:
    return {_ABBREVIATIONS.get(key, key): value for key, value in said.items()}


def _expanded(said: dict[str, Any]) -> dict[str, Any]:
    """Put the base in for ``~`` in topics."""
    base = said.get("~")
    if not isinstance(base, str):
        return said
    for key, value in said.items():
        if key.endswith("topic") and isinstance(value, str):
            said[key] = _based(value, base)
    places = said.get("availability")
    places = places if isinstance(places, list) else [places]
    spelled = [_spelled_out(place) for place in places if isinstance(place, dict)]
    if spelled:
        said["availability"] = [{**place, "topic": _based(str(place.get("topic", "")), base)} for place in spelled]
    return said


def _based(topic: str, base: str) -> str:
    if topic.startswith("~"):
        topic = base + topic[1:]
    return topic[:-1] + base if topic.endswith("~") else topic


def _read_entity(component: str, said: dict[str, Any]) -> Iterator[Announced]:
    for topic in _topics(said.get("state_topic")):
        name = said.get("name") or said.get("device_class")
        unit = said.get("unit_of_measurement")
        expires = said.get("expire_after")
        label = Label(
            name if isinstance(name, str) and is_name(name) else "",
            unit if isinstance(unit, str) and len(unit) <= MAX_UNIT and unit.isprintable() else "",
            float(expires) if isinstance(expires, int | float) and expires > 0 else 0.0,
            *(_words(said) if component in _SWITCHES else ()),
        )
        yield Announced(topic, _to_key(said.get("value_template")), label)
    places = said.get("availability")
    places = places if isinstance(places, list) else [places]
    if "availability_topic" in said:
        places = [{"topic": said["availability_topic"], "value_template": said.get("availability_template")}]
    for place in places:
        if isinstance(place, dict):
            spelled = {**said, "value_template": None, **_spelled_out(place)}
            for topic in _topics(spelled.get("topic")):
                on = _word(spelled.get("payload_available", "online"))
                off = _word(spelled.get("payload_not_available", "offline"))
                yield Announced(topic, _to_key(spelled["value_template"]), Label("available", on=on, off=off))


def _topics(topic: Any) -> Iterator[str]:
    """Yield it if it can be one."""
    if isinstance(topic, str) and 0 < len(topic) <= MAX_TOPIC:
        yield topic


def _to_key(template: Any) -> str | None:
    return to_key(template) if isinstance(template, str) else to_key("")


def _words(said: Mapping[str, Any]) -> tuple[str, str]:
    on, off = said.get("payload_on", "ON"), said.get("payload_off", "OFF")
    return _word(said.get("state_on", on)), _word(said.get("state_off", off))


def _word(payload: Any) -> str:
    return str(payload)[:MAX_TOPIC].lower()
