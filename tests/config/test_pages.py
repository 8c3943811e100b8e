from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stripchart.config.file import load
from stripchart.config.pages import part_pages, read_page, read_pages
from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

PAGE = {
    "path": "/engine",
    "title": "Engine",
    "channel": [{"match": "bench/t", "name": "Oven", "scale": 0.1, "colour": 3}],
    "panel": [
        {"kind": "number", "channels": ["bench/t"], "width": 4, "high": 40.0, "digits": 1},
        {"kind": "strip", "title": "All", "channels": ["bench/*", "x"], "height": 2, "style": "step"},
    ],
}


def test_a_page_says_what_it_was_made_of() -> None:
    page = read_page(PAGE)
    assert page.describe() == PAGE
    assert read_page(page.describe()) == page or page.describe() == read_page(page.describe()).describe()
    assert [panel.kind for panel in page.panels] == ["number", "strip"]
    assert page.panels[0].panel is not None
    assert page.panels[0].panel.options.high == 40
    assert not page.rest


@pytest.mark.parametrize(
    ("table", "rest", "told"),
    [({}, True, {}), ({"rest": False}, False, {"rest": False}), ({"panel": [{}], "rest": True}, True, None)],
)
def test_what_no_panel_shows_gets_strips_where_there_are_no_panels(
    table: dict[str, Any], rest: bool, told: dict[str, Any] | None
) -> None:
    page = read_page(table)
    assert page.rest is rest
    assert page.describe() == told or page.describe()["rest"] is rest


@pytest.mark.parametrize(
    ("table", "mistake"),
    [
        ({"panel": [{"kind": "nmber"}]}, "panel[0].kind: no panel named 'nmber'; did you mean 'number'?"),
        ({"panel": [{}, {"width": 13}]}, "panel[1].width: expected a whole number from 1 to 12, got 13"),
        ({"panel": [{"kind": "number", "digit": 2}]}, "panel[0].digit: no such option; did you mean 'digits'?"),
        ({"panel": [{"kind": "number", "low": 3, "high": 2}]}, "panel[0].high: expected more than low (3), got 2"),
        (
            {"panel": [{"style": "x"}]},
            "panel[0].style: expected one of 'line', 'step', 'points', 'band', got 'x'",
        ),
        ({"panel": 3}, "panel: expected tables in double brackets, got 3"),
        ({"channel": [{"scale": 2}]}, "channel[0].match: is missing; expected text"),
        (
            {"channel": [{"match": "a", "colour": 17}]},
            "channel[0].colour: expected a whole number from 0 to 16, got 17",
        ),
        ({"path": "a/b"}, "path: expected a path such as '/' or '/engine', got 'a/b'"),
        ({"titel": "x"}, "titel: no such option; did you mean 'title'?"),
        ({"panel": [{}] * 61}, "panel: expected at most 60 panels, got 61"),
    ],
)
def test_mistakes_are_told_with_their_place(table: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ConfigError) as told:
        read_page(table)
    assert str(told.value).startswith(mistake)


def test_two_pages_at_one_path_are_a_mistake() -> None:
    _, mistakes = read_pages([{"path": "/a"}, {"path": "/b"}, {"path": "/a"}])
    assert list(map(str, mistakes)) == ["[2].path: '/a' is another page's already"]


def test_a_file_has_pages(tmp_path: Path) -> None:
    file = tmp_path / "bench.toml"
    file.write_text('[sources.sim]\nurl = "sim:"\n[[page]]\n[[page.panel]]\nkind = "number"\n[[page]]\npath = "/b"\n')
    pages = load(file).pages
    assert [page.path for page in pages] == ["/", "/b"]
    assert pages[0].panels[0].kind == "number"
    file.write_text('[sources.sim]\nurl = "sim:"\n[[page]]\n[[page.panel]]\nkind = "numbr"\n')
    with pytest.raises(ConfigError, match=r"page\[0\]\.panel\[0\]\.kind: no panel named 'numbr'"):
        load(file)


def test_a_program_gives_tables_and_functions() -> None:
    documents, designs = part_pages({"/": {"panel": [{"kind": "number"}]}, "/own": print})
    assert documents == {"/own": print}
    assert [design.path for design in designs] == ["/"]
    with pytest.raises(ConfigError, match=r"pages\[0\]\.panel\[0\]\.kind"):
        part_pages({"/": {"panel": [{"kind": "numbr"}]}})
