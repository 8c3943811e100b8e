"""Finding JSON values in a line by their braces, while the line may still grow."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_OPENING: Final = re.compile(rb"\{|\[(?=\{|\Z)")
"""An array begins a value if an object begins it: ``[12]`` is more likely log text. At the end it is not known yet."""
_MARK: Final = re.compile(rb'[{}\[\]"]')
_STRING_MARK: Final = re.compile(rb'["\\]')
BETWEEN: Final = b" \t\x0b\x0c\x1e,"
"""What may stand between values: blanks, commas and the record separator of RFC 7464."""


class Span(NamedTuple):
    """A value, or what stands between values."""

    start: int
    stop: int
    reason: str
    """Why it cannot be a value; empty if it may be one."""
    between: bool = False
    """It stands between values."""


class BraceScanner:
    """Cuts a line into values and junk; what it finds does not depend on how the line grew.

    Parameters
    ----------
    limit
        Bytes of the longest value, or piece of junk.

    Attributes
    ----------
    done
        Bytes at the beginning of the line that are in spans, or mean nothing.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.restart()

    def restart(self) -> None:
        """Begin a new line."""
        self.done = 0
        self._place = 0  # looked at up to here
        self._depth = 0
        self._in_string = False
        self._ended = -1  # behind the string or inner value that ended last, if it is the newest thing seen

    def take(self) -> int:
        """Forget the bytes that are done, and return how many they were."""
        taken, self.done = self.done, 0
        self._place -= taken
        self._ended -= taken
        return taken

    def scan(self, line: bytes, *, complete: bool) -> list[Span]:
        """Look at the line further than before, and return what has been found.

        Parameters
        ----------
        line
            What was not taken yet.
        complete
            It will not grow any more.
        """
        spans: list[Span] = []
        while self._in_value(line, spans, complete) if self._depth else self._between(line, spans, complete):
            pass
        return spans

    def _between(self, line: bytes, spans: list[Span], complete: bool) -> bool:
        """Look for the beginning of a value; return whether there is more to do."""
        opening = _OPENING.search(line, self._place)
        stop = opening.start() if opening else len(line)
        while stop - self.done >= self._limit:
            self._junk(line, spans, self.done + self._limit)
        self._place = stop
        if opening and line[stop:] == b"[":
            if complete:
                self._junk(line, spans, len(line))
            return False
        if opening or complete:
            self._junk(line, spans, stop)
        if opening:
            self._open(stop)
        return opening is not None

    def _in_value(self, line: bytes, spans: list[Span], complete: bool) -> bool:
        """Go on to the next brace or quote; return whether there is more to do."""
        pattern = _STRING_MARK if self._in_string else _MARK
        found = pattern.search(line, self._place, self.done + self._limit)
        if found is None:
            if len(line) - self.done > self._limit:
                self._end(spans, self.done + self._limit, "too long")
                return True
            self._place = max(self._place, len(line))
            if complete:
                self._end(spans, len(line), "not JSON")
            return False
        mark, self._place = found.group(), found.end()
        if mark == b"\\":
            self._place += 1
        elif self._in_string:
            self._in_string, self._ended = False, self._place
        elif not self._may_follow(mark, line[self._ended : found.start()].strip()):
            self._end(spans, found.start(), "not JSON")
        elif mark == b'"':
            self._in_string = True
        elif mark in b"]}":
            self._depth -= 1
            self._ended = self._place
            if not self._depth:
                self._end(spans, self._place, "")
        else:
            self._depth, self._ended = self._depth + 1, -1
        return True

    def _may_follow(self, mark: bytes, between: bytes) -> bool:
        """Say whether a mark may follow a string or an inner value: if not, a quote or a brace was lost before."""
        return self._ended < 0 or (between[:1] in b":," if between else mark in b"]}")

    def _open(self, place: int) -> None:
        self._depth, self._place, self._ended = 1, place + 1, -1

    def _end(self, spans: list[Span], stop: int, reason: str) -> None:
        spans.append(Span(self.done, stop, reason))
        self.done = self._place = stop
        self._depth, self._in_string = 0, False

    def _junk(self, line: bytes, spans: list[Span], stop: int) -> None:
        if line[self.done : stop].strip(BETWEEN):
            spans.append(Span(self.done, stop, "not JSON", between=True))
        self.done = stop
