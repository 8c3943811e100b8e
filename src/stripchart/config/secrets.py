"""What must not be shown: values under the name of a secret, and credentials in a URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN: Final = "***"
_ENDINGS: Final = ("password", "token", "secret")
# A password may hold "@" and, if its writer forgot to escape it, "/": hide up to the last "@". But host:1883 is a port.
_CREDENTIALS: Final = r"(?<=//)([^/@:\[\s]*):(?!\d+(?:[/:?\s]|$))"
_PAIR: Final = rf"((?:^|[?&\s])\w*(?:{'|'.join(_ENDINGS)})=)"
_IN_URL: Final = re.compile(rf"(?i){_CREDENTIALS}.+(?=@)"), re.compile(rf"(?i){_PAIR}[^&]+")
_IN_LINE: Final = re.compile(rf"(?i){_CREDENTIALS}\S+(?=@)"), re.compile(rf"(?i){_PAIR}[^&\s]+")


def is_secret(name: str) -> bool:
    """Say whether an option of this name holds a secret: ``password``, ``token``, ``secret``, or ends with one."""
    return name.lower().endswith(_ENDINGS)


def hide(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with their secrets replaced, also those in tables and lists of tables."""
    return {key: HIDDEN if is_secret(key) else _hide_within(value) for key, value in options.items()}


def _hide_within(value: Any) -> Any:
    if isinstance(value, dict):
        return hide(value)
    return [_hide_within(item) for item in value] if isinstance(value, list) else value


def redact_url(url: str) -> str:
    """Return a URL without credentials: ``mqtt://user:***@host`` and ``?password=***``."""
    return _redact(url, *_IN_URL)


def redact_line(text: str) -> str:
    """Return a line of a log without the credentials of the URLs in it; these end at a blank."""
    return _redact(text, *_IN_LINE)


def _redact(text: str, credentials: re.Pattern[str], pair: re.Pattern[str]) -> str:
    return pair.sub(rf"\1{HIDDEN}", credentials.sub(rf"\1:{HIDDEN}", text))
