from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"bokeh", "tornado", "serial", "paho", "numpy", "pydantic", "orjson", "prometheus_client"}


def loaded_by(code: str) -> set[str]:
    report = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", f"{code}\n{report}"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
    return set(result.stdout.split())


def test_the_package_loads_nothing_heavy():
    assert not loaded_by("import stripchart") & (HEAVY | {"typer"})


# Typer converts the options of a command with pydantic.
@pytest.mark.parametrize(("arguments", "allowed"), [(["--help"], set()), (["watch", "--help"], {"pydantic"})])
def test_help_loads_nothing_heavy(arguments: list[str], allowed: set[str]):
    code = "import io, sys; sys.stdout = io.StringIO(); from stripchart.cli.app import run_command"
    code += f"; assert run_command({arguments}) == 0; sys.stdout = sys.__stdout__"
    assert not loaded_by(code) & (HEAVY - allowed)


def test_names_of_the_package_are_loaded_when_asked_for():
    assert "numpy" in loaded_by("import stripchart; assert set(dir(stripchart)) >= {'Batch'}; stripchart.Batch")


@pytest.mark.parametrize(
    "module", ["stripchart.sources", "stripchart.decoders", "stripchart.flow.hub", "stripchart.config.spec"]
)
def test_the_page_is_loaded_by_nothing_below_it(module: str):
    assert not loaded_by(f"import {module}") & {"bokeh", "tornado"}


def test_scipy_is_loaded_only_to_compute():
    assert "scipy" not in loaded_by("import stripchart.flow.analysis.spectrum, stripchart.flow.analysis.spectrogram")


def test_the_layers_are_kept():
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=50)
    assert result.returncode == 0, result.stdout + result.stderr
