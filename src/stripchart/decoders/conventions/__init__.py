"""The conventions that are known, and in which order they are asked for a topic; ``base`` has their contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripchart.decoders.conventions.collectd import Collectd
from stripchart.decoders.conventions.esphome import EspHome
from stripchart.decoders.conventions.homeassistant import HomeAssistant
from stripchart.decoders.conventions.owntracks import OwnTracks
from stripchart.decoders.conventions.plain import Plain
from stripchart.decoders.conventions.rtl433 import Rtl433
from stripchart.decoders.conventions.shelly import Shelly
from stripchart.decoders.conventions.sparkplug import Sparkplug
from stripchart.decoders.conventions.tasmota import Tasmota
from stripchart.decoders.conventions.thethings import TheThingsStack
from stripchart.decoders.conventions.zigbee2mqtt import Zigbee2Mqtt

if TYPE_CHECKING:
    from stripchart.decoders.conventions.base import Convention

BUILT_IN: Final[tuple[type[Convention], ...]] = (
    HomeAssistant,
    Sparkplug,
    Zigbee2Mqtt,
    Tasmota,
    Shelly,
    OwnTracks,
    TheThingsStack,
    Collectd,
    Rtl433,
    EspHome,
    Plain,
)
"""The first that takes a topic reads it; the last one takes any."""
