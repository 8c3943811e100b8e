"""MQTT topic filters: ``+`` stands for one level of a topic, ``#`` at the end for all levels that follow."""

from __future__ import annotations

import re
from typing import Final

EXPECTED: Final = "a topic filter, where '+' stands for one level and '#' for all that follow"


class Filter:
    """A compiled filter; ``wildcards`` says how many it has.

    Raises
    ------
    ValueError
        If it is none.
    """

    def __init__(self, text: str) -> None:
        levels = text.split("/")
        if not text or "\0" in text or any(set(level) & set("+#") and len(level) > 1 for level in levels):
            raise ValueError(text)
        if "#" in levels[:-1]:
            raise ValueError(text)
        open_end = levels[-1] == "#"
        pattern = "/".join(
            "([^/]*)" if level == "+" else re.escape(level) for level in levels[: len(levels) - open_end]
        )
        if open_end:  # `a/#` matches `a` too
            pattern = f"{pattern}(?:/(.*))?" if len(levels) > 1 else "(.*)"
        self.wildcards = levels.count("+") + open_end
        self._pattern = re.compile(pattern, re.DOTALL)

    def match(self, topic: str) -> tuple[str, ...] | None:
        """Return what each wildcard stands for, or None if the topic does not match."""
        found = self._pattern.fullmatch(topic)
        return None if found is None else found.groups("")
