"""Names from the outside, made safe to draw anywhere on the page.

Topic and channel names are whatever a stranger published. Some Bokeh texts run script or TeX when such a name is
hostile; so every text passes here first, and names are never used as ids or column names.
"""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_LABEL: Final = 128

_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # control, format (bidi among them), surrogates, unassigned
_TEX = ("$$", r"\(", r"\)", r"\[", r"\]")
_WORD_JOINER = "\N{ZERO WIDTH NON-JOINER}"


def safe_label(text: str) -> str:
    """Return a text in NFC without control and bidi characters, at most 128 long, with TeX delimiters broken up."""
    text = unicodedata.normalize("NFC", text[: 4 * MAX_LABEL])
    text = "".join(character for character in text if unicodedata.category(character) not in _DROPPED)
    if len(text) > MAX_LABEL:
        text = text[: MAX_LABEL - 1] + "…"
    for delimiter in _TEX:
        text = text.replace(delimiter, _WORD_JOINER.join(delimiter))
    return text
