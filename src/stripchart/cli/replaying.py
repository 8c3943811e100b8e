"""``stripchart replay``: a recording once more, as if its sources were there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stripchart.config.spec import SourceSpec

_NUMBER: Final = 6
"""Characters of a name that are left for a number behind it."""


def sources_of(
    file: Path,
    *,
    speed: float = 1.0,
    decode: str = "",
    start: str = "",
    stop: str = "",
    at: str = "paced",
    into: Path | None = None,
) -> list[SourceSpec]:
    """Return a source for each that was recorded, by its name, so that their streams are called as they were.

    ``into`` is where the replay is recorded, if it is.

    Raises
    ------
    ConfigError
        If there is no such recording, or it has not what is asked for.
    """
    from stripchart.config.spec import source
    from stripchart.store.library import folder
    from stripchart.store.reading.instants import parse_instant
    from stripchart.store.reading.reader import Recording

    path = folder.find(file)
    if into is not None and into.resolve() == path.resolve():
        raise ConfigError(f"--record: {into}: would be replayed into itself; give another file")
    with Recording(path) as recording:
        names = list(dict.fromkeys(stream.name.partition("/")[0] for stream in recording.streams()))
        if decode:
            names = recording.raw_sources()
        _, end_ns = recording.span() or (0, 0)
    if not names:
        what = "no bytes of its sources were kept, only rows; record with --raw, or leave --decode out"
        raise ConfigError(f"--decode: {file}: {what}" if decode else f"{file}: nothing was recorded in it")
    for option, text in (("--from", start), ("--to", stop)):
        try:
            parse_instant(text or "0", end_ns)
        except ConfigError as error:
            raise ConfigError(f"{option}: {error}") from None
    options: dict[str, Any] = {"speed": speed, "decode": decode, "start": start, "stop": stop, "at": at}
    begins_ns = time.time_ns()  # the same for all, so that they keep in step
    called = _names_of_sources(names)
    return [source(f"replay:{path}", name=called[name], source=name, begins_ns=begins_ns, **options) for name in names]


def _names_of_sources(names: Sequence[str]) -> dict[str, str]:
    """Return names that sources can have: an import may have called its streams as it liked."""
    from stripchart.config.names import MAX_NAME, check_name, free_name

    called: dict[str, str] = {}
    odd = []
    for name in names:
        try:
            check_name(name)
            called[name] = name
        except ConfigError:
            odd.append(name)
    for name in odd:
        text = "".join(c if c.isprintable() and c != "/" else "-" for c in name)[: MAX_NAME - _NUMBER].strip()
        called[name] = free_name(text or "source", called.values())
    return called
