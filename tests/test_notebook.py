"""The notebook among the examples, run cell by cell in a real kernel; and where a page is shown."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

import stripchart.examples
from stripchart.notebook import in_notebook, in_running_loop
from support.loop import no_running_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode
    from playwright.sync_api import Page

NOTEBOOK = Path(stripchart.examples.__path__[0]) / "notebook.ipynb"


def result(cell: NotebookNode) -> dict[str, Any]:
    """Return what the cell shows, by media type; it must show just that."""
    (output,) = cell.outputs
    assert output.output_type == "execute_result", output
    return dict(output.data)


def framed(cell: NotebookNode) -> str:
    """Return the address of the page that the cell embeds."""
    match = re.search(r'<iframe\s+width="100%"\s+height="\d+"\s+src="([^"]+)"', result(cell)["text/html"])
    assert match is not None, result(cell)
    return match[1]


@pytest.fixture
def cells() -> Iterator[Iterator[NotebookNode]]:
    """Execute the notebook's next cell of code each time one is asked for; the kernel runs on in between."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=60, kernel_name="python3")
    code = ((place, cell) for place, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    with client.setup_kernel():
        yield (client.execute_cell(cell, place) for place, cell in code)


def test_the_notebook_is_kept_without_results():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.browser
@pytest.mark.timeout(180)
def test_the_notebook_runs_and_its_pages_are_live(page: Page, cells: Iterator[NotebookNode]):
    line = ast.literal_eval(result(next(cells))["text/plain"])
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/line", line)
    assert framed(next(cells)) == line
    page.goto(line)
    assert page.title() == "Hello, world!"
    page.wait_for_function("Bokeh.documents[0]?.get_model_by_name('line').data_source.data.y.length === 3")

    circles = framed(next(cells))
    page.goto(circles)
    page.wait_for_function("Bokeh.documents[0]?.get_model_by_name('circles').data.x.length > 10")

    own = framed(next(cells))
    page.goto(own)
    page.wait_for_selector("body[data-ready] .legend li")
    assert framed(next(cells)) == f"{own}workers"
    page.goto(f"{own}workers")
    page.wait_for_function("Bokeh.documents[0]?.get_model_by_name('workers').data.idle.at(-1) === 2")

    assert "1.0" in result(next(cells))["text/plain"]  # one worker was saturated ...
    page.wait_for_function("Math.max(...Bokeh.documents[0].get_model_by_name('workers').data.saturated) === 1")
    table = result(next(cells))
    assert "<table" in table["text/html"]
    assert "saturated" in table["text/plain"]
    assert result(next(cells))["text/plain"] == "[200, 200, 200, 200]"
    assert result(next(cells))["text/plain"] == "True"  # all accounted for

    assert result(next(cells))["text/plain"] == "True"  # stopped, and the data are still there
    assert next(cells, None) is None
    for address in (line, circles, own):
        with pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
            page.goto(address)


def test_this_is_no_notebook():
    with no_running_loop():
        assert not in_notebook()
        assert not in_running_loop()
