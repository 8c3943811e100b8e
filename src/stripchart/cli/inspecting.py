"""The commands that look at an input instead of plotting it; heavy modules are loaded when one is used."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from stripchart.cli import arguments

FAILED = 3
"""Exit code: the source has failed for good."""


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def explain(
    url: Annotated[str, typer.Argument(metavar="URL", help="serial:/dev/ttyUSB0, mqtt://host/topic/# or -")],
    listen_for: Annotated[str, typer.Option("--for", metavar="TIME", help="Time to listen: 5, 30s or 5m.")] = "5s",
    decoder: Annotated[str, typer.Option(metavar="NAME", help="Decoder to use instead of the source's own.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print all there is to know as JSON.")] = False,
) -> int:
    """Listen to a source and tell why it does or does not plot."""
    from stripchart.cli.explaining import failed, listen, report_lines
    from stripchart.config.spec import source

    answer = listen(source(url, decoder=decoder), arguments.seconds("--for", listen_for) or 0.0)
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else "\n".join(report_lines(answer)))
    return FAILED if failed(answer) else 0


def decode(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file of what a device sent, or - for standard input.")],
    decoder: Annotated[str, typer.Option("--as", metavar="NAME", help="Decoder; see stripchart formats.")] = "auto",
    option: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Option of the decoder; may be repeated.")
    ] = None,
    rows_as: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = Format.TABLE,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Print so many rows at most.")] = None,
) -> int:
    """Decode a file and print its rows.

    What became of all input is told at the end.
    """
    from stripchart.cli import decoding

    made = decoding.make_decoder(decoder, arguments.pairs("--option", option or ()))
    write = decoding.FORMATS[rows_as.value]()
    rows = 0
    batches = decoding.batches_of(file, made, messages=decoder == "topics")
    for batch, count in decoding.limited(batches, limit):
        rows += count
        for line in write(batch, count):
            typer.echo(line)
    typer.echo(decoding.account(file, made, rows), err=True)
    return 0


def formats(markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/formats.md.")] = False) -> int:
    """List the formats that are decoded."""
    from stripchart.cli import formats as pages

    typer.echo(pages.markdown() if markdown else "\n".join(pages.format_lines()), nl=not markdown)
    return 0
