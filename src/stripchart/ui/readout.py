"""What the numbers beside the plots say: values now, rates, and the state of each source."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.flow.hub import Hub, StreamInfo
    from stripchart.flow.pump import Pump
    from stripchart.flow.records import Batch, Channel

READOUT_SECONDS: Final = 0.2
"""Time between two updates of the numbers: faster than this nobody reads."""
READOUT_PAUSE: Final = 20
"""How many times as long as it took to make the numbers they are not made again."""
MAX_TEXT: Final = 256
"""Characters of a text value that are shown."""


ChannelKey: TypeAlias = tuple[str, str, bool]
"""A stream's name, a channel's, and whether it is text: numbers and text of one name are two channels."""


def channel_key(stream: str, channel: Channel) -> ChannelKey:
    """Return what tells a channel from all others."""
    return stream, channel.name, channel.kind is Kind.TEXT


class Readout(NamedTuple):
    """The numbers of one moment, made once for all pages.

    Attributes
    ----------
    made
        When, on the monotonic clock.
    values
        ``[value, stale]`` by ``channel_key``.
    """

    made: float
    streams: list[StreamInfo]
    values: dict[ChannelKey, list[Any]]
    sources: list[dict[str, Any]]


def read_out(hub: Hub, pumps: Sequence[Pump]) -> Readout:
    """Take the numbers now."""
    now_ns = time.time_ns()
    streams = hub.streams()
    values = {}
    newest: dict[str, int] = {}
    for info in streams:
        source = info.name.partition("/")[0]
        newest[source] = max(newest.get(source, info.last_ns), info.last_ns)
        for channel, value in zip(info.channels, info.last_values, strict=True):
            values[channel_key(info.name, channel)] = [plain(value), is_stale(info, channel, now_ns)]
    return Readout(time.monotonic(), streams, values, [source_line(pump, newest.get(pump.name)) for pump in pumps])


def is_stale(info: StreamInfo, channel: Channel, now_ns: int) -> bool:
    """Say whether a value is older than its device announced, or else than the stream's rate lets expect."""
    if channel.expires:
        return now_ns - info.last_ns > channel.expires * 1e9
    return info.rate.stale(now_ns)


def number_columns(batch: Batch) -> tuple[list[int], list[NDArray[np.float64]]]:
    """Return the places and the columns of the channels that can be drawn as a line."""
    places = [place for place, channel in enumerate(batch.channels) if channel.kind is not Kind.TEXT]
    return places, [batch.values[place] for place in places]


def channel_table(hub: Hub) -> list[dict[str, Any]]:
    """Describe every channel; keys as in the public JSON API, times in nanoseconds, rates in rows per second."""
    now = time.time_ns()
    table = []
    for info in hub.streams():
        source = info.name.partition("/")[0]
        for channel, count, value in zip(info.channels, info.counts, info.last_values, strict=True):
            table.append(
                {
                    "stream": info.name,
                    "name": channel.name,
                    "kind": str(channel.kind),
                    "unit": channel.unit,
                    "source": source,
                    "samples": count,
                    "last_value": plain(value),
                    "last_time_ns": info.last_ns,
                    "first_time_ns": info.first_ns,
                    "rate_hz": round(info.rate.hz, 3),
                    "stale": is_stale(info, channel, now),
                }
            )
    return table


def plain(value: Any) -> float | str | None:
    """Turn a value into one for JSON: NaN and infinities are None, a long text is cut, lone surrogates read ``?``."""
    if isinstance(value, str):
        return value[:MAX_TEXT].encode("utf-8", "replace").decode()
    try:
        number = float(value)
    except (TypeError, ValueError):  # a program may publish any object as a text
        return plain(str(value))
    return number if np.isfinite(number) else None


def source_line(pump: Pump, newest_ns: int | None) -> dict[str, Any]:
    """Return what the page shows of one source; ``newest_ns`` is the time of its newest row, if there is any."""
    counts = pump.counts()
    return {
        "name": pump.name,
        "state": str(pump.state),
        "reason": pump.reason,
        "status": "; ".join(filter(None, (pump.status, pump.clock().note))),
        "url": pump.source.url,
        "decoder": pump.decoder.note,
        "since": pump.since_ns // 1_000_000,
        "newest": None if newest_ns is None else newest_ns // 1_000_000,
        "samples": counts.samples,
        "frames": counts.frames,
        "rejected": sum(counts.rejected.values()),
        "reasons": counts.rejected,
        "reconnects": counts.reconnects,
        "refused": counts.refused,
        "redelivered": counts.redelivered,
    }
