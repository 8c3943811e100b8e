from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from stripchart.config.attributes import attribute_texts
from stripchart.config.layouts import Layouts
from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

ONE = {"panel": [{"kind": "number", "title": "Grün", "channels": ["a/*"], "high": 2.5}], "kiosk": True}
TWO = {"path": "/two", "channel": [{"match": "a", "scale": 0.1}]}


def test_a_page_is_written_as_it_is_read() -> None:
    assert tomllib.loads(Layouts().write(ONE)) == {"page": [ONE]}


def test_saved_pages_are_there_again(tmp_path: Path) -> None:
    file = tmp_path / "pages.toml"
    layouts = Layouts(file)
    assert layouts.designs == ()
    layouts.save(ONE)
    layouts.save(TWO)
    layouts.save({**ONE, "title": "New"})
    assert [design.describe() for design in Layouts(file).designs] == [TWO, {**ONE, "title": "New"}]
    assert [path.name for path in tmp_path.iterdir()] == ["pages.toml"]


def test_without_a_file_nothing_is_saved(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="start with --layout FILE"):
        Layouts().save(ONE)
    with pytest.raises(ConfigError, match=r"pages.toml: cannot be written: No such file"):
        Layouts(tmp_path / "nowhere" / "pages.toml").save(ONE)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            "[[page]]\n[[page.panel]]\nwidth = 13\n",
            "page[0].panel[0].width: expected a whole number from 1 to 12, got 13",
        ),
        ("[sources.a]\n", "expected [[page]] alone, found sources"),
        ("[[page", "cannot be read"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, mistake: str) -> None:
    file = tmp_path / "pages.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as told:
        Layouts(file)
    assert f"{file}: {mistake}" in str(told.value)


def test_the_kinds_are_told_with_their_options() -> None:
    kinds = {kind["kind"]: kind for kind in Layouts().kinds()}
    assert kinds["strip"]["text"] == "Lines over time, on one or two axes."
    options = {option["name"]: option for option in kinds["number"]["options"]}
    assert options["digits"] == {
        "name": "digits",
        "expected": "a whole number from 0 to 9",
        "default": None,
        "text": "Places after the decimal point; as many as are worth reading where not given.",
        "type": "integer",
        "minimum": 0,
        "maximum": 9,
    }
    assert options["high_alarm"]["text"] == "Below and above these it is an alarm."
    style = next(option for option in kinds["strip"]["options"] if option["name"] == "style")
    assert style["type"] == "choice"
    assert "step" in style["choices"]


def test_every_option_is_explained() -> None:
    for kind in Layouts().kinds():
        assert kind["text"]
        for option in kind["options"]:
            assert option["text"], (kind["kind"], option["name"])


def test_texts_of_attributes() -> None:
    doc = "Head.\n\nAttributes\n----------\na, b\n    Both of ``x``,\n    and more.\nc\n    Third."
    assert attribute_texts(doc) == {"a": "Both of `x`, and more.", "b": "Both of `x`, and more.", "c": "Third."}
