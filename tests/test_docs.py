"""What README, the samples and the changelog say is so."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from stripchart import __version__
from stripchart.config.file import load
from stripchart.config.pages import read_page
from stripchart.config.spec import as_spec
from stripchart.plugins import load as load_plugin
from stripchart.plugins import registered

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def helped(*words: str) -> str:
    command = [sys.executable, "-m", "stripchart", *words, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_the_commands_and_options_are_there() -> None:
    commands = set(re.findall(r"\bstripchart ([a-z]+)\b", README))
    assert {"demo", "watch", "run", "ports", "check", "schema"} <= commands | {"demo"}
    told = helped()
    assert all(re.search(rf"^  {command}\b", told, re.MULTILINE) for command in commands - {"import"})
    options = set(re.findall(r"`[^`\n]*?(--[a-z][a-z-]+)", README))
    assert options
    assert options <= set(re.findall(r"--[a-z-]+", told + "".join(map(helped, sorted(commands - {"import"})))))


def test_every_source_is_named() -> None:
    for scheme in registered("sources"):
        assert f"`{scheme}" in README, scheme


def test_the_sources_in_it_can_be_built() -> None:
    urls = re.findall(r"stripchart watch (.+?)(?: +#|$)", README, re.MULTILINE)
    words = [word.strip("'") for line in urls for word in line.split()]
    assert len(words) >= 5
    for word in words:
        as_spec(word).build()


TALKING = (ROOT / "docs/talking-back.md").read_text()


@pytest.mark.parametrize("found", re.findall(r"```toml\n(.+?)```", README + TALKING, re.DOTALL))
def test_the_configurations_in_it_are_ones(tmp_path: Path, found: str) -> None:
    (tmp_path / "broker.password").write_text("apple pie\n")
    file = tmp_path / "readme.toml"
    file.write_text(found)
    for spec in load(file).sources:
        spec.build()


PANELS = (ROOT / "docs/panels.md").read_text()


@pytest.mark.parametrize("kind", registered("panels"))
def test_every_panel_has_its_options_and_a_sample(kind: str) -> None:
    section = next((text for text in PANELS.split("\n## ") if text.startswith(f"{kind}\n")), "")
    options = {field.name for field in fields(load_plugin("panels", kind).Options)}
    assert options == set(re.findall(r"`([^`]+)`", "".join(re.findall(r"^\| (`.+?) \|", section, re.MULTILINE))))
    assert f"(pictures/panel-{kind}.png)" in section
    assert (ROOT / f"docs/pictures/panel-{kind}.png").stat().st_size < 60_000
    samples = re.findall(r"```toml\n(.+?)```", section, re.DOTALL)
    assert samples
    for found in samples:
        page = read_page(tomllib.loads("[[page]]\n" + found)["page"][0])
        assert kind in {panel.kind for panel in page.panels}


def test_its_make_targets_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "bench"} <= targets
    missing = [target for target in targets if f"\n{target}:" not in makefile]
    assert missing == []


def test_the_examples_in_it_are_there() -> None:
    for name in re.findall(r"stripchart\.examples\.([a-z_]+)", README):
        assert (ROOT / "src/stripchart/examples" / f"{name}.py").exists()


def test_the_changelog_leads_to_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in changelog or f"## [{__version__}]" in changelog
