"""What the command line says of recordings."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from stripchart.cli.listing import columns
from stripchart.flow.events import notes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stripchart.store.library.folder import Entry
    from stripchart.store.reading.reader import Recording

HEADER: Final = ("Name", "From", "To", "Size", "Streams", "Title")
MAX_TITLE: Final = 60
MAX_NOTES: Final = 50
"""Notes that people are told: the newest."""
DEFAULT_TITLE: Final = "Stripchart"
"""The title of a monitor that was given none."""


def entry_lines(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a table of recordings; times are by this machine's clock."""
    yield from columns([HEADER, *map(_row, entries)])


def entry_facts(entry: Entry) -> dict[str, Any]:
    """Return what is known of a recording in the folder, for programs."""
    about = entry.about
    return {
        "name": entry.name,
        "path": str(entry.path),
        "size": entry.size,
        "title": about.title if about else "",
        "note": about.note if about else "",
        **_times(entry.span),
        "streams": entry.streams,
        "recording": entry.in_use,
        "closed": bool(about and about.sealed),
        "problem": entry.problem,
    }


def facts(recording: Recording, *, in_use: bool) -> dict[str, Any]:
    """Return what there is to know of a recording, for programs."""
    about, streams, happened = recording.about(), recording.streams(), recording.events()
    values = sum((stream.rows - stream.first_row) * len(stream.channels) for stream in streams)
    return {
        "title": about.title,
        "note": about.note,
        "path": str(recording.path),
        "created": _iso(about.created_ns),
        **_times(recording.span()),
        "runs": [
            {
                "started": _iso(run.started_ns),
                "stopped": _iso(run.stopped_ns) if run.stopped_ns else None,
                "version": run.version,
                "sources": {name: spec["url"] for name, spec in run.config.get("sources", {}).items()},
                "redelivered": run.redelivered,
            }
            for run in about.runs
        ],
        "streams": [
            {
                "name": stream.name,
                "rows": stream.rows - stream.first_row,
                "forgotten": stream.first_row,
                **_times((stream.start_ns, stream.stop_ns) if stream.rows > stream.first_row else None),
                "channels": [{"name": c.name, "kind": str(c.kind), "unit": c.unit} for c in stream.channels],
            }
            for stream in streams
        ],
        "events": dict(Counter(event.kind for event in happened).most_common()),
        "notes": [{"time": _iso(note.time_ns), "text": note.text} for note in notes(happened)],
        "raw_sources": recording.raw_sources(),
        "size": about.size,
        "samples": values,
        "bytes_per_sample": round(about.size / values, 3) if values else None,
        "recording": in_use,
        "closed": about.sealed,
        "problems": list(recording.problems),
    }


def fact_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the same for people."""
    per_sample = f", {found['bytes_per_sample']:.2f} bytes a sample" if found["samples"] else ""
    state = "recording now" if found["recording"] else "closed" if found["closed"] else "not closed in order"
    pairs = [("title", found["title"]), ("note", found["note"]), ("path", found["path"])]
    pairs += [("from", _local(found["start"])), ("to", _local(found["stop"]))]
    pairs += [("size", f"{size_text(found['size'])}, {found['samples']:,} samples{per_sample}"), ("state", state)]
    events = ", ".join(f"{kind} {count:,}" for kind, count in found["events"].items())
    pairs += [
        ("events", events),
        ("sent again", _redelivered(found["runs"])),
        ("raw bytes", ", ".join(found["raw_sources"])),
    ]
    yield from columns([(f"{label}:", clean(text)) for label, text in pairs if text])
    yield "runs:"
    yield from columns(list(_runs(found["runs"])) or [("  none",)])
    if found["notes"]:
        yield "notes:"
        yield from columns([(f"  {_local(note['time'])}", clean(note["text"])) for note in found["notes"][-MAX_NOTES:]])
    yield "streams:"
    yield from columns(list(_streams(found["streams"])) or [("  none",)])
    yield from problem_lines(found["problems"])


def problem_lines(problems: Sequence[str]) -> Iterator[str]:
    """Yield what is damaged, if anything is."""
    if problems:
        yield "damaged:"
        yield from (f"  {clean(problem)}" for problem in problems)


def size_text(size: float) -> str:
    """Return a number of bytes in words."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004 - a step of the units
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def clean(text: str) -> str:
    """Return a text that does nothing to a terminal: names may come from a device."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _row(entry: Entry) -> tuple[str, ...]:
    about = entry.about
    told = []
    if entry.in_use:
        told.append("recording now")
    if entry.problem:
        told.append(clean(f"damaged: {entry.problem}"))
    elif about and not about.sealed and not entry.in_use:
        told.append("not closed in order")
    if about:
        texts = ["" if about.title == DEFAULT_TITLE else about.title, about.note]
        words = "; ".join(clean(text) for text in texts if text)
        told.append(words if len(words) <= MAX_TITLE else f"{words[: MAX_TITLE - 1]}…")
    start, stop = map(_local, _times(entry.span).values())
    streams = str(entry.streams) if about else "-"
    return (clean(entry.name), start or "-", stop or "-", size_text(entry.size), streams, "; ".join(filter(None, told)))


def _redelivered(runs: Iterable[Mapping[str, Any]]) -> str:
    """Say how many samples may be there twice, as far as one can tell."""
    messages: Counter[str] = Counter()
    for run in runs:
        messages.update(run["redelivered"])
    told = ", ".join(f"{name} {count:,}" for name, count in messages.items())
    return f"{told} (messages; what they say may be here twice)" if told else ""


def _runs(runs: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for run in runs:
        sources = ", ".join(f"{name} ({url})" for name, url in run["sources"].items())
        stopped = _local(run["stopped"]) or "?"
        yield (
            f"  {_local(run['started'])} to {stopped}",
            clean(f"{sources or 'no source'}, Stripchart {run['version']}"),
        )


def _streams(streams: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for stream in streams:
        channels = [f"{c['name']} [{c['unit']}]" if c["unit"] else c["name"] for c in stream["channels"]]
        gone = f" ({stream['forgotten']:,} older ones forgotten)" if stream["forgotten"] else ""
        yield f"  {clean(stream['name'])}", f"{stream['rows']:,} rows{gone}", clean(", ".join(channels))


def _times(span: tuple[int, int] | None) -> dict[str, str | None]:
    start, stop = (None, None) if span is None else map(_iso, span)
    return {"start": start, "stop": stop}


def _iso(time_ns: int) -> str:
    import numpy as np

    from stripchart.store.exporting.iso import to_iso

    return to_iso(np.array([time_ns]))[0]


def _local(text: str | None) -> str:
    """Return a time as ``--from`` of an export takes it, to the second."""
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M:%S}" if text else ""
