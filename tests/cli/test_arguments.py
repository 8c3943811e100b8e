from __future__ import annotations

import pytest

from stripchart.cli.arguments import pairs, seconds
from stripchart.errors import ConfigError


def test_pairs() -> None:
    given = ["a=1", "b==", 'c=[1, "x"]', 'd={"e": true}', "f="]
    assert pairs("--option", given) == {"a": "1", "b": "=", "c": [1, "x"], "d": {"e": True}, "f": ""}


@pytest.mark.parametrize("text", ["a", "=1", ""])
def test_what_is_no_pair(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--option: expected key=value, got '{text}'"):
        pairs("--option", [text])


def test_seconds() -> None:
    assert seconds("--for", "2m") == 120
    assert seconds("--for", None) is None
    with pytest.raises(ConfigError, match="--for: expected a span of time"):
        seconds("--for", "soon")
