"""A channel as the head of a column, and back: ``temp [°C]``, ``door (state)``, ``mode (text)``.

A channel whose name or unit would be read otherwise than it is (``a [b]``, say) is written as JSON instead:
``{"name": "a [b]", "unit": "", "kind": "number"}``. So every label reads back as the channel that it was made of, but
for its patience (``expires``), which means nothing to a file.
"""

from __future__ import annotations

import json
import re
from typing import Final

from stripchart.flow.records import Channel, Kind

_LABEL: Final = re.compile(r"(?P<name>.+?)(?: \[(?P<unit>[^\[\]]+)\])?(?: \((?P<kind>state|text)\))?", re.DOTALL)


def to_label(channel: Channel) -> str:
    """Return the head of a channel's column."""
    unit = f" [{channel.unit}]" if channel.unit else ""
    kind = "" if channel.kind is Kind.NUMBER else f" ({channel.kind})"
    label = f"{channel.name}{unit}{kind}"
    if from_label(label) == channel._replace(expires=0.0):
        return label
    return json.dumps({"name": channel.name, "unit": channel.unit, "kind": channel.kind}, ensure_ascii=False)


def from_label(label: str) -> Channel:
    """Return the channel that a column is of; whatever is no label is the name of a number."""
    if label.startswith("{"):
        channel = _from_json(label)
        if channel is not None:
            return channel
    found = _LABEL.fullmatch(label)
    if found is None:
        return Channel(label)
    return Channel(found["name"], found["unit"] or "", Kind(found["kind"] or Kind.NUMBER))


def _from_json(label: str) -> Channel | None:
    try:
        fields = json.loads(label)
        name, unit, kind = fields["name"], fields["unit"], Kind(fields["kind"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Channel(name, unit, kind) if isinstance(name, str) and isinstance(unit, str) else None
