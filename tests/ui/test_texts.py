"""No text from outside reaches a place that runs it: a lint over the page's Python, JavaScript and template."""

from __future__ import annotations

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

UI = Path(str(files("stripchart.ui")))
UNSAFE = {
    "Div": {"text"},
    "Paragraph": {"text"},
    "PreText": {"text"},
    "HTMLTemplateFormatter": {"template"},
    "HTMLText": {"html"},
    "TableColumn": {"title"},
    "MultiChoice": {"options", "title", "placeholder"},
    "HoverTool": {"tooltips"},
    "Tooltip": {"content"},
    "HTML": {"html"},
    "ValueRef": {"ref"},
    "CustomJS": {"code"},
    "CustomJSTickFormatter": {"code"},
    "CustomJSHover": {"code"},
    "Template": {"source"},
}
"""Bokeh's texts that run script or TeX, and templates; by position, the first argument is meant."""
UNSAFE_ATTRIBUTES = {"text", "tooltips", "code", "html", "inner_html"}
MARKUP = re.compile(
    r"\.(?:innerHTML|outerHTML|srcdoc)\s*\+?=(?!=)|\.(?:insertAdjacentHTML|createContextualFragment|setHTMLUnsafe|parseFromString)\s*\(|"
    r"document\.write(?:ln)?\s*\(|\beval\s*\(|\bnew\s+Function\s*\(|\bset(?:Timeout|Interval)\s*\(\s*[\"'`]|"
    r"\.(?:href|src|action)\s*=(?!=)(?!\s*URL\.createObjectURL\()|\.setAttribute\s*\(\s*[\"'](?:on|href|src|style)|javascript:"
)
LITERAL = re.compile(r"""\s*(?:'[^'\\]*'|"[^"\\]*"|`[^`\\$]*`)\s*;""")


def python_mistakes(source: str) -> list[int]:
    """Return the lines on which an unsafe text is anything but a literal."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in UNSAFE:
                given = [
                    *node.args[:1],
                    *(word.value for word in node.keywords if word.arg in UNSAFE[name] or word.arg is None),
                ]
                found += [node.lineno for value in given if not is_literal(value)]
        elif isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if (
                    isinstance(target, ast.Attribute)
                    and target.attr in UNSAFE_ATTRIBUTES
                    and not is_literal(node.value)
                ):
                    found.append(node.lineno)
    return found


def is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def script_mistakes(source: str) -> list[int]:
    """Return the lines on which markup or code is made of anything but a literal."""
    found = []
    for match in MARKUP.finditer(source):
        assigned = match[0].rstrip().endswith("=") and match[0].lstrip(".").startswith("innerHTML")
        if not (assigned and "+" not in match[0] and LITERAL.match(source, match.end())):
            found.append(source.count("\n", 0, match.start()) + 1)
    return found


def template_mistakes(source: str) -> list[str]:
    """Return what a template writes without escaping it, beyond what Bokeh or we made ourselves."""
    ours = {"plot_script", "embed(root)", "version", "theme", "seconds", "text"}
    return [
        text
        for text in re.findall(r"\{\{-?\s*(.*?)\s*-?\}\}", source)
        if not re.search(r"\|\s*e(scape)?$", text) and text not in ours
    ]


def test_python() -> None:
    sources = sorted(UI.rglob("*.py"))
    assert len(sources) > 10
    assert {path.name: lines for path in sources if (lines := python_mistakes(path.read_text()))} == {}


def test_scripts() -> None:
    sources = sorted((UI / "static").glob("*.js"))
    assert len(sources) > 4
    assert {path.name: lines for path in sources if (lines := script_mistakes(path.read_text()))} == {}


def test_templates() -> None:
    sources = sorted((UI / "templates").glob("*.html"))
    assert sources
    for path in sources:
        text = path.read_text()
        assert template_mistakes(text) == []
        assert not re.search(r"\son\w+\s*=", text), "handlers in attributes"
        assert not re.search(r"https?://(?!www\.w3\.org)", text), "nothing comes from elsewhere"


@pytest.mark.parametrize(
    "source",
    ["Div(text=name)", "models.Div(f'<b>{name}')", "Div(**options)", "MultiChoice(options=names)", "div.text = name",
     "div.text += name", "HTMLTemplateFormatter(template='<b>' + name)", "TableColumn(field='a', title=name)",
     "CustomJS(code=f'{x}')", "figure(tooltips=[(name, '@x')]); HoverTool(tooltips=[(name, '@x')])",
     "Paragraph(text=safe_label(name))"],
)  # fmt: skip
def test_the_lint_sees_python(source: str) -> None:
    assert python_mistakes(source)


@pytest.mark.parametrize(
    "source", ["Div(text='<b>fixed</b>')", "Div()", "label.value = name", "HoverTool(tooltips=[('a', '@a')])"]
)
def test_the_lint_lets_python_pass(source: str) -> None:
    assert python_mistakes(source) == []


@pytest.mark.parametrize(
    "source",
    ["a.innerHTML = name;", "a.innerHTML = `<b>${name}`;", "a.innerHTML = '<b>' + name;", "a.innerHTML += 'x';",
     "a.outerHTML = 'x';", "a.insertAdjacentHTML('beforeend', name)", "eval(name)", "new Function(name)",
     "document.write(name)", "setTimeout('x')", "a.href = name;", "a.setAttribute('onclick', name)", "a.srcdoc = x",
     "location = `javascript:${x}`", "a.innerHTML=b"],
)  # fmt: skip
def test_the_lint_sees_scripts(source: str) -> None:
    assert script_mistakes(source)


@pytest.mark.parametrize(
    "source",
    [
        "a.innerHTML = '<b></b>';",
        "a.href = URL.createObjectURL(file);",
        "a.textContent = name;",
        "if (a.innerHTML == b) c();",
        "setTimeout(() => x(), 5)",
    ],
)
def test_the_lint_lets_scripts_pass(source: str) -> None:
    assert script_mistakes(source) == []


def test_the_lint_sees_templates() -> None:
    assert template_mistakes("{{ title }}{{ title | e }}{{- heading|safe -}}{{ version }}") == ["title", "heading|safe"]
