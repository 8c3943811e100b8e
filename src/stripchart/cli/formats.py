"""What ``stripchart formats`` prints: every registered decoder by its samples, which tests hold it to."""

from __future__ import annotations

import inspect
import json
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from stripchart.cli.listing import columns
from stripchart.config.attributes import attribute_texts
from stripchart.config.options import describe
from stripchart.flow.legible import escape
from stripchart.plugins import load, registered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stripchart.decoders.samples import Sample

INTRODUCTION: Final = """\
# Formats

This page is made by `stripchart formats --markdown`, and a test holds every line of it: each input is decoded to the
values beside it.

Without a `decoder`, a stream of bytes is held for 50 lines or 2 seconds at most, and the format is found out (`auto`);
messages on topics are read by `topics`. `stripchart explain URL` tells how sure that is, and what else would fit.
"""
LONGEST: Final = 400
"""Characters of an input that are shown."""


def samples_of(name: str) -> Sequence[Sample]:
    """Return the samples of a registered decoder; a third party's may have none."""
    return tuple(getattr(load("decoders", name), "samples", ()))


def format_lines() -> Iterator[str]:
    """Yield a table for a terminal."""
    rows = [("Decoder", "Format", "What is recognised")]
    rows += [(name, one.title, one.recognised) for name in registered("decoders") for one in samples_of(name)]
    yield from columns(rows)


def markdown() -> str:
    """Return ``docs/formats.md``."""
    parts = [INTRODUCTION]
    for name in registered("decoders"):
        kind = load("decoders", name)
        parts.append(f"## `{name}`\n")
        parts += [_sample(one) for one in samples_of(name)]
        parts += _options(kind.Options)
    return "\n".join(parts)


def _sample(sample: Sample) -> str:
    lines = [f"**{sample.title}.** {sample.recognised}", "", "```text", *_input(sample), "```", ""]
    if sample.options:
        lines += [f"With `{json.dumps(dict(sample.options), ensure_ascii=False)}`:", ""]
    lines += ["| channel | unit | values |", "|---|---|---|"]
    for name, values in sample.values.items():
        lines.append(
            f"| {_cell(name)} | {_cell(sample.units.get(name, ''))} | {_cell(', '.join(map(_value, values)))} |"
        )
    return "\n".join([*lines, ""])


def _input(sample: Sample) -> Iterator[str]:
    """Yield the input line by line, with what cannot be shown escaped."""
    for topic, payload in sample.messages:
        yield f"{topic} {_shown(payload)}"
    for line in sample.data.splitlines(keepends=True):
        text = line.removesuffix(b"\n").removesuffix(b"\r") if _is_text(sample.data) else line
        yield _shown(text)


def _shown(data: bytes) -> str:
    text = escape(data) if _is_text(data) else data.hex(" ")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _is_text(data: bytes) -> bool:
    try:
        return all(character.isprintable() or character in "\t\r\n" for character in data.decode())
    except UnicodeDecodeError:
        return False


def _options(options: type[Any]) -> Iterator[str]:
    """Yield the table of a decoder's options, with the text of their docstring."""
    hints = get_type_hints(options, include_extras=True)
    texts = {name: _cell(text) for name, text in attribute_texts(inspect.getdoc(options) or "").items()}
    rows = []
    for field in fields(options):
        default = "" if field.default in (MISSING, None) else json.dumps(field.default, default=str, ensure_ascii=False)
        told = f"`{default}`" if default else ""
        rows.append(f"| `{field.name}` | {_cell(describe(hints[field.name]))} | {told} | {texts.get(field.name, '')} |")
    if rows:
        yield "\n".join(["| option | expected | default | |", "|---|---|---|---|", *rows, ""])


def _value(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
