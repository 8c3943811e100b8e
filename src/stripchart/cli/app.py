"""The command ``stripchart``. All it does is one call away from Python: it makes a ``Monitor`` and runs it.

Only typer is imported at the top, so that ``--help`` answers at once.
"""

from __future__ import annotations

import json
import sys
import traceback
from enum import StrEnum
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints

import typer

from stripchart._version import __version__
from stripchart.cli import exporting, inspecting, recordings
from stripchart.cli.arguments import seconds
from stripchart.cli.logs import log_to_stderr
from stripchart.cli.options import RunOptions
from stripchart.errors import ConfigError, StripchartError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripchart.monitor import Monitor

OK: Final = 0
UNEXPECTED: Final = 1
MISTAKE: Final = 2
FAILED: Final = 3
INTERRUPTED: Final = 130

EPILOG: Final = """\b
Exit codes:
  0    all went well; Ctrl-C, SIGTERM and --for end a monitor well
  1    an error inside Stripchart
  2    a mistake in the command or in the configuration
  3    every source has failed for good
  130  Ctrl-C while nothing ran yet
"""

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    help="Live strip charts in the browser for serial ports, MQTT topics and your own Python.",
)


class Times(StrEnum):
    """Times that replayed rows get."""

    PACED = "paced"
    NOW = "now"
    RECORDED = "recorded"


ConfigPath = Annotated[Path, typer.Argument(metavar="CONFIG", help="A TOML file.")]
Urls = Annotated[
    list[str] | None, typer.Argument(metavar="URL", help="serial:/dev/ttyUSB0, mqtt://host/topic/#, sim: or -")
]


def runs_monitor(command: Callable[..., int]) -> Callable[..., int]:
    """Register a command whose argument ``options`` stands for all options of ``RunOptions``."""
    hints = get_type_hints(command, include_extras=True) | get_type_hints(RunOptions, include_extras=True)
    own, shared = signature(command).parameters, signature(RunOptions).parameters

    def with_options(ctx: typer.Context, **given: Any) -> int:
        options = RunOptions(**{name: given.pop(name) for name in shared})
        log_to_stderr(as_json=options.log_json, debug=ctx.obj["debug"])
        return command(**given, options=options)

    context = Parameter("ctx", Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [
        parameter.replace(annotation=hints[name], kind=Parameter.KEYWORD_ONLY)
        for name, parameter in (*own.items(), *shared.items())
        if name != "options"
    ]
    with_options.__signature__ = Signature([context, *parameters])  # type: ignore[attr-defined]  # what typer reads
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in (context, *parameters)}
    app.command(command.__name__, help=command.__doc__)(with_options)
    return command


@app.callback(invoke_without_command=True)
def stripchart(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Log more, and show tracebacks.")] = False,
) -> None:
    """Note what holds for every command."""
    ctx.obj["debug"] = debug
    if version:
        typer.echo(f"stripchart {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


@runs_monitor
def demo(options: RunOptions) -> int:
    """Watch simulated sensors; no device is needed."""

    def make() -> Monitor:
        from stripchart.examples import dashboard
        from stripchart.monitor import Monitor, source

        usual = {"title": "Stripchart demo", "pages": dashboard(), "record": options.recording(None)}
        arguments = {**usual, **options.for_monitor()}
        return Monitor(source("sim:", name="demo"), **arguments)

    return _run(make, options)


@runs_monitor
def watch(
    options: RunOptions,
    urls: Urls = None,
    decoder: Annotated[str, typer.Option(metavar="NAME", help="Decoder to use instead of the source's own.")] = "",
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the source, if there is one URL.")] = "",
) -> int:
    """Watch one or several sources.

    Such as serial:/dev/ttyUSB0?baudrate=9600, or - for standard input.
    """
    if not urls:
        return _suggest_urls()
    if name and len(urls) > 1:
        raise ConfigError("--name: names one source, but there are several URLs")
    sys.path.append(str(Path.cwd()))  # for function:module:name; last, so that no file here hides a module

    def make() -> Monitor:
        from stripchart.monitor import Monitor, RecordSpec, source

        sources = [source(url, name=name, decoder=decoder) for url in urls]
        return Monitor(*sources, record=options.recording(RecordSpec()), **options.for_monitor())

    return _run(make, options)


@runs_monitor
def run(config: ConfigPath, options: RunOptions) -> int:
    """Run the monitor that a file describes; options win over the file."""
    from stripchart.config.file import load

    loaded = load(config)
    options.no_open = options.no_open or not loaded.server.open
    usual = loaded.recording if loaded.recording.enabled else None
    return _run(lambda: loaded.monitor(record=options.recording(usual), **options.for_monitor()), options)


@runs_monitor
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording, by its path or its name.")],
    options: RunOptions,
    *,
    speed: Annotated[
        float, typer.Option(metavar="NUMBER", min=0, help="How many times as fast as it was; 0: as fast as it can.")
    ] = 1.0,
    decode: Annotated[
        str, typer.Option(metavar="NAME", help="Decode the bytes that were kept (--raw) anew, with this decoder.")
    ] = "",
    start: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Begin here: 2026-05-01T12:00, or -10m before the end.")
    ] = "",
    stop: Annotated[str, typer.Option("--to", metavar="TIME", help="End here.")] = "",
    at: Annotated[Times, typer.Option(help="Times that rows get: see below.", show_default=True)] = Times.PACED,
) -> int:
    """Watch a recording once more, as if its sources were there.

    Rows get the times at which they are replayed (paced), the recorded ones shifted to begin now (now), or the recorded
    ones (recorded).
    """

    def make() -> Monitor:
        from stripchart.cli.replaying import sources_of
        from stripchart.monitor import Monitor

        sources = sources_of(file, speed=speed, decode=decode, start=start, stop=stop, at=at.value, into=options.record)
        arguments = {"title": f"{file.stem}, replayed", "record": options.recording(None), **options.for_monitor()}
        return Monitor(*sources, **arguments)

    return _run(make, options)


@runs_monitor
def show(file: recordings.File, options: RunOptions) -> int:
    """Show a recording in the browser; nothing is recorded."""
    if options.record or options.raw:
        raise ConfigError("show: only shows what was recorded; --record and --raw have no place here")
    return _run(lambda: recordings.finished(file, options.for_monitor()), options)


@app.command()
def ports() -> int:
    """List the serial ports of this machine."""
    from stripchart.cli.listing import port_lines
    from stripchart.sources.ports import list_ports

    typer.echo("\n".join(port_lines(list_ports())))
    return OK


@app.command()
def check(config: ConfigPath) -> int:
    """Check a configuration and tell all its mistakes.

    Nothing is opened.
    """
    from stripchart.config.file import load

    log_to_stderr()
    loaded = load(config)
    typer.echo(f"{config}: OK")
    width = max(len(spec.name) for spec in loaded.sources)
    for spec in loaded.sources:
        typer.echo(f"  {spec.name:{width}}  {spec.url}")
    return OK


@app.command()
def schema() -> int:
    """Print the JSON Schema of configuration files, for editors."""
    from stripchart.config.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
    return OK


app.command()(exporting.export)
app.command("import")(exporting.import_)
for keep in (recordings.ls, recordings.info, recordings.note, recordings.rename, recordings.delete):
    app.command()(keep)
for inspect in (inspecting.explain, inspecting.decode, inspecting.formats):
    app.command()(inspect)


def main() -> None:
    """Run the command line and exit the process."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run the command line; return its exit code. Nothing is raised at the user."""
    settings = {"debug": False}
    try:
        code = app(args=arguments, prog_name="stripchart", standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # the reader of our output has gone, as with "| head"; typer exits at that
        sys.stdout = None  # so that Python does not try to write the rest at its end
        return OK
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback for a user
        if settings["debug"]:
            traceback.print_exc()
        return _explain(error)
    return int(code or OK)


def _explain(error: Exception) -> int:
    if isinstance(error, StripchartError):
        _tell(str(error))
        return MISTAKE
    # Typer's errors of usage are known by what they can do: their class has lived in two packages.
    usage = getattr(error, "format_message", None)
    if usage is not None:
        context = getattr(error, "ctx", None)
        _tell(f"{usage()} (try: {context.command_path if context else 'stripchart'} --help)")
        return MISTAKE
    _tell(f"unexpected {type(error).__name__}: {error}; this is a bug, and stripchart --debug … shows where")
    return UNEXPECTED


def _tell(message: str) -> None:
    for line in message.splitlines():
        typer.echo(f"stripchart: error: {line}", err=True)


def _run(make: Callable[[], Monitor], options: RunOptions) -> int:
    from stripchart.cli.running import run_monitor

    if run_monitor(make, seconds=seconds("--for", options.stop_after), browser=not options.no_open):
        return OK
    _tell("every source has failed")
    return FAILED


def _suggest_urls() -> int:
    from stripchart.cli.listing import example_lines
    from stripchart.sources.ports import list_ports

    _tell("expected a URL; for example:")
    typer.echo("\n".join(example_lines(list_ports())), err=True)
    return MISTAKE
