"""The names of columns: by a header row, wherever it comes, or by number."""

from __future__ import annotations

from typing import NamedTuple

from stripchart.decoders.cells import FrameError, distinct, is_name
from stripchart.errors import ConfigError


class Header(NamedTuple):
    """A row of names."""

    separator: str
    """What stands between them."""
    names: tuple[str, ...]
    given: bool = False
    """The user named the columns; they count whatever separates them."""

    @classmethod
    def of_user(cls, names: str) -> Header | None:
        """Take names that a user wrote, separated by commas; None if there are none.

        Raises
        ------
        ConfigError
            If a name is empty or cannot be shown.
        """
        if not names.strip():
            return None
        each = tuple(map(str.strip, names.split(",")))
        for name in each:
            if not is_name(name):
                raise ConfigError(f"columns: expected names separated by commas, got {name!r} in {names!r}")
        return cls("", each, given=True)

    @property
    def is_words(self) -> bool:
        """It has one name, or blanks between them: more likely a message, unless it comes before the first row."""
        return self.separator in {"", " "}

    @property
    def may_be_log(self) -> bool:
        """It may be a message: there are blanks in it, or it is a single word."""
        return self.is_words or any(" " in name for name in self.names)


class ColumnNames:
    """Names the columns of rows.

    Boot text can look like a header. So one only counts for rows with its separator, and not before a row with as many
    columns came; shorter rows then hold its first columns.

    Parameters
    ----------
    header
        Names that the user gave; header rows of the device do not count then.

    Attributes
    ----------
    version
        Another number whenever rows may have to be named otherwise than before.
    counts
        A header row of the device names columns.
    """

    def __init__(self, header: Header | None) -> None:
        self.version = 0
        self.counts = False
        self._header = header

    def take(self, header: Header) -> None:
        """Take a header row, unless the user named the columns; the same one again changes nothing."""
        if header != self._header and not (self._header and self._header.given):
            self._header = header
            self.counts = False
            self.version += 1

    def names(self, separator: str, count: int, word: str) -> list[str]:
        """Name the columns of a row: by the header where there is one, else ``word`` with a number.

        Raises
        ------
        FrameError
            If the row is longer than a header that counts: most likely a line end was lost.
        """
        numbered = [f"{word} {number}" for number in range(1, count + 1)]
        header = self._header
        if header is None or (header.separator != separator and not header.given):
            return numbered
        if not header.given:
            if not self.counts:
                if count != len(header.names):
                    return numbered
                self.counts = True
                self.version += 1
            if count > len(header.names):
                raise FrameError("unexpected columns")
        return distinct([*header.names[:count], *numbered[len(header.names) :]])
