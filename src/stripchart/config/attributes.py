"""What docstrings say of single attributes, for documentation and for forms."""

from __future__ import annotations

import re
from typing import Final

_ATTRIBUTE: Final = re.compile(r"[a-z_]\w*(?:, [a-z_]\w*)*")


def attribute_texts(doc: str) -> dict[str, str]:
    """Return the texts of a numpydoc section "Attributes" by name."""
    _, _, section = doc.partition("Attributes\n----------\n")
    texts: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        if _ATTRIBUTE.fullmatch(line):
            names = line.split(", ")
        elif line.startswith("    "):
            for name in names:
                texts[name] = f"{texts.get(name, '')} {line.strip().replace('``', '`')}".strip()
        elif line:
            break  # the next section
    return texts
