"""Names from the outside, made safe to draw anywhere on the page.

Topic and channel names are whatever a stranger published. Some Bokeh texts run script or TeX when such a name is
hostile; so every text passes here first, and names are never used as ids or column names.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stripchart.flow.records import Channel

SCALAR: Final = "value"
"""The channel of a topic that carries a bare number: the topic's own name says what it is."""
MAX_LABEL: Final = 128

_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (bidi among them), surrogates, private, unassigned, line ends."""
_TEX: Final = re.compile(r"\$(?=\$)|\\(?=[()\[\]])")
_BREAK: Final = "\N{THIN SPACE}"
_NOTHING: Final = "\N{REPLACEMENT CHARACTER}"


def safe_label(text: str) -> str:
    """Return a text in NFC without control and bidi characters, at most 128 long, with TeX delimiters broken up.

    Doing it again changes nothing. A text of which nothing is left reads as a replacement character, so that it can
    still be seen.
    """
    kept = "".join(c for c in text[: 4 * MAX_LABEL] if unicodedata.category(c) not in _DROPPED)
    label = _TEX.sub(lambda found: found[0] + _BREAK, unicodedata.normalize("NFC", kept))
    if len(label) > MAX_LABEL:
        label = label[: MAX_LABEL - 1] + "…"
    return label if label or not text else _NOTHING


def channel_label(stream: str, channel: Channel) -> str:
    """Return what a channel is called beside the name of its source; not safe yet."""
    _, _, topic = stream.partition("/")
    if channel.name == SCALAR and topic:
        return topic
    return f"{topic}/{channel.name}" if topic else channel.name
