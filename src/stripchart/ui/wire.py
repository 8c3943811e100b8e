"""JSON of what comes from outside: whatever a stranger named or sent, the text is valid."""

from __future__ import annotations

from typing import Any

import orjson


def to_json(value: Any) -> bytes:
    """Return JSON; NumPy arrays become lists, NaN and infinities null, and lone surrogates ``?``."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    except orjson.JSONEncodeError:  # UTF-8 has no lone surrogates, but Python's texts may hold them
        return orjson.dumps(_mend(value), option=orjson.OPT_SERIALIZE_NUMPY)


def _mend(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_mend(key): _mend(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mend(item) for item in value]
    return value
