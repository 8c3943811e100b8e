"""The streams and channels of a recording, as its tables name them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from stripchart.flow.records import Channel, Kind
from stripchart.store.format.schema import is_intact, select

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


class Names(NamedTuple):
    """What is known of them."""

    streams: dict[int, str]
    channels: dict[int, tuple[int, Channel]]
    """Stream and description of each channel, by id."""
    lost: dict[int, tuple[int, Channel]]
    """Likewise those whose descriptions are damaged, but may do to go on with."""
    nameless: set[int]
    """Streams whose names are lost."""
    problems: list[str]

    @property
    def is_text(self) -> dict[int, bool]:
        """Which channels hold texts; of a lost one, as far as one can tell."""
        known = {**self.lost, **self.channels}
        return {number: channel.kind is Kind.TEXT for number, (_, channel) in known.items()}

    def of_stream(self, number: int) -> list[tuple[int, Channel]]:
        """Return ids and descriptions of the channels of a stream, in order of appearance."""
        return [(channel, described) for channel, (stream, described) in self.channels.items() if stream == number]


def read_names(connection: sqlite3.Connection, seal: Mapping[str, Any] | None = None) -> Names:
    """Read all there are. A stream whose name is lost gets one by its number; such a channel is left out.

    Parameters
    ----------
    seal
        What there was when the recording was closed.
    """
    names = Names({}, {}, {}, set(), [])
    for row in select(connection, "stream", "ORDER BY id"):
        number, name, _ = row
        if not is_intact(row):
            names.problems.append(f"stream {number}: its name is damaged")
            name = lost_name(number)
            names.nameless.add(number)
        names.streams[number] = name
    for row in select(connection, "channel", "ORDER BY id"):
        number, stream, name, kind, unit, expires, _ = row
        if is_intact(row):
            names.channels[number] = stream, Channel(name, unit, Kind(kind), expires)
            if stream not in names.streams:
                names.problems.append(f"stream {stream}: its name is missing")
                names.streams[stream] = lost_name(stream)
                names.nameless.add(stream)
        else:
            names.problems.append(f"channel {number}: its description is damaged; its values are left out")
            with suppress(ValueError):  # no such kind
                names.lost[number] = stream, Channel(lost_name(number), kind=Kind(kind))
    sealed = (seal or {}).get("tables", {})
    for table, found in (("stream", names.streams), ("channel", names.channels)):
        if len(found) < sealed.get(table, 0):
            names.problems.append(f"only {len(found)} of {sealed[table]} {table}s are left")
    return names


def read_seal(connection: sqlite3.Connection) -> dict[str, Any]:
    """Return what there was when the recording was closed in order; {} if it was not."""
    for row in select(connection, "meta", "WHERE key = 'seal'"):
        if is_intact(row):
            seal: dict[str, Any] = json.loads(row[1])
            return seal
    return {}


def lost_name(number: int) -> str:
    """Return what a stream or a channel is called whose name is lost."""
    return f"damaged {number}"


def stored_text(text: str) -> str:
    """Return a text that SQLite can hold: UTF-8 has no lone surrogates, but Python's texts may hold them."""
    return text.encode("utf-8", "replace").decode()
