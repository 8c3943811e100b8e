"""Inputs that show what a decoder reads: the documentation's table is made of them, and a test holds them to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One input of a decoder; a decoder class lists its own as ``samples``.

    Attributes
    ----------
    title
        The format, as people call it: "Arduino Serial Plotter, labels".
    recognised
        What is recognised, and what becomes of it: one or two short sentences.
    data
        Bytes of a stream, in whole frames.
    messages
        For messages on topics, instead of ``data``: pairs of a topic and a payload.
    values
        What it decodes to: the values of each channel in order, by ``channel`` or ``stream/channel``. Device times
        (``Kind.TIME``) are among them; rows in which a channel is absent are passed over.
    units
        Units of the channels that have one, by the same names.
    options
        Of the decoder, if it needs any.
    """

    title: str
    recognised: str
    values: Mapping[str, Sequence[float | str]]
    data: bytes = b""
    messages: Sequence[tuple[str, bytes]] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
