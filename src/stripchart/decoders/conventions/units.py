"""Units that go without saying: devices of a convention send some values under fixed names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_NAMES: Final = 4096
"""Names whose units are remembered; others are looked up each time."""
NOTHING: Final[Mapping[str, str]] = {}


class Units(dict[str, str]):
    """Gives the unit of a name such as ``ENERGY/Power[0]`` by its last part, here ``Power``; ``""`` if none is known.

    The last part but one tells it where the last one does not: ``Speed/Max``. It is a dictionary of what it found,
    because it is asked for each value.

    Parameters
    ----------
    parts
        Units by the whole last part.
    endings
        By how it ends, if it is not among those; the first that fits counts.
    otherwise
        The unit of all other names.
    """

    def __init__(
        self, parts: Mapping[str, str] = NOTHING, endings: Mapping[str, str] = NOTHING, otherwise: str = ""
    ) -> None:
        super().__init__()
        self._parts = parts
        self._endings = endings
        self._otherwise = otherwise

    def __missing__(self, name: str) -> str:
        parts = [part.partition("[")[0] for part in name.split("/")[:-3:-1]]
        found = (unit for part in parts if (unit := self._find(part)) is not None)
        unit = next(found, self._otherwise)
        if len(self) < MAX_NAMES:
            self[name] = unit
        return unit

    def _find(self, part: str) -> str | None:
        if part in self._parts:
            return self._parts[part]
        return next((unit for ending, unit in self._endings.items() if part.endswith(ending)), None)


NO_UNITS: Final = Units()
