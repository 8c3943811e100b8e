"""Which strip a channel is on where no design says it: by unit, by device, or by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from stripchart.ui.labels import SCALAR

if TYPE_CHECKING:
    from stripchart.flow.records import Channel

StripKey: TypeAlias = tuple[str, str]
"""What the lines of a strip have in common, as a kind and a text."""


class StreamLike(Protocol):
    """What a layout needs to know of a stream."""

    @property
    def name(self) -> str:
        """Of the stream."""
        ...

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All that are to be shown."""
        ...

    @property
    def groups(self) -> tuple[int, ...]:
        """A number for each channel: those with the same one come together."""
        ...


def strip_key(info: StreamLike, channel: Channel) -> StripKey:
    """Return the key of the strip that a channel goes on by itself."""
    if channel.unit:
        return "unit", channel.unit
    if channel.name == SCALAR:
        # greenhouse/north/temp goes with greenhouse/south/temp, and motor/phase1 with motor/phase2.
        parent, _, leaf = info.name.rpartition("/")
        return "name", leaf.rstrip("0123456789_-") or parent or leaf
    return "stream", info.name


def strip_title(key: StripKey, info: StreamLike) -> str:
    """Return what a strip is called after its first channel."""
    kind, text = key
    return info.name if kind == "stream" else text
