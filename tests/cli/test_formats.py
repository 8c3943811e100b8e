from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stripchart.cli.formats import format_lines, markdown, samples_of
from stripchart.plugins import load, registered
from stripchart.testing import check_sample

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
WITHOUT = {"auto"}
"""It has no format of its own."""
CASES = [(name, sample) for name in registered("decoders") for sample in samples_of(name)]


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == markdown(), "run: stripchart formats --markdown > docs/formats.md"


@pytest.mark.parametrize("name", sorted(registered("decoders").keys() - WITHOUT))
def test_every_decoder_has_samples(name: str) -> None:
    assert samples_of(name)
    assert f"\n## `{name}`\n" in markdown()


@pytest.mark.parametrize(("name", "sample"), CASES, ids=[f"{name}: {sample.title}" for name, sample in CASES])
def test_every_sample_decodes_to_its_values(name: str, sample: Any) -> None:
    check_sample(load("decoders", name), sample)


def test_the_list_names_them_all() -> None:
    lines = list(format_lines())
    assert {line.split()[0] for line in lines[1:]} == registered("decoders").keys() - WITHOUT


def test_a_table_of_options_has_their_types_defaults_and_texts() -> None:
    page = markdown()
    row = next(line for line in page.splitlines() if line.startswith("| `delimiter` |"))
    assert "text" in row
    assert '`"auto"`' in row
    assert "One character" in row


def test_a_third_party_decoder_without_samples_or_texts_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Acme:
        @dataclass
        class Options:
            gain: float = 2.0

    monkeypatch.setattr("stripchart.cli.formats.registered", lambda _: {"acme": None})
    monkeypatch.setattr("stripchart.cli.formats.load", lambda *_: Acme)
    assert "## `acme`\n" in markdown()
    assert "| `gain` | a number | `2.0` |  |" in markdown()
