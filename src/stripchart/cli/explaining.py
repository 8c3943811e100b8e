"""What ``stripchart explain`` does: listen for a while, and tell what came and what became of it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import typer

from stripchart.cli.listing import columns
from stripchart.cli.running import TICK, Signals
from stripchart.config.spec import as_spec
from stripchart.explain import explain
from stripchart.flow.hub import Hub
from stripchart.flow.pump import AT_REST, Pump, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stripchart.config.spec import SourceLike

MOST_SHOWN: Final = 10
"""Rejected inputs and lines of log text that are printed; ``--json`` gives all there are."""
LONGEST: Final = 60
"""Characters of each that are printed."""


def listen(given: SourceLike, seconds: float) -> dict[str, Any]:
    """Run a source for a while, or until it ends or Ctrl-C comes, and explain it.

    Raises
    ------
    ConfigError
        If it cannot be built.
    """
    spec = as_spec(given)
    source, decoder = spec.build()
    hub = Hub()
    pump = Pump(spec.name, source, decoder, hub)
    with Signals() as signals:
        typer.echo(f"listening to {spec.url} for {seconds:g} s …", err=True)
        deadline = time.monotonic() + seconds
        pump.start()
        try:
            while pump.state not in AT_REST and time.monotonic() < deadline and not signals.caught:
                time.sleep(TICK)
            return explain(pump, spec, hub)
        finally:
            pump.stop()


def failed(answer: Mapping[str, Any]) -> bool:
    """Say whether the source can never work like this."""
    return bool(answer["state"] == State.FAILED)


def report_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield an explanation for people."""
    counts = answer["counts"]
    yield f"{answer['source']}  {answer['url']}  {answer['state']}"
    yield f"  decoder  {answer['decoder'] or 'nothing recognised'}"
    yield (
        f"  counts   {counts['bytes']:,} bytes, {counts['frames']:,} frames: {counts['decoded']:,} decoded, "
        f"{counts['rejected']:,} rejected; {counts['samples']:,} samples"
    )
    if counts["bytes_skipped"] or counts["bytes_buffered"]:
        yield f"           {counts['bytes_skipped']:,} bytes skipped, {counts['bytes_buffered']:,} not complete yet"
    for one in answer["reasons"]:
        yield f"           {one['count']:,} {one['reason']}"
    yield f"  hint     {answer['hint'] or 'all is well'}"
    yield from _inputs("Rejected", [(one["time_ns"], one["reason"], one["text"]) for one in answer["rejects"]])
    yield from _inputs("Log text", [(one["time_ns"], one["text"]) for one in answer["log"]])
    if answer["suggestions"]:
        yield ""
        yield "Decoders that make samples of it:"
        rows = [
            (f"  {one['decoder']}", f"{one['share']:.0%}", one["note"], one["line"]) for one in answer["suggestions"]
        ]
        yield from columns(rows)


def _inputs(title: str, entries: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    if not entries:
        return
    yield ""
    more = f" of {len(entries)}" if len(entries) > MOST_SHOWN else ""
    yield f"{title}, the newest {min(len(entries), MOST_SHOWN)}{more}:" if more else f"{title}:"
    rows = [("  " + _clock(time_ns), *map(_cut, texts)) for time_ns, *texts in reversed(entries[:MOST_SHOWN])]
    yield from columns(rows)


def _clock(time_ns: int) -> str:
    moment = datetime.fromtimestamp(time_ns / 1e9).astimezone()
    return f"{moment:%H:%M:%S}.{time_ns // 1_000_000 % 1000:03}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
