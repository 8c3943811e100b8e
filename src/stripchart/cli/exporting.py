"""The commands ``export`` and ``import``: rows leave a recording as a file, and files become a recording."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from stripchart.cli.arguments import seconds
from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stripchart.flow.records import Batch
    from stripchart.store.reading.reader import Recording
    from stripchart.store.reading.rows import Choice

STDOUT: Final = Path("-")
_STEPS: Final = 1_000
"""Steps of a progress bar."""


class Format(StrEnum):
    """What a recording can be exported as."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"


def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A recording, or its name in the folder of recordings.")],
    *,
    form: Annotated[
        Format | None, typer.Option("--format", help="By the ending of OUT if not given, else csv.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="2026-05-01T12:00, seconds since 1970, or -10m before the end."),
    ] = None,
    stop: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only rows before this time.")] = None,
    channels: Annotated[
        list[str] | None, typer.Option(metavar="NAMES", help="Streams or stream/channel, with commas between.")
    ] = None,
    every: Annotated[
        str | None, typer.Option(metavar="TIME", help="Minimum, maximum, mean and count of each 10s, 1m or 1h.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help="A file; - is standard output. Beside FILE if not given."),
    ] = None,
    split: Annotated[bool, typer.Option("--split", help="One file a stream, in a folder.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> int:
    """Write rows of a recording as CSV, Parquet or lines of JSON.

    One stream becomes a table with a column for each channel; several become one value a line, or with --split a table
    each. Times are UTC. CSV and Parquet can be imported again, exactly.
    """
    from stripchart.store.exporting.export import SUFFIXES, file_names
    from stripchart.store.library.folder import find
    from stripchart.store.reading.reader import Recording

    form = form or _format_of(out)
    path = find(file)
    beside = path if path == Path(file) else Path(path.name)  # what has only a name is exported to where one is
    with Recording(path) as recording:
        request = _Request(recording, form, (start, stop), channels or [], seconds("--every", every))
        if split:
            folder = out or beside.with_name(f"{beside.stem}-{form}")
            names = file_names((choice.stream for choice in request.choices), SUFFIXES[form])
            _write_folder(request, folder, names, force=force)
        elif out == STDOUT:
            for piece in request.render(request.choices):
                sys.stdout.buffer.write(piece)
        else:
            target = out or beside.with_suffix(SUFFIXES[form])
            with _new_file(target, force=force) as write, _progress() as progress:
                for piece in request.render(request.choices, progress):
                    write(piece)
            typer.echo(f"{target}: {request.told()}")
        for problem in recording.problems:
            typer.echo(f"stripchart: warning: {problem}", err=True)
    return 0


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that ends in .csv or .parquet.")],
    *,
    into: Annotated[
        Path | None,
        typer.Option(metavar="RECORDING", help="Continued if it is there. A new one, called as FILE, if not given."),
    ] = None,
    stream: Annotated[str, typer.Option(metavar="NAME", help="Name of the stream; the file's if not given.")] = "",
    time_column: Annotated[
        str, typer.Option(metavar="NAME", help="Where the times are; the first column that holds some if not given.")
    ] = "",
    zone: Annotated[
        str, typer.Option(metavar="NAME", help="Of times that tell none, such as UTC or Europe/Berlin; this machine's.")
    ] = "",
) -> int:
    """Make a recording of a CSV or Parquet file.

    Our own exports exactly, and those of other programs.
    """
    from stripchart.store.importing.importer import Options, import_file
    from stripchart.store.library.folder import place_for

    recording = into or place_for([file.stem])
    if into is None and recording.exists():
        raise ConfigError(f"{recording}: is there already; continue it with --into {recording}, or give another name")
    with _progress() as progress:
        report = import_file(file, recording, Options(stream, time_column, _zone(zone)), progress)
    for note in report.notes:
        typer.echo(f"stripchart: note: {file}: {note}", err=True)
    streams = ", ".join(f"{name} ({rows:,})" for name, rows in report.rows.items())
    typer.echo(f"{recording}: {report.rows.total():,} rows: {streams}")
    return 0


class _Request:
    """What is wanted of a recording.

    Attributes
    ----------
    choices
        What is in the files.
    size
        How many rows there are to read, about: for a progress bar.
    rows
        How many have been read.
    """

    def __init__(
        self,
        recording: Recording,
        form: Format,
        times: tuple[str | None, str | None],
        names: list[str],
        every: float | None,
    ) -> None:
        from stripchart.store.reading.rows import UnknownChannelsError, choose
        from stripchart.store.reading.sums import check_spans, summed

        self.rows = 0
        self._recording = recording
        self._form = form
        self._every = round((every or 0) * 1e9)
        streams = recording.streams()
        span = recording.span()
        if span is None:
            raise ConfigError(f"{recording.path}: holds no rows")
        self._start, self._stop = _times(times, span)
        try:
            self.choices = choose(streams, names)
        except UnknownChannelsError as unknown:
            there = ", ".join(stream.name for stream in streams)
            missing = ", ".join(unknown.args[0])
            raise ConfigError(f"--channels: no such channel: {missing}; streams of {recording.path}: {there}") from None
        self._whole = {choice.stream: choice for choice in self.choices}
        if self._every:
            check_spans(self._start, self._stop, self._every)
            self.choices = [sums for choice in self.choices if (sums := summed(choice)) is not None]
        if not self.choices:
            raise ConfigError("--every: expected channels of numbers, found only texts")
        self._counts = counts = {stream.name: stream.rows - stream.first_row for stream in streams}
        spans = (self._stop - self._start) // self._every + 1 if self._every else sum(counts.values())
        self.size = max(sum(min(counts[choice.stream], spans) for choice in self.choices), 1)

    def render(self, choices: list[Choice], progress: Callable[[float], None] = lambda _: None) -> Iterator[bytes]:
        """Yield a file of some of the choices; ``progress`` is told of the part of ``size`` that was done."""
        from stripchart.store.exporting.export import render

        def count(rows: int) -> None:
            self.rows += rows
            progress(rows / self.size)

        return render(choices, self._form, self._read, count)

    def told(self) -> str:
        """Say how much it was."""
        streams = len(self.choices)
        return f"{self.rows:,} rows of {streams} stream{'s' * (streams != 1)}"

    def _read(self, choice: Choice) -> Iterable[Batch]:
        from stripchart.store.reading.sums import numbers, sums, window_for

        recording, start, stop = self._recording, self._start, self._stop
        whole = self._whole[choice.stream]
        names = [channel.name for channel in (numbers(whole) if self._every else whole.channels)]
        if not self._every:
            return recording.batches(choice.stream, start, stop, channels=names)

        def summarise(begin: int, end: int) -> Any:
            return recording.summary(choice.stream, names, begin, end, self._every)

        window = window_for(self._counts[choice.stream], (stop - start) // self._every)
        return sums(whole, summarise, start, stop, self._every, window=window)


def _times(times: tuple[str | None, str | None], span: tuple[int, int]) -> tuple[int, int]:
    """Return the first time and the one after the last, within those of the recording."""
    from stripchart.store.reading.instants import parse_instant

    found = [span[0], span[1] + 1]
    for place, (option, text) in enumerate(zip(("--from", "--to"), times, strict=True)):
        if text is not None:
            try:
                found[place] = parse_instant(text, span[1])
            except ConfigError as error:
                raise ConfigError(f"{option}: {error}") from error
    if found[0] >= found[1]:
        raise ConfigError("--from, --to: expected a time before the other, and rows between them")
    return max(found[0], span[0]), min(found[1], span[1] + 1)


def _format_of(out: Path | None) -> Format:
    suffix = out.suffix.lower() if out else ""
    return {".parquet": Format.PARQUET, ".json": Format.JSON, ".jsonl": Format.JSON}.get(suffix, Format.CSV)


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"--zone: expected a name such as UTC or Europe/Berlin, got {name!r}") from None


def _write_folder(request: _Request, folder: Path, names: list[str], *, force: bool) -> None:
    """Write a file for each choice."""
    if folder == STDOUT:
        raise ConfigError("--split: writes several files, which standard output cannot take; give a folder")
    root = folder.resolve()
    paths = [(root / name).resolve() for name in names]
    for path in paths:
        if not path.is_relative_to(root):  # our names lead nowhere; this is to know it
            raise ConfigError(f"{path}: is outside of {root}")
        _check_free(path, force=force)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror}") from error
    with _progress() as progress:
        for choice, path in zip(request.choices, paths, strict=True):
            with _new_file(path, force=force) as write:
                for piece in request.render([choice], progress):
                    write(piece)
    typer.echo(f"{folder}: {request.told()}")


def _check_free(path: Path, *, force: bool) -> None:
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder; give a file, or --split")
    if path.exists() and not force:
        raise ConfigError(f"{path}: is there already; --force overwrites it, -o gives another name")


@contextmanager
def _new_file(path: Path, *, force: bool) -> Iterator[Callable[[bytes], object]]:
    """Write a file that appears when it is complete."""
    _check_free(path, force=force)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file.write
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _progress() -> Iterator[Callable[[float], None]]:
    """Show how far it is on standard error, where that is a terminal; what is told adds up to 1."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with typer.progressbar(length=_STEPS, file=sys.stderr) as bar:
        done = 0.0

        def advance(part: float) -> None:
            nonlocal done
            done += part
            bar.update(min(int(done * _STEPS), _STEPS) - bar.pos)

        yield advance
        advance(1.0)
