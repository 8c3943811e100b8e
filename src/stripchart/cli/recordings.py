"""The commands that look after recordings; heavy modules are loaded when one is used."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stripchart.errors import ConfigError, DamagedError

if TYPE_CHECKING:
    from pathlib import Path

    from stripchart.monitor import Monitor

DAMAGED = 1
"""Exit code of ``info --check``: not all is as it was written."""

File = Annotated[str, typer.Argument(metavar="FILE", help="A recording, or its name in the folder of recordings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON, with times in UTC.")]


def ls(*, as_json: AsJson = False) -> int:
    """List the recordings in the folder of recordings."""
    from stripchart.cli.describing import entry_facts, entry_lines
    from stripchart.store.library.folder import entries, folder

    found = entries()
    if as_json:
        _print_json([entry_facts(entry) for entry in found])
    elif found:
        typer.echo("\n".join(entry_lines(found)))
    else:
        typer.echo(f"No recordings in {folder()}: stripchart watch makes one of what it shows.", err=True)
    return 0


def info(
    file: File,
    *,
    check: Annotated[bool, typer.Option("--check", help="Read all of it; exit with 1 if any is damaged.")] = False,
    as_json: AsJson = False,
) -> int:
    """Tell what is in a recording.

    Its runs, streams and channels, what happened, and whether it is whole.
    """
    from stripchart.cli.describing import fact_lines, facts, problem_lines
    from stripchart.store.library.folder import find
    from stripchart.store.reading.reader import Recording
    from stripchart.store.writing.lock import is_locked

    path = find(file)
    with Recording(path) as recording:
        if check:
            recording.check()
        try:
            found = facts(recording, in_use=is_locked(path))
        except DamagedError:  # SQLite cannot read on: all there is to say is where
            if not check:
                raise
            found = {"path": str(path), "problems": list(recording.problems)}
    damaged = bool(found["problems"])
    if as_json:
        _print_json(found)
    else:
        typer.echo("\n".join(fact_lines(found) if "streams" in found else problem_lines(found["problems"])))
        if check and not damaged:
            typer.echo("checked: all is as it was written")
    return DAMAGED if check and damaged else 0


def note(
    file: File,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What to remember of it; '' for nothing.")] = None,
    *,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Another title.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Mark this time with it; the end is -1s, and so on.")
    ] = None,
) -> int:
    """Write a note into a recording, or give it a title.

    A note is on all of it, instead of the one that it has, or at a time.
    """
    from stripchart.store.library.annotate import add_note, annotate
    from stripchart.store.library.folder import find
    from stripchart.store.reading.instants import parse_instant
    from stripchart.store.reading.reader import Recording

    if text is None and (title is None or at is not None):
        raise ConfigError("note: expected a text or --title")
    path = find(file)
    if at is not None and text is not None:
        with Recording(path) as recording:
            _, end_ns = recording.span() or (0, 0)
        add_note(path, parse_instant(at, end_ns), text)
        text = None
    if text is not None or title is not None:
        annotate(path, title=title, note=text)
    return 0


def rename(file: File, name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name in its folder.")]) -> int:
    """Give a recording another name."""
    from stripchart.store.library import filing
    from stripchart.store.library.folder import find

    typer.echo(filing.rename(find(file), name))
    return 0


def delete(file: File, *, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> int:
    """Delete a recording for good."""
    from stripchart.store.library import filing
    from stripchart.store.library.folder import find

    path = find(file)
    if not yes and not _agreed(path):
        typer.echo(f"{path}: not deleted")
        return 0
    filing.delete(path)
    typer.echo(f"{path}: deleted")
    return 0


def finished(file: str, arguments: dict[str, Any]) -> Monitor:
    """Make a monitor that shows a recording, called as the recording is."""
    from stripchart.cli.describing import DEFAULT_TITLE
    from stripchart.monitor import Monitor
    from stripchart.store.library.folder import find
    from stripchart.store.reading.reader import Recording

    path = find(file)
    with Recording(path) as recording:
        title = recording.about().title
    return Monitor(recording=path, **{"title": path.stem if title in {"", DEFAULT_TITLE} else title, **arguments})


def _agreed(path: Path) -> bool:
    """Ask whether to delete."""
    from stripchart.cli.describing import size_text

    if not sys.stdin.isatty():
        raise ConfigError(f"{path}: not deleted, for nobody is here to be asked; --yes deletes it")
    return typer.confirm(f"Delete {path} ({size_text(path.stat().st_size)})?")


def _print_json(found: Any) -> None:
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
