r"""Why isn't it plotting? What a source sent, what became of it, and what to try instead.

``explain`` answers for a pump with a plain dict, ready for JSON; the page's panel, ``GET /api/explain?source=NAME`` and
``stripchart explain URL`` all show this one::

    {
      "source": "bench",                      # name
      "url": "serial:/dev/ttyUSB0",           # without secrets
      "state": "connected",                   # see flow.pump.State
      "hint": "no bytes for 12 s: …",         # the most likely trouble in a sentence or two; "" if all is well
      "decoder": "CSV, 3 columns (sure)",     # what was recognised, "" if nothing yet
      "in_use": "csv",                        # name of the decoder that reads it, "" while auto has chosen none
      "counts": {"bytes": 0, "bytes_skipped": 0, "bytes_buffered": 0, "frames": 0, "decoded": 0, "rejected": 0,
                 "samples": 0},
      "reasons": [{"reason": "not a number", "count": 12}],                        # most frequent first
      "rejects": [{"time_ns": 0, "reason": "not a number", "text": "b\\x00oot"}],  # newest 100, newest first, escaped
      "suggestions": [                        # decoders that make samples of the newest input, best first
        {"decoder": "csv", "share": 0.94, "note": "CSV, 3 columns",
         "line": "stripchart watch 'serial:/dev/ttyUSB0?decoder=csv'",
         "toml": "[sources.bench]\nurl = \"serial:/dev/ttyUSB0\"\ndecoder = \"csv\"\n"},
      ],
      "log": [{"time_ns": 0, "text": "WiFi connected"}],                           # newest 50, newest first
    }

``share`` is the part of the newest input that the decoder makes samples of, by frames: 0 to 1. A ``line`` is empty
where no command says the same.
"""

from __future__ import annotations

import json
import shlex
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from stripchart.config.secrets import hide
from stripchart.decoders.cells import LOG_STREAM
from stripchart.decoders.detection.auto import AutoDecoder
from stripchart.decoders.detection.evidence import rank
from stripchart.flow.legible import escape
from stripchart.hints import hint
from stripchart.sources.url import split_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stripchart.config.spec import SourceSpec
    from stripchart.flow.hub import Hub
    from stripchart.flow.ledger import PumpCounts
    from stripchart.flow.pump import Pump
    from stripchart.flow.records import Chunk, Reject

MAX_LOG: Final = 50
"""Lines of log text that are shown."""
_SHOWN_COUNTS: Final = ("bytes", "bytes_skipped", "bytes_buffered", "frames", "decoded", "samples")


class Facts(NamedTuple):
    """What is known of a source at one moment."""

    source: str
    spec: SourceSpec
    """As the user wrote it."""
    state: str
    reason: str
    """Of its state, such as why a port cannot be opened."""
    status: str
    """What its source says beyond the state."""
    decoder: str
    """What its decoder says that it recognised."""
    in_use: str
    """Name of the decoder that reads it, if there is one."""
    counts: PumpCounts
    rejects: Sequence[Reject]
    """Oldest first."""
    tail: Sequence[Chunk]
    """The newest input, oldest first."""
    log: Sequence[tuple[int, str]]
    """Time and text of lines, oldest first."""
    quiet: float
    """Seconds since the newest input, or since it is in this state if there was none."""


class Suggestion(NamedTuple):
    """A decoder that makes samples of the newest input."""

    decoder: str
    share: float
    note: str
    options: Mapping[str, Any]


def explain(pump: Pump, spec: SourceSpec, hub: Hub | None = None) -> dict[str, Any]:
    """Explain a source; see the module for the answer.

    Parameters
    ----------
    spec
        What the pump was made from.
    hub
        Where its log text went.
    """
    return report(gather(pump, spec, hub))


def gather(pump: Pump, spec: SourceSpec, hub: Hub | None = None) -> Facts:
    """Take what is known of a source now."""
    tail = pump.tail()
    since_ns = max([chunk.time_ns for chunk in tail[-1:]] + [pump.since_ns])
    quiet = max(time.time_ns() - since_ns, 0) / 1e9
    log = _log_of(hub, f"{pump.name}/{LOG_STREAM}") if hub is not None else []
    return Facts(
        source=pump.name,
        spec=spec,
        state=str(pump.state),
        reason=pump.reason,
        status=pump.source.status,
        decoder=pump.decoder.note,
        in_use=_in_use(pump, spec),
        counts=pump.counts(),
        rejects=pump.rejects(),
        tail=tail,
        log=log,
        quiet=quiet,
    )


def report(facts: Facts) -> dict[str, Any]:
    """Explain facts; see the module for the answer."""
    suggestions = suggest(facts.tail)
    counts = facts.counts
    shown = {name: getattr(counts, name) for name in _SHOWN_COUNTS}
    by_count = sorted(counts.rejected.items(), key=lambda item: -item[1])
    return {
        "source": facts.source,
        "url": facts.spec.url,
        "state": facts.state,
        "hint": hint(facts, suggestions),
        "decoder": facts.decoder,
        "in_use": facts.in_use,
        "counts": {**shown, "rejected": sum(counts.rejected.values())},
        "reasons": [{"reason": reason, "count": count} for reason, count in by_count],
        "rejects": [
            {"time_ns": reject.time_ns, "reason": reject.reason, "text": escape(reject.data)}
            for reject in reversed(facts.rejects)
        ],
        "suggestions": [
            {"decoder": one.decoder, "share": round(one.share, 3), "note": one.note, **lines(facts, one)}
            for one in suggestions
        ],
        "log": [{"time_ns": time_ns, "text": text} for time_ns, text in reversed(facts.log)],
    }


def suggest(tail: Sequence[Chunk]) -> list[Suggestion]:
    """Rank the decoders by what they make of a byte stream; messages on topics have but one."""
    data = b"".join(chunk.data for chunk in tail if not chunk.topic)
    best: dict[str, Suggestion] = {}
    for trial in rank(data):
        name, options = trial.candidate.name, trial.candidate.options
        best.setdefault(name, Suggestion(name, trial.share, trial.decoder.note, options))  # a format may be tried twice
    return list(best.values())


def lines(facts: Facts, suggestion: Suggestion) -> dict[str, str]:
    """Return what to type, or to write into a file, so that a source has the suggested decoder."""
    spec = facts.spec
    if not isinstance(spec.given, str):
        return {"line": "", "toml": ""}
    url, query = _with_options(spec)
    name = facts.source if facts.source.replace("-", "_").isidentifier() else json.dumps(facts.source)
    toml = [f"[sources.{name}]", f"url = {json.dumps(_join(url, query))}"]
    toml += [f"decoder = {json.dumps(suggestion.decoder)}"]
    toml += [f"decoder_options.{key} = {json.dumps(value)}" for key, value in suggestion.options.items()]
    if suggestion.options:
        line = ""
    elif url == "-":
        line = f"stripchart watch - --decoder {suggestion.decoder}"
    else:
        line = f"stripchart watch {shlex.quote(_join(url, {**query, 'decoder': suggestion.decoder}))}"
    return {"line": line, "toml": "\n".join(toml) + "\n"}


def _in_use(pump: Pump, spec: SourceSpec) -> str:
    if isinstance(pump.decoder, AutoDecoder):
        return pump.decoder.chosen
    return spec.chosen_decoder or pump.source.default_decoder


def _with_options(spec: SourceSpec) -> tuple[str, dict[str, str]]:
    """Return a URL without its query, and all options of its source; secrets are hidden."""
    scheme, target, query = split_url(spec.url)
    query.pop("decoder", None)
    options = {key: value for key, value in hide(spec.options).items() if isinstance(value, str | int | float)}
    texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in options.items()}
    return scheme if scheme == "-" else f"{scheme}:{target}", {**query, **texts}


def _join(url: str, query: Mapping[str, str]) -> str:
    pairs = "&".join(f"{key}={quote(value, safe='*/:+,')}" for key, value in query.items())
    return f"{url}?{pairs}" if pairs else url


def _log_of(hub: Hub, stream: str) -> list[tuple[int, str]]:
    try:
        batch, _ = hub.read(stream)
    except KeyError:
        return []
    texts = batch.values[0][-MAX_LOG:]
    return list(zip(batch.time[-MAX_LOG:].tolist(), map(str, texts), strict=True))
