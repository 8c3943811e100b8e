"""A monitor written down as a TOML file.

::

    title = "Bench"
    window = "2m"

    [server]
    port = 5006

    [sources.imu]
    url = "serial:${IMU_PORT:-/dev/ttyACM0}"
    baudrate = 115200
    decoder = "csv"
    time_channel = "millis"

    [sources.imu.decoder_options]
    names = ["x", "y", "z"]

See ``document`` for the environment's variables and secrets from files.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from stripchart.config.document import read_document
from stripchart.config.durations import parse_duration
from stripchart.config.names import check_name
from stripchart.config.options import Mistake, fill, show
from stripchart.config.pages import read_pages
from stripchart.config.recording import RecordTable
from stripchart.config.spec import CLOCK_OPTIONS, SourceSpec
from stripchart.errors import ConfigError
from stripchart.flow.clock.source import ClockOptions
from stripchart.flow.controls import Button, Controls, Ending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripchart.monitor import Monitor
    from stripchart.ui.design import PageDesign

log = logging.getLogger(__name__)

Seconds = Annotated[
    float,
    BeforeValidator(lambda value: parse_duration(str(value))),
    WithJsonSchema({"type": ["number", "string"], "exclusiveMinimum": 0}),
    "a span of time such as 60, '30s' or '5m'",
]


@dataclass(frozen=True)
class Server:
    """The table ``[server]``: where the page is served, and to whom."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    token: str | None = field(default=None, repr=False)
    control: bool = False
    """Whether visitors may send commands to devices."""
    control_token: str | None = field(default=None, repr=False)
    """Asked of who may; made where ``token`` is asked and this is not given."""
    allow_hosts: tuple[str, ...] = ()
    certificate: str | None = None
    key: str | None = None
    max_sessions: Annotated[int, Field(ge=1)] = 50
    open: bool = True
    """Open a browser at the start."""


@dataclass(frozen=True)
class View:
    """The keys at the top: what the page looks like."""

    title: str = "Stripchart"
    window: Seconds = 60.0
    theme: Literal["system", "light", "dark"] = "system"
    layout: str = ""
    """A file of pages that are edited and saved in the browser."""


@dataclass(frozen=True, kw_only=True)
class SourceTable(ClockOptions):
    """What every ``[sources.NAME]`` may hold; all else in it are options of its source."""

    url: str
    decoder: str = ""
    must_start: bool = False
    decoder_options: dict[str, Any] = field(default_factory=dict)
    ending: Ending | None = None
    """What follows a text that is sent to it: a newline if not given, and nothing where it goes to a topic."""
    buttons: tuple[Button, ...] = ()
    """Buttons for what is sent often."""


@dataclass(frozen=True)
class Config:
    """A configuration without mistakes."""

    path: Path
    view: View
    server: Server
    recording: RecordTable
    sources: tuple[SourceSpec, ...]
    pages: tuple[PageDesign, ...] = ()

    def monitor(self, **overrides: Any) -> Monitor:
        """Make the monitor; the arguments of ``Monitor`` that are given win over the file.

        A ``function:`` source may be in a module that lies beside the file.
        """
        from stripchart.monitor import Monitor

        folder = str(self.path.resolve().parent)
        if folder not in sys.path:
            sys.path.append(folder)  # last, so that no file there hides a module
        pages = {design.path: design.describe() for design in self.pages}
        arguments = {**vars(self.view), **vars(self.server), "pages": pages, **overrides}
        del arguments["open"]
        layout = arguments.pop("layout")
        if layout:
            arguments["layout"] = self.path.parent / layout
        if "record" not in arguments and self.recording.enabled:
            arguments["record"] = self.recording
        return Monitor(*self.sources, **arguments)


def load(path: str | os.PathLike[str]) -> Config:
    """Read and check a configuration.

    Raises
    ------
    ConfigError
        With all mistakes, one a line: ``bench.toml: sources.imu.baudrate: expected a whole number, got 'fast'``.
    """
    file = Path(path)
    document = read_document(file)
    config, mistakes = _build(file, document.content)
    unclear = {mistake.key for mistake in document.mistakes}
    mistakes = [*document.mistakes, *(mistake for mistake in mistakes if mistake.key not in unclear)]
    if mistakes or config is None:
        raise ConfigError("\n".join(f"{file}: {mistake}" for mistake in mistakes))
    if document.literal_secrets and file.stat().st_mode & stat.S_IROTH and os.name == "posix":
        where = ", ".join(document.literal_secrets)
        log.warning("%s: everybody on this machine can read its secrets (%s); run: chmod 600 %s", file, where, file)
    return config


def _build(file: Path, document: Mapping[str, Any]) -> tuple[Config | None, list[Mistake]]:
    tables = ("server", "recording", "sources", "page")
    view, mistakes = fill(View, {key: value for key, value in document.items() if key not in tables}, also=tables)
    server, wrong = _fill_table(Server, document.get("server", {}))
    mistakes += [mistake.below("server") for mistake in wrong]
    recording, wrong = _fill_table(RecordTable, document.get("recording", {}))
    mistakes += [mistake.below("recording") for mistake in wrong]
    pages, wrong = read_pages(document.get("page", []))
    mistakes += [mistake.below("page") for mistake in wrong]
    sources = document.get("sources")
    if not isinstance(sources, dict) or not sources:
        mistakes.append(Mistake("sources", "expected at least one table [sources.NAME] with a url"))
        sources = {}
    specs = []
    for name, table in sources.items():
        spec, wrong = _source(name, table)
        mistakes += [mistake.below(f"sources.{name}") for mistake in wrong]
        specs.append(spec)
    if mistakes or view is None or server is None or recording is None:
        return None, mistakes
    # An empty token would let everybody in; it is more likely a variable that was not set.
    server = replace(server, token=server.token or None, control_token=server.control_token or None)
    paths = {name: str(file.parent / path) for name in ("certificate", "key") if (path := getattr(server, name))}
    place = str(file.parent / recording.file) if recording.file else ""
    recording = replace(recording, file=place, name=recording.name or file.stem)
    return Config(file, view, replace(server, **paths), recording, tuple(filter(None, specs)), pages), []


def _fill_table(cls: type[Any], table: object) -> tuple[Any, list[Mistake]]:
    if not isinstance(table, dict):
        return None, [Mistake("", f"expected a table, got {show(table)}")]
    return fill(cls, table)


def _source(name: str, table: object) -> tuple[SourceSpec | None, list[Mistake]]:
    if not isinstance(table, dict):
        return None, [Mistake("", f"expected a table with a url, got {show(table)}")]
    common = {key: value for key, value in table.items() if key in SourceTable.__dataclass_fields__}
    options = {key: value for key, value in table.items() if key not in common}
    said, mistakes = fill(SourceTable, common)
    try:
        check_name(name)
    except ConfigError as error:
        mistakes.append(Mistake("", str(error)))
    if said is not None:
        options |= {key: common[key] for key in CLOCK_OPTIONS if key in common}
        controls = Controls(said.ending, said.buttons)
        spec = SourceSpec(said.url, name, said.decoder, options, said.decoder_options, said.must_start, controls)
        return spec, mistakes + spec.attempt()[1]
    if isinstance(url := common.get("url"), str):  # so that its own options are checked all the same
        mistakes += SourceSpec(url, name, options=options).attempt()[1]
    return None, mistakes
