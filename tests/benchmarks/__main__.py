"""Run the benchmarks and print one table: ``python -m tests.benchmarks [NAME ...]``, all of them without a name.

A benchmark is a module ``bench_NAME.py`` here; its ``run()`` returns or yields a ``Result`` for each case.
"""

from __future__ import annotations

import os
import platform
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.benchmarks.result import Result

HERE = Path(__file__).parent
ROW = "{:8} {:44} {:>12} {:>12} {:13} {:>9}  {:9} {}\n"


def main(names: list[str]) -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.stderr.write(f"no benchmark named {', '.join(unknown)}; there are: {', '.join(known)}\n")
        return 2
    sys.path.append(str(HERE.parent))  # for `support`, as in the tests
    sys.stdout.write(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores\n")
    sys.stdout.write(ROW.format("bench", "case", "ours", "peer", "unit", "ratio", "target", ""))
    for name in names or known:
        show(import_module(f"tests.benchmarks.bench_{name}").run())
    return 0


def show(results: Iterable[Result]) -> None:
    for result in results:
        verdict = ("met" if result.met else "not reached") if result.target else ""
        figures = (f"{result.ours:,.4g}", f"{result.peer:,.4g}", result.unit, f"{result.ratio:.3g}")
        sys.stdout.write(ROW.format(result.bench, result.case, *figures, result.target, verdict))
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
