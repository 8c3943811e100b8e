"""Cells that a spreadsheet would take for a formula, defused by an apostrophe before them."""

from __future__ import annotations

from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
                  "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
"""What a cell begins with that a spreadsheet takes for a formula."""
_MARKED: Final = ("'", *FORMULA)


def defuse(text: str) -> str:
    """Return a text as a cell; one that begins with an apostrophe gets another, so that ``undo`` always knows."""
    return "'" + text if text.startswith(_MARKED) else text


def undo(cell: str) -> str:
    """Return the text that ``defuse`` was given."""
    return cell.removeprefix("'")
