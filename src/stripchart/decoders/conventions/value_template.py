"""The simple ones of Home Assistant's value templates, which say where in a payload a value is.

Grammar::

    template = "{{" ("value" | "value_json" path) filter* "}}"
    path     = { "." name | "['" text "']" | "[" digits "]" }
    filter   = "|" ("float" | "int" | "round" | "default" | "is_defined" | "string" | "trim") [ "(" anything ")" ]

These filters keep the value, but for its digits. What else a template computes is not read.
"""

from __future__ import annotations

import re
from typing import Final

from stripchart.decoders.objects import VALUE

MAX_TEMPLATE: Final = 1024
"""Characters of the longest template that is looked at."""
_STEP = r"""\.(?P<name>[^\W\d]\w*)|\[\s*(?:'(?P<single>[^'\\]*)'|"(?P<double>[^"\\]*)"|(?P<place>\d{1,4}))\s*\]"""
_STEPS: Final = re.compile(_STEP)
_FILTER = r"\s*\|\s*(?:float|int|round|default|is_defined|string|trim)\b\s*(?:\([^()]*\))?"
_ANY_STEP = re.sub(r"\?P<\w+>", "?:", _STEP)
_TEMPLATE: Final = re.compile(
    rf"\s*\{{\{{-?\s*(?P<root>value_json|value)(?P<path>(?:{_ANY_STEP})*)(?:{_FILTER})*\s*-?\}}\}}\s*"
)


def to_key(template: str) -> str | None:
    """Return the name that the value has in our rows, such as ``a/b[0]``; None if the template is none of the simple.

    No template, like ``{{ value }}``, means the whole payload.
    """
    if not template.strip():
        return VALUE
    found = _TEMPLATE.fullmatch(template) if len(template) <= MAX_TEMPLATE else None
    if found is None or (found["root"] == "value") != (not found["path"]):
        return None
    key = ""
    for step in _STEPS.finditer(found["path"]):
        if step["place"] is not None:
            key = f"{key or VALUE}[{int(step['place'])}]"
        else:
            name = step["name"] or step["single"] or step["double"] or ""
            key = f"{key}/{name}" if key else name
    return key or VALUE
