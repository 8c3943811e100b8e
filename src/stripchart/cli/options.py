"""The options of every command that runs a monitor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stripchart.cli.arguments import seconds
from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from stripchart.config.recording import RecordSpec


class Theme(StrEnum):
    """Colours of the page."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


Host = Annotated[
    str | None, typer.Option(metavar="HOST", help="Address to listen on; beyond this machine, visitors need a token.")
]
Port = Annotated[
    int | None, typer.Option(metavar="NUMBER", min=0, max=65535, help="Port of the page; 0 picks a free one.")
]
AllowHosts = Annotated[
    list[str] | None, typer.Option(metavar="HOST", help="A further name of this machine; may be repeated.")
]
Token = Annotated[
    str | None, typer.Option(metavar="TOKEN", envvar="STRIPCHART_TOKEN", help="Ask visitors for this token.")
]
Control = Annotated[
    bool | None, typer.Option("--control/--no-control", help="Let visitors send commands to devices; off by default.")
]
ControlToken = Annotated[
    str | None,
    typer.Option(
        metavar="TOKEN", envvar="STRIPCHART_CONTROL_TOKEN", help="Ask those who send for this token, not that to view."
    ),
]
Title = Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the page.")]
Window = Annotated[
    str | None, typer.Option(metavar="TIME", help="Time that the page shows at first: 90, 30s, 5m or 1h.")
]
Colours = Annotated[Theme | None, typer.Option(help="Colours of the page.")]
Layout = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A TOML file of pages; what is edited in the page is saved there.")
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")]
StopAfter = Annotated[str | None, typer.Option("--for", metavar="TIME", help="Stop after a time: 90, 30s, 5m or 1h.")]
NoRecord = Annotated[bool, typer.Option("--no-record", help="Keep nothing of what arrives.")]
RecordFile = Annotated[
    Path | None, typer.Option("--record", metavar="FILE", help="Keep what arrives in this file, or go on with it.")
]
Raw = Annotated[bool, typer.Option("--raw", help="Keep the bytes as they come, too.")]
LogJson = Annotated[bool, typer.Option("--log-json", help="Log as lines of JSON.")]


@dataclass
class RunOptions:
    """What every command takes that runs a monitor; what is not given stays as the monitor or the file has it."""

    host: Host = None
    port: Port = None
    allow_host: AllowHosts = None
    token: Token = None
    control: Control = None
    control_token: ControlToken = None
    title: Title = None
    window: Window = None
    theme: Colours = None
    layout: Layout = None
    no_open: NoOpen = False
    stop_after: StopAfter = None
    record: RecordFile = None
    no_record: NoRecord = False
    raw: Raw = False
    log_json: LogJson = False

    def for_monitor(self) -> dict[str, Any]:
        """Return the arguments of ``Monitor`` that were given."""
        arguments = {
            "host": self.host,
            "port": self.port,
            "allow_hosts": self.allow_host or None,
            "token": self.token,
            "control": self.control,
            "control_token": self.control_token,
            "title": self.title,
            "window": seconds("--window", self.window),
            "theme": self.theme and self.theme.value,
            "layout": self.layout and self.layout.absolute(),
        }
        return {name: value for name, value in arguments.items() if value is not None}

    def recording(self, usual: RecordSpec | None) -> RecordSpec | None:
        """Return how to record: as the options say, and as usual where they say nothing."""
        from stripchart.config.recording import RecordSpec

        if self.no_record:
            if self.record or self.raw:
                raise ConfigError("--no-record: contradicts --record and --raw; keep one")
            return None
        if self.record is None and not self.raw:
            return usual
        spec = usual or RecordSpec()
        return replace(spec, file=self.record or spec.file, raw=self.raw or spec.raw)
