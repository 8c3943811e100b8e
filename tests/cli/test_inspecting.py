from __future__ import annotations

import re

import pytest

from support.command import ran


def test_formats() -> None:
    result = ran("formats")
    assert result.returncode == 0
    assert re.search(r"^csv +CSV", result.stdout, re.MULTILINE)
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("explain", {"--for", "--decoder", "--json"}),
        ("decode", {"--as", "--option", "--format", "--limit"}),
        ("formats", {"--markdown"}),
    ],
)
def test_help_tells_the_options(command: str, options: set[str]) -> None:
    result = ran(command, "--help")
    assert result.returncode == 0
    assert options <= set(re.findall(r"^  (--[\w-]+)", result.stdout, re.MULTILINE))
